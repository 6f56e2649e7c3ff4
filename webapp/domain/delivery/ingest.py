"""Ingest: a node's log becomes rows of the store of figures, each record exactly once.

The store has no transactions, but a block is there or it is not, and each block brings the number it reaches. So:

- What was written is asked of the store itself, at the start and after every error, once no statement of ours is at
  work there any more: an insert whose answer was lost has then either arrived or never will.
- One holder of the node's lock writes, and asks before each insert whether it still is the one.
- Sums are filled beside the facts, not with them. A crash between the two shows in the days that the last batches
  touched, and in those of the next: on some servers sums may have arrived without their facts. Those are compared, and
  put right by difference; nobody may write meanwhile, which is the second lock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Protocol

from webapp.core.clock import Clock
from webapp.core.errors import Unavailable
from webapp.core.locks import Locks
from webapp.core.periods import Period
from webapp.domain.analytics.events import AdvertiserDay, days_of
from webapp.domain.analytics.ports import EventStore, RollupKeeper
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.ports import EventLog
from webapp.domain.delivery.settlement import check_end, unsettled
from webapp.domain.delivery.types import LogRecord

log = logging.getLogger(__name__)

#: The most that is written at once. After a crash as much is read in one go, so that it holds all that was in doubt.
MOST = 50_000
READ = 10_000
#: Held for as long as delivered facts are written or compared with their sums.
FACTS_LOCK = "facts"
LOCK_SECONDS = 30
QUIET_SECONDS = 60.0
#: Behind by more than this, it is worth counting by how much.
LATE_SECONDS = 5.0


class EventTables(EventStore, RollupKeeper, Protocol):
    """The part of the store of figures that ingest writes."""


class Ingest:
    """Carries one node's log into the store of figures; a step is one batch."""

    def __init__(
        self, node: int, source: EventLog, tables: EventTables, rows: EventRows, locks: Locks, clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._node = node
        self._source = source
        self._tables = tables
        self._rows = rows
        self._locks = locks
        self._clock = clock
        self._pause = pause
        self._owner = f"ingest-{node}"
        #: The number up to which the log is in the store; None while that is in doubt.
        self._upto: int | None = None
        #: Whether the next batch may hold what a lost insert held.
        self._doubtful = True
        self._behind: dict[str, float] = {"events": 0, "seconds": 0.0}

    def step(self) -> bool:
        """Write what the log holds, at most one batch; tell whether there was a full one. Nothing for who is second."""
        try:
            return self._is_ours() and self._step()
        except Exception:
            self._upto = None
            raise

    def lag(self) -> dict[str, float]:
        """Return how many events wait, and for how long the oldest has."""
        return self._behind

    def _is_ours(self) -> bool:
        if self._locks.holds(self._owner):
            return True
        self._upto = None
        return self._locks.acquire(self._owner)

    def _step(self) -> bool:
        if self._upto is None:
            self._upto = self._recover()
            self._doubtful = True
        records = self._read(self._upto)
        self._note_lag(records)
        if records:
            self._write(self._upto, records)
        self._doubtful = False
        return len(records) >= MOST

    def _recover(self) -> int:
        """Return where to go on, once what the last writer left is known and right."""
        with alone_with_facts(self._locks):
            wait_until_quiet(self._tables, self._pause)
            self._repair(self._tables.suspects(self._node))
            return self._tables.last_seq(self._node)

    def _read(self, after: int) -> Sequence[LogRecord]:
        """Return the next records; raise BrokenLog where one is missing."""
        found: list[LogRecord] = []
        while len(found) < MOST:
            part = self._source.read(found[-1].seq if found else after, min(READ, MOST - len(found)))
            found += part
            if len(part) < READ:
                break
        if not found:
            check_end(self._source.ends()[1], after, self._node)
        return unsettled(found, after, self._node)

    def _write(self, after: int, records: Sequence[LogRecord]) -> None:
        events = self._rows.of(records)
        with alone_with_facts(self._locks):
            if not self._locks.holds(self._owner):
                raise Unavailable("Another process has taken over this node's events.")
            self._tables.insert_events(self._node, after, records[-1].seq, events)
            if self._doubtful:
                self._repair(days_of(events))
        self._upto = records[-1].seq

    def _repair(self, days: Sequence[AdvertiserDay]) -> None:
        repaired = self._tables.repair(days)
        if repaired:
            log.warning("sums of %d days differed from their events in %s and are right now", len(days), repaired)

    def _note_lag(self, records: Sequence[LogRecord]) -> None:
        seconds = self._clock.now().timestamp() - records[0].at_ms / 1000 if records else 0.0
        waiting = len(records)
        if waiting >= MOST and seconds > LATE_SECONDS:
            waiting += count_after(self._source, records[-1].seq)
        self._behind = {"events": waiting, "seconds": round(max(0.0, seconds), 1)}


@contextmanager
def alone_with_facts(locks: Locks) -> Iterator[None]:
    """Hold the lock of delivered facts; raise Unavailable when somebody has it for long."""
    if not locks.acquire(FACTS_LOCK, LOCK_SECONDS):
        raise Unavailable("Somebody else has been writing events for long.")
    try:
        yield
    finally:
        locks.release(FACTS_LOCK)


def rebuild(
    tables: RollupKeeper, locks: Locks, period: Period, advertiser_id: int | None = None
) -> Iterator[tuple[date, Sequence[str]]]:
    """Put the sums of a period right, a day at a time; yield each day and the tables that differed."""
    days: dict[date, list[AdvertiserDay]] = {}
    for item in tables.written_days(period, advertiser_id):
        days.setdefault(item.day, []).append(item)
    for day, items in sorted(days.items()):
        with alone_with_facts(locks):
            wait_until_quiet(tables)
            repaired = tables.repair(items)
        yield day, repaired


def wait_until_quiet(tables: RollupKeeper, pause: Callable[[float], None] = time.sleep) -> None:
    """Wait until what an earlier process began has ended; raise Unavailable when it takes long."""
    ends = time.monotonic() + QUIET_SECONDS
    while not tables.is_quiet():
        if time.monotonic() > ends:
            raise Unavailable("An earlier insert is still at work in the analytics store.")
        pause(0.1)


def count_after(source: EventLog, seq: int) -> int:
    """Return how many records a log holds behind a number: records are numbered without a gap, so steps double."""
    reach = 1
    while source.read(seq + reach - 1, 1):
        reach *= 2
    low, high = reach // 2, reach
    while low + 1 < high:
        middle = (low + high) // 2
        if source.read(seq + middle - 1, 1):
            low = middle
        else:
            high = middle
    return low
