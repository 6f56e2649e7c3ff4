"""A Tarantool node keeps what it was given over restarts, migrations while it serves, and lost connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import tarantool
from tarantool.error import DatabaseError

from tests.servers.process import Server
from tests.servers.tarantool import PASSWORD, USER, start_tarantool
from tests.support.serving import NEVER_MS, NOON_MS, Desk, ad, campaign, clicks_campaign, lease, placement
from webapp.adapters.serving.tarantool import TarantoolServingStore, store
from webapp.adapters.serving.tarantool.sources import sources
from webapp.core.errors import Unavailable
from webapp.core.money import MAX_MICROS
from webapp.domain.delivery.types import EventKind, IncomingEvent, Limits, NoFill, Verdict, Visitor, Window

LARGEST_KEY = 2**63 - 1


class Node:
    """A node of this module, that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: Server = start_tarantool(folder, 3)
        self.server.wait()
        self.port = urlsplit(self.server.url).port or 0

    def restart(self) -> None:
        self.stop()
        self.server = start_tarantool(self.folder, 3, self.port)
        self.server.wait()

    def stop(self) -> None:
        self.server.stop()

    def store(self, limits: Limits | None = None) -> TarantoolServingStore:
        return TarantoolServingStore.from_url(self.server.url, limits or Limits())


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    running = Node(tmp_path_factory.mktemp("node3"))
    yield running
    running.stop()


@pytest.fixture
def desk(node: Node) -> Desk:
    opened = node.store()
    opened.migrate()
    opened.wipe()
    return Desk(opened)


def test_the_number_of_the_node_is_in_its_address(desk: Desk) -> None:
    assert desk.store.node == 3


def test_everything_is_there_after_a_kill(node: Node, desk: Desk) -> None:
    desk.open(campaign(price_micros=400_000), clicks_campaign(2, rank_micros=1))
    shown, open_still = desk.shown(), desk.ask()
    before = desk.store.state(), desk.log(), desk.store.fingerprints(), desk.store.counted((), 0, 99_999)
    node.restart()
    assert (desk.store.state(), desk.log(), desk.store.fingerprints(), desk.store.counted((), 0, 99_999)) == before
    assert desk.impression(shown).verdict is Verdict.DUPLICATE
    assert desk.impression(open_still).charged_micros == 400_000
    assert desk.money() == (200_000, 0, 800_000)
    assert desk.ask().campaign_id == 2
    assert [line.seq for line in desk.log()] == [before[0].first_seq + place for place in range(3)]


def test_counts_of_requests_outlive_a_kill_once_they_were_written(node: Node, desk: Desk) -> None:
    desk.open()
    desk.wins(3)
    desk.store.tick(NOON_MS)
    desk.wins(2)
    assert [hour.seen for hour in desk.store.funnel(1, 0)] == [5]
    node.restart()
    assert [hour.seen for hour in desk.store.funnel(1, 0)] == [3]
    assert list(desk.store.traffic(0).values()) == [3]


def test_a_decision_shows_the_ad_it_was_made_with(node: Node, desk: Desk) -> None:
    old, new = "https://shop.example/old", "https://shop.example/new"
    desk.open(campaign(ads=(ad(11, landing_url=old),)))
    first = desk.shown(key=77)
    desk.store.publish((), (campaign(ads=(ad(11, landing_url=new),)),))
    node.restart()
    assert desk.ask(key=77).ad == first.ad
    assert desk.click(first).landing_url == old
    second = desk.shown()
    desk.store.withdraw((), (1,))
    assert desk.click(second).landing_url == new


def test_ads_nobody_can_follow_any_more_are_forgotten(desk: Desk) -> None:
    desk.open()
    first = desk.ask()
    for turn in range(5):
        desk.store.publish((), (campaign(ads=(ad(11, title=f"version {turn}"),)),))
    assert ads_kept(desk) == 2
    desk.store.tick(NEVER_MS)
    assert ads_kept(desk) == 1
    assert first.ad is not None
    desk.store.withdraw((), (1,))
    assert ads_kept(desk) == 0


def ads_kept(desk: Desk) -> int:
    opened = desk.store
    assert isinstance(opened, TarantoolServingStore)
    return opened.sizes()["kb_ads"][1]


