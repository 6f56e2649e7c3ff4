"""Users, advertisers and who belongs where."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.permissions import AdvertiserRole, StaffRole
from webapp.db.base import Base, Instant, Key, PublicKey, UtcDateTime, enum_string, exact_string


class User(Base):
    """A person who signs in: at advertisers, as staff, or both."""

    __tablename__ = "users"

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    #: Lower-cased; the address is the sign-in name.
    email: Mapped[str] = mapped_column(exact_string(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    staff_role: Mapped[StaffRole | None] = mapped_column(enum_string(StaffRole))
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Part of every session; a new number ends all sessions made before.
    session_epoch: Mapped[int] = mapped_column(default=1)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[Instant]


class Advertiser(Base):
    """An account (tenant): one balance in one currency, one time zone."""

    __tablename__ = "advertisers"

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    zone: Mapped[str] = mapped_column(String(64))
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[Instant]


class Membership(Base):
    """A user's role at one advertiser."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "advertiser_id"),
        Index(None, "advertiser_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    role: Mapped[AdvertiserRole] = mapped_column(enum_string(AdvertiserRole))
    created_at: Mapped[Instant]
