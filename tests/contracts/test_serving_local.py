"""What the local serving store promises of its own: its file outlives it, and it is shared by threads and processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.serving import DAY, DOLLAR, NEVER_MS, NOBODY, Desk, campaign, clicks_campaign, lease, placement
from webapp.adapters.serving.local import LocalServingStore
from webapp.core.errors import Unavailable
from webapp.domain.delivery.types import EventKind, Verdict

#: Answers requests for ever, telling of each once it is done.
ANSWERING = """
import sys
from pathlib import Path
from tests.support.serving import NOBODY, Desk
from webapp.adapters.serving.local import LocalServingStore
desk = Desk(LocalServingStore(Path(sys.argv[1]), 1))
for key in range(1, 100_000):
    decision = desk.ask(NOBODY, key=key)
    seq = desk.impression(decision, visitor=NOBODY).seq
    print(key, seq, flush=True)
"""


def opened(folder: Path) -> Desk:
    """Return a desk before a store that begins anew with what is in its folder."""
    return Desk(LocalServingStore.from_url(f"local://{folder}?node=3"))


def test_its_address_names_its_folder_and_node(tmp_path: Path) -> None:
    store = LocalServingStore.from_url(f"local://{tmp_path}/a%20node?node=3")
    assert store.node == 3
    store.migrate()
    assert (tmp_path / "a node" / "serving.sqlite3").exists()


def test_a_new_store_begins_where_no_store_before_it_came(tmp_path: Path) -> None:
    first = opened(tmp_path / "one")
    assert first.store.state().first_seq % 1_000_000 == 0
    first.open()
    first.shown()
    first.store.wipe()
    assert first.store.state().first_seq % 1_000_000 == 1


def test_everything_that_matters_outlives_a_restart(tmp_path: Path) -> None:
    before = opened(tmp_path)
    before.open(campaign(1, cap_count=3), clicks_campaign(2, rank_micros=1), fence_ms=NEVER_MS - 7)
    before.store.grant(lease(8, 1), NEVER_MS - 7)
    before.store.revoke((8,))
    seen, held = before.shown(), before.ask(key=50)
    before.event(EventKind.CONVERSION, seen, 2000, order="A-1")
    before.store.tick(before.now_ms)
    wanted = (
        before.log(), before.store.state(), before.store.fingerprints(), before.store.counted((), 0, DAY),
        before.store.funnel(1, 0), before.store.traffic(0),
    )  # fmt: skip
    after = opened(tmp_path)
    found = (
        after.log(), after.store.state(), after.store.fingerprints(), after.store.counted((), 0, DAY),
        after.store.funnel(1, 0), after.store.traffic(0),
    )  # fmt: skip
    assert found == wanted
    again = after.ask(key=50)
    assert again.repeated
    assert again.ad == held.ad
    assert after.impression(again).charged_micros == 1000
    assert after.event(EventKind.CONVERSION, seen, 3000, order="A-1").verdict is Verdict.DUPLICATE
    assert [after.wins(key=key) for key in (60, 61)] == [[1], [2]]
    after.store.grant(lease(8, 1), NEVER_MS)
    assert [state.lease_id for state in after.store.state().leases] == [1, 2]


def test_a_rank_learned_from_clicks_outlives_a_restart(tmp_path: Path) -> None:
    before = opened(tmp_path)
    before.open(clicks_campaign(1), campaign(2, rank_micros=250_000))
    before.impression(before.ask())
    before.store.tick(before.now_ms)
    assert before.wins() == [2]
    assert opened(tmp_path).wins(1, key=99) == [2]


@pytest.mark.parametrize("answers", [1, 40, 170])
def test_what_was_answered_outlives_a_kill(tmp_path: Path, answers: int) -> None:
    desk = opened(tmp_path)
    desk.open()
    first_seq = desk.store.state().first_seq
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERING, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    told = [process.stdout.readline().split() for _ in range(answers)]
    os.kill(process.pid, signal.SIGKILL)
    told += [line.split() for line in process.stdout.read().splitlines() if len(line.split()) == 2]
    process.wait()
    after = opened(tmp_path)
    log = after.log()
    assert [int(seq) for _, seq in told] == [line.seq for line in log][: len(told)]
    assert [line.seq for line in log] == list(range(first_seq, first_seq + len(log)))
    left, held, spent = after.money()
    assert left + held + spent == DOLLAR
    assert spent == sum(line.charged_micros for line in log) == 1000 * len(log)
    assert held in (0, 1000)


def test_two_processes_see_each_others_work(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    one.store.publish((placement(),), ())
    assert not other.ask().filled
    one.store.publish((), (campaign(),))
    other.store.grant(lease(amount=2000), NEVER_MS)
    assert [one.wins(key=1), other.wins(key=2), one.wins(key=3)] == [[1], [1], [0]]
    assert other.impression(one.ask(key=1)).charged_micros == 1000
    assert one.money() == other.money() == (0, 1000, 1000)
    one.store.withdraw((), (1,))
    assert not other.ask(key=4).filled


def test_threads_never_spend_the_same_money_twice(tmp_path: Path) -> None:
    desk = opened(tmp_path)
    desk.open(campaign(price_micros=7000))
    won: list[int] = []

    def visit(first_key: int) -> None:
        for key in range(first_key, first_key + 50):
            decision = desk.ask(NOBODY, key=key)
            if decision.filled:
                won.append(desk.impression(decision, visitor=NOBODY).charged_micros)

    threads = [threading.Thread(target=visit, args=(number * 1000 + 1,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [7000] * 142
    assert desk.money() == (DOLLAR - 142 * 7000, 0, 142 * 7000)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(Unavailable):
        opened(tmp_path / "taken").store.ping()


def test_a_failed_call_changes_nothing(tmp_path: Path) -> None:
    desk = opened(tmp_path)
    desk.open(amount=1000)
    other = LocalServingStore(tmp_path, 3)
    other.ping()
    other._desk.connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON decisions BEGIN SELECT RAISE(FAIL, 'full'); END"
    )
    with pytest.raises(Unavailable):
        desk.ask()
    assert desk.money() == (1000, 0, 0)
    other._desk.connection.execute("DROP TRIGGER full")
    assert desk.wins() == [1]


def test_a_decision_does_not_keep_who_a_person_is_beyond_the_day(tmp_path: Path) -> None:
    """What is kept for weeks, with the site and the ad, must not be tied together over days."""
    desk = opened(tmp_path)
    desk.open(campaign(cap_count=3))
    desk.shown(visitor=replace(NOBODY, country="LV", user_key="a-key-of-somebody"))
    with sqlite3.connect(tmp_path / "serving.sqlite3") as file:
        kept = "".join(map(str, file.execute("SELECT * FROM decisions").fetchall()))
    assert '"LV"' in kept
    assert "a-key-of-somebody" not in kept
