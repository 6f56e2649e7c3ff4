"""The shape of a day's traffic, and the rates bids are ranked by."""

from __future__ import annotations

import pytest

from webapp.core.errors import Invalid
from webapp.domain.delivery.rates import Rates
from webapp.domain.delivery.shape import AVERAGE, FLAT, RETAKEN_SECONDS, shape_of

HOUR, DAY = 3600, 86_400
#: A midnight, UTC.
NOW = 20_000 * DAY


def days(per_hour: list[int], count: int = 7) -> dict[int, int]:
    return {
        NOW - day * DAY + hour * HOUR: requests for day in range(1, count + 1) for hour, requests in enumerate(per_hour)
    }


def test_nothing_known_is_a_flat_day() -> None:
    assert shape_of([], NOW) == FLAT
    assert shape_of([{}, {}], NOW) == FLAT


def test_even_traffic_stays_flat() -> None:
    assert shape_of([days([700] * 24)], NOW) == FLAT


def test_a_busy_evening_weighs_more_and_the_mean_stays() -> None:
    shape = shape_of([days([100] * 18 + [400] * 6)], NOW)
    assert shape.hours[20] / shape.hours[3] == pytest.approx(4, rel=0.3)
    assert sum(shape.hours) / 24 == pytest.approx(AVERAGE, abs=1)


def test_little_traffic_says_little() -> None:
    loud, quiet = shape_of([days([0] * 12 + [2000] * 12)], NOW), shape_of([days([0] * 12 + [2] * 12)], NOW)
    assert loud.hours[0] < quiet.hours[0] < AVERAGE
    assert min(loud.hours) >= 1


def test_traffic_of_all_nodes_counts_together() -> None:
    one, other = days([100] * 18 + [0] * 6), days([0] * 18 + [100] * 6)
    assert shape_of([one, other], NOW) == FLAT


def test_a_day_that_has_begun_does_not_tilt_the_shape() -> None:
    week = days([500] * 24)
    today = {NOW + hour * HOUR: 500 for hour in range(6)}
    assert shape_of([week | today], NOW + 6 * HOUR) == FLAT


def test_the_shape_is_taken_four_times_a_day() -> None:
    week = days([100] * 18 + [400] * 6)
    rush = {NOW: 90_000}
    assert shape_of([week | rush], NOW + 2 * HOUR) == shape_of([week], NOW)
    assert shape_of([week | rush], NOW + RETAKEN_SECONDS) != shape_of([week], NOW)


def test_rates_rank_and_the_given_ones_win() -> None:
    rates = Rates.of("USD", "EUR=1.5, RUB=0.01")
    assert rates.to_house(2_000_000, "EUR") == 3_000_000
    assert rates.to_house(250_000_000, "RUB") == 2_500_000
    assert rates.to_house(3_200_000, "USD") == 3_200_000
    assert rates.to_house(1, "JPY") == 1


def test_any_house_has_rates_for_all_currencies() -> None:
    rates = Rates.of("RUB")
    assert rates.to_house(1_000_000, "RUB") == 1_000_000
    assert rates.to_house(1_000_000, "USD") > 50_000_000


@pytest.mark.parametrize("given", ["EUR", "EUR=", "EUR=-1", "EUR=0", "XXX=2", "EUR=1/0"])
def test_a_rate_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        Rates.of("USD", given)
