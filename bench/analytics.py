"""Charts and lists against the size of the store, and against the shortest query that answers the same.

Facts are made inside the store. Every figure is the median of alternating rounds in one process, without remembered
answers; a chart is the store's query and the laying out of its steps, the hand-written query is the raw answer alone.

    python -m bench.analytics [--events 50000000] [--only chdb|clickhouse]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tests.servers.clickhouse import start_clickhouse
from webapp.adapters.analytics.chdb import ChdbEngine
from webapp.adapters.analytics.clickhouse import ClickHouseEngine
from webapp.adapters.analytics.engine import Engine
from webapp.adapters.analytics.store import SqlAnalyticsStore
from webapp.core.periods import Grain, Period
from webapp.domain.analytics.charts import chart_data
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.analytics.types import unix_day

ADVERTISERS = 200
CHUNK = 5_000_000
ROUNDS = 60
SETTLING_SECONDS = 120
ZONE = ZoneInfo("UTC")
LAST = date(2026, 11, 18)
PERIOD = Period(LAST - timedelta(days=89), LAST)
NOW = datetime(2026, 11, 19, tzinfo=UTC)
#: Two advertisers beside the 200: of a thousand campaigns, and of twenty.
WIDE, NARROW = 1001, 1002

FACTS = """
INSERT INTO facts (advertiser_id, ts, local_day, campaign_id, ad_id, country, device, site, impressions, clicks,
    conversions, spend_micros)
SELECT
    {first} + number % {advertisers} AS advertiser_id,
    toDateTime(({day} + intDiv(number * 90, {events})) * 86400 + intHash32(number) % 86400, 'UTC') AS ts,
    toDate({day} + intDiv(number * 90, {events})) AS local_day,
    toUInt32(advertiser_id * 1000 + intHash32(number + 1) % {campaigns}) AS campaign_id,
    campaign_id * 10 + intHash32(number + 2) % 3 AS ad_id,
    ['US', 'DE', 'LV', 'FR', 'PL'][1 + intHash32(number + 3) % 5] AS country,
    ['phone', 'desktop', 'tablet'][1 + intHash32(number + 4) % 3] AS device,
    concat('site-', toString(intHash32(number + 5) % 40)) AS site,
    1 AS impressions, intHash32(number + 6) % 160 = 0 AS clicks, intHash32(number + 7) % 9000 = 0 AS conversions,
    toInt64(1000 + intHash32(number + 8) % 3000) AS spend_micros
FROM (SELECT number + {offset} AS number FROM numbers({count}))
"""
#: As short as the answer of the same chart can be asked for.
BY_HAND = f"""
SELECT toUInt16(local_day), sum(impressions), sum(clicks), sum(conversions), sum(sales), sum(spend_micros),
    sum(revenue_micros), sum(filtered)
