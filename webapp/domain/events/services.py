"""Recording events, and doing each exactly once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.ids import new_public_id
from webapp.domain.events.models import ConsumedEvent, OutboxEvent
from webapp.domain.events.types import Envelope

#: How many rows one pruning removes, so that it holds nobody up.
PRUNED = 500
#: What must not be forgotten is written anew once in so long.
RENEWED = timedelta(days=1)


class Outbox:
    """Events written in the transaction of their deed, and read by the relay."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def record(self, name: str, advertiser_id: int | None, payload: Mapping[str, Any]) -> None:
        """Write an event; it is told to others once this transaction is committed."""
        self._session.add(
            OutboxEvent(
                public_id=new_public_id("ev"),
                name=name,
                advertiser_id=advertiser_id,
                payload=dict(payload),
                created_at=self._clock.now(),
            )
        )

    def waiting(self, limit: int) -> Sequence[tuple[int, Envelope]]:
        """Return the oldest events that were not told yet, in order, with their row's id."""
        return [(row.id, _envelope(row)) for row in self._session.scalars(_untold().limit(limit))]

    def claim(self, limit: int) -> Sequence[tuple[int, Envelope]]:
        """Return the same, locked until the commit; nothing while another relay has the oldest of them.

        Ids are given out before the commit, so a lower one may appear later: whatever is not told counts, never "what
        is above the last".
        """
        rows = self._session.scalars(_untold().limit(limit).with_for_update(skip_locked=True)).all()
        if not rows or self._session.scalar(_untold(OutboxEvent.id).limit(1)) != rows[0].id:
            return []
        return [(row.id, _envelope(row)) for row in rows]

    def backlog(self) -> tuple[int, datetime | None]:
        """Return how many events were not told yet, and when the oldest happened."""
        query = select(func.count(), func.min(OutboxEvent.created_at)).where(OutboxEvent.relayed_at.is_(None))
        count, oldest = self._session.execute(query).one()
        return count, oldest

    def mark_relayed(self, ids: Sequence[int]) -> None:
        """Remember that the bus has these."""
        self._session.execute(update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(relayed_at=self._clock.now()))

    def prune(self, before: datetime) -> int:
        """Forget some of what was told before an instant; return how many."""
        told = select(OutboxEvent.id).where(OutboxEvent.relayed_at < before).order_by(OutboxEvent.id).limit(PRUNED)
        ids = self._session.scalars(told).all()
        if ids:
            self._session.execute(delete(OutboxEvent).where(OutboxEvent.id.in_(ids)))
        return len(ids)


class Consumption:
    """What each consumer has done."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def is_done(self, consumer: str, event: Envelope) -> bool:
        """Tell whether a consumer has done an event."""
        return self._session.get(ConsumedEvent, (consumer, event.id)) is not None

    def which_done(self, consumer: str, event_ids: Collection[str]) -> set[str]:
        """Return those of these events that a consumer has done."""
        query = select(ConsumedEvent.event_id).where(
            ConsumedEvent.consumer == consumer, ConsumedEvent.event_id.in_(event_ids)
        )
        return set(self._session.scalars(query)) if event_ids else set()

    def done(self, consumer: str, event: Envelope) -> None:
        """Write that it has; a second writer of the same fails at its commit."""
        self._session.add(ConsumedEvent(consumer=consumer, event_id=event.id, at=self._clock.now()))

    def renew(self, consumer: str, event_ids: Collection[str]) -> None:
        """Remember these for longer, as if they were done now; what was renewed within a day stays as it is."""
        now = self._clock.now()
        mine = (ConsumedEvent.consumer == consumer, ConsumedEvent.event_id.in_(event_ids))
        if event_ids:
            old = ConsumedEvent.at < now - RENEWED
            self._session.execute(update(ConsumedEvent).where(*mine, old).values(at=now))

    def forget(self, consumer: str, event_id: str) -> None:
        """Let a consumer do an event again."""
        self._session.execute(
            delete(ConsumedEvent).where(ConsumedEvent.consumer == consumer, ConsumedEvent.event_id == event_id)
        )

    def prune(self, before: datetime) -> int:
        """Forget some of what was done before an instant; return how many."""
        keys = select(ConsumedEvent.consumer, ConsumedEvent.event_id).where(ConsumedEvent.at < before).limit(PRUNED)
        found = self._session.execute(keys).all()
        for consumer, event_id in found:
            self.forget(consumer, event_id)
        return len(found)


def _untold(*columns: Any) -> Select[Any]:
    return select(*columns or (OutboxEvent,)).where(OutboxEvent.relayed_at.is_(None)).order_by(OutboxEvent.id)


def _envelope(row: OutboxEvent) -> Envelope:
    return Envelope(row.public_id, row.name, row.advertiser_id, row.payload, row.created_at)
