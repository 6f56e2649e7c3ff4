"""What the figures need from the analytics store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from webapp.core.periods import Grain
from webapp.domain.analytics.queries import Breakdown, Compared, FigureQuery, Order, Series
from webapp.domain.analytics.types import FactBatch, Metrics


class FigureReader(Protocol):
    """Answers questions about one advertiser's figures."""

    def series(self, query: FigureQuery, grain: Grain) -> Series:
        """Return the steps of a chart; HOUR gives quarter hours, which make hours in every zone, unless whole do."""

    def totals(self, query: FigureQuery) -> Compared:
        """Return the sums of the period and of the compared one."""

    def by_campaign(self, query: FigureQuery) -> Mapping[int, Compared]:
        """Return the sums of each campaign that has any."""

    def top_campaigns(self, query: FigureQuery, limit: int | None = None) -> Mapping[int, Metrics]:
        """Return the sums of the campaigns that spent most, in order: by spend, impressions, the newest first."""

    def by_ad(self, query: FigureQuery) -> Mapping[int, Compared]:
        """Return the sums of each ad that has any."""

    def daily_spend(self, query: FigureQuery) -> Mapping[int, Mapping[date, int]]:
        """Return what each campaign spent on its days, for the sparklines of a page of campaigns."""

    def breakdown(self, query: FigureQuery, dimension: str, order: Order, *, limit: int, offset: int = 0) -> Breakdown:
        """Return one page of the values of a dimension; raise Invalid when there is no such dimension or metric."""


class FactCatalogue(Protocol):
    """Knows what an advertiser's facts cover."""

    def dimensions_present(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> Sequence[str]:
        """Return the keys of the dimensions that have a value in any fact, in no particular order."""

    def first_day(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> date | None:
        """Return the first local day with a fact."""

    def fresh_at(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> datetime | None:
        """Return when a fact was last written."""


class FactWriter(Protocol):
    """Takes facts in and out."""

    def insert(self, batch: FactBatch) -> int:
        """Write facts into every table and return their number; they are readable when this returns."""

    def count_import(self, advertiser_id: int, import_id: int) -> int:
        """Return how many facts of an import are there."""

    def remove_import(self, advertiser_id: int, import_id: int) -> None:
        """Remove all that an import wrote, from every table, and return when it is gone."""


class AnalyticsSchema(Protocol):
    """Builds the tables."""

    def ping(self) -> None:
        """Raise Unavailable unless the store answers."""

    def migrate(self, target: int | None = None) -> Sequence[int]:
        """Bring the tables to a version (the newest by default, 0 for none) and return the versions run."""

    def version(self) -> int:
        """Return the newest version in force, 0 for none."""


class AnalyticsStore(FigureReader, FactCatalogue, FactWriter, AnalyticsSchema, Protocol):
    """The whole store: ClickHouse, or the same engine in the process."""