FROM stats_advertiser_day
WHERE advertiser_id = 77 AND local_day BETWEEN toDate({unix_day(PERIOD.first)}) AND toDate({unix_day(PERIOD.last)})
GROUP BY local_day ORDER BY local_day
"""


@dataclass(frozen=True)
class Target:
    """A ratio of two things measured side by side, and what it may be at most (None is for information)."""

    label: str
    measured: Callable[[], object]
    base: Callable[[], object]
    most: float | None


def fill(engine: Engine, events: int, *, first: int = 1, advertisers: int = ADVERTISERS, campaigns: int = 20) -> None:
    """Write events day after day, as they would come, spread over advertisers and their campaigns."""
    for offset in range(0, events, CHUNK):
        values = {"first": first, "advertisers": advertisers, "campaigns": campaigns, "events": events}
        count = min(CHUNK, events - offset)
        engine.run(FACTS.format(**values, day=unix_day(PERIOD.first), offset=offset, count=count))


def chart(engine: Engine, advertiser: int = 77, campaigns: tuple[int, ...] | None = None) -> object:
    """Lay out a 90-day chart with its comparison switched off, as the hand-written query has none."""
    query = FigureQuery(advertiser, PERIOD, campaign_ids=campaigns)
    series = SqlAnalyticsStore(engine).series(query, Grain.DAY)
    return chart_data(series, PERIOD, None, Grain.DAY, ZONE, NOW)


def page(engine: Engine, advertiser: int, campaigns: int) -> None:
    """Ask what a page of the campaign list asks: sums of all, days of the fifty shown."""
    store = SqlAnalyticsStore(engine)
    store.by_campaign(FigureQuery(advertiser, PERIOD))
    shown = tuple(range(advertiser * 1000, advertiser * 1000 + min(50, campaigns)))
    days = Period(PERIOD.last - timedelta(days=27), PERIOD.last)
    store.daily_spend(FigureQuery(advertiser, days, campaign_ids=shown))


def targets(small: Engine, large: Engine) -> Iterator[Target]:
    """Name what is compared."""
    one = (77_005,)
    yield Target("chart of an account, large / small store", lambda: chart(large), lambda: chart(small), 1.3)
    yield Target(
        "chart of a campaign, large / small store",
        lambda: chart(large, campaigns=one),
        lambda: chart(small, campaigns=one),
        1.3,
    )
    yield Target("chart of an account / best query by hand", lambda: chart(large), lambda: large.rows(BY_HAND), 1.5)
    yield Target(
        "chart of 1,000 campaigns, 10 M events / 20, 10 K",
        lambda: chart(large, WIDE),
        lambda: chart(large, NARROW),
        1.5,
    )
    yield Target(
        "list of 1,000 campaigns, 10 M events / 20, 10 K",
        lambda: page(large, WIDE, 1000),
        lambda: page(large, NARROW, 20),
        None,
    )


def side_by_side(target: Target) -> tuple[float, float]:
    """Return the median milliseconds of both, measured in turns so that a busy moment hits both."""
    measured, base = [], []
    for _ in range(ROUNDS):
        measured.append(milliseconds(target.measured))
        base.append(milliseconds(target.base))
    return statistics.median(measured[5:]), statistics.median(base[5:])


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


@contextmanager
def engines(kind: str, folder: Path) -> Iterator[tuple[Engine, Engine]]:
    """Give a small and a large database of one engine."""
    if kind == "chdb":
        yield ChdbEngine(folder, "small", remember=False), ChdbEngine(folder, "large", remember=False)
        return
    server = start_clickhouse(folder)
    try:
        server.wait()
        address = urlsplit(server.url)
        for name in ("small", "large"):
            ClickHouseEngine(server.url).run(f"CREATE DATABASE {name}")
        small, large = (ClickHouseEngine(address._replace(path=f"/{name}").geturl()) for name in ("small", "large"))
        yield small, large
    finally:
        server.stop()


def settle(engine: Engine) -> None:
    """Wait until the engine has put together what was just written: no store is filled like this in earnest."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while engine.rows("SELECT count() FROM system.merges")[0][0] and time.monotonic() < deadline:
        time.sleep(1)


def measure(kind: str, events: int) -> list[str]:
    """Fill both databases, print the table, return the targets missed."""
    missed = []
    with tempfile.TemporaryDirectory() as name, engines(kind, Path(name)) as (small, large):
        began = time.perf_counter()
        for engine, count in ((small, events // 10), (large, events)):
            SqlAnalyticsStore(engine).migrate()
            fill(engine, count)
            fill(engine, events // 5, first=WIDE, advertisers=1, campaigns=1000)
            fill(engine, events // 5000, first=NARROW, advertisers=1, campaigns=20)
        total = events + events // 10 + 2 * (events // 5 + events // 5000)
        seconds = time.perf_counter() - began
        print(f"{kind}: {total:,} events written in {seconds:.0f} s, {total / seconds:,.0f} a second", flush=True)
        settle(small)
        print(f"{'':<52}{'ms':>9}{'base ms':>9}{'ratio':>8}{'most':>8}")
        for target in targets(small, large):
            measured, base = side_by_side(target)
            ratio, most = measured / base, "" if target.most is None else f"{target.most:.1f}"
            print(f"{target.label:<52}{measured:>9.2f}{base:>9.2f}{ratio:>8.2f}{most:>8}", flush=True)
            if target.most is not None and ratio > target.most:
                missed.append(f"{kind}: {target.label}")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--only", choices=("chdb", "clickhouse"))
    args = parser.parse_args()
    missed = [
        line for kind in (args.only and [args.only]) or ["chdb", "clickhouse"] for line in measure(kind, args.events)
    ]
    print("; ".join(missed) or "ok: every ratio is within its target")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
