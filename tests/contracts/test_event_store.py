"""Events in every analytics store: each once, seen by the figures that count them, and sums that can be put right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from webapp.adapters.analytics import analytics_from_url
from webapp.adapters.analytics.rollups import KEYS
from webapp.adapters.analytics.store import SqlAnalyticsStore
from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period
from webapp.domain.analytics.events import AdvertiserDay, EventBatch, EventQuery, VerdictCount, traffic_quality
from webapp.domain.analytics.queries import FigureQuery, Filter, Order
from webapp.domain.analytics.types import FactBatch, FactRow, Metrics

DAY = date(2026, 11, 19)
PERIOD = Period(DAY, DAY + timedelta(days=1))
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
ADVERTISERS = count(random.randrange(1, 4_000_000) * 1000)
NODES = count(random.randrange(1, 30) * 1000)


@pytest.fixture(scope="module", params=["chdb", "clickhouse"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SqlAnalyticsStore:
    if request.param == "chdb":
        url = f"chdb://{tmp_path_factory.mktemp('events')}?database=events"
    else:
        url = request.getfixturevalue("servers").clickhouse_url
    opened = analytics_from_url(url)
    opened.migrate()
    assert isinstance(opened, SqlAnalyticsStore)
    return opened


@pytest.fixture
def advertiser() -> int:
    return next(ADVERTISERS)


@pytest.fixture
def node() -> int:
    return next(NODES)


def events(*rows: dict[str, object]) -> EventBatch:
    """Put events together; what is not given is an impression that counts, at noon."""
    batch = EventBatch()
    for number, given in enumerate(rows):
        row: dict[str, object] = {"kind": "impression", "verdict": "", "at": NOON, "campaign_id": 1, **given}
        counted = not row["verdict"]
        kind, at = row["kind"], row["at"]
        assert isinstance(at, datetime)
        batch.append(
            FactRow(
                advertiser_id=int(str(row["advertiser"])), ts=at, local_day=at.date(),
                campaign_id=int(str(row["campaign_id"])), ad_id=10, country=str(row.get("country", "")),
                impressions=int(counted and kind == "impression"), clicks=int(counted and kind == "click"),
                conversions=int(counted and kind == "conversion"), spend_micros=int(str(row.get("price", 0))),
                filtered=int(not counted and kind != "view"), revenue_micros=int(str(row.get("value", 0))),
                sales=int(bool(row.get("value", 0))),
            )
        )  # fmt: skip
        own = {
            "node": 1, "seq": number + 1, "kind": kind, "verdict": row["verdict"], "decision": 7_000 + number,
            "placement_id": row.get("placement", 0), "decided_ms": 0, "happened_ms": int(at.timestamp() * 1000),
            "lease_id": 0, "ip_prefix": "", "user_day": "", "after": 0, "touched": (),
        }  # fmt: skip
        for name, value in own.items():
            getattr(batch, name).append(value)
    return batch


def query(advertiser: int, **rest: object) -> FigureQuery:
    return FigureQuery(advertiser, PERIOD, **rest)  # type: ignore[arg-type]


def everywhere(store: SqlAnalyticsStore, advertiser: int) -> list[Metrics]:
    """Return the sums as every table has them."""
    asked = query(advertiser)
    found = [store.totals(asked).current, store.breakdown(asked, "country", Order(), limit=1).total.current]
    found += [_sum([group.current for group in store.by_campaign(asked).values()])]
    found += [_sum([group.current for group in store.by_ad(asked).values()])]
    for campaigns in (None, (1, 2)):
        steps = store.series(query(advertiser, campaign_ids=campaigns), Grain.HOUR).current
        found.append(_sum([step.metrics for step in steps]))
    return found


def _sum(parts: Sequence[Metrics]) -> Metrics:
    return sum(parts, Metrics())


def test_a_batch_is_in_with_its_offset_and_nobody_sees_that_row(
    store: SqlAnalyticsStore, advertiser: int, node: int
) -> None:
    assert store.last_seq(node) == 0
    store.insert_events(node, 0, 3, events({"advertiser": advertiser, "price": 500}))
    assert store.last_seq(node) == 3
    assert everywhere(store, advertiser) == [Metrics(impressions=1, spend_micros=500)] * 6
    assert store.is_quiet()
    assert store.suspects(node) == [AdvertiserDay(advertiser, DAY)]
    assert [(item.kind, item.events) for item in store.verdicts(query(advertiser))] == [("impression", 1)]
    assert set(store.dimensions_present(advertiser)) == {"campaign", "ad"}


def test_a_batch_of_nothing_to_count_moves_the_offset_alone(store: SqlAnalyticsStore, node: int) -> None:
    store.insert_events(node, 0, 40, EventBatch())
    store.insert_events(node, 40, 42, EventBatch())
    assert store.last_seq(node) == 42
    assert store.last_seq(node + 1) == 0
    assert store.suspects(node) == []


def test_a_batch_is_left_as_it_was(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    batch, twin = (events({"advertiser": advertiser}) for _ in range(2))
    store.insert_events(node, 0, 1, batch)
    assert batch == twin


def test_views_count_in_no_figure(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    store.insert_events(
        node, 0, 3,
        events(
            {"advertiser": advertiser, "country": "LV"},
            {"advertiser": advertiser, "kind": "view", "country": "DE"},
            {"advertiser": advertiser, "kind": "view", "country": "DE", "verdict": "duplicate"},
        ),
    )  # fmt: skip
    assert everywhere(store, advertiser) == [Metrics(impressions=1)] * 6
    found = store.breakdown(query(advertiser), "country", Order("impressions"), limit=9)
    assert ([group.value for group in found.groups], found.count) == (["LV"], 1)
    assert "verdict" not in store.dimensions_present(advertiser)
    quality = traffic_quality(store.verdicts(query(advertiser)))
    assert (quality.views, quality.total.received) == (1, 1)


def test_reasons_and_placements_are_dimensions(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    store.insert_events(
        node, 0, 4,
        events(
            {"advertiser": advertiser, "placement": 5},
            {"advertiser": advertiser, "placement": 6, "verdict": "duplicate"},
            {"advertiser": advertiser, "placement": 6, "verdict": "rate", "kind": "click"},
            {"advertiser": advertiser, "placement": 6, "verdict": "duplicate"},
        ),
    )  # fmt: skip
    assert {"placement", "verdict"} <= set(store.dimensions_present(advertiser))
    by_reason = store.breakdown(query(advertiser), "verdict", Order("filtered"), limit=9).groups
    assert [(group.value, group.figures.current.filtered) for group in by_reason] == [
        ("duplicate", 2), ("rate", 1), ("", 0),
    ]  # fmt: skip
    by_place = store.breakdown(query(advertiser), "placement", Order("value"), limit=9).groups
    assert {group.value: group.figures.current.impressions for group in by_place} == {"5": 1, "6": 0}
    only = query(advertiser, filters=(Filter("placement", ("6",)), Filter("verdict", ("duplicate",))))
    assert store.totals(only).current == Metrics(filtered=2)


def test_received_is_filtered_and_counted(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    given: list[dict[str, object]] = [
        {"advertiser": advertiser, "price": 700},
        {"advertiser": advertiser, "price": 700},
        {"advertiser": advertiser, "verdict": "duplicate"},
        {"advertiser": advertiser, "kind": "click"},
        {"advertiser": advertiser, "kind": "click", "verdict": "too_fast"},
        {"advertiser": advertiser, "kind": "conversion", "campaign_id": 2},
    ]
    store.insert_events(node, 0, 6, events(*given))
    counts = store.verdicts(query(advertiser, campaign_ids=(1,)))
    assert list(counts) == [
        VerdictCount("click", "", 1, 0, 0),
        VerdictCount("click", "too_fast", 1, 0, 0),
        VerdictCount("impression", "", 2, 2, 1400),
        VerdictCount("impression", "duplicate", 1, 0, 0),
    ]
    quality = traffic_quality(store.verdicts(query(advertiser)))
    assert (quality.total.received, quality.total.filtered, quality.total.counted) == (6, 2, 4)
    assert (quality.total.charged, quality.total.charged_micros) == (2, 1400)
    assert quality.reasons == (("duplicate", {"impression": 1}), ("too_fast", {"click": 1}))
    assert store.totals(query(advertiser)).current.filtered == quality.total.filtered


def test_an_hour_opens_into_its_events(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    minutes = [0, 10, 59, 60]
    given: list[dict[str, object]] = [
        {"advertiser": advertiser, "price": 100 + minute, "at": NOON + timedelta(minutes=minute), "country": "LV"}
        for minute in minutes
    ]
    free: dict[str, object] = {"advertiser": advertiser, "at": NOON + timedelta(minutes=5), "verdict": "duplicate"}
    other: dict[str, object] = {"advertiser": next(ADVERTISERS), "price": 9}
    store.insert_events(node, 0, 6, events(*given, free, other))
    hour = EventQuery(advertiser, 1, DAY, NOON, NOON + timedelta(hours=1))
    found = store.events_of(hour, PageRequest(1, 25))
    assert (found.page.total, found.charged, found.charged_micros) == (4, 3, 369)
    assert [(item.price_micros, item.verdict, item.country) for item in found.page.items] == [
        (100, "", "LV"), (0, "duplicate", ""), (110, "", "LV"), (159, "", "LV"),
    ]  # fmt: skip
    assert found.page.items[0].happened_at == NOON
    charged = EventQuery(advertiser, 1, DAY, NOON, NOON + timedelta(hours=1), charged_only=True)
    second = store.events_of(charged, PageRequest(2, 2))
    assert (second.page.total, [item.price_micros for item in second.page.items]) == (3, [159])
    assert store.events_of(EventQuery(advertiser, 1, DAY), PageRequest(1, 25)).charged == 4
    assert store.events_of(EventQuery(advertiser, 2, DAY), PageRequest(1, 25)).page.total == 0


def test_the_last_conversions_come_first(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    told: dict[str, object] = {"advertiser": advertiser, "kind": "conversion"}
    late = NOON + timedelta(minutes=2)
    given: list[dict[str, object]] = [
        {**told, "value": 12_500_000},
        {**told, "at": late, "verdict": "duplicate", "campaign_id": 2},
        {**told, "at": NOON + timedelta(minutes=1)},
        {**told, "advertiser": advertiser + 1},
        {"advertiser": advertiser},
    ]
    store.insert_events(node, 0, len(given), events(*given))
    found = store.last_conversions(advertiser, PERIOD, 2)
    assert [(item.happened_at, item.verdict, item.campaign_id) for item in found] == [
        (late, "duplicate", 2),
        (NOON + timedelta(minutes=1), "", 1),
    ]
    oldest = store.last_conversions(advertiser, PERIOD, 9)[-1]
    assert (oldest.sale, oldest.value_micros, oldest.decision) == (True, 12_500_000, 7_000)
    before = Period(DAY - timedelta(days=9), DAY - timedelta(days=1))
    assert store.last_conversions(advertiser, before, 9) == []


def test_what_days_cost_by_their_events(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    tomorrow = NOON + timedelta(days=1)
    store.insert_events(
        node, 0, 5,
        events(
            {"advertiser": advertiser, "price": 5},
            {"advertiser": advertiser, "price": 6},
            {"advertiser": advertiser, "kind": "click"},
            {"advertiser": advertiser, "price": 7, "campaign_id": 2},
            {"advertiser": advertiser, "price": 8, "at": tomorrow},
        ),
    )  # fmt: skip
    # An imported row costs nothing of ours.
    imported = FactBatch()
    imported.append(FactRow(advertiser, NOON, DAY, 1, import_id=3, spend_micros=1_000_000))
    store.insert(imported)
    found = store.billed_by_campaign_day(PERIOD, advertiser)
    assert [(item.campaign_id, item.day, item.events, item.micros) for item in found] == [
        (1, DAY, 2, 11), (1, tomorrow.date(), 1, 8), (2, DAY, 1, 7),
    ]  # fmt: skip
    assert set(found) <= set(store.billed_by_campaign_day(PERIOD))


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("fault", ["missing", "doubled", "half"])
def test_sums_that_went_wrong_are_put_right(
    store: SqlAnalyticsStore, advertiser: int, node: int, table: str, fault: str
) -> None:
    given: list[dict[str, object]] = [
        {"advertiser": advertiser, "price": 3, "at": NOON + timedelta(hours=hour), "campaign_id": 1 + hour % 2}
        for hour in range(24)
    ]
    store.insert_events(node, 0, 24, events(*given, {"advertiser": advertiser, "verdict": "rate"}))
    right = everywhere(store, advertiser)
    engine = store._engine
    own = f"advertiser_id = {advertiser}"
    names = ", ".join(
        (*KEYS[table], "impressions", "clicks", "conversions", "sales", "spend_micros", "revenue_micros", "filtered")
    )
    if fault == "doubled":
        engine.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE {own}")
    else:
        half = " AND local_day = toDate('2026-11-20')" if fault == "half" else ""
        engine.run(f"ALTER TABLE {table} DELETE WHERE {own}{half}")
        store.wait_for_mutations()
    assert everywhere(store, advertiser) != right
    days = store.written_days(PERIOD, advertiser)
    assert list(store.repair(days)) == [table]
    assert everywhere(store, advertiser) == right
    assert list(store.repair(days)) == []
    engine.run(f"OPTIMIZE TABLE {table} PARTITION 0 FINAL")
    assert everywhere(store, advertiser) == right


def test_a_lost_dimension_is_found_again(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    store.insert_events(node, 0, 1, events({"advertiser": advertiser, "country": "LV", "placement": 3}))
    before = set(store.dimensions_present(advertiser))
    store._engine.run(f"ALTER TABLE stats_dimensions DELETE WHERE advertiser_id = {advertiser}")
    store.wait_for_mutations()
    store.repair(store.written_days(PERIOD, advertiser))
    assert set(store.dimensions_present(advertiser)) == before == {"campaign", "ad", "country", "placement"}


def test_imported_rows_are_left_alone_by_repairs(store: SqlAnalyticsStore, advertiser: int, node: int) -> None:
    imported = FactBatch()
    imported.append(FactRow(advertiser, NOON, DAY, 1, import_id=3, impressions=9))
    store.insert(imported)
    store.insert_events(node, 0, 1, events({"advertiser": advertiser}))
    assert list(store.repair([AdvertiserDay(advertiser, DAY)])) == []
    assert store.totals(query(advertiser)).current == Metrics(impressions=10)
    assert store.totals(query(advertiser, hidden_imports=(3,))).current == Metrics(impressions=1)
