"""The ledger of the demo account: top-ups, leases and charges in the order of time, every charge equal to its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from webapp.core.ids import new_public_id
from webapp.core.money import MICROS
from webapp.core.periods import local_midnight
from webapp.core.scope import SYSTEM, Actor
from webapp.demo.counts import DayCount
from webapp.demo.shape import TODAY, Today
from webapp.domain.billing.models import Account, TransactionKind
from webapp.domain.billing.postings import HOURLY
from webapp.domain.billing.types import Holder, Posting
from webapp.domain.delivery.models import LeaseStatus

_K = TransactionKind
#: The node that is lent to; every installation has it.
_NODE = 1
_LENT_AFTER = timedelta(seconds=20)
RESERVED_MICROS = 412_600_000
PROMO_MICROS = 100 * MICROS
#: (day, hour, minute, whole units, how it was paid).
TOP_UPS = (
    (TODAY - 262, 11, 20, 1000, "card 4417", ""), (TODAY - 218, 9, 42, 1000, "card 4417", ""),
    (TODAY - 171, 14, 5, 1500, "card 4417", ""), (TODAY - 132, 10, 31, 1500, "card 4417", ""),
    (TODAY - 91, 16, 12, 2000, "bank transfer", "KB-20114"), (TODAY - 66, 9, 15, 3000, "bank transfer", "KB-20377"),
    (6, 10, 8, 5000, "bank transfer", "KB-20455"), (17, 9, 50, 5000, "bank transfer", "KB-20533"),
    (29, 11, 2, 5000, "bank transfer", "KB-20640"), (38, 10, 44, 7500, "bank transfer", "KB-20722"),
    (50, 10, 5, 3000, "bank transfer", "KB-20817"),
)  # fmt: skip
#: (day, hour, minute, micros, campaign, why); a note names no budget day, so that days stay equal to their events.
CREDIT_NOTES = (
    (21, 12, 40, 18_204_800, "Autumn jackets, prospecting", "5,689 impressions of one data centre"),
    (44, 12, 40, 16_260_000, "Trail shoes, retargeting", "43 invalid clicks"),
    (TODAY, 12, 40, 3_740_000, "Backpacks 30 L, commuters", "11 invalid clicks"),
)


@dataclass(frozen=True, slots=True)
class Charged:
    """A campaign's days as charges; indexes below zero lie before the window."""

    campaign_id: int
    name: str
    days: Sequence[tuple[int, DayCount]]


