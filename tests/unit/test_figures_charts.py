"""Charts: every step of the period, the advertiser's hours, what is unfinished and what has not begun."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.periods import Grain, Period, local_midnight
from webapp.domain.analytics.charts import ChartData, chart_data, has_whole_hours, laid_out, local_hours
from webapp.domain.analytics.metrics import metric
from webapp.domain.analytics.queries import FigureQuery, Series, Step
from webapp.domain.analytics.types import Metrics

RIGA = ZoneInfo("Europe/Riga")
NOON = datetime(2026, 11, 19, 12, 32, tzinfo=UTC)  # Thursday, 14:32 in Riga
ZONES = ("Europe/Riga", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "Pacific/Apia")


def _gaps() -> set[timedelta]:
    return {timedelta(minutes=15 * quarters) for quarters in range(1, 8)}


def one(impressions: int = 1) -> Metrics:
    return Metrics(impressions=impressions)


def chart(period: Period, grain: Grain, *steps: Step, now: datetime = NOON, compare: bool = False) -> ChartData:
    before = period.previous() if compare else None
    return chart_data(Series(steps), period, before, grain, RIGA, now)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Riga", date(2026, 3, 29), 23),
        ("Europe/Riga", date(2026, 10, 25), 25),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Africa/Cairo", date(2026, 10, 29), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 24),  # from 02:00 to 02:30: 23½ hours, 24 faces of the clock
    ],
)
def test_days_have_their_hours(zone: str, day: date, hours: int) -> None:
    where = ZoneInfo(zone)
    starts = local_hours(Period(day, day), where)
    assert len(starts) == hours
    assert starts[0] == local_midnight(day, where)


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(1, 14))
def test_hours_are_in_order_and_cover_the_period(zone: str, first: date, days: int) -> None:
    where, period = ZoneInfo(zone), Period(first, first + timedelta(days=days - 1))
    starts = local_hours(period, where)
    begin, end = period.instants(where)
    edges = [*starts, end]
    assert starts[:1] == ([begin] if begin < end else [])
    # Newfoundland moved its clocks at one minute past midnight; quarters of an hour are as fine as we count.
    assert all(after - before in _gaps() for before, after in pairwise(edges))
    assert all(first <= at.astimezone(where).date() <= period.last for at in starts)


@pytest.mark.parametrize(
    ("zone", "whole"),
    [
        ("Europe/Riga", True),
        ("America/New_York", True),  # the clock moves on the third day, by an hour
        ("Asia/Kathmandu", False),
        ("America/St_Johns", False),
        ("Australia/Lord_Howe", True),  # eleven hours ahead in its summer
    ],
)
def test_quarters_are_needed_only_where_hours_begin_within_those_of_utc(zone: str, whole: bool) -> None:
    period = Period(date(2026, 10, 30), date(2026, 11, 3))
    assert has_whole_hours(FigureQuery(1, period), ZoneInfo(zone)) is whole
    winter = Period(date(2026, 7, 1), date(2026, 7, 2))
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert not has_whole_hours(FigureQuery(1, winter), lord_howe)
    assert not has_whole_hours(FigureQuery(1, period, compare=winter), lord_howe)


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(1, 14), st.integers(0, 95))
def test_whole_hours_give_the_chart_that_quarters_give(zone: str, first: date, days: int, skipped: int) -> None:
    where, period = ZoneInfo(zone), Period(first, first + timedelta(days=days - 1))
    if not has_whole_hours(FigureQuery(1, period), where):
        return
    start, end = period.instants(where)
    number = (end - start) // timedelta(minutes=15)
    quarters = [Step(start + timedelta(minutes=15 * at), one(at)) for at in range(-3, number + 3) if at % 96 != skipped]
    hours = [Step(step.at.replace(minute=0), step.metrics) for step in quarters if isinstance(step.at, datetime)]
    assert laid_out(hours, period, Grain.HOUR, where) == laid_out(quarters, period, Grain.HOUR, where)


def test_quarter_hours_become_hours_and_none_is_lost() -> None:
    day = date(2026, 10, 25)
    period = Period(day, day)
    start, end = period.instants(RIGA)
    quarters = [Step(start + timedelta(minutes=15 * number), one()) for number in range(100)]
    strays = [Step(start - timedelta(hours=5), one(7)), Step(end + timedelta(hours=1), one(9))]
    found = chart(period, Grain.HOUR, strays[0], *quarters, strays[1], now=NOON)
    counts = [point.current.impressions for point in found.points if point.current]
    assert counts == [11, *[4] * 23, 13]
    assert found.total.current.impressions == 116


def test_days_without_figures_are_zero_and_later_ones_blank() -> None:
    period = Period(date(2026, 11, 16), date(2026, 11, 22))
    found = chart(period, Grain.DAY, Step(date(2026, 11, 17), one(5)))
    assert found.values(metric("impressions")) == [0, 5, 0, 0, None, None, None]
    assert found.values(metric("ctr")) == [None, 0, None, None, None, None, None]
    assert (found.partial, found.partial_last) == (3, True)


def test_a_finished_period_has_no_unfinished_step() -> None:
    found = chart(Period(date(2026, 11, 12), date(2026, 11, 18)), Grain.DAY)
    assert (found.partial, len(found.points)) == (None, 7)


def test_the_hour_that_is_going_on_is_unfinished() -> None:
    found = chart(Period(date(2026, 11, 19), date(2026, 11, 19)), Grain.HOUR)
    values = found.values(metric("impressions"))
    assert (len(values), found.partial) == (24, 14)
    assert (values[14], values[15]) == (0, None)


def test_weeks_and_months_begin_within_the_period() -> None:
    period = Period(date(2026, 9, 10), date(2026, 11, 19))
    found = chart(period, Grain.MONTH, Step(date(2026, 9, 1), one(3)), Step(date(2026, 11, 1), one(4)))
    assert [point.at for point in found.points] == [date(2026, 9, 10), date(2026, 10, 1), date(2026, 11, 1)]
    assert (found.values(metric("impressions")), found.partial) == ([3, 0, 4], 2)
    weeks = chart(period, Grain.WEEK)
    assert [point.at for point in weeks.points][:2] == [date(2026, 9, 10), date(2026, 9, 14)]


def test_compared_steps_lie_under_those_of_the_same_place() -> None:
    period = Period(date(2026, 11, 13), date(2026, 11, 19))
    series = Series([Step(date(2026, 11, 13), one(10))], [Step(date(2026, 11, 6), one(8))])
    found = chart_data(series, period, period.previous(), Grain.DAY, RIGA, NOON)
    assert (found.points[0].previous_at, found.points[0].at) == (date(2026, 11, 6), date(2026, 11, 13))
    assert found.previous_values(metric("impressions")) == [8, 0, 0, 0, 0, 0, 0]
    assert (found.total.current, found.total.previous) == (one(10), one(8))


def test_a_longer_compared_day_still_counts_in_the_total() -> None:
    monday = date(2026, 10, 26)  # the Sunday before it has 25 hours
    last_hour = local_midnight(monday, RIGA) - timedelta(minutes=15)
    period = Period(monday, monday)
    found = chart_data(Series([], [Step(last_hour, one(6))]), period, period.previous(), Grain.HOUR, RIGA, NOON)
    assert len(found.points) == 24
    assert found.total.previous == one(6)


def test_no_rows_one_row_and_three_years() -> None:
    period = Period(date(2023, 11, 20), date(2026, 11, 19))
    for steps in ((), (Step(date(2023, 11, 20), one()),)):
        found = chart(period, Grain.WEEK, *steps)
        assert len(found.points) == 157
        assert found.total.current == Metrics(impressions=len(steps))