def test_large_numbers_stay_exact(desk: Desk) -> None:
    desk.open(campaign(price_micros=MAX_MICROS - 1, rank_micros=MAX_MICROS), amount=MAX_MICROS)
    decision = desk.shown(key=LARGEST_KEY)
    assert decision.key == LARGEST_KEY
    sale = desk.event(EventKind.CONVERSION, decision, 2000, order="o1", value_micros=LARGEST_KEY, sale=True)
    assert sale.verdict is Verdict.OK
    impression, conversion = desk.log()
    assert (impression.key, impression.charged_micros) == (LARGEST_KEY, MAX_MICROS - 1)
    assert (conversion.value_micros, conversion.sale) == (LARGEST_KEY, True)
    assert desk.money() == (1, 0, MAX_MICROS - 1)
    assert desk.store.counted((), 0, 99_999)[1].charged_micros == MAX_MICROS - 1


def test_two_processes_migrate_a_node_that_serves(desk: Desk, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = count()

    def changed() -> list[list[str]]:
        first, *rest = sources()
        return [[first[0], f"{first[1]}\n-- version {next(versions)}\n"], *rest]

    monkeypatch.setattr(store, "sources", changed)
    desk.open(campaign(price_micros=1))
    faults: list[BaseException] = []

    def migrate() -> None:
        try:
            for _ in range(5):
                node.store().migrate()
        except BaseException as fault:  # noqa: BLE001 - a thread's fault belongs to the test
            faults.append(fault)

    workers = [threading.Thread(target=migrate) for _ in range(2)]
    for worker in workers:
        worker.start()
    asked = 0
    while any(worker.is_alive() for worker in workers):
        assert desk.ask().campaign_id == 1
        asked += 1
    for worker in workers:
        worker.join()
    assert faults == []
    assert next(versions) == 10
    assert desk.money() == (1_000_000 - asked, asked, 0)


def test_procedures_that_do_not_compile_change_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.open()
    monkeypatch.setattr(store, "sources", lambda: [["broken.lua", "local K = "]])
    with pytest.raises(Unavailable):
        desk.store.migrate()
    assert desk.ask().campaign_id == 1


def test_limits_are_those_of_the_last_migration(desk: Desk, node: Node) -> None:
    desk.open(campaign(1, windows=()), campaign(2, rank_micros=1))
    assert desk.wins(1) == [2]
    narrow = node.store(Limits(most_candidates=1))
    narrow.migrate()
    assert desk.wins(1) == [0]
    node.restart()
    assert desk.wins(1) == [0]
    desk.store.migrate()
    assert desk.wins(1) == [2]


def test_a_node_that_is_away_is_unavailable_and_comes_back(desk: Desk, node: Node) -> None:
    desk.open()
    node.stop()
    for _ in range(2):
        with pytest.raises(Unavailable):
            desk.ask()
    with pytest.raises(Unavailable):
        desk.store.migrate()
    node.restart()
    assert desk.ask().campaign_id == 1


def test_a_call_that_fails_half_way_leaves_nothing(desk: Desk) -> None:
    desk.open(amount=5000)
    decision = desk.shown()
    before = desk.store.state(), desk.log(), desk.store.counted((), 0, 99_999)
    broken: Any = "not a number"
    with pytest.raises(Unavailable):
        desk.store.record(replace(event(desk, decision.key), ad_id=1, decided_s=broken))
    with pytest.raises(Unavailable):
        desk.store.publish((placement(2),), (campaign(3, windows=(Window(1, 2, broken, 4),)),))
    request = desk.request()
    with pytest.raises(Unavailable):
        desk.store.decide(replace(request, wanted=(*request.wanted, replace(request.wanted[0], key=-5))))
    assert (desk.store.state(), desk.log(), desk.store.counted((), 0, 99_999)) == before
    assert desk.ask(place="pl_2").reason is NoFill.UNKNOWN_PLACEMENT
    assert desk.ask().campaign_id == 1


def event(desk: Desk, key: int) -> IncomingEvent:
    return IncomingEvent(EventKind.VIEW, desk.now_ms, key + 1, 1, 7, 1, 11, 0, Visitor())


def test_the_user_may_call_procedures_and_nothing_else(desk: Desk, node: Node) -> None:
    desk.store.grant(lease(), NEVER_MS)
    client = tarantool.Connection("127.0.0.1", node.port, user=USER, password=PASSWORD, fetch_schema=False)
    for refused in (
        lambda: client.eval("return 1"),
        lambda: client.call("box.schema.user.create", ["other"]),
        lambda: client.call("box.space.kb_leases:truncate"),
        lambda: client.execute('SELECT * FROM "kb_leases"'),
    ):
        with pytest.raises(DatabaseError):
            refused()
    client.close()
