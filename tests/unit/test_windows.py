"""When campaigns may run, as instants: days of 23 and 25 hours, zones a quarter off, starts, ends and the grid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from webapp.domain.ads.schedule import EVENINGS
from webapp.domain.ads.types import ALL_HOURS
from webapp.domain.delivery.shape import AVERAGE, FLAT, Shape
from webapp.domain.delivery.types import Window
from webapp.domain.delivery.windows import Calendar, Plan, first_day, seconds, slots, unix_day, windows_of

RIGA = ZoneInfo("Europe/Riga")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
ALWAYS = Plan(ALL_HOURS)
HOUR = 3600
#: Twice as busy in the second half of the UTC day.
BUSY_EVENINGS = Shape((10,) * 12 + (30,) * 12)


def instant(*parts: int) -> int:
    return seconds(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type,misc]


def test_three_whole_days_are_three_windows_from_local_midnight_on() -> None:
    found = windows_of(ALWAYS, slots(RIGA, date(2026, 11, 19)))
    assert [(window.starts, window.ends) for window in found] == [
        (instant(2026, 11, 18 + n, 22), instant(2026, 11, 19 + n, 22)) for n in range(3)
    ]
    assert [window.day for window in found] == [unix_day(date(2026, 11, 19)) + n for n in range(3)]
    assert {window.weight for window in found} == {24 * 60 * AVERAGE}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_the_hours_its_clock_gives_it(day: date, hours: int) -> None:
    (window,) = windows_of(ALWAYS, slots(RIGA, day, 1))
    assert window.ends - window.starts == hours * HOUR
    assert window.weight == hours * 60 * AVERAGE


def test_an_hour_that_comes_twice_is_on_twice_and_a_skipped_one_never() -> None:
    three_to_four = Plan(("0" * 3 + "1" + "0" * 20) * 7)
    assert [
        window.ends - window.starts for window in windows_of(three_to_four, slots(RIGA, date(2026, 10, 25), 1))
    ] == [2 * HOUR]
    assert windows_of(three_to_four, slots(RIGA, date(2026, 3, 29), 1)) == ()


def test_a_zone_a_quarter_off_begins_its_hours_there() -> None:
    found = windows_of(Plan(EVENINGS), slots(KATHMANDU, date(2026, 11, 19), 1))
    assert found == (
        Window(
            instant(2026, 11, 19, 11, 15), instant(2026, 11, 19, 17, 15), 6 * 60 * AVERAGE, unix_day(date(2026, 11, 19))
        ),
    )


def test_half_an_hour_of_summer_time_loses_no_minute() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    for day in (date(2026, 4, 5), date(2026, 10, 4)):
        hours = slots(lord_howe, day, 1)
        assert all(before.ends == after.starts for before, after in pairwise(hours))
        assert (hours[-1].ends - hours[0].starts) / HOUR == {4: 24.5, 10: 23.5}[day.month]


def test_start_and_end_cut_the_windows_to_the_second() -> None:
    plan = Plan(ALL_HOURS, instant(2026, 11, 19, 9, 30, 15), instant(2026, 11, 20, 7, 0, 1))
    found = windows_of(plan, slots(RIGA, date(2026, 11, 19)))
    assert (found[0].starts, found[-1].ends) == (plan.starts, plan.ends)
    assert {window.day for window in found} == {unix_day(date(2026, 11, 19)), unix_day(date(2026, 11, 20))}
    assert windows_of(Plan(ALL_HOURS, instant(2026, 12, 24)), slots(RIGA, date(2026, 11, 19))) == ()


def test_weights_follow_the_traffic_and_add_up() -> None:
    first, second = windows_of(ALWAYS, slots(ZoneInfo("UTC"), date(2026, 11, 19), 1), BUSY_EVENINGS)
    assert second.weight == 3 * first.weight
    assert first.weight == BUSY_EVENINGS.weight(first.starts, first.ends)


def test_an_hour_over_two_utc_hours_weighs_its_share_of_both() -> None:
    # 17:45 to 18:45 in Nepal is 12:00 to 13:00 UTC; its hour of 17:00 lies three quarters before noon.
    grid = Plan(("0" * 17 + "1" + "0" * 6) * 7)
    (window,) = windows_of(grid, slots(KATHMANDU, date(2026, 11, 19), 1), BUSY_EVENINGS)
    assert window.weight == (10 * 45 + 30 * 15)


def test_what_is_published_changes_at_midnight_only() -> None:
    noon, night = datetime(2026, 11, 19, 10, tzinfo=UTC), datetime(2026, 11, 19, 21, 59, 59, tzinfo=UTC)
    after = datetime(2026, 11, 19, 22, tzinfo=UTC)
    early, late, next_day = (
        Calendar(now, FLAT).windows("Europe/Riga", ALWAYS, shaped=True) for now in (noon, night, after)
    )
    assert early == late
    assert next_day[0].starts == seconds(after)
    assert late[-1].ends - seconds(night) > 48 * HOUR


def test_the_running_day_is_the_advertisers() -> None:
    assert first_day(datetime(2026, 11, 19, 18, 20, tzinfo=UTC), KATHMANDU) == date(2026, 11, 20)
