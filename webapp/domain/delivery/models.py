"""Inventory, leases, charges by the hour, and what the loops remember."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, Micros, PublicKey, UtcDateTime, enum_string, exact_string


class Site(Base):
    """A site of the house that sells places on its pages."""

    __tablename__ = "sites"

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    name: Mapped[str] = mapped_column(String(120))
    #: Lower-case ASCII, as DNS knows it.
    domain: Mapped[str] = mapped_column(exact_string(253), unique=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Placement(Base):
    """A place on a site: a size, a floor and what may stand there."""

    __tablename__ = "placements"
    __table_args__ = (
        Index(None, "site_id", "id"),
        CheckConstraint("floor_micros >= 0", name="floor_not_negative"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    site_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sites.id"))
    name: Mapped[str] = mapped_column(String(120))
    #: `300x250`, or `native`.
    size: Mapped[str] = mapped_column(exact_string(16))
    #: The least price of 1,000 impressions, in the house's currency.
    floor_micros: Mapped[Micros] = mapped_column(default=0)
    #: Categories of campaigns it takes; empty for all.
    categories: Mapped[list[str]] = mapped_column(JSON, default=list)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class LeaseStatus(StrEnum):
    """Where a lease stands."""

    OPEN = "open"
    #: Revoked: the node was told, or will be, to spend no more of it.
    CLOSING = "closing"
    #: The node's last word came, and what was not spent went back.
    CLOSED = "closed"
    #: The node was lost; what it had not reported went back.
    LOST = "lost"


class Lease(Base):
    """Money reserved for one node to spend on one budget day of a campaign."""

    __tablename__ = "leases"
    __table_args__ = (
        Index(None, "status", "node"),
        Index(None, "campaign_id", "day"),
        Index(None, "advertiser_id", "status"),
        Index(None, "advertiser_id", "day"),
        # For the night's comparison of all, the age of a node's store, and the pruning.
        Index(None, "day", "advertiser_id", "campaign_id"),
        Index(None, "node", "created_at"),
        Index(None, "status", "closed_at"),
        CheckConstraint("amount_micros > 0", name="amount_positive"),
        CheckConstraint("settled_micros >= 0 AND settled_micros <= amount_micros", name="settled_within"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    node: Mapped[int]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    amount_micros: Mapped[Micros]
    #: What of it was charged so far.
    settled_micros: Mapped[Micros] = mapped_column(default=0)
    #: Billable events of a lost lease that were not charged: the house's loss, named by reconciliation.
    forgiven_micros: Mapped[Micros] = mapped_column(default=0)
    #: The budget day, and its span.
    day: Mapped[date] = mapped_column(Date)
    day_starts_at: Mapped[Instant]
    day_ends_at: Mapped[Instant]
    status: Mapped[LeaseStatus] = mapped_column(enum_string(LeaseStatus, 16), default=LeaseStatus.OPEN)
    #: When its node took it; None while that is not known.
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[Instant]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ServingNode(Base):
    """A serving node as the loops know it."""

    __tablename__ = "serving_nodes"

    node: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: Its leases may be spent until this instant; renewed while it answers.
    fence_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: The last record whose charges are in the ledger; written in the same transaction as they are.
    settled_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    #: When the last of them happened.
    settled_event_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Up to where the log was trimmed.
    trimmed_seq: Mapped[int] = mapped_column(BigInteger, default=0)


class ChargeHour(Base):
    """What an hour of a campaign cost: kept beside the ledger's rows, in their transaction."""

    __tablename__ = "charge_hours"
    __table_args__ = (
        Index(None, "advertiser_id", "hour_at"),
        Index(None, "advertiser_id", "day"),
        Base.__table_args__,
    )

    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: Start of the hour in the advertiser's zone.
    hour_at: Mapped[datetime] = mapped_column(UtcDateTime(), primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    #: The budget day.
    day: Mapped[date] = mapped_column(Date)
    #: Events that were charged.
    events: Mapped[int] = mapped_column(BigInteger, default=0)
    spent_micros: Mapped[Micros] = mapped_column(default=0)


class CreditStatus(StrEnum):
    """Where a proposed credit stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"


class TrafficCredit(Base):
    """Charges found to be for invalid traffic after the fact, to be given back by a credit note."""

    __tablename__ = "traffic_credits"
    __table_args__ = (Index(None, "status", "id"), Index(None, "advertiser_id", "id"), Base.__table_args__)

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date] = mapped_column(Date)
    #: A Verdict: what the events turned out to be.
    verdict: Mapped[str] = mapped_column(String(32))
    #: Which events: site, ip_prefix, user_day, hours … as the form asked.
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)
    impressions: Mapped[int] = mapped_column(BigInteger, default=0)
    clicks: Mapped[int] = mapped_column(BigInteger, default=0)
    amount_micros: Mapped[Micros]
    reason: Mapped[str] = mapped_column(String(500))
    status: Mapped[CreditStatus] = mapped_column(enum_string(CreditStatus, 16), default=CreditStatus.PENDING)
    requested_by: Mapped[int | None] = mapped_column(BigInteger)
    requested_by_name: Mapped[str] = mapped_column(String(120), default="")
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_by_name: Mapped[str] = mapped_column(String(120), default="")
    #: Public id of the ledger's credit note.
    transaction_id: Mapped[str] = mapped_column(exact_string(24), default="")
    created_at: Mapped[Instant]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Reconciled(Base):
    """The nightly comparison of a campaign's day: ledger, events and the nodes' own counts."""

    __tablename__ = "reconciled_days"
    __table_args__ = (Index(None, "advertiser_id", "day"), Index(None, "day", "difference"), Base.__table_args__)

    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    ledger_micros: Mapped[Micros]
    events_micros: Mapped[Micros]
    #: None when the day is older than the nodes keep.
    counters_micros: Mapped[Micros | None]
    #: '' when all agree, else the code of what differs.
    difference: Mapped[str] = mapped_column(String(32), default="")
    checked_at: Mapped[Instant]
