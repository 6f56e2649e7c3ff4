"""The ledger: transactions of entries that sum to zero, the balances they make, and payments from outside."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, Micros, PublicKey, UtcDateTime, enum_string, exact_string


class TransactionKind(StrEnum):
    """Why money moved."""

    TOP_UP = "top_up"
    REFUND = "refund"
    PROMO_CREDIT = "promo_credit"
    RESERVE = "reserve"
    RELEASE = "release"
    SPEND = "spend"
    CREDIT_NOTE = "credit_note"
    ADJUSTMENT = "adjustment"


class Account(StrEnum):
    """Where money can be. The first three are the advertiser's pockets; the rest is the other side of an entry."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    PROMO = "promo"
    SPENT = "spent"
    CASH = "cash"
    HOUSE = "house"


class Balance(Base):
    """An advertiser's pockets, changed only together with the ledger, under this row's lock."""

    __tablename__ = "balances"
    __table_args__ = (
        CheckConstraint("available_micros >= 0", name="available_not_negative"),
        CheckConstraint("reserved_micros >= 0", name="reserved_not_negative"),
        CheckConstraint("promo_micros >= 0", name="promo_not_negative"),
        CheckConstraint("spent_micros >= 0", name="spent_not_negative"),
        Base.__table_args__,
    )

    advertiser_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("advertisers.id"), primary_key=True, autoincrement=False
    )
    currency: Mapped[str] = mapped_column(String(3))
    available_micros: Mapped[Micros] = mapped_column(default=0)
    reserved_micros: Mapped[Micros] = mapped_column(default=0)
    promo_micros: Mapped[Micros] = mapped_column(default=0)
    #: All that was ever charged, less credit notes.
    spent_micros: Mapped[Micros] = mapped_column(default=0)
    updated_at: Mapped[Instant]


class Transaction(Base):
    """One movement of money; append-only (triggers)."""

    __tablename__ = "transactions"
    __table_args__ = (
        UniqueConstraint("advertiser_id", "idempotency_key"),
        Index(None, "advertiser_id", "kind", "id"),
        Index(None, "advertiser_id", "created_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    kind: Mapped[TransactionKind] = mapped_column(enum_string(TransactionKind))
    currency: Mapped[str] = mapped_column(String(3))
    idempotency_key: Mapped[str] = mapped_column(exact_string(128))
    #: SHA-256 of what was asked for: the same key with another request is a conflict.
    request_hash: Mapped[str] = mapped_column(exact_string(64))
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: What it is about on our side or outside: a payment's id, a bank reference …
    reference: Mapped[str] = mapped_column(String(128), default="")
    #: Internal id of the campaign a reservation or a charge belongs to.
    campaign_id: Mapped[int | None] = mapped_column(BigInteger)
    #: The budget day (advertiser's zone) a charge counts against.
    budget_day: Mapped[date | None] = mapped_column(Date)
    #: What the advertiser could still spend (available and promo) after it: a statement's last column.
    available_after_micros: Mapped[Micros]
    created_at: Mapped[Instant]


class Entry(Base):
    """One side of a transaction; the amounts of a transaction's entries sum to zero; append-only (triggers)."""

    __tablename__ = "entries"
    __table_args__ = (
        CheckConstraint("amount_micros <> 0", name="amount_not_zero"),
        Index(None, "transaction_id"),
        # The amount rides along so that an advertiser's books are summed from the index alone.
        Index(None, "advertiser_id", "account", "id", "amount_micros"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transactions.id"))
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    account: Mapped[Account] = mapped_column(enum_string(Account, 16))
    #: Positive: money came into the account.
    amount_micros: Mapped[Micros]
    #: What the account of this advertiser holds after this entry.
    balance_after_micros: Mapped[Micros]


class SpendDay(Base):
    """What a campaign was charged on one budget day: kept by `post()` beside the ledger, never apart from it."""

    __tablename__ = "spend_days"
    __table_args__ = (
        Index(None, "advertiser_id", "day"),
        # Days with a credit note are few, and asked for on every page that names a budget.
        Index(None, "advertiser_id", "credited_micros"),
        CheckConstraint("spent_micros >= 0", name="spent_not_negative"),
        Base.__table_args__,
    )

    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    #: Net of credit notes.
    spent_micros: Mapped[Micros] = mapped_column(default=0)
    #: What credit notes took off it: with it, the charges themselves.
    credited_micros: Mapped[Micros] = mapped_column(server_default=text("0"))


class PaymentState(StrEnum):
    """Where a payment stands."""

    CREATED = "created"
    NEEDS_CONFIRMATION = "needs_confirmation"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Payment(Base):
    """Money asked from a payment provider; becomes a top-up when it succeeds."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("advertiser_id", "idempotency_key"),
        Index(None, "provider", "provider_reference"),
        CheckConstraint("amount_micros > 0", name="amount_positive"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    provider: Mapped[str] = mapped_column(String(32))
    provider_reference: Mapped[str] = mapped_column(exact_string(128), default="")
    idempotency_key: Mapped[str] = mapped_column(exact_string(128))
    amount_micros: Mapped[Micros]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[PaymentState] = mapped_column(enum_string(PaymentState), default=PaymentState.CREATED)
    #: Why it failed, as the provider's code.
    failure_code: Mapped[str] = mapped_column(String(64), default="")
    #: How it was paid, for people: `card 4242`.
    method: Mapped[str] = mapped_column(String(64), default="")
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_by_name: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[Instant]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
