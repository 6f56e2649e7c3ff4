"""Even pacing, by days of simulated traffic: spend follows the shape and ends with the budget, never above it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.serving import campaign
from webapp.core.periods import local_midnight
from webapp.domain.delivery.candidates import Candidate
from webapp.domain.delivery.pacing import Bucket, Day, refilled
from webapp.domain.delivery.types import Limits, Window

RIGA = ZoneInfo("Europe/Riga")
#: The day the clocks go forward (23 hours), the day they go back (25 hours), and a plain one.
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)
#: Traffic by hour of the day: quiet nights, a lunch, a long evening.
SHAPE = (4, 2, 1, 1, 2, 5, 12, 25, 40, 48, 52, 58, 66, 60, 54, 52, 55, 63, 78, 95, 100, 82, 45, 16)
PRICE, IMPRESSIONS = 2_000, 4_000
BUDGET = PRICE * IMPRESSIONS

Weight = Callable[[int], float]


def as_forecast(hour: int) -> float:
    """Traffic comes as the shape says."""
    return 1


def off_by_a_third(hour: int) -> float:
    """Mornings bring 30 % more than the shape says, evenings 30 % less."""
    return 1.3 if hour < 14 else 0.7


def windows_of(day: date) -> tuple[Window, ...]:
    """Return a window for each hour that the day really has in Riga."""
    first, last = (int(local_midnight(each, RIGA).timestamp()) for each in (day, day + timedelta(days=1)))
    return tuple(
        Window(start, start + 3600, SHAPE[local_hour(start)], day.toordinal()) for start in range(first, last, 3600)
    )


def local_hour(at_s: int) -> int:
    return datetime.fromtimestamp(at_s, UTC).astimezone(RIGA).hour


@dataclass
class Simulated:
    """A campaign's day."""

    day: date
    #: Requests of the whole day, as often as the budget has impressions.
    plenty: float = 4.0
    real: Weight = as_forecast
    #: Hours in which nothing is asked, counted from the day's start.
    silent: Sequence[int] = ()
    prices: Sequence[int] = (PRICE,)
    budget: int = BUDGET
    #: (instant, spent by then) of every charge.
    charges: list[tuple[int, int]] = field(default_factory=list)

    def run(self, seed: int = 1) -> Simulated:
        """Live through the day."""
        chance, spent = random.Random(seed), 0
        windows = windows_of(self.day)
        candidate = Candidate.of(campaign(windows=windows), 0, 0, Limits())
        bucket: Bucket | None = None
        for now_ms in self.requests(chance, windows):
            window = candidate.window_at(now_ms)
            assert window is not None
            price = chance.choice(self.prices)
            today = Day(window, candidate.weight_after(window), self.budget - spent)
            bucket = refilled(bucket, today, price, now_ms)
            if bucket.allows(price) and spent + price <= self.budget:
                bucket.take(price)
                spent += price
                self.charges.append((now_ms, spent))
        return self

    def requests(self, chance: random.Random, windows: Sequence[Window]) -> list[int]:
        """Return the instants of the day's requests."""
        total, found = sum(window.weight for window in windows), list[int]()
        for number, window in enumerate(windows):
            share = window.weight / total * self.real(local_hour(window.starts))
            count = 0 if number in self.silent else round(share * self.plenty * self.budget / max(self.prices))
            found += [chance.randrange(window.starts * 1000, window.ends * 1000) for _ in range(count)]
        return sorted(found)

    def spent_by(self, at_s: int) -> int:
        """Return what was spent before an instant."""
        return max((spent for at_ms, spent in self.charges if at_ms < at_s * 1000), default=0)

    def ideal_by(self, at_s: int) -> float:
        """Return what the shape would have spent before an instant."""
        windows = windows_of(self.day)
        done = sum(window.weight for window in windows if window.ends <= at_s)
        return self.budget * done / sum(window.weight for window in windows)

    @property
    def spent(self) -> int:
        """Return what the day cost."""
        return self.charges[-1][1]


def noon_of(day: date) -> int:
    return next(window.starts for window in windows_of(day) if local_hour(window.starts) == 12)


@pytest.mark.parametrize("day", [PLAIN, SPRING, AUTUMN], ids=str)
@pytest.mark.parametrize("real", [as_forecast, off_by_a_third])
def test_spend_follows_the_shape_and_ends_with_the_budget(day: date, real: Weight) -> None:
    lived = Simulated(day, real=real).run()
    noon = noon_of(day)
    assert abs(lived.spent_by(noon) / lived.ideal_by(noon) - 1) <= 0.10
    assert 0.95 * BUDGET <= lived.spent <= BUDGET


