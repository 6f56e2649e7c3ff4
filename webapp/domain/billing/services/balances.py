"""What is read of the books."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.periods import Period, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope, StaffScope
from webapp.domain.billing.models import TransactionKind
from webapp.domain.billing.statement import StatementStore
from webapp.domain.billing.types import (
    Agreement,
    CampaignSpend,
    LedgerFilter,
    LedgerPage,
    LedgerRow,
    Pockets,
    Summary,
)

#: How many whole days the pace is taken from.
PACE_DAYS = 7


class Balances:
    """An advertiser's pockets, statement and pace."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._store = StatementStore(session)
        self._clock = clock

    def balance(self, scope: Scope) -> Pockets:
        """Return the pockets; all zero before the first transaction."""
        scope.require(Permission.BALANCE_READ)
        return self._store.pockets(scope)

    def summary(self, scope: Scope) -> Summary:
        """Return where the money came from and where it is."""
        scope.require(Permission.BALANCE_READ)
        moved = self._store.moved_by_kind(scope)
        return Summary(
            pockets=self._store.pockets(scope),
            top_ups_micros=moved.get(TransactionKind.TOP_UP, 0),
            promo_micros=moved.get(TransactionKind.PROMO_CREDIT, 0),
            credits_micros=moved.get(TransactionKind.CREDIT_NOTE, 0),
            refunds_micros=-moved.get(TransactionKind.REFUND, 0),
            adjustments_micros=moved.get(TransactionKind.ADJUSTMENT, 0),
            since=self._store.first_at(scope),
        )

    def statement(
        self, scope: Scope, chosen: LedgerFilter, *, before: PublicId | None = None, size: int = 50
    ) -> LedgerPage:
        """Return a page of transactions, newest first, continuing before a transaction."""
        scope.require(Permission.BALANCE_READ)
        return self._store.page(scope, chosen, before=before, size=size)

    def transaction(self, scope: Scope, transaction_id: PublicId) -> LedgerRow:
        """Return one transaction with its entries."""
        scope.require(Permission.BALANCE_READ)
        row = self._store.find(scope, transaction_id)
        if row is None:
            raise NotFound
        return row

    def rows(self, scope: Scope, chosen: LedgerFilter) -> Iterator[LedgerRow]:
        """Return every transaction of a filter, newest first, read a chunk at a time."""
        scope.require(Permission.BALANCE_READ)
        return self._store.every(scope, chosen)

    def months(self, scope: Scope) -> list[date]:
        """Return the first days of the months the ledger covers, newest first."""
        scope.require(Permission.BALANCE_READ)
        first = self._store.first_at(scope)
        if first is None:
            return []
        day, last = today_in(scope.zone, first), today_in(scope.zone, self._clock.now())
        count = (last.year - day.year) * 12 + last.month - day.month
        months = (divmod(day.year * 12 + day.month - 1 + offset, 12) for offset in range(count, -1, -1))
        return [date(year, month + 1, 1) for year, month in months]

    def spend_of_campaigns(self, scope: Scope, ids: Sequence[int] | None = None) -> dict[int, CampaignSpend]:
        """Return what campaigns (None: all) were charged, in one query; of those named, the uncharged are zero."""
        spends = self._store.spend_of(scope, ids, today_in(scope.zone, self._clock.now()))
        return spends if ids is None else {id: spends.get(id, CampaignSpend()) for id in ids}

    def spendable_micros(self, scope: Scope) -> int:
        """Return what may still be spent, reserved money included; every role may know whether campaigns can run."""
        return self._store.pockets(scope).left_micros

    def spent_today(self, scope: Scope) -> int:
        """Return what all campaigns were charged on today's budget day."""
        today = today_in(scope.zone, self._clock.now())
        return self._store.spent_between(scope, Period(today, today))

    def daily_pace(self, scope: Scope) -> int:
        """Return the average spend of a day over the last whole days; shorter for an account that began in between."""
        today = today_in(scope.zone, self._clock.now())
        period = Period(today - timedelta(days=PACE_DAYS), today - timedelta(days=1))
        first = self._store.first_spend_day(scope)
        if first is None or first > period.last:
            return 0
        period = Period(max(first, period.first), period.last)
        return self._store.spent_between(scope, period) // period.days

    def days_left(self, scope: Scope) -> int | None:
        """Return for how many days the money lasts at the present pace; None when nothing is being spent."""
        pace = self.daily_pace(scope)
        if pace <= 0:
            return None
        return int(Decimal(self._store.pockets(scope).left_micros) / pace)

    def agreement(self, scope: Scope) -> Agreement:
        """Return three independent sums of what was charged: entries, balance, campaign days."""
        scope.require(Permission.BALANCE_READ)
        return Agreement(
            ledger_micros=self._store.spent_in_entries(scope),
            balance_micros=self._store.pockets(scope).spent_micros,
            campaign_days_micros=self._store.spent_in_days(scope),
            unassigned_micros=self._store.spent_without_campaign(scope),
            checked_at=self._clock.now(),
        )

    def staff_balance(self, staff: StaffScope, advertiser_id: int) -> Pockets | None:
        """Return any advertiser's pockets; None before its first transaction."""
        staff.require(Permission.STAFF_LEDGER_READ)
        return self._store.pockets_of(advertiser_id)

    def staff_balances(self, staff: StaffScope, advertiser_ids: Collection[int]) -> dict[int, Pockets]:
        """Return the pockets of several advertisers, for a list."""
        staff.require(Permission.STAFF_LEDGER_READ)
        return self._store.pockets_of_many(advertiser_ids)

    def staff_statement(
        self,
        staff: StaffScope,
        chosen: LedgerFilter,
        *,
        advertiser_id: int | None = None,
        before: PublicId | None = None,
        size: int = 50,
    ) -> LedgerPage:
        """Return a page of the whole ledger or of one advertiser's, newest first."""
        staff.require(Permission.STAFF_LEDGER_READ)
        return self._store.page(None, chosen, before=before, size=size, advertiser_id=advertiser_id)
