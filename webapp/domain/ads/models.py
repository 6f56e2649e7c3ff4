"""Campaigns, ads, creatives, their versions and files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, Micros, PublicKey, UtcDateTime, enum_string, exact_string

HOURS_IN_WEEK = 168
ALL_HOURS = "1" * HOURS_IN_WEEK


class CampaignStatus(StrEnum):
    """What the owner wants."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class BidModel(StrEnum):
    """What is paid for."""

    CPM = "cpm"
    CPC = "cpc"


class Pacing(StrEnum):
    """How a day's budget is spread."""

    EVEN = "even"
    ASAP = "asap"


class CapWindow(StrEnum):
    """The span a frequency cap counts over."""

    HOUR = "hour"
    DAY = "day"
    CAMPAIGN = "campaign"


class Origin(StrEnum):
    """Where a campaign or ad came from."""

    CABINET = "cabinet"
    IMPORT = "import"


class Campaign(Base):
    """What is wanted: a bid, budgets, a schedule and an audience."""

    __tablename__ = "campaigns"
    __table_args__ = (
        UniqueConstraint("advertiser_id", "external_id"),
        Index(None, "advertiser_id", "status", "id"),
        Index(None, "advertiser_id", "name"),
        CheckConstraint("bid_micros >= 0", name="bid_not_negative"),
        CheckConstraint("daily_budget_micros IS NULL OR daily_budget_micros > 0", name="daily_budget_positive"),
        CheckConstraint("total_budget_micros IS NULL OR total_budget_micros > 0", name="total_budget_positive"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    name: Mapped[str] = mapped_column(String(120))
    status: Mapped[CampaignStatus] = mapped_column(enum_string(CampaignStatus), default=CampaignStatus.DRAFT)
    #: The step of the form (1 to 4) a draft waits at.
    draft_step: Mapped[int] = mapped_column(default=1)
    #: What an archived campaign goes back to when the archiving is undone.
    status_before_archive: Mapped[CampaignStatus | None] = mapped_column(enum_string(CampaignStatus))
    status_changed_at: Mapped[Instant]
    status_changed_by: Mapped[str] = mapped_column(String(120), default="")
    bid_model: Mapped[BidModel] = mapped_column(enum_string(BidModel, 8))
    bid_micros: Mapped[Micros]
    daily_budget_micros: Mapped[Micros | None]
    total_budget_micros: Mapped[Micros | None]
    pacing: Mapped[Pacing] = mapped_column(enum_string(Pacing, 8), default=Pacing.EVEN)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Exclusive: the first instant at which it no longer runs.
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: 168 characters 0/1, Monday 00:00 first, in the advertiser's zone.
    hours: Mapped[str] = mapped_column(String(HOURS_IN_WEEK), default=ALL_HOURS)
    cap_count: Mapped[int | None]
    cap_window: Mapped[CapWindow | None] = mapped_column(enum_string(CapWindow, 16))
    #: `types.Targeting` as JSON: countries, regions, devices, systems, browsers, languages, sites, site_mode, keywords.
    targeting: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    labels: Mapped[list[str]] = mapped_column(JSON, default=list)
    notes: Mapped[str] = mapped_column(Text, default="")
    #: What is advertised, such as `finance`; placements may take only some. '' for none chosen.
    category: Mapped[str] = mapped_column(String(32), default="", server_default="")
    origin: Mapped[Origin] = mapped_column(enum_string(Origin, 16), default=Origin.CABINET)
    #: Its id in the account it was imported from.
    external_id: Mapped[str | None] = mapped_column(exact_string(191))
    created_by_import_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    #: Grows by one with every change; a form that carries an older one is refused.
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class CampaignLabel(Base):
    """A campaign's label, one row each, so that lists can be filtered by it; `campaigns.labels` shows the same."""

    __tablename__ = "campaign_labels"
    __table_args__ = (Index(None, "advertiser_id", "label"), Base.__table_args__)

    campaign_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False
    )
    label: Mapped[str] = mapped_column(exact_string(40), primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(BigInteger)


class CreativeKind(StrEnum):
    """What a creative is made of."""

    IMAGE = "image"
    NATIVE = "native"


class VersionState(StrEnum):
    """Where a creative version stands in moderation."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    #: Was approved, and a later version was approved after it.
    REPLACED = "replaced"


class Creative(Base):
    """What people see; the words and the picture live in its versions."""

    __tablename__ = "creatives"
    __table_args__ = (Index(None, "advertiser_id", "archived_at", "id"), Base.__table_args__)

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    kind: Mapped[CreativeKind] = mapped_column(enum_string(CreativeKind, 16))
    name: Mapped[str] = mapped_column(String(120))
    #: The version that serves: the last approved one.
    approved_version_id: Mapped[int | None] = mapped_column(BigInteger)
    #: The newest version, whatever its state.
    latest_version_id: Mapped[int | None] = mapped_column(BigInteger)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Asset(Base):
    """A picture as we serve it: decoded, re-encoded, without metadata, under a path nobody can guess."""

    __tablename__ = "assets"
    __table_args__ = (Index(None, "advertiser_id", "sha256"), Base.__table_args__)

    id: Mapped[Key]
    #: Also the path it is served from.
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    #: Of the bytes we serve.
    sha256: Mapped[str] = mapped_column(exact_string(64))
    mime: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]
    byte_size: Mapped[int]
    frames: Mapped[int] = mapped_column(default=1)
    original_name: Mapped[str] = mapped_column(String(255))
    storage_key: Mapped[str] = mapped_column(exact_string(128))
    thumbnail_key: Mapped[str] = mapped_column(exact_string(128), default="")
    created_at: Mapped[Instant]


class CreativeVersion(Base):
    """One state of a creative with its own moderation verdict."""

    __tablename__ = "creative_versions"
    __table_args__ = (
        UniqueConstraint("creative_id", "number"),
        Index(None, "state", "submitted_at"),
        Index(None, "advertiser_id", "state"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    creative_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("creatives.id"))
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(enum_string(VersionState, 16), default=VersionState.DRAFT)
    title: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(String(140), default="")
    asset_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("assets.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_by_name: Mapped[str] = mapped_column(String(120), default="")
    #: Such as `claim.superlative`; see policies.REJECTION_REASONS.
    reject_code: Mapped[str] = mapped_column(String(40), default="")
    #: title, text, picture or landing.
    reject_field: Mapped[str] = mapped_column(String(16), default="")
    reject_sentence: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_by_name: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[Instant]


class Ad(Base):
    """A creative in a campaign with a place to go."""

    __tablename__ = "ads"
    __table_args__ = (
        UniqueConstraint("campaign_id", "external_id"),
        Index(None, "advertiser_id", "campaign_id", "archived_at", "id"),
        Index(None, "creative_id"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight_in_range"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    campaign_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("campaigns.id"))
    #: None only for imported ads, of which we know figures and nothing else.
    creative_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("creatives.id"))
    name: Mapped[str] = mapped_column(String(120))
    #: Complete, with UTM parameters and macros such as {click_id}.
    landing_url: Mapped[str] = mapped_column(String(2048), default="")
    weight: Mapped[int] = mapped_column(default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    origin: Mapped[Origin] = mapped_column(enum_string(Origin, 16), default=Origin.CABINET)
    external_id: Mapped[str | None] = mapped_column(exact_string(191))
    created_by_import_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