def test_it_keeps_to_the_shape_at_every_hour() -> None:
    lived = Simulated(PLAIN).run()
    hours = [window.ends for window in windows_of(PLAIN)]
    assert all(abs(lived.spent_by(hour) - lived.ideal_by(hour)) <= 0.03 * BUDGET for hour in hours)


@pytest.mark.parametrize("plenty", [1.5, 3, 20])
def test_how_much_traffic_there_is_does_not_matter_while_it_is_enough(plenty: float) -> None:
    lived = Simulated(PLAIN, plenty=plenty).run()
    noon = noon_of(PLAIN)
    assert abs(lived.spent_by(noon) / lived.ideal_by(noon) - 1) <= 0.10
    assert 0.95 * BUDGET <= lived.spent <= BUDGET


def test_too_little_traffic_is_taken_nearly_whole() -> None:
    lived = Simulated(PLAIN, plenty=0.5).run()
    assert 0.45 * BUDGET <= lived.spent <= 0.5 * BUDGET + PRICE


@pytest.mark.parametrize("silent", [(9, 10, 11), (14, 15, 16), (0, 1, 2)], ids=str)
def test_three_silent_hours_are_made_up_for_calmly(silent: Sequence[int]) -> None:
    lived = Simulated(PLAIN, silent=silent).run()
    assert 0.95 * BUDGET <= lived.spent <= BUDGET
    after = windows_of(PLAIN)[silent[-1] + 1]
    minute = lived.spent_by(after.starts + 60) - lived.spent_by(after.starts)
    usual = BUDGET * after.weight / sum(SHAPE) / 60
    # No rush: the minute after the silence costs at most what two minutes of that hour do, and the price in hand.
    assert minute <= 2 * usual * 1.5 + 2 * PRICE
    # No swing: each later hour is within a third of its share of what was left.
    for window in windows_of(PLAIN)[silent[-1] + 1 : -2]:
        left = BUDGET - lived.spent_by(window.starts)
        rest = sum(each.weight for each in windows_of(PLAIN) if each.starts >= window.starts)
        share = left * window.weight / rest
        assert abs(lived.spent_by(window.ends) - lived.spent_by(window.starts) - share) <= 0.1 * share + 3 * PRICE


@pytest.mark.parametrize(("price", "budget"), [(110_000, 1_000_000), (3_000, 1_000_000), (700, 1_000_000)])
def test_small_budgets_are_spent_too(price: int, budget: int) -> None:
    lived = Simulated(PLAIN, prices=(price,), budget=budget, plenty=20).run()
    assert 0.95 * budget <= lived.spent <= budget


def test_prices_that_change_change_nothing_about_the_pace() -> None:
    lived = Simulated(PLAIN, prices=(PRICE, 3 * PRICE), plenty=9).run()
    noon = noon_of(PLAIN)
    assert abs(lived.spent_by(noon) / lived.ideal_by(noon) - 1) <= 0.10
    assert 0.95 * BUDGET <= lived.spent <= BUDGET


def test_a_bucket_holds_a_minute_at_most() -> None:
    window = Window(0, 86_400, 1, 0)
    today = Day(window, 0, 86_400_000)
    bucket = refilled(None, today, 10, 0)
    assert (bucket.level, bucket.at_ms) == (10, 0)
    assert refilled(bucket, today, 10, 1000).level == pytest.approx(1010, rel=0.001)
    assert refilled(bucket, today, 10, 3_600_000).level == pytest.approx(60_000 * 24 / 23, rel=0.001)
    assert refilled(bucket, today, 900_000, 3_600_000).level == 1_800_000
    assert refilled(bucket, today, 10, -5) is bucket
    assert refilled(Bucket(-1, 500.0, 0), today, 10, 7).level == 10


def test_a_late_click_may_overdraw_a_bucket_and_the_rest_of_the_day_pays() -> None:
    bucket = Bucket(0, 5.0, 0)
    bucket.take(100)
    assert not bucket.allows(1)
    today = Day(Window(0, 86_400, 1, 0), 0, 86_400_000)
    assert refilled(bucket, today, 10, 50).level == pytest.approx(-45, rel=0.01)


def test_a_day_without_traffic_ahead_is_not_paced() -> None:
    silent = Day(Window(0, 10, 0, 0), 0, 1000)
    assert refilled(Bucket(0, 0.0, 0), silent, 10, 5).allows(10)
