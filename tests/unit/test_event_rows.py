"""Records of a log as rows: what each counts as, and the day and hour of the advertiser it counts in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.scripted_log import KINDS, ZONES, counted, record
from webapp.domain.analytics.events import EventBatch
from webapp.domain.analytics.types import METRIC_FIELDS, Metrics, from_unix_day, unix_day
from webapp.domain.delivery.event_rows import EventRows, LocalTime
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict


def rows(*records: LogRecord, zone: str = "UTC") -> EventBatch:
    return EventRows(7, lambda ids: dict.fromkeys(ids, zone)).of(records)


def sums(batch: EventBatch) -> Metrics:
    return Metrics(*(sum(getattr(batch, name)) for name in METRIC_FIELDS))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


@pytest.mark.parametrize("seq", range(1, 2 * len(KINDS) + 1))
def test_each_kind_and_verdict_counts_as_it_should(seq: int) -> None:
    assert sums(rows(record(seq))) == counted(record(seq))


def test_a_leases_last_word_is_no_event() -> None:
    closed = replace(record(1), kind=EventKind.LEASE_CLOSED, charged_micros=900)
    assert len(rows(closed)) == 0
    assert len(rows(record(1), closed, record(2))) == 2


def test_a_filtered_conversion_brings_no_revenue() -> None:
    twice = replace(record(8), verdict=Verdict.DUPLICATE, sale=True, value_micros=9)
    assert twice.kind is EventKind.CONVERSION
    assert sums(rows(twice)) == Metrics(filtered=1)


def test_a_row_knows_its_record() -> None:
    item = record(5)
    batch = rows(item)
    assert (batch.node, batch.seq, batch.decision) == ([7], [5], [item.key])
    assert (batch.happened_ms, batch.decided_ms) == ([item.at_ms], [item.decided_ms])
    assert (batch.kind, batch.verdict, batch.placement_id) == ([item.kind.value], [""], [item.placement_id])


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Asia/Kathmandu", "2026-11-19T18:14:59+00:00", "2026-11-19"),
        ("Asia/Kathmandu", "2026-11-19T18:15:00+00:00", "2026-11-20"),
        ("Europe/Riga", "2026-10-25T21:59:59+00:00", "2026-10-25"),  # 25 hours long
        ("Europe/Riga", "2026-10-25T22:00:00+00:00", "2026-10-26"),
        ("Europe/Riga", "2026-03-29T20:59:59+00:00", "2026-03-29"),  # 23 hours long
        ("America/New_York", "2026-11-02T04:59:59+00:00", "2026-11-01"),
    ],
)
def test_the_day_is_the_advertisers(zone: str, instant: str, day: str) -> None:
    second = at(instant)
    batch = rows(replace(record(1), at_ms=second * 1000, day=0, charged_micros=0), zone=zone)
    assert (from_unix_day(batch.local_day[0]).isoformat(), batch.ts) == (day, [second])


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Europe/Riga", "Pacific/Kiritimati"])
def test_a_charge_to_a_day_that_was_over_counts_in_its_last_second(zone: str) -> None:
    day = date(2026, 10, 25)
    midnight = datetime(2026, 10, 26, tzinfo=ZoneInfo(zone))
    late = int(midnight.timestamp()) + 240
    item = replace(record(1), at_ms=late * 1000, day=unix_day(day), charged_micros=5)
    batch = rows(item, zone=zone)
    assert (batch.local_day, batch.ts) == ([unix_day(day)], [int(midnight.timestamp()) - 1])
    assert batch.happened_ms == [late * 1000]


def test_a_charge_to_a_day_that_has_not_begun_counts_in_its_first_second() -> None:
    day = unix_day(date(2026, 11, 20))
    assert LocalTime(ZoneInfo("UTC")).place(day * 86_400 - 3, day) == (day, day * 86_400)


def test_zones_are_asked_for_once_an_advertiser() -> None:
    asked: list[set[int]] = []

    def zones(ids: object) -> dict[int, str]:
        asked.append(set(ids))  # type: ignore[call-overload]
        return ZONES

    maker = EventRows(1, zones)
    maker.of([record(seq) for seq in range(1, 60)])
    maker.of([record(seq) for seq in range(60, 120)])
    assert asked == [{1, 2, 3}]