@dataclass(frozen=True, slots=True)
class Books:
    """Writes postings of one advertiser."""

    holder: Holder
    payer: Actor
    finance: Actor
    today: Today

    def top_ups(self, rows: Iterable[tuple[int, int, int, int, str, str]] = TOP_UPS) -> Iterator[Posting]:
        """Return what was paid in."""
        for number, (day, hour, minute, units, how, reference) in enumerate(rows):
            yield self._posting(
                _K.TOP_UP, units * MICROS, f"top-up:{number}", self.today.moment(day, hour, minute),
                actor=self.payer, reason=how, reference=reference,
            )  # fmt: skip

    def gifts(self) -> Iterator[Posting]:
        """Return the promo credit and the credit notes."""
        at = self.today.moment(TODAY - 18, 9)
        yield self._posting(_K.PROMO_CREDIT, PROMO_MICROS, "promo", at, actor=self.finance, reason="Autumn offer")
        for number, (day, hour, minute, micros, name, why) in enumerate(CREDIT_NOTES):
            at = self.today.moment(day, hour, minute)
            yield self._posting(
                _K.CREDIT_NOTE, micros, f"credit:{number}", at, actor=self.finance, reason=f"{name}: {why}"
            )

    def earlier(self, charged: Charged) -> Iterator[Posting]:
        """Return the charges of the months before: a day is one charge, straight from what was available."""
        for index, day in charged.days:
            if day.spend_micros:
                at = self.today.moment(index, 23, 50)
                yield self._charge(charged, index, day.spend_micros, at, Account.AVAILABLE)

    def days(self, campaigns: Sequence[Charged]) -> Iterator[Posting]:
        """Return leases, charges and releases of the window's whole days."""
        for index in range(TODAY):
            left = 0
            for charged in campaigns:
                day = charged.days[index][1]
                if day.spend_micros:
                    yield self._lease(charged, index, day.budget_micros)
                    yield self._charge(charged, index, day.spend_micros, self.today.moment(index, 23, 58))
                    left += day.budget_micros - day.spend_micros
            if left:
                yield self._close(index, left)

    def running(
        self, campaigns: Sequence[Charged], hours: Mapping[tuple[int, int], int], leased: int
    ) -> Iterator[Posting]:
        """Return today: leases that leave `leased` reserved, and a charge for each campaign and hour."""
        for charged, spare in self.spares(campaigns, leased):
            yield self._lease(charged, TODAY, charged.days[TODAY][1].spend_micros + spare)
        by_id = {item.campaign_id: item for item in campaigns}
        for (campaign_id, hour), micros in sorted(hours.items(), key=lambda item: (item[0][1], item[0][0])):
            if micros:
                at = min(self.today.moment(TODAY, hour) + timedelta(minutes=59, seconds=30), self.today.now)
                posting = self._charge(by_id[campaign_id], TODAY, micros, at, detail=f"{hour:02d}:00")
                yield replace(posting, idempotency_key=f"{posting.idempotency_key}:{hour}")

    def spares(self, campaigns: Sequence[Charged], leased: int) -> list[tuple[Charged, int]]:
        """Return what of today's leases is not charged yet, by campaign."""
        active = [item for item in campaigns if item.days[TODAY][1].budget_micros]
        return list(zip(active, _shares(active, leased), strict=True))

    def leases(self, campaigns: Sequence[Charged], leased: int) -> list[dict[str, object]]:
        """Return the rows of what today is lent: the allocator hands it to the node, and it is back at midnight."""
        zone, day = self.today.zone, self.today.day
        starts = local_midnight(day, zone)
        shared = {
            "node": _NODE, "advertiser_id": self.holder.advertiser_id, "currency": self.holder.currency,
            "settled_micros": 0, "forgiven_micros": 0, "day": day, "day_starts_at": starts,
            "day_ends_at": local_midnight(day + timedelta(days=1), zone), "status": LeaseStatus.OPEN,
            # Older than the node's own counts: what it counted of today is not all of today.
            "created_at": starts + _LENT_AFTER,
        }  # fmt: skip
        return [
            {**shared, "public_id": new_public_id("ls"), "campaign_id": charged.campaign_id, "amount_micros": spare}
            for charged, spare in self.spares(campaigns, leased)
            if spare
        ]

    def _posting(self, kind: TransactionKind, micros: int, key: str, at: datetime, *, actor: Actor = SYSTEM,
                 reason: str = "", reference: str = "") -> Posting:  # fmt: skip
        return Posting(
            self.holder, actor, kind, micros, f"demo:{key}", reason=reason, reference=reference, at=at.astimezone(UTC)
        )

    def _charge(
        self, charged: Charged, index: int, micros: int, at: datetime,
        source: Account = Account.RESERVED, detail: str = "",
    ) -> Posting:  # fmt: skip
        posting = self._posting(_K.SPEND, micros, f"charge:{charged.campaign_id}:{index}", at, reason=detail)
        day = self.today.date_of(index)
        # The hours of the demo are written too, so its charges are told by the hour, as delivered ones are.
        key = f"{HOURLY}{posting.idempotency_key}"
        return replace(posting, idempotency_key=key, campaign_id=charged.campaign_id, budget_day=day, source=source)

    def _lease(self, charged: Charged, index: int, micros: int) -> Posting:
        at = local_midnight(self.today.date_of(index), self.today.zone) + _LENT_AFTER
        posting = self._posting(_K.RESERVE, micros, f"lease:{charged.campaign_id}:{index}", at, reason="lease")
        return replace(posting, campaign_id=charged.campaign_id)

    def _close(self, index: int, micros: int) -> Posting:
        at = local_midnight(self.today.date_of(index + 1), self.today.zone)
        day = self.today.date_of(index)
        return self._posting(_K.RELEASE, micros, f"close:{index}", at, reason=f"{day.day} {day:%B} closed")


def _shares(active: Sequence[Charged], total: int) -> list[int]:
    """Cut what stays reserved by daily budget; the last one takes what rounding leaves."""
    budgets = [item.days[TODAY][1].budget_micros for item in active]
    parts = [total * budget // sum(budgets) for budget in budgets[:-1]]
    return [*parts, total - sum(parts)]


def in_order(postings: Iterable[Posting]) -> list[Posting]:
    """Return postings by time; those of one instant stay as they were given."""
    return sorted(postings, key=lambda posting: posting.at or datetime.max.replace(tzinfo=UTC))
