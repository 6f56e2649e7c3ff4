"""A Tarantool node killed under load has every event it acknowledged, once, when it is back, and money that adds up."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers.process import Server
from tests.servers.tarantool import start_tarantool
from tests.support.serving import DOLLAR, NOON_MS, PERSON, Desk, campaign, clicks_campaign, person
from webapp.adapters.serving.tarantool import TarantoolServingStore
from webapp.core.errors import Unavailable
from webapp.domain.delivery.types import Counted, Decision, EventKind, Limits, LogRecord, Verdict

KILLS = 6
VISITORS = 6
PRICE = 700
CLICK_PRICE = 90_000
AMOUNT = 1000 * DOLLAR
#: Nobody is too frequent here.
MANY = 10**9
LIMITS = Limits(
    impressions_a_minute=MANY, clicks_a_minute=MANY, user_impressions_a_minute=MANY, user_clicks_a_minute=MANY,
    decisions_a_minute=MANY, user_decisions_a_minute=MANY,
)  # fmt: skip


@dataclass
class Node:
    """A node that is killed and comes back on the same folder."""

    folder: Path
    server: Server
    store: TarantoolServingStore

    def kill_and_restart(self) -> None:
        self.server.stop()
        self.server = start_tarantool(self.folder, 1, urlsplit(self.server.url).port)
        self.server.wait()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    server = start_tarantool(tmp_path, 1)
    server.wait()
    store = TarantoolServingStore.from_url(server.url, LIMITS)
    store.migrate()
    running = Node(tmp_path, server, store)
    yield running
    running.server.stop()


@dataclass
class Visit:
    """Somebody who asks, looks and clicks without end, and writes down what was acknowledged."""

    store: TarantoolServingStore
    keys: Iterator[int]
    stop: threading.Event
    #: What was acknowledged, by its number in the log.
    said: dict[int, tuple[int, EventKind, Verdict, int]] = field(default_factory=dict)
    decided: list[Decision] = field(default_factory=list)
    refused: int = 0

    def run(self) -> None:
        desk = Desk(self.store, NOON_MS, self.keys)
        while not self.stop.is_set():
            try:
                self.turn(desk)
            except Unavailable:
                self.refused += 1
                time.sleep(0.01)

    def turn(self, desk: Desk) -> None:
        decision = desk.ask(person(user_key=""))
        assert decision.filled
        self.decided.append(decision)
        if decision.key % 5 == 0:
            return
        for kind in (EventKind.IMPRESSION, EventKind.CLICK):
            done = desk.event(kind, decision, 1000 if kind is EventKind.IMPRESSION else 5000, visitor=PERSON)
            self.said[done.seq] = (decision.key, kind, done.verdict, done.charged_micros)


def test_kill_the_node_under_load(node: Node) -> None:
    desk, dice = Desk(node.store), random.Random(20261122)
    desk.open(campaign(1, price_micros=PRICE), amount=AMOUNT)
    desk.open(clicks_campaign(2, price_micros=CLICK_PRICE, rank_micros=10 * DOLLAR), amount=20 * DOLLAR)
    stop, keys = threading.Event(), count(1)
    visits = [Visit(node.store, keys, stop) for _ in range(VISITORS)]
    workers = [threading.Thread(target=visit.run) for visit in visits]
    for worker in workers:
        worker.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.1, 0.5))
        node.kill_and_restart()
    time.sleep(0.2)
    stop.set()
    for worker in workers:
        worker.join()
    assert sum(visit.refused for visit in visits) >= KILLS, "nobody noticed that the node was away"
    log = desk.log()
    prove_acknowledged(visits, log)
    prove_money(desk, log, visits)
    prove_counters(desk, log)


def prove_acknowledged(visits: list[Visit], log: list[LogRecord]) -> None:
    """Every answer that was given is in the log under its number, which has no gap; no event counts twice."""
    first = log[0].seq
    assert [line.seq for line in log] == list(range(first, first + len(log)))
    kept = {line.seq: (line.key, line.kind, line.verdict, line.charged_micros) for line in log}
    said = {seq: line for visit in visits for seq, line in visit.said.items()}
    assert len(said) > 100, "there was no load to speak of"
    assert {seq: kept.get(seq) for seq in said} == said
    counted = Counter((line.key, line.kind) for line in log if line.verdict is Verdict.OK)
    assert set(counted.values()) == {1}


def prove_money(desk: Desk, log: list[LogRecord], visits: list[Visit]) -> None:
    """A lease is what was charged to it, what open decisions hold, and the rest."""
    charged = Counter[int]()
    for line in log:
        charged[line.lease_id] += line.charged_micros
    state = desk.store.state()
    for lease in state.leases:
        assert lease.left_micros + lease.held_micros + lease.spent_micros == lease.amount_micros
        assert lease.left_micros >= 0
        assert lease.spent_micros == charged[lease.lease_id] > 0
    paid = {line.key for line in log if line.kind is EventKind.IMPRESSION}
    waiting = {one.key for visit in visits for one in visit.decided if one.campaign_id == 1} - paid
    # A decision may have been made though its answer was lost; nobody ever sees those.
    assert desk.lease(1).held_micros >= PRICE * len(waiting) > 0
    while desk.store.tick(NOON_MS + 700_000):
        pass
    assert desk.lease(1).held_micros == 0
    assert desk.lease(1).spent_micros == charged[1]
    desk.store.revoke((1, 2))
    assert {line.lease_id: line.charged_micros for line in desk.store.read(log[-1].seq, 10)} == dict(
        charged - Counter()
    )


def prove_counters(desk: Desk, log: list[LogRecord]) -> None:
    """The node's own counters are the log, summed up."""
    events, money = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    for line in log:
        key = (line.campaign_id, line.day, line.kind, line.verdict)
        events[key] += 1
        money[key] += line.charged_micros

    def expected(one: Counted) -> tuple[int, int]:
        key = (one.campaign_id, one.day, one.kind, one.verdict)
        return events[key], money[key]

    counted = desk.store.counted((), 0, 99_999)
    assert [(one.events, one.charged_micros) for one in counted] == [expected(one) for one in counted]
    assert sum(one.events for one in counted) == len(log)
