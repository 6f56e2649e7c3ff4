"""Figures of an advertiser: what pages and reports show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from webapp.core.clock import Clock
from webapp.core.errors import Invalid
from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period, allowed_grains, default_grain
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.analytics.charts import ChartData, chart_data, has_whole_hours
from webapp.domain.analytics.metrics import Figure
from webapp.domain.analytics.ports import FactCatalogue, FigureReader
from webapp.domain.analytics.queries import Breakdown, Compared, FigureQuery, Filter, Order
from webapp.domain.analytics.types import EVENT_DIMENSIONS, EXTRA_PREFIX, FIXED_DIMENSIONS, OBJECT_DIMENSIONS, Metrics


class FigureSource(FigureReader, FactCatalogue, Protocol):
    """The part of the analytics store that figures read."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What figures are about: days, whether to compare them with those before, campaigns, ads, audience."""

    period: Period
    compare: bool = False
    campaign_ids: tuple[int, ...] | None = None
    ad_ids: tuple[int, ...] | None = None
    filters: tuple[Filter, ...] = ()


class Figures:
    """Answers with sums and rates; campaigns and ads are named by their inner ids, which the caller has checked."""

    def __init__(
        self, store: FigureSource, clock: Clock, hidden_imports: Callable[[int], tuple[int, ...]] = lambda _: ()
    ) -> None:
        self._store = store
        self._clock = clock
        self._hidden_imports = hidden_imports

    def chart(self, scope: Scope, selection: Selection, grain: Grain | None = None) -> ChartData:
        """Return every step of a chart with all metrics, and the totals; raise Invalid for a step too fine."""
        scope.require(Permission.CAMPAIGN_READ)
        step = grain or default_grain(selection.period)
        if step not in allowed_grains(selection.period):
            raise Invalid({"grain": "This step does not suit so long a period."})
        query = self._query(scope, selection)
        if step is Grain.HOUR and has_whole_hours(query, scope.zone):
            query = replace(query, whole_hours=True)
        series = self._store.series(query, step)
        return chart_data(series, query.period, query.compare, step, scope.zone, self._clock.now())

    def totals(self, scope: Scope, selection: Selection) -> Compared:
        """Return the sums of the selection."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.totals(self._query(scope, selection))

    def campaign_rows(
        self, scope: Scope, period: Period, campaign_ids: Sequence[int] | None = None
    ) -> Mapping[int, Metrics]:
        """Return the sums of each campaign that has any, in one query whatever their number."""
        scope.require(Permission.CAMPAIGN_READ)
        ids = None if campaign_ids is None else tuple(campaign_ids)
        return self._store.top_campaigns(self._query(scope, Selection(period, campaign_ids=ids)))

    def top_campaigns(self, scope: Scope, period: Period, limit: int | None = None) -> Mapping[int, Metrics]:
        """Return the sums of the campaigns that spent most (None: of all), in order, the newest first among equals."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.top_campaigns(self._query(scope, Selection(period)), limit)

    def ad_rows(self, scope: Scope, period: Period, campaign_id: int) -> Mapping[int, Metrics]:
        """Return the sums of each ad of a campaign that has any."""
        scope.require(Permission.CAMPAIGN_READ)
        found = self._store.by_ad(self._query(scope, Selection(period, campaign_ids=(campaign_id,))))
        return {ad_id: figures.current for ad_id, figures in found.items()}

    def sparklines(self, scope: Scope, period: Period, campaign_ids: Sequence[int]) -> Mapping[int, list[Figure]]:
        """Return the spend of every day for each of a page's campaigns, in one query."""
        scope.require(Permission.CAMPAIGN_READ)
        found = self._store.daily_spend(self._query(scope, Selection(period, campaign_ids=tuple(campaign_ids))))
        days = period.dates()
        return {key: [spend.get(day, 0) for day in days] for key in campaign_ids for spend in [found.get(key, {})]}

    def breakdown(
        self, scope: Scope, selection: Selection, dimension: str, order: Order, page: PageRequest
    ) -> Breakdown:
        """Return a page of the values of a dimension; raise Invalid for one these figures do not have."""
        scope.require(Permission.REPORT_READ)
        self._ensure_known(scope, dimension)
        query = self._query(scope, selection)
        return self._store.breakdown(query, dimension, order, limit=page.size, offset=page.offset)

    def dimensions(self, scope: Scope) -> list[str]:
        """Return the dimensions that have values: own things, the fixed ones in their order, then the file's own."""
        scope.require(Permission.REPORT_READ)
        present = set(self._store.dimensions_present(scope.advertiser_id, self._hidden_imports(scope.advertiser_id)))
        fixed = [key for key in (*OBJECT_DIMENSIONS, *FIXED_DIMENSIONS, *EVENT_DIMENSIONS) if key in present]
        return fixed + sorted(key for key in present if key.startswith(EXTRA_PREFIX))

    def first_day(self, scope: Scope) -> date | None:
        """Return the first day that has figures."""
        return self._store.first_day(scope.advertiser_id, self._hidden_imports(scope.advertiser_id))

    def fresh_at(self, scope: Scope) -> datetime | None:
        """Return when figures last changed."""
        return self._store.fresh_at(scope.advertiser_id, self._hidden_imports(scope.advertiser_id))

    def _query(self, scope: Scope, selection: Selection) -> FigureQuery:
        for item in selection.filters:
            self._ensure_known(scope, item.dimension)
        return FigureQuery(
            advertiser_id=scope.advertiser_id,
            period=selection.period,
            compare=selection.period.previous() if selection.compare else None,
            campaign_ids=selection.campaign_ids,
            ad_ids=selection.ad_ids,
            filters=selection.filters,
            hidden_imports=self._hidden_imports(scope.advertiser_id),
        )

    def _ensure_known(self, scope: Scope, dimension: str) -> None:
        """Fixed dimensions always exist; a file's own only if some file had it."""
        if dimension.startswith(EXTRA_PREFIX) and dimension not in self.dimensions(scope):
            raise Invalid({"dimension": "There is no such dimension."})
