"""The log of who did what: an advertiser's change history and the staff's audit log are the same rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, PublicKey, exact_string


class AuditRecord(Base):
    """One deed: the action, its subject, and field by field what was before and after."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "advertiser_id", "at"),
        Index(None, "subject_id", "at"),
        Index(None, "at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    #: None for what concerns no single advertiser.
    advertiser_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(120))
    ip: Mapped[str] = mapped_column(String(45), default="")
    #: Dotted verb such as `campaign.update`.
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str] = mapped_column(String(32))
    #: Public id of what was changed.
    subject_id: Mapped[str] = mapped_column(exact_string(24))
    subject_name: Mapped[str] = mapped_column(String(255), default="")
    #: `[{"field": …, "before": …, "after": …}]`, JSON-ready values.
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[Instant]
