"""What people are told inside the cabinet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, PublicKey, UtcDateTime, exact_string


class Notice(Base):
    """One thing an advertiser's people should know; shown in the cabinet, and sent by mail."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("advertiser_id", "event_id", "kind"),
        Index(None, "advertiser_id", "read_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    #: `balance_low`, `balance_empty`, `budget_spent`, `creative_rejected`, `creative_approved`, `campaign_ended` …
    kind: Mapped[str] = mapped_column(String(32))
    #: Id of the event it came from: the same event makes one notice.
    event_id: Mapped[str] = mapped_column(exact_string(24))
    #: JSON-ready values of the sentence, and what it links to.
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[Instant]
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
