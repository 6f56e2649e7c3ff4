"""What was left on each of the last days, and until when it lasts at the present pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.periods import Period, local_midnight, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.billing.models import Account, Entry, SpendDay, Transaction, TransactionKind
from webapp.domain.billing.services.balances import PACE_DAYS
from webapp.domain.billing.statement import StatementStore
from webapp.domain.billing.types import Pockets

DAYS = 14
_K = TransactionKind
#: What changes the sum of the pockets besides charges; a credit note for a day is part of that day's spend.
_SOURCES = (_K.TOP_UP, _K.REFUND, _K.PROMO_CREDIT, _K.ADJUSTMENT, _K.CREDIT_NOTE)
_POCKETS = (Account.AVAILABLE, Account.RESERVED, Account.PROMO)


@dataclass(frozen=True, slots=True)
class Runway:
    """The money of an advertiser on its way from two weeks ago to its end."""

    pockets: Pockets
    #: The average of the last whole days.
    pace_micros: int
    #: The first of the days below.
    since: date
    #: What was left (reserved money included) when each day began, then now.
    left_micros: tuple[int, ...]
    #: Whole days the money lasts at this pace; None while nothing is being spent.
    days_left: int | None

    def ends_on(self, today: date) -> date | None:
        """Return the day on which it is spent, None when that is not in sight."""
        return None if self.days_left is None else today + timedelta(days=self.days_left)


class Runways:
    """Works a runway out of the balance, the spend of days and the few transactions that bring money in."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._store = StatementStore(session)

    def runway(self, scope: Scope) -> Runway:
        """Return the runway; three queries, whatever the number of campaigns."""
        scope.require(Permission.BALANCE_READ)
        today = today_in(scope.zone, self._clock.now())
        since = today - timedelta(days=DAYS)
        pockets, spent = self._store.pockets(scope), self._spent(scope, since)
        pace = _pace(spent, today)
        left = _backwards(pockets.left_micros, spent, self._came_in(scope, since), today)
        days = int(Decimal(pockets.left_micros) / pace) if pace > 0 else None
        return Runway(pockets, pace, since, tuple(left), days)

    def charged_between(self, scope: Scope, period: Period) -> int:
        """Return what campaigns were charged for the days of a period: what every figure of spend must agree with."""
        return self._store.spent_between(scope, period)

    def _spent(self, scope: Scope, since: date) -> dict[date, int]:
        query = (
            select(SpendDay.day, func.sum(SpendDay.spent_micros))
            .where(SpendDay.advertiser_id == scope.advertiser_id, SpendDay.day >= since)
            .group_by(SpendDay.day)
        )
        return {day: int(total) for day, total in self._session.execute(query)}

    def _came_in(self, scope: Scope, since: date) -> dict[date, int]:
        query = (
            select(Transaction.created_at, func.sum(Entry.amount_micros))
            .join(Entry, Entry.transaction_id == Transaction.id)
            .where(
                Transaction.advertiser_id == scope.advertiser_id,
                Transaction.kind.in_(_SOURCES),
                Transaction.created_at >= local_midnight(since, scope.zone),
                Transaction.budget_day.is_(None),
                Entry.account.in_(_POCKETS),
            )
            .group_by(Transaction.id, Transaction.created_at)
        )
        found: dict[date, int] = {}
        for at, amount in self._session.execute(query):
            day = today_in(scope.zone, at)
            found[day] = found.get(day, 0) + int(amount)
        return found


def _pace(spent: dict[date, int], today: date) -> int:
    """Return the average of the last whole days, counted from the first one with a charge."""
    days = [today - timedelta(days=back) for back in range(PACE_DAYS, 0, -1)]
    while days and not spent.get(days[0]):
        days.pop(0)
    return sum(spent.get(day, 0) for day in days) // len(days) if days else 0


def _backwards(now: int, spent: dict[date, int], came_in: dict[date, int], today: date) -> list[int]:
    """Walk back from what is left now: a day's charges are put back, what came in is taken off."""
    left = [now]
    for back in range(DAYS + 1):
        day = today - timedelta(days=back)
        left.append(left[-1] + spent.get(day, 0) - came_in.get(day, 0))
    return [*reversed(left[1:]), now]
