"""The outbox, what consumers have done, and what they could not do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, PublicKey, UtcDateTime, exact_string


class OutboxEvent(Base):
    """An event written in the transaction of its deed; the relay tells it to the bus."""

    __tablename__ = "outbox_events"
    __table_args__ = (Index(None, "relayed_at", "id"), Base.__table_args__)

    id: Mapped[Key]
    #: The event's id for its readers: whoever has done it once never does it again.
    public_id: Mapped[PublicKey]
    #: Wire name, such as `ads.campaign.launched.v1`.
    name: Mapped[str] = mapped_column(String(64))
    #: None for what concerns no single advertiser.
    advertiser_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[Instant]
    relayed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ConsumedEvent(Base):
    """A consumer has done an event: written in the transaction of what it did."""

    __tablename__ = "consumed_events"
    __table_args__ = (Index(None, "at"), Base.__table_args__)

    consumer: Mapped[str] = mapped_column(exact_string(32), primary_key=True)
    event_id: Mapped[str] = mapped_column(exact_string(24), primary_key=True)
    at: Mapped[Instant]


class DeadLetter(Base):
    """An event a consumer gave up on, for staff to look at and replay."""

    __tablename__ = "dead_letters"
    __table_args__ = (UniqueConstraint("consumer", "event_id"), Index(None, "replayed_at", "id"), Base.__table_args__)

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    consumer: Mapped[str] = mapped_column(exact_string(32))
    event_id: Mapped[str] = mapped_column(exact_string(24))
    name: Mapped[str] = mapped_column(String(64))
    advertiser_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: When the event happened.
    happened_at: Mapped[Instant]
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    created_at: Mapped[Instant]
    replayed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    replayed_by_name: Mapped[str] = mapped_column(String(120), default="")
