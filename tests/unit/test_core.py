"""Money, periods and ids: worked examples."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.ids import PATTERN, new_public_id
from webapp.core.money import MAX_MICROS, Money, MoneyError, from_decimal, multiply_divide, parse_micros, to_decimal
from webapp.core.periods import (
    Grain,
    Period,
    Preset,
    allowed_grains,
    default_grain,
    hour_starts,
    local_midnight,
    month_period,
    preset_period,
    steps,
)

RIGA = ZoneInfo("Europe/Riga")


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("12", 12_000_000),
        ("12.5", 12_500_000),
        ("12,50", 12_500_000),
        ("$1,234.56", 1_234_560_000),
        ("1 234,56 €", 1_234_560_000),
        ("1.234,56", 1_234_560_000),
        ("1,234,567", 1_234_567_000_000),
        ("1,000", 1_000_000_000),
        ("1.000", 1_000_000),
        ("0,125", 125_000),
        ("1234,567", 1_234_567_000),
        ("−5.00", -5_000_000),
        ("0.000001", 1),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("RUB 10", 10_000_000),
    ],
)
def test_amounts_people_type(text: str, micros: int) -> None:
    assert parse_micros(text) == micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [("2,125", 2_125_000), ("2.125", 2_125_000), ("1 000", 1_000_000_000), ("1.234,567", 1_234_567_000)],
)
def test_amounts_of_who_writes_fractions_with_a_comma(text: str, micros: int) -> None:
    assert parse_micros(text, ",") == micros


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3.4", "12 USD EUR", "NaN", "inf", "1e5", "--5", "٣", "9" * 30, "1234,567,890"]
)
def test_what_is_not_an_amount(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_micros(text)


@given(st.integers(min_value=-MAX_MICROS, max_value=MAX_MICROS))
def test_micros_survive_the_way_there_and_back(micros: int) -> None:
    assert from_decimal(to_decimal(micros)) == micros


def test_currencies_do_not_add_up() -> None:
    assert Money(1, "USD") + Money(2, "USD") == Money(3, "USD")
    with pytest.raises(MoneyError):
        Money(1, "USD") + Money(2, "EUR")


def test_a_share_is_exact() -> None:
    assert multiply_divide(10_000_000, 1, 3) == 3_333_333
    assert to_decimal(1) == Decimal("0.000001")


def test_ids_cannot_be_guessed_and_have_one_shape() -> None:
    ids = {new_public_id("c") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(PATTERN.fullmatch(public_id) for public_id in ids)


def test_days_have_the_hours_the_zone_gives_them() -> None:
    assert len(hour_starts(Period(date(2026, 3, 29), date(2026, 3, 29)), RIGA)) == 23
    assert len(hour_starts(Period(date(2026, 10, 25), date(2026, 10, 25)), RIGA)) == 25
    assert len(hour_starts(Period(date(2026, 11, 19), date(2026, 11, 19)), RIGA)) == 24
    kathmandu = ZoneInfo("Asia/Kathmandu")
    assert local_midnight(date(2026, 11, 19), kathmandu) == datetime(2026, 11, 18, 18, 15, tzinfo=UTC)


def test_periods_and_the_ones_before_them() -> None:
    today = date(2026, 11, 19)
    last = preset_period(Preset.LAST_28, today)
    assert (last.first, last.last, last.days) == (date(2026, 10, 23), today, 28)
    assert last.previous() == Period(date(2026, 9, 25), date(2026, 10, 22))
    assert preset_period(Preset.LAST_MONTH, today) == Period(date(2026, 10, 1), date(2026, 10, 31))
    assert preset_period(Preset.ALL, today, since=date(2024, 2, 29)).first == date(2024, 2, 29)


def test_steps_cover_the_period() -> None:
    three_years = Period(date(2023, 11, 20), date(2026, 11, 19))
    assert Grain.HOUR not in allowed_grains(three_years)
    assert Grain.DAY not in allowed_grains(three_years)
    assert default_grain(three_years) is Grain.MONTH
    assert len(steps(three_years, Grain.MONTH)) == 37
    assert steps(Period(date(2026, 11, 18), date(2026, 11, 24)), Grain.WEEK) == [date(2026, 11, 16), date(2026, 11, 23)]


def test_a_month_is_read_from_an_address() -> None:
    assert month_period("2024-02") == Period(date(2024, 2, 1), date(2024, 2, 29))
    assert month_period("2026-12").last == date(2026, 12, 31)
    for text in ("", "2026", "2026-13", "9999-12", "0001-01", "2026-11-05"):
        with pytest.raises(ValueError):  # whatever date says
            month_period(text)
