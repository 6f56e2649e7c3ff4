"""Sums compared with the facts, and put right by adding what they lack.

What is added is the difference, so nothing is ever taken away first: pages never see a gap, being killed half way
leaves things no worse, and doing it again adds nothing. A sum that is too large gets a difference below zero: counts
have no sign, and wrap around to the right sum, when rows are added up and when the server puts them together.
"""

from __future__ import annotations

# ruff: noqa: S608 (texts are put together from our own words and numbers only)
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from webapp.adapters.analytics.engine import Engine, bind
from webapp.adapters.analytics.sql import Where, day_condition
from webapp.adapters.analytics.versions.v0001_facts import BUCKET
from webapp.core.periods import Period
from webapp.domain.analytics.events import AdvertiserDay
from webapp.domain.analytics.types import METRIC_FIELDS, from_unix_day, unix_day

#: In front of the ids of statements that write events, followed by the database: other installations have their own.
WRITING = "kabinet-events"
#: Table → what its rows are told apart by.
KEYS = {
    "stats_15m": ("advertiser_id", "local_day", "campaign_id", "import_id", "bucket"),
    "stats_advertiser_15m": ("advertiser_id", "local_day", "import_id", "bucket"),
    "stats_day": ("advertiser_id", "local_day", "campaign_id", "ad_id", "import_id"),
    "stats_campaign_day": ("advertiser_id", "local_day", "campaign_id", "import_id"),
    "stats_advertiser_day": ("advertiser_id", "local_day", "import_id"),
}
#: Advertisers of a day that are compared by one statement.
MOST = 1000
_NAMES = [f"m{number}" for number in range(len(METRIC_FIELDS))]
_DIMENSIONS = """
INSERT INTO stats_dimensions (advertiser_id, import_id, name, facts)
SELECT advertiser_id, import_id, name, toUInt64(count()) AS facts FROM (
    SELECT advertiser_id, import_id, arrayJoin(arrayConcat(
        arrayFilter((name, given) -> given,
            ['campaign', 'ad', 'country', 'region', 'device', 'os', 'browser', 'site', 'placement', 'verdict'],
            [campaign_id != 0, ad_id != 0, country != '', region != '', device != '', os != '', browser != '',
             site != '', placement_id != 0, verdict != '' AND kind != 'view'])
    )) AS name
    FROM facts WHERE {where}
) WHERE (advertiser_id, name) NOT IN (
    SELECT advertiser_id, name FROM stats_dimensions WHERE import_id = 0 AND {owners}
)
GROUP BY advertiser_id, import_id, name
"""


class SqlRollups:
    """`RollupKeeper` over any engine that runs the dialect, but for what only events know."""

    _engine: Engine
    _database = ""

    def is_quiet(self) -> bool:
        """Tell whether no statement of ours that writes events is at work, begun by whomever."""
        select = "SELECT count() FROM system.processes WHERE startsWith(query_id, %(writing)s)"
        return not self._engine.rows(bind(select, {"writing": self._writing()}))[0][0]

    def written_days(self, period: Period, advertiser_id: int | None = None) -> Sequence[AdvertiserDay]:
        """Return the days that have delivered facts or sums."""
        where = Where()
        where.only("advertiser_id", None if advertiser_id is None else (advertiser_id,))
        where.add(f"{day_condition(period)} AND import_id = 0 AND advertiser_id != 0")
        found: set[AdvertiserDay] = set()
        for table in ("facts", "stats_advertiser_day"):
            select = f"SELECT advertiser_id, toUInt16(local_day) AS day FROM {table}"
            sql = bind(f"{select} WHERE {where.sql()} GROUP BY advertiser_id, day", where.parameters)
            found |= {AdvertiserDay(owner, from_unix_day(day)) for owner, day in self._engine.rows(sql)}
        return sorted(found)

    def repair(self, days: Sequence[AdvertiserDay]) -> Sequence[str]:
        """Make the sums of these days those of the facts; return the tables that differed. May be repeated."""
        repaired: dict[str, None] = {}
        for day, owners in _by_day(days):
            own = f"advertiser_id IN ({', '.join(map(str, owners))})"
            where = f"{own} AND local_day = toDate({unix_day(day)}) AND import_id = 0"
            for table, keys in KEYS.items():
                difference = _difference(table, where)
                if self._engine.rows(f"SELECT count() FROM ({difference})")[0][0]:
                    names = ", ".join((*keys, *METRIC_FIELDS))
                    self._engine.run(f"INSERT INTO {table} ({names}) {difference}", self._writing() + uuid.uuid4().hex)
                    repaired[table] = None
            self._engine.run(_DIMENSIONS.format(where=where, owners=own))
        return list(repaired)

    def _writing(self) -> str:
        """Return what the ids of all our writing statements begin with."""
        if not self._database:
            self._database = str(self._engine.rows("SELECT currentDatabase()")[0][0])
        return f"{WRITING}-{self._database}-"


def _difference(table: str, where: str) -> str:
    """Return the rows that make a table's sums those of the facts."""
    keys = ", ".join(KEYS[table])
    of_facts = ", ".join(BUCKET if key == "bucket" else key for key in KEYS[table])
    counted = ", ".join(f"sum(toInt64({field})) AS {name}" for field, name in zip(METRIC_FIELDS, _NAMES, strict=True))
    taken = ", ".join(f"-sum(toInt64({field})) AS {name}" for field, name in zip(METRIC_FIELDS, _NAMES, strict=True))
    total = ", ".join(f"sum({name}) AS d{name}" for name in _NAMES)
    return (
        f"SELECT {keys}, {total} FROM ("
        f"SELECT {of_facts}, {counted} FROM facts WHERE {where} GROUP BY {keys} "
        f"UNION ALL SELECT {keys}, {taken} FROM {table} WHERE {where} GROUP BY {keys}"
        f") GROUP BY {keys} HAVING {' OR '.join(f'd{name} != 0' for name in _NAMES)}"
    )


def _by_day(days: Sequence[AdvertiserDay]) -> Iterator[tuple[date, list[int]]]:
    found: defaultdict[date, set[int]] = defaultdict(set)
    for item in days:
        found[item.day].add(item.advertiser_id)
    for day, owners in sorted(found.items()):
        ordered = sorted(owners)
        for start in range(0, len(ordered), MOST):
            yield day, ordered[start : start + MOST]
