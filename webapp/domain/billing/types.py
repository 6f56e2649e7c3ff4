"""What the ledger takes and gives: plain frozen values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from webapp.core.ids import PublicId
from webapp.core.money import Money
from webapp.core.periods import Period
from webapp.core.scope import Actor, Scope
from webapp.domain.billing.models import Account, TransactionKind


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose books these are."""

    advertiser_id: int
    currency: str

    @classmethod
    def of(cls, scope: Scope) -> Holder:
        """Return the advertiser of a scope."""
        return cls(scope.advertiser_id, scope.currency)


@dataclass(frozen=True, slots=True)
class Posting:
    """A movement of money somebody asks for; `amount_micros` is positive, only an adjustment may be negative."""

    holder: Holder
    actor: Actor
    kind: TransactionKind
    amount_micros: int
    idempotency_key: str
    reason: str = ""
    reference: str = ""
    campaign_id: int | None = None
    budget_day: date | None = None
    #: Where a charge is taken from: what was reserved for it, or straight from promo and available.
    source: Account = Account.RESERVED
    #: When it happened; now, unless history is written.
    at: datetime | None = None

    @property
    def request_hash(self) -> str:
        """Return the fingerprint of what is asked for; who asks and when do not belong to it."""
        parts = (
            self.kind, self.amount_micros, self.holder.currency, self.reason, self.reference,
            self.campaign_id, self.budget_day, self.source,
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Posted:
    """A transaction in the books; `created` is False when the same request had been posted before."""

    public_id: PublicId
    kind: TransactionKind
    created_at: datetime
    created: bool


@dataclass(frozen=True, slots=True)
class Pockets:
    """What an advertiser has, micros of its currency."""

    currency: str
    available_micros: int = 0
    reserved_micros: int = 0
    promo_micros: int = 0
    #: Charged so far, less credit notes.
    spent_micros: int = 0
    updated_at: datetime | None = None

    @property
    def spendable_micros(self) -> int:
        """Return what may still be spent: available and promo together, called Available on screen."""
        return self.available_micros + self.promo_micros

    @property
    def left_micros(self) -> int:
        """Return what has not been spent yet, reserved money included."""
        return self.spendable_micros + self.reserved_micros

    @property
    def came_in_micros(self) -> int:
        """Return all that came in and was not given back: what is left and what was spent."""
        return self.left_micros + self.spent_micros


@dataclass(frozen=True, slots=True)
class Summary:
    """An advertiser's money since the beginning: where it came from and where it is."""

    pockets: Pockets
    top_ups_micros: int
    promo_micros: int
    credits_micros: int
    refunds_micros: int
    #: Corrections by staff, either sign.
    adjustments_micros: int
    #: When the first transaction was posted.
    since: datetime | None

    @property
    def charged_micros(self) -> int:
        """Return all charges, before credit notes: the Spent of the screen and of every report."""
        return self.pockets.spent_micros + self.credits_micros

    @property
    def came_in_micros(self) -> int:
        """Return what came in, credit notes included, so that available + reserved + charged equals it."""
        return self.pockets.left_micros + self.charged_micros

    @property
    def sources_micros(self) -> int:
        """Return the same by origin: top-ups, promo, credit notes and adjustments, less refunds."""
        paid = self.top_ups_micros - self.refunds_micros
        return paid + self.promo_micros + self.credits_micros + self.adjustments_micros


class Group(StrEnum):
    """The kinds of one tab of the ledger."""

    ALL = "all"
    TOP_UPS = "top_ups"
    CHARGES = "charges"
    CREDITS = "credits"
    RESERVES = "reserves"


_K = TransactionKind
GROUP_KINDS: dict[Group, tuple[TransactionKind, ...]] = {
    Group.ALL: (),
    Group.TOP_UPS: (_K.TOP_UP, _K.REFUND),
    Group.CHARGES: (_K.SPEND,),
    Group.CREDITS: (_K.CREDIT_NOTE, _K.PROMO_CREDIT, _K.ADJUSTMENT),
    Group.RESERVES: (_K.RESERVE, _K.RELEASE),
}


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which transactions are looked at."""

    group: Group = Group.ALL
    period: Period | None = None
    campaign_id: int | None = None
    #: Whether what is set aside and given back is looked at too, outside of its own tab.
    reservations: bool = True
    #: Whether charges that are kept by the hour are looked at one by one.
    hourly: bool = True

    @property
    def kinds(self) -> tuple[TransactionKind, ...]:
        """Return the kinds that are looked at, none for all."""
        kinds = GROUP_KINDS[self.group]
        if kinds or self.reservations:
            return kinds
        return tuple(kind for kind in TransactionKind if kind not in GROUP_KINDS[Group.RESERVES])


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One side of a transaction, as shown."""

    account: Account
    amount_micros: int
    balance_after_micros: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One line of a statement: a transaction and what it did to each pocket."""

    id: int
    public_id: PublicId
    advertiser_id: int
    kind: TransactionKind
    currency: str
    reason: str
    reference: str
    actor_name: str
    campaign_id: int | None
    budget_day: date | None
    created_at: datetime
    available_after_micros: int
    entries: Sequence[LedgerEntry] = field(default_factory=tuple)

    def _moved(self, *accounts: Account) -> int:
        return sum(entry.amount_micros for entry in self.entries if entry.account in accounts)

    @property
    def available_micros(self) -> int:
        """Return by how much it changed what may be spent (available and promo)."""
        return self._moved(Account.AVAILABLE, Account.PROMO)

    @property
    def reserved_micros(self) -> int:
        """Return by how much it changed what is reserved."""
        return self._moved(Account.RESERVED)

    @property
    def spent_micros(self) -> int:
        """Return by how much it changed what is spent."""
        return self._moved(Account.SPENT)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of a statement, newest first."""

    rows: Sequence[LedgerRow]
    #: How many the filter has in all; None for the whole ledger of all advertisers.
    total: int | None
    #: Public id to ask older rows with; None at the end.
    older: PublicId | None
    #: Whether newer rows exist before this page.
    is_first: bool


@dataclass(frozen=True, slots=True)
class CampaignSpend:
    """What a campaign was charged, net of credit notes; budgets count the charges themselves."""

    today_micros: int = 0
    total_micros: int = 0
    #: The last budget day it was charged on.
    last_day: date | None = None
    #: What credit notes gave back of it.
    credited_today_micros: int = 0
    credited_total_micros: int = 0

    @property
    def charged_today_micros(self) -> int:
        """Return today's charges."""
        return self.today_micros + self.credited_today_micros

    @property
    def charged_total_micros(self) -> int:
        """Return all charges."""
        return self.total_micros + self.credited_total_micros


@dataclass(frozen=True, slots=True)
class Agreement:
    """Three independent sums of what an advertiser was charged, net of credit notes."""

    ledger_micros: int
    balance_micros: int
    campaign_days_micros: int
    #: Charges that belong to no campaign's day: part of the third sum, zero as a rule.
    unassigned_micros: int
    checked_at: datetime

    @property
    def by_day_micros(self) -> int:
        """Return the third sum."""
        return self.campaign_days_micros + self.unassigned_micros

    @property
    def difference_micros(self) -> int:
        """Return the widest gap between the three."""
        sums = (self.ledger_micros, self.balance_micros, self.by_day_micros)
        return max(sums) - min(sums)


#: How many broken rows an audit names.
MAX_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of the books that is wrong."""

    table: str
    row_id: str
    public_id: str
    what: str

    def __str__(self) -> str:
        """Return the sentence a person reads."""
        name = f" ({self.public_id})" if self.public_id else ""
        return f"{self.table} {self.row_id}{name}: {self.what}"


@dataclass(frozen=True, slots=True)
class BooksReport:
    """What an audit looked at and found; findings are in the order of the checks."""

    transactions: int
    entries: int
    advertisers: int
    #: The first ones, `MAX_FINDINGS` at most.
    findings: Sequence[Finding]
    came_in: Sequence[Money]

    @property
    def broken(self) -> bool:
        """Tell whether anything does not agree."""
        return bool(self.findings)

    def lines(self) -> list[str]:
        """Return what a person at a terminal reads."""
        counts = f"{self.transactions:,} transactions, {self.entries:,} entries, {self.advertisers:,} advertisers"
        if not self.findings:
            sums = ", ".join(f"{money.decimal:,.6f} {money.currency}" for money in self.came_in) or "nothing"
            return [f"The books agree: {counts}; {sums} came in."]
        rest = f"; the first {MAX_FINDINGS} are listed" if len(self.findings) >= MAX_FINDINGS else ""
        return [f"The books are broken ({counts}){rest}.", *(str(finding) for finding in self.findings)]
