"""Money over many advertisers at once, for the loops of delivery: a query whatever their number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.periods import Period
from webapp.domain.billing.models import SpendDay
from webapp.domain.billing.statement import StatementStore
from webapp.domain.billing.types import Pockets


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign was charged, whatever credit notes gave back since: in all, and on the days asked for."""

    total_micros: int = 0
    days: dict[date, int] = field(default_factory=dict)

    def on(self, day: date) -> int:
        """Return what a day cost."""
        return self.days.get(day, 0)


NOTHING_SPENT = Spent()
#: The charges of a day themselves.
_CHARGED = SpendDay.spent_micros + SpendDay.credited_micros


@dataclass(frozen=True, slots=True)
class ChargedDay:
    """What a campaign's day was charged, and what of it was given back since by credit notes that name it."""

    net_micros: int = 0
    credited_micros: int = 0

    @property
    def gross_micros(self) -> int:
        """Return the charges themselves."""
        return self.net_micros + self.credited_micros


class Purses:
    """Pockets of advertisers and charges of campaigns, as far as they are committed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store = StatementStore(session)

    def pockets(self, advertiser_ids: Collection[int]) -> dict[int, Pockets]:
        """Return the pockets by advertiser; one that never had money is left out."""
        return self._store.pockets_of_many(advertiser_ids)

    def spent(self, campaign_ids: Collection[int], days: Collection[date]) -> dict[int, Spent]:
        """Return the charges by campaign, which credit notes do not make less; one without any is left out."""
        if not campaign_ids:
            return {}
        totals = (
            select(SpendDay.campaign_id, func.sum(_CHARGED))
            .where(SpendDay.campaign_id.in_(campaign_ids))
            .group_by(SpendDay.campaign_id)
        )
        found = {row[0]: Spent(int(row[1])) for row in self._session.execute(totals)}
        by_day = select(SpendDay.campaign_id, SpendDay.day, _CHARGED).where(
            SpendDay.campaign_id.in_(campaign_ids), SpendDay.day.in_(days)
        )
        for id, day, micros in self._session.execute(by_day):
            found.setdefault(id, Spent()).days[day] = micros
        return found

    def spent_by_advertiser(
        self, advertiser_ids: Collection[int], days: Collection[date]
    ) -> dict[int, dict[date, int]]:
        """Return what each advertiser was charged on these days."""
        query = (
            select(SpendDay.advertiser_id, SpendDay.day, func.sum(SpendDay.spent_micros))
            .where(SpendDay.advertiser_id.in_(advertiser_ids), SpendDay.day.in_(days))
            .group_by(SpendDay.advertiser_id, SpendDay.day)
        )
        found: dict[int, dict[date, int]] = {}
        for id, day, micros in self._session.execute(query) if advertiser_ids else ():
            found.setdefault(id, {})[day] = int(micros)
        return found

    def charged_days(self, period: Period, advertiser_id: int | None = None) -> dict[tuple[int, int, date], ChargedDay]:
        """Return the charges by advertiser, campaign and day, of one advertiser or of all."""
        query = select(
            SpendDay.advertiser_id, SpendDay.campaign_id, SpendDay.day, SpendDay.spent_micros, SpendDay.credited_micros
        ).where(SpendDay.day.between(period.first, period.last))
        if advertiser_id is not None:
            query = query.where(SpendDay.advertiser_id == advertiser_id)
        return {(row[0], row[1], row[2]): ChargedDay(row[3], row[4]) for row in self._session.execute(query)}
