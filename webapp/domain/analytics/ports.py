"""What the figures need from the analytics store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period
from webapp.domain.analytics.credits import Creditable, CreditQuery
from webapp.domain.analytics.events import (
    AdvertiserDay,
    BilledDay,
    EventBatch,
    EventPage,
    EventQuery,
    ReceivedConversion,
    VerdictCount,
)
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


class EventStore(Protocol):
    """Takes the events of nodes in, each once, and tells of them one by one."""

    def insert_events(self, node: int, after: int, upto: int, events: EventBatch) -> None:
        """Write what a node's log holds behind `after` up to `upto`, all of it or nothing, and remember `upto`."""

    def last_seq(self, node: int) -> int:
        """Return the number up to which a node's log is in, 0 for nothing; exact when `is_quiet`."""

    def events_of(self, query: EventQuery, page: PageRequest) -> EventPage:
        """Return a page of events in the order they happened."""

    def verdicts(self, query: FigureQuery) -> Sequence[VerdictCount]:
        """Return how many events of which kind got which verdict."""

    def last_conversions(self, advertiser_id: int, period: Period, limit: int) -> Sequence[ReceivedConversion]:
        """Return an advertiser's conversions of these days, the newest first, with what became of each."""

    def billed_by_campaign_day(self, period: Period, advertiser_id: int | None = None) -> Sequence[BilledDay]:
        """Return what campaigns' days cost by their events, of one advertiser or of all."""


class CreditableEvents(Protocol):
    """Charged events that turn out to be invalid."""

    def creditable(self, query: CreditQuery, sample: int = 0) -> Creditable:
        """Return what charged events come to, and a few of them."""

    def credit_events(self, query: CreditQuery, verdict: str) -> None:
        """Count these events as filtered and free; done again, nothing is left to do. Nobody may write meanwhile."""


class RollupKeeper(Protocol):
    """Puts sums right that do not agree with the facts; nobody may write delivered facts meanwhile."""

    def is_quiet(self) -> bool:
        """Tell whether no statement of ours that writes events is at work, begun by whomever."""

    def suspects(self, node: int) -> Sequence[AdvertiserDay]:
        """Return the days that a node's latest batches touched: what a crash may have left half done."""

    def written_days(self, period: Period, advertiser_id: int | None = None) -> Sequence[AdvertiserDay]:
        """Return the days that have delivered facts or sums."""

    def repair(self, days: Sequence[AdvertiserDay]) -> Sequence[str]:
        """Make the sums of these days those of the facts; return the tables that differed. May be repeated."""


class AnalyticsSchema(Protocol):
    """Builds the tables."""

    def ping(self) -> None:
        """Raise Unavailable unless the store answers."""

    def migrate(self, target: int | None = None) -> Sequence[int]:
        """Bring the tables to a version (the newest by default, 0 for none) and return the versions run."""

    def version(self) -> int:
        """Return the newest version in force, 0 for none."""


class AnalyticsStore(
    FigureReader, FactCatalogue, FactWriter, EventStore, CreditableEvents, RollupKeeper, AnalyticsSchema, Protocol
):
    """The whole store: ClickHouse, or the same engine in the process."""
