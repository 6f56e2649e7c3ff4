"""Events that consumers gave up on: kept for staff, who look at them and have them done anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import NotFound
from webapp.core.ids import new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import StaffScope
from webapp.domain.events.models import ConsumedEvent, DeadLetter
from webapp.domain.events.ports import Subscriber
from webapp.domain.events.types import Envelope

#: How many events one request replays.
REPLAYED_AT_ONCE = 500
MAX_ERROR = 4000


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """A dead letter, and whether its consumer has done it since."""

    letter: DeadLetter
    done: bool


class DeadLetters:
    """What consumers could not do."""

    def __init__(self, session: Session, clock: Clock, bus: Subscriber) -> None:
        self._session = session
        self._clock = clock
        self._bus = bus

    def bury(self, consumer: str, event: Envelope, error: str, attempts: int) -> None:
        """Keep an event its consumer failed on; one that failed again after a replay waits anew."""
        query = select(DeadLetter).where(DeadLetter.consumer == consumer, DeadLetter.event_id == event.id)
        row = self._session.scalar(query.with_for_update())
        if row is None:
            row = DeadLetter(
                public_id=new_public_id("dl"),
                consumer=consumer,
                event_id=event.id,
                name=event.name,
                advertiser_id=event.advertiser_id,
                payload=dict(event.payload),
                happened_at=event.at,
                created_at=self._clock.now(),
                attempts=0,
            )
            self._session.add(row)
        row.error = error[:MAX_ERROR]
        row.attempts += attempts
        row.replayed_at, row.replayed_by_name = None, ""

    def count(self) -> int:
        """Return how many wait for staff."""
        query = select(func.count()).select_from(DeadLetter).where(DeadLetter.replayed_at.is_(None))
        return self._session.scalar(query) or 0

    def list_page(self, staff: StaffScope, page: PageRequest, *, replayed: bool = False) -> Page[DeadLetterRow]:
        """Return a page of those that wait for staff, or of those replayed, newest first."""
        staff.require(Permission.STAFF_JOBS)
        which = DeadLetter.replayed_at.is_not(None) if replayed else DeadLetter.replayed_at.is_(None)
        total = self._session.scalar(select(func.count()).select_from(DeadLetter).where(which)) or 0
        query = select(DeadLetter).where(which).order_by(DeadLetter.id.desc()).offset(page.offset).limit(page.size)
        return Page(self._with_done(self._session.scalars(query).all()), total, page)

    def get(self, staff: StaffScope, public_id: str) -> DeadLetterRow:
        """Return one or raise NotFound."""
        staff.require(Permission.STAFF_JOBS)
        row = self._session.scalar(select(DeadLetter).where(DeadLetter.public_id == public_id))
        if row is None:
            raise NotFound
        return self._with_done([row])[0]

    def replay(self, staff: StaffScope, public_id: str) -> DeadLetter:
        """Give an event to its consumer anew; what the consumer has done by now it does not do again."""
        staff.require(Permission.STAFF_JOBS)
        row = self._session.scalar(select(DeadLetter).where(DeadLetter.public_id == public_id).with_for_update())
        if row is None:
            raise NotFound
        self._put_again(staff, [row])
        return row

    def replay_all(self, staff: StaffScope) -> int:
        """Give all that wait for staff to their consumers anew, the oldest first; return how many."""
        staff.require(Permission.STAFF_JOBS)
        query = select(DeadLetter).where(DeadLetter.replayed_at.is_(None)).order_by(DeadLetter.id)
        rows = self._session.scalars(query.limit(REPLAYED_AT_ONCE).with_for_update()).all()
        self._put_again(staff, rows)
        return len(rows)

    def _put_again(self, staff: StaffScope, rows: Sequence[DeadLetter]) -> None:
        # Before the commit: a bus that is down leaves them waiting; a commit that fails repeats them, harmlessly.
        self._bus.put_again([
            (row.consumer, Envelope(row.event_id, row.name, row.advertiser_id, row.payload, row.happened_at))
            for row in rows
        ])  # fmt: skip
        for row in rows:
            row.replayed_at, row.replayed_by_name = self._clock.now(), staff.actor.name[:120]

    def _with_done(self, rows: Collection[DeadLetter]) -> list[DeadLetterRow]:
        ids = {row.event_id for row in rows}
        query = select(ConsumedEvent.consumer, ConsumedEvent.event_id).where(ConsumedEvent.event_id.in_(ids))
        done = {(consumer, event_id) for consumer, event_id in self._session.execute(query)} if ids else set()
        return [DeadLetterRow(row, (row.consumer, row.event_id) in done) for row in rows]
