"""Ingest against a store that loses answers, and rivals that take its lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.support.scripted_log import ZONES, ScriptedLog, record
from webapp.adapters.locks.process import ProcessLocks
from webapp.core.clock import SystemClock
from webapp.core.errors import Unavailable
from webapp.domain.analytics.events import AdvertiserDay, EventBatch
from webapp.domain.delivery import ingest
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.ingest import FACTS_LOCK, Ingest, count_after
from webapp.domain.delivery.settlement import BrokenLog
from webapp.domain.delivery.types import LogRecord


class Tables:
    """A store of events whose inserts may fail before or after they arrived."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.upto = 0
        self.repairs: list[Sequence[AdvertiserDay]] = []
        self.fail: Callable[[Callable[[], None]], None] | None = None
        self.busy = 0

    def insert_events(self, node: int, after: int, upto: int, events: EventBatch) -> None:
        def arrive() -> None:
            assert after == self.upto
            self.seqs += events.seq
            self.upto = upto

        if self.fail:
            fail, self.fail = self.fail, None
            fail(arrive)
        else:
            arrive()

    def last_seq(self, node: int) -> int:
        return self.upto

    def is_quiet(self) -> bool:
        self.busy -= 1
        return self.busy < 0

    def suspects(self, node: int) -> Sequence[AdvertiserDay]:
        return ()

    def repair(self, days: Sequence[AdvertiserDay]) -> Sequence[str]:
        self.repairs.append(days)
        return ()

    def __getattr__(self, name: str) -> object:
        raise NotImplementedError(name)


LAST = 90


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "MOST", 20)
    monkeypatch.setattr(ingest, "READ", 8)


def carrier(tables: Tables, locks: ProcessLocks, log: ScriptedLog | None = None) -> Ingest:
    rows = EventRows(1, lambda ids: {id: ZONES[id] for id in ids})
    source = log or ScriptedLog(LAST)
    return Ingest(1, source, tables, rows, locks, SystemClock(), pause=lambda _: None)  # type: ignore[arg-type]


def all_events() -> list[int]:
    return [seq for seq in range(1, LAST + 1) if record(seq).kind.value != "lease_closed"]


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def locks(tmp_path_factory: pytest.TempPathFactory) -> ProcessLocks:
    return ProcessLocks(str(tmp_path_factory.mktemp("locks")))


def test_all_is_written_in_batches(tables: Tables, locks: ProcessLocks) -> None:
    ours = carrier(tables, locks)
    more = [ours.step() for _ in range(6)]
    assert more == [True, True, True, True, False, False]
    assert (tables.seqs, tables.upto) == (all_events(), LAST)


@pytest.mark.parametrize("arrives", [True, False])
def test_an_insert_whose_answer_was_lost_is_neither_lost_nor_doubled(
    tables: Tables, locks: ProcessLocks, arrives: bool
) -> None:
    def fail(arrive: Callable[[], None]) -> None:
        if arrives:
            arrive()
        raise Unavailable

    ours = carrier(tables, locks)
    ours.step()
    tables.fail = fail
    with pytest.raises(Unavailable):
        ours.step()
    for _ in range(6):
        ours.step()
    assert tables.seqs == all_events()


def test_the_first_batch_after_doubt_is_compared_with_its_sums(tables: Tables, locks: ProcessLocks) -> None:
    ours = carrier(tables, locks)
    ours.step()
    # What the last writer left, then what it may have had on the way.
    assert len(tables.repairs) == 2
    assert tables.repairs[1]
    ours.step()
    assert len(tables.repairs) == 2


def test_an_insert_still_at_work_is_waited_for(tables: Tables, locks: ProcessLocks) -> None:
    tables.busy = 3
    carrier(tables, locks).step()
    assert tables.busy == -1


def test_of_two_one_writes_and_the_other_follows_when_it_is_gone(tables: Tables, locks: ProcessLocks) -> None:
    first, second = carrier(tables, locks), carrier(tables, ProcessLocks(locks._address))
    assert first.step()
    assert not second.step()
    assert tables.upto == 20
    locks.release("ingest-1")
    assert second.step()
    assert not first.step()
    for _ in range(6):
        second.step()
    assert tables.seqs == all_events()


def test_nothing_is_read_while_the_store_is_away(tables: Tables, locks: ProcessLocks) -> None:
    log = ScriptedLog(LAST)
    ours = carrier(tables, locks, log)

    def away() -> bool:
        raise Unavailable

    tables.is_quiet = away  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(Unavailable):
            ours.step()
    assert log.reads == 0


def test_the_lock_of_facts_is_free_between_batches_and_after_errors(tables: Tables, locks: ProcessLocks) -> None:
    def fail(_arrive: Callable[[], None]) -> None:
        raise Unavailable

    ours, rival = carrier(tables, locks), ProcessLocks(locks._address)
    ours.step()
    assert rival.acquire(FACTS_LOCK)
    rival.release(FACTS_LOCK)
    tables.fail = fail
    with pytest.raises(Unavailable):
        ours.step()
    assert rival.acquire(FACTS_LOCK)


def test_a_log_with_a_gap_stops_the_loop(tables: Tables, locks: ProcessLocks) -> None:
    class Torn(ScriptedLog):
        def read(self, after: int, limit: int) -> Sequence[LogRecord]:
            return [item for item in super().read(after, limit) if item.seq != 30]

    ours = carrier(tables, locks, Torn(LAST))
    ours.step()
    with pytest.raises(BrokenLog):
        ours.step()
    assert tables.upto == 20


def test_a_log_that_ends_before_what_was_read_stops_the_loop(tables: Tables, locks: ProcessLocks) -> None:
    source = ScriptedLog(LAST)
    ours = carrier(tables, locks, source)
    for _ in range(6):
        ours.step()
    source.last = LAST - 1
    with pytest.raises(BrokenLog, match=f"node 1 ends with record {LAST - 1}"):
        ours.step()
    source.last = LAST + 1
    assert not ours.step()
    assert tables.upto == LAST + 1


@pytest.mark.parametrize("last", [0, 1, 2, 3, 17, 64, 90])
def test_what_waits_is_counted(last: int) -> None:
    assert count_after(ScriptedLog(last), 0) == last
    assert count_after(ScriptedLog(last + 5), 5) == last
