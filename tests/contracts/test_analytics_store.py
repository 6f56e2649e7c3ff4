"""What every analytics store must do: chDB in the process, ClickHouse on a server."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from webapp.adapters.analytics import analytics_from_url
from webapp.adapters.analytics.versions import ALL
from webapp.core.errors import Invalid, Unavailable
from webapp.core.periods import Grain, Period, local_midnight
from webapp.domain.analytics.charts import chart_data
from webapp.domain.analytics.ports import AnalyticsStore
from webapp.domain.analytics.queries import Compared, FigureQuery, Filter, Order
from webapp.domain.analytics.types import NOTHING, FactBatch, FactRow, Metrics, Source, batches, total

FIRST = date(2026, 2, 10)
PERIOD = Period(FIRST, FIRST + timedelta(days=27))
#: Every test works for an advertiser of its own.
ADVERTISERS = count(random.randrange(1, 4_000_000) * 1000)


@pytest.fixture(scope="module", params=["chdb", "clickhouse"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "chdb":
        return f"chdb://{tmp_path_factory.mktemp('analytics')}?database=contract"
    address: str = request.getfixturevalue("servers").clickhouse_url
    return address


@pytest.fixture(scope="module")
def store(url: str) -> AnalyticsStore:
    opened = analytics_from_url(url)
    opened.migrate()
    return opened


@pytest.fixture
def advertiser() -> int:
    return next(ADVERTISERS)


def row(advertiser: int, *, day: date = FIRST, minute: int = 720, zone: str = "UTC", **values: object) -> FactRow:
    ts = local_midnight(day, ZoneInfo(zone)) + timedelta(minutes=minute)
    given = {"campaign_id": 1, "ad_id": 10, "impressions": 1, **values}
    return FactRow(advertiser_id=advertiser, ts=ts, local_day=day, **given)  # type: ignore[arg-type]


def fill(store: AnalyticsStore, *rows: FactRow) -> None:
    for batch in batches(rows):
        store.insert(batch)


def query(advertiser: int, period: Period = PERIOD, **rest: object) -> FigureQuery:
    return FigureQuery(advertiser, period, **rest)  # type: ignore[arg-type]


def many(advertiser: int, number: int = 600, seed: int = 7) -> list[FactRow]:
    dice = random.Random(seed)
    return [
        row(
            advertiser,
            day=FIRST + timedelta(days=dice.randrange(28)),
            minute=dice.randrange(1440),
            campaign_id=dice.randint(1, 6),
            ad_id=dice.randint(1, 20),
            import_id=dice.randint(0, 2),
            country=dice.choice(("", "DE", "US", "LV")),
            gender=dice.choice(("F", "M")),
            extras=(("Placement", dice.choice(("feed", "story"))),) if dice.random() < 0.7 else (),
            impressions=dice.randrange(5000),
            clicks=dice.randrange(60),
            conversions=dice.randrange(4),
            sales=dice.randrange(2),
            spend_micros=dice.randrange(9_000_000),
            revenue_micros=dice.randrange(9_000_000),
            filtered=dice.randrange(30),
        )
        for _ in range(number)
    ]


def summed(rows: list[FactRow]) -> Metrics:
    names = ("impressions", "clicks", "conversions", "sales", "spend_micros", "revenue_micros", "filtered")
    return Metrics(*(sum(getattr(item, name) for item in rows) for name in names))


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filtered", [False, True], ids=["from sums", "from facts"])
def test_every_grouping_adds_up_to_the_same_totals(store: AnalyticsStore, advertiser: int, filtered: bool) -> None:
    rows = many(advertiser)
    fill(store, *rows)
    filters = (Filter("gender", ("F",)),) if filtered else ()
    expected = summed([item for item in rows if not filtered or item.gender == "F"])
    asked = query(advertiser, filters=filters)
    assert store.totals(asked).current == expected
    for grain in Grain:
        assert total(step.metrics for step in store.series(asked, grain).current) == expected, grain
    assert total(group.current for group in store.by_campaign(asked).values()) == expected
    assert total(group.current for group in store.by_ad(asked).values()) == expected
    assert total(store.top_campaigns(asked).values()) == expected
    assert sum(sum(days.values()) for days in store.daily_spend(asked).values()) == expected.spend_micros
    for dimension in ("campaign", "ad", "country", "gender", "device", "x:Placement"):
        found = store.breakdown(asked, dimension, Order(), limit=100)
        assert found.total.current == expected, dimension
        assert total(group.figures.current for group in found.groups) == expected, dimension
        assert found.count == len(found.groups)


def test_rates_are_sum_over_sum(store: AnalyticsStore, advertiser: int) -> None:
    fill(
        store,
        row(advertiser, impressions=1000, clicks=10, conversions=1, spend_micros=1_000_000),
        row(advertiser, impressions=9000, clicks=10, conversions=3, spend_micros=3_000_000),
    )
    figures = store.totals(query(advertiser)).current
    assert (str(figures.ctr), str(figures.cvr)) == ("0.002", "0.2")
    assert (figures.cpc_micros, figures.cpm_micros, figures.cpa_micros) == (200_000, 400_000, 1_000_000)


def test_the_compared_days_are_counted_apart(store: AnalyticsStore, advertiser: int) -> None:
    rows = many(advertiser)
    fill(store, *rows)
    later = Period(FIRST + timedelta(days=14), FIRST + timedelta(days=27))
    asked = query(advertiser, later, compare=later.previous())
    expected = Compared(
        summed([item for item in rows if item.local_day >= later.first]),
        summed([item for item in rows if item.local_day < later.first]),
    )
    assert store.totals(asked) == expected
    for grain in (Grain.HOUR, Grain.DAY, Grain.WEEK):
        series = store.series(asked, grain)
        assert total(step.metrics for step in series.current) == expected.current
        assert total(step.metrics for step in series.previous) == expected.previous
    for figures in (store.by_campaign(asked), store.by_ad(asked)):
        assert total(item.previous for item in figures.values()) == expected.previous
    found = store.breakdown(asked, "country", Order(), limit=10)
    assert (found.total, total(group.figures.previous for group in found.groups)) == (expected, expected.previous)


def test_no_rows_and_one_row(store: AnalyticsStore, advertiser: int) -> None:
    asked = query(advertiser)
    assert store.totals(asked) == Compared()
    assert all(not store.series(asked, grain).current for grain in Grain)
    assert (store.by_campaign(asked), store.by_ad(asked), store.daily_spend(asked)) == ({}, {}, {})
    empty = store.breakdown(asked, "country", Order(), limit=10)
    assert (list(empty.groups), empty.count, empty.total) == ([], 0, Compared())
    assert (store.first_day(advertiser), store.fresh_at(advertiser)) == (None, None)
    assert list(store.dimensions_present(advertiser)) == []
    fill(store, row(advertiser, impressions=5, clicks=1))
    one = Metrics(impressions=5, clicks=1)
    assert store.totals(asked).current == one
    assert [(step.at, step.metrics) for step in store.series(asked, Grain.DAY).current] == [(FIRST, one)]
    assert store.first_day(advertiser) == FIRST


def test_three_years_of_days(store: AnalyticsStore, advertiser: int) -> None:
    period = Period(date(2023, 11, 20), date(2026, 11, 19))
    fill(store, *(row(advertiser, day=day, impressions=100, clicks=3) for day in period.dates()))
    asked = query(advertiser, period)
    days = store.series(asked, Grain.DAY).current
    assert [step.at for step in days] == period.dates()
    assert [step.at for step in store.series(asked, Grain.MONTH).current][:2] == [date(2023, 11, 1), date(2023, 12, 1)]
    assert all(step.at.weekday() == 0 for step in store.series(asked, Grain.WEEK).current)
    assert store.totals(asked).current.impressions == 100 * period.days


def test_a_file_of_thirty_years_is_taken_at_once(store: AnalyticsStore, advertiser: int) -> None:
    days = [date(1994, 10, 27) + timedelta(days=30 * number) for number in range(390)]
    fill(store, *(row(advertiser, day=day) for day in days))
    assert store.totals(query(advertiser, Period(days[0], days[-1]))).current.impressions == len(days)
    assert store.first_day(advertiser) == date(1994, 10, 27)


def test_days_before_the_stores_first_do_not_wrap_around(store: AnalyticsStore, advertiser: int) -> None:
    fill(store, row(advertiser))
    ancient = Period(date(1900, 1, 1), date(1969, 12, 31))
    assert store.totals(query(advertiser, ancient)).current == NOTHING
    asked = query(advertiser, Period(date(1970, 1, 1), date(2200, 1, 1)), compare=ancient)
    assert store.totals(asked) == Compared(Metrics(impressions=1))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Riga", date(2026, 3, 29), 23),
        ("Europe/Riga", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Asia/Kathmandu", date(2026, 11, 19), 24),
        ("Australia/Lord_Howe", date(2026, 11, 19), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # has no midnight
    ],
)
def test_hours_are_the_advertisers(store: AnalyticsStore, advertiser: int, zone: str, day: date, hours: int) -> None:
    where = ZoneInfo(zone)
    start, end = Period(day, day).instants(where)
    minutes = int((end - start).total_seconds()) // 60
    fill(store, *(row(advertiser, day=day, minute=minute, zone=zone) for minute in range(0, minutes, 5)))
    period = Period(day, day)
    series = store.series(query(advertiser, period), Grain.HOUR)
    chart = chart_data(series, period, None, Grain.HOUR, where, end)
    assert len(chart.points) == hours
    assert [point.current.impressions for point in chart.points if point.current] == [12] * hours
    local = [point.at.astimezone(where) for point in chart.points if isinstance(point.at, datetime)]
    assert all(at.minute == 0 for at in local)
    assert local[-1].hour == 23


@pytest.mark.parametrize("narrowed", [{}, {"campaign_ids": (1,)}, {"ad_ids": (10,)}])
def test_whole_hours_are_the_sums_of_their_quarters(
    store: AnalyticsStore, advertiser: int, narrowed: dict[str, tuple[int, ...]]
) -> None:
    fill(store, *(row(advertiser, minute=minute, impressions=minute) for minute in range(0, 1440, 7)))
    asked = FigureQuery(advertiser, PERIOD, **narrowed)  # type: ignore[arg-type]
    quarters, hours = Counter[datetime](), Counter[datetime]()
    for at, metrics in store.series(asked, Grain.HOUR).current:
        quarters[at.replace(minute=0)] += metrics.impressions  # type: ignore[index, call-arg]
    for at, metrics in store.series(replace(asked, whole_hours=True), Grain.HOUR).current:
        hours[at] += metrics.impressions  # type: ignore[index]
    assert hours == quarters
    assert len(hours) == 24


def test_the_campaigns_that_spent_most_come_first(store: AnalyticsStore, advertiser: int) -> None:
    fill(
        store,
        row(advertiser, campaign_id=1, spend_micros=5, impressions=3),
        row(advertiser, campaign_id=2, spend_micros=7, impressions=0),
        row(advertiser, campaign_id=3, spend_micros=2, impressions=4),
        row(advertiser, campaign_id=3, spend_micros=3, impressions=4),
        row(advertiser, campaign_id=4, spend_micros=5, impressions=3, clicks=9),
        row(advertiser, campaign_id=5, day=FIRST - timedelta(days=1), spend_micros=100),
    )
    found = store.top_campaigns(query(advertiser))
    assert list(found) == [2, 3, 4, 1]
    assert found[3] == Metrics(impressions=8, spend_micros=5)
    assert list(store.top_campaigns(query(advertiser), 2).items()) == list(found.items())[:2]


# --- tenants and filters ---------------------------------------------------------------------------------------------


def test_nobody_sees_anothers_facts(store: AnalyticsStore, advertiser: int) -> None:
    other = next(ADVERTISERS)
    fill(store, row(advertiser, impressions=1), row(other, impressions=1000, country="US", import_id=3))
    asked = query(advertiser)
    assert store.totals(asked).current.impressions == 1
    assert store.breakdown(asked, "country", Order(), limit=9).total.current.impressions == 1
    assert "country" not in store.dimensions_present(advertiser)
    store.remove_import(advertiser, 3)
    assert store.totals(query(other)).current.impressions == 1000


def test_campaigns_ads_and_dimensions_narrow(store: AnalyticsStore, advertiser: int) -> None:
    rows = many(advertiser)
    fill(store, *rows)
    for campaigns, ads, countries in product((None, (1, 3), ()), (None, (5, 6, 7)), ((), ("DE", ""))):
        filters = (Filter("country", countries),) if countries else ()
        expected = summed(
            [
                item
                for item in rows
                if (campaigns is None or item.campaign_id in campaigns)
                and (ads is None or item.ad_id in ads)
                and (not countries or item.country in countries)
            ]
        )
        asked = query(advertiser, campaign_ids=campaigns, ad_ids=ads, filters=filters)
        assert store.totals(asked).current == expected
        assert total(step.metrics for step in store.series(asked, Grain.DAY).current) == expected


def test_unknown_dimensions_metrics_and_filters_are_refused(store: AnalyticsStore, advertiser: int) -> None:
    for dimension in ("password", "", "x:", "facts", "country; DROP TABLE facts", f"x:{'y' * 65}"):
        with pytest.raises(Invalid):
            store.breakdown(query(advertiser), dimension, Order(), limit=5)
        with pytest.raises(Invalid):
            Filter(dimension, ("a",))
    with pytest.raises(Invalid):
        Filter("country", ())
    with pytest.raises(Invalid):
        store.breakdown(query(advertiser), "country", Order("1; SELECT 1"), limit=5)
    with pytest.raises(Invalid):
        query(advertiser, Period(FIRST, FIRST - timedelta(days=1)))
    with pytest.raises(ValueError, match="one advertiser"):
        query(0)


@pytest.mark.parametrize(
    "word", ["O'Brien", "a\\'b", "%s %(x)s", "tab\there\n", "Ёлка 🎄", "') OR 1=1 --", "\0nul", "{x}"]
)
def test_words_are_only_words(store: AnalyticsStore, advertiser: int, word: str) -> None:
    fill(store, row(advertiser, country=word, extras=((word, word),), impressions=3), row(advertiser, impressions=5))
    only = store.totals(query(advertiser, filters=(Filter("country", (word,)), Filter(f"x:{word}", (word,)))))
    assert only.current.impressions == 3
    groups = store.breakdown(query(advertiser), f"x:{word}", Order("impressions"), limit=5).groups
    assert [(group.value, group.figures.current.impressions) for group in groups] == [("", 5), (word, 3)]
    assert f"x:{word}" in store.dimensions_present(advertiser)


def test_breakdowns_sort_and_page(store: AnalyticsStore, advertiser: int) -> None:
    fill(
        store,
        row(advertiser, country="DE", impressions=100, clicks=5, spend_micros=9),
        row(advertiser, country="US", impressions=50, clicks=5, spend_micros=7),
        row(advertiser, country="LV", impressions=0, clicks=0, spend_micros=8),
        row(advertiser, country="FR", impressions=0, clicks=0, spend_micros=8),
    )

    def values(by: str, descending: bool = True, limit: int = 9, offset: int = 0) -> list[str]:
        found = store.breakdown(query(advertiser), "country", Order(by, descending), limit=limit, offset=offset)
        assert (found.count, found.total.current.impressions) == (4, 150)
        return [group.value for group in found.groups]

    assert values("spend") == ["DE", "FR", "LV", "US"]
    assert values("spend", limit=2, offset=1) == ["FR", "LV"]
    assert values("ctr") == ["US", "DE", "FR", "LV"]
    assert values("ctr", descending=False) == ["DE", "US", "FR", "LV"]
    assert values("value", descending=False) == ["DE", "FR", "LV", "US"]
    assert values("spend", offset=4) == []


# --- imports ---------------------------------------------------------------------------------------------------------


def test_a_hidden_import_is_invisible_everywhere(store: AnalyticsStore, advertiser: int) -> None:
    rows = [item for item in many(advertiser) if item.import_id != 2]
    early = FIRST - timedelta(days=3)
    hidden = [row(advertiser, day=day, import_id=2, age="18-24", extras=(("Zone", "z"),)) for day in (early, FIRST)]
    fill(store, *rows, *hidden)
    asked, expected = query(advertiser, hidden_imports=(2, 99)), summed(rows)
    assert store.totals(asked).current == expected
    for filters in ((), (Filter("gender", ("F", "M")),)):
        narrowed = query(advertiser, hidden_imports=(2,), filters=filters)
        assert total(step.metrics for step in store.series(narrowed, Grain.HOUR).current) == expected
        assert total(item.current for item in store.by_ad(narrowed).values()) == expected
    assert {"age", "x:Zone"}.isdisjoint(store.dimensions_present(advertiser, (2,)))
    assert {"age", "x:Zone"} <= set(store.dimensions_present(advertiser))
    assert store.first_day(advertiser) == early
    assert store.first_day(advertiser, (2,)) == min(item.local_day for item in rows)


def test_removing_an_import_leaves_nothing_of_it_and_all_else(store: AnalyticsStore, advertiser: int) -> None:
    rows = many(advertiser)
    fill(store, *rows)
    kept = [item for item in rows if item.import_id != 1]
    store.remove_import(advertiser, 1)
    for filters in ((), (Filter("gender", ("F", "M")),)):
        asked = query(advertiser, filters=filters)
        assert store.totals(asked).current == summed(kept)
        assert total(step.metrics for step in store.series(asked, Grain.HOUR).current) == summed(kept)
        assert total(item.current for item in store.by_campaign(asked).values()) == summed(kept)
        assert total(item.current for item in store.by_ad(asked).values()) == summed(kept)
    store.remove_import(advertiser, 1)
    store.remove_import(advertiser, 2)
    store.remove_import(advertiser, 0)
    assert store.totals(query(advertiser)) == Compared()
    assert list(store.dimensions_present(advertiser)) == []
    assert (store.first_day(advertiser), store.fresh_at(advertiser)) == (None, None)
    fill(store, *kept)
    assert store.totals(query(advertiser)).current == summed(kept)


def test_the_facts_of_an_import_are_counted(store: AnalyticsStore, advertiser: int) -> None:
    rows = many(advertiser)
    fill(store, *rows, row(next(ADVERTISERS), import_id=1))
    for import_id in (1, 2):
        assert store.count_import(advertiser, import_id) == sum(item.import_id == import_id for item in rows)
    store.remove_import(advertiser, 1)
    assert store.count_import(advertiser, 1) == 0
    assert store.count_import(advertiser, 2) > 0


def test_facts_are_fresh_when_written(store: AnalyticsStore, advertiser: int) -> None:
    fill(store, row(advertiser, day=date(2019, 1, 1), source=Source.IMPORT, import_id=4))
    fresh = store.fresh_at(advertiser)
    assert fresh is not None
    assert abs((datetime.now(UTC) - fresh).total_seconds()) < 60
    assert store.fresh_at(advertiser, (4,)) is None


def test_a_batch_is_left_as_it_was_and_may_be_empty(store: AnalyticsStore, advertiser: int) -> None:
    assert store.insert(FactBatch()) == 0
    batch, twin = FactBatch(), FactBatch()
    for each in (batch, twin):
        each.append(row(advertiser, country="DE", extras=(("a", "b"),), spend_micros=-5))
    assert (store.insert(batch), batch) == (1, twin)
    assert store.totals(query(advertiser)).current.spend_micros == -5
    batch.country.append("torn")
    with pytest.raises(ValueError, match="differ in length"):
        store.insert(batch)


def test_threads_write_and_read_at_once(store: AnalyticsStore, advertiser: int) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                fill(store, row(advertiser, campaign_id=number + 1))
                store.by_campaign(query(advertiser))
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.totals(query(advertiser)).current.impressions == 30
    assert len(store.by_campaign(query(advertiser))) == 6


# --- the tables ------------------------------------------------------------------------------------------------------


@pytest.fixture
def blank(url: str, store: AnalyticsStore) -> Iterator[AnalyticsStore]:
    """Give a store whose tables may be taken down; they are up again afterwards."""
    yield store
    store.migrate()


def test_versions_go_up_down_and_up_again(blank: AnalyticsStore, advertiser: int) -> None:
    top = blank.version()
    assert top >= 1
    assert list(blank.migrate()) == []
    fill(blank, row(advertiser, country="DE"))
    # Some versions are only for newer servers.
    later = list(blank.migrate(1))
    assert later == sorted(later, reverse=True)
    assert list(blank.migrate()) == sorted(later)
    assert blank.breakdown(query(advertiser), "country", Order(), limit=1).groups[0].value == "DE"
    assert list(blank.migrate(0)) == [*later, 1]
    assert blank.version() == 0
    assert list(blank.migrate()) == [1, *sorted(later)]
    assert blank.version() == top
    fill(blank, row(advertiser))
    assert blank.totals(query(advertiser)).current.impressions == 1


def test_versions_are_numbered_without_gaps() -> None:
    assert [version.number for version in ALL] == list(range(1, len(ALL) + 1))


def test_a_store_that_answers_can_be_pinged(store: AnalyticsStore) -> None:
    store.ping()


@pytest.mark.parametrize("url", ["clickhouse://default:@127.0.0.1:1/default", "chdb:///proc/nowhere"])
def test_a_silent_store_is_unavailable(url: str) -> None:
    silent = analytics_from_url(url)
    for ask in (silent.ping, lambda: silent.totals(query(1)), lambda: silent.insert(_one())):
        with pytest.raises(Unavailable):
            ask()


def _one() -> FactBatch:
    batch = FactBatch()
    batch.append(row(1))
    return batch


def test_a_chdb_folder_is_found_again(tmp_path: Path, advertiser: int) -> None:
    first = analytics_from_url(f"chdb://{tmp_path / 'one'}")
    first.migrate()
    fill(first, row(advertiser))
    second = analytics_from_url(f"chdb://{tmp_path / 'two'}")
    second.migrate()
    assert second.totals(query(advertiser)).current == NOTHING
    assert analytics_from_url(f"chdb://{tmp_path / 'one'}").totals(query(advertiser)).current.impressions == 1
