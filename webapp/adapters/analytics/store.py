"""The analytics store in the dialect that ClickHouse 18.16 and all later ones share."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from webapp.adapters.analytics import migrations, sql
from webapp.adapters.analytics.credits import SqlCredits
from webapp.adapters.analytics.engine import Engine, Row, bind
from webapp.adapters.analytics.events import SqlEvents
from webapp.core.errors import Unavailable
from webapp.core.periods import Grain
from webapp.domain.analytics.queries import Breakdown, Compared, FigureQuery, Group, Order, Series, Step
from webapp.domain.analytics.types import METRIC_FIELDS, NOTHING, FactBatch, Metrics, from_unix_day, total

WIDTH = len(METRIC_FIELDS)
#: Every table that knows an import, the facts first: what they no longer have cannot come back.
TABLES = (
    "facts",
    "stats_15m",
    "stats_advertiser_15m",
    "stats_day",
    "stats_campaign_day",
    "stats_advertiser_day",
    "stats_dimensions",
    "stats_written",
)
REMOVAL_SECONDS = 600


class SqlAnalyticsStore(SqlCredits, SqlEvents):
    """`AnalyticsStore` over any engine that runs the dialect."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def series(self, query: FigureQuery, grain: Grain) -> Series:
        """Return the steps of a chart; HOUR gives quarter hours, which make hours in every zone, unless whole do."""
        parts: tuple[list[Step], list[Step]] = ([], [])
        for part, step, *sums in self._engine.rows(sql.series(query, grain)):
            at = datetime.fromtimestamp(step, UTC) if grain is Grain.HOUR else from_unix_day(step)
            parts[part].append(Step(at, Metrics(*sums)))
        return Series(current=parts[1], previous=parts[0])

    def totals(self, query: FigureQuery) -> Compared:
        """Return the sums of the period and of the compared one."""
        rows = self._engine.rows(sql.totals(query))
        return _compared(rows[0]) if rows else Compared()

    def by_campaign(self, query: FigureQuery) -> Mapping[int, Compared]:
        """Return the sums of each campaign that has any."""
        return {row[0]: _compared(row[1:]) for row in self._engine.rows(sql.by_object(query, "campaign"))}

    def top_campaigns(self, query: FigureQuery, limit: int | None = None) -> Mapping[int, Metrics]:
        """Return the sums of the campaigns that spent most, in order: by spend, impressions, the newest first."""
        return {row[0]: Metrics._make(row[1:]) for row in self._engine.rows(sql.top_campaigns(query, limit))}

    def by_ad(self, query: FigureQuery) -> Mapping[int, Compared]:
        """Return the sums of each ad that has any."""
        return {row[0]: _compared(row[1:]) for row in self._engine.rows(sql.by_object(query, "ad"))}

    def daily_spend(self, query: FigureQuery) -> Mapping[int, Mapping[date, int]]:
        """Return what each campaign spent on its days, for the sparklines of a page of campaigns."""
        found: defaultdict[int, dict[date, int]] = defaultdict(dict)
        for campaign_id, day, spend_micros in self._engine.rows(sql.daily_spend(query)):
            found[campaign_id][from_unix_day(day)] = spend_micros
        return dict(found)

    def breakdown(self, query: FigureQuery, dimension: str, order: Order, *, limit: int, offset: int = 0) -> Breakdown:
        """Return one page of the values of a dimension; raise Invalid when there is no such dimension or metric."""
        rows = self._engine.rows(sql.breakdown_page(query, dimension, order, limit, offset))
        groups = [Group(str(row[0]), _compared(row[1:])) for row in rows]
        if offset == 0 and len(groups) < limit:
            return Breakdown(dimension, groups, len(groups), _sum(groups))
        whole = self._engine.rows(sql.breakdown_total(query, dimension))
        count, everything = (whole[0][0], _compared(whole[0][1:])) if whole else (0, Compared())
        return Breakdown(dimension, groups, count, everything)

    def dimensions_present(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> Sequence[str]:
        """Return the keys of the dimensions that have a value in any fact, in no particular order."""
        select = "SELECT name FROM stats_dimensions"
        rows = self._engine.rows(sql.of_advertiser(select, advertiser_id, tuple(hidden_imports), "GROUP BY name"))
        return [name for (name,) in rows]

    def first_day(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> date | None:
        """Return the first local day with a fact."""
        select = "SELECT count(), toUInt16(min(local_day)) FROM stats_advertiser_day"
        rows = self._engine.rows(sql.of_advertiser(select, advertiser_id, tuple(hidden_imports)))
        return from_unix_day(rows[0][1]) if rows and rows[0][0] else None

    def fresh_at(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> datetime | None:
        """Return when a fact was last written."""
        select = "SELECT count(), toUInt32(max(written_at)) FROM stats_written"
        rows = self._engine.rows(sql.of_advertiser(select, advertiser_id, tuple(hidden_imports)))
        return datetime.fromtimestamp(rows[0][1], UTC) if rows and rows[0][0] else None

    def insert(self, batch: FactBatch) -> int:
        """Write facts into every table and return their number; they are readable when this returns."""
        count = len(batch)
        if count:
            self._engine.insert(batch)
        return count

    def count_import(self, advertiser_id: int, import_id: int) -> int:
        """Return how many facts of an import are there."""
        select = "SELECT count() FROM facts WHERE advertiser_id = %(advertiser_id)s AND import_id = %(import_id)s"
        parameters = {"advertiser_id": int(advertiser_id), "import_id": int(import_id)}
        rows = self._engine.rows(bind(select, parameters))
        return int(rows[0][0]) if rows else 0

    def remove_import(self, advertiser_id: int, import_id: int) -> None:
        """Remove all that an import wrote, from every table, and return when it is gone."""
        condition = "advertiser_id = %(advertiser_id)s AND import_id = %(import_id)s"
        parameters = {"advertiser_id": int(advertiser_id), "import_id": int(import_id)}
        for table in TABLES:
            count = self._engine.rows(bind(f"SELECT count() FROM {table} WHERE {condition}", parameters))  # noqa: S608
            if count and count[0][0]:
                self._engine.run(bind(f"ALTER TABLE {table} DELETE WHERE {condition}", parameters))
        self.wait_for_mutations()

    def wait_for_mutations(self) -> None:
        """Servers rewrite tables behind our back, and only newer ones offer to wait themselves."""
        deadline, pause = time.monotonic() + REMOVAL_SECONDS, 0.01
        select = "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND is_done = 0"
        while self._engine.rows(bind(f"{select} AND table IN %(tables)s", {"tables": TABLES}))[0][0]:
            if time.monotonic() > deadline:
                raise Unavailable("Removing takes longer than expected. It goes on; look again later.")
            time.sleep(pause)
            pause = min(pause * 2, 0.5)

    def ping(self) -> None:
        """Raise Unavailable unless the store answers."""
        self._engine.rows("SELECT 1")

    def migrate(self, target: int | None = None) -> Sequence[int]:
        """Bring the tables to a version (the newest by default, 0 for none) and return the versions run."""
        return migrations.migrate(self._engine, target)

    def version(self) -> int:
        """Return the newest version in force, 0 for none."""
        return max(migrations.in_force(self._engine), default=0)


def _sum(groups: Sequence[Group]) -> Compared:
    return Compared(total(group.figures.current for group in groups), total(group.figures.previous for group in groups))


def _compared(sums: Row) -> Compared:
    return Compared(Metrics(*sums[:WIDTH]), Metrics(*sums[WIDTH:]) if len(sums) > WIDTH else NOTHING)
