"""Recording events, and doing each exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.ids import new_public_id
from webapp.domain.events.models import ConsumedEvent, OutboxEvent
from webapp.domain.events.types import Envelope


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
        rows = self._session.scalars(
            select(OutboxEvent).where(OutboxEvent.relayed_at.is_(None)).order_by(OutboxEvent.id).limit(limit)
        )
        return [
            (row.id, Envelope(row.public_id, row.name, row.advertiser_id, row.payload, row.created_at)) for row in rows
        ]

    def mark_relayed(self, ids: Sequence[int]) -> None:
        """Remember that the bus has these."""
        self._session.execute(update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(relayed_at=self._clock.now()))


class Consumption:
    """What each consumer has done."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def is_done(self, consumer: str, event: Envelope) -> bool:
        """Tell whether a consumer has done an event."""
        return self._session.get(ConsumedEvent, (consumer, event.id)) is not None

    def done(self, consumer: str, event: Envelope) -> None:
        """Write that it has; a second writer of the same fails at its commit."""
        self._session.add(ConsumedEvent(consumer=consumer, event_id=event.id, at=self._clock.now()))

    def forget(self, consumer: str, event_id: str) -> None:
        """Let a consumer do an event again."""
        self._session.execute(
            delete(ConsumedEvent).where(ConsumedEvent.consumer == consumer, ConsumedEvent.event_id == event_id)
        )
