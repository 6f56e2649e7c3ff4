"""Metrics: sums of counts, rates as sum over sum, nothing divided by nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import Invalid
from webapp.domain.analytics.metrics import METRICS, Better, MetricKind, change, metric
from webapp.domain.analytics.types import (
    FACT_COLUMNS,
    NOTHING,
    FactBatch,
    FactRow,
    Metrics,
    batches,
    from_unix_day,
    is_dimension,
    total,
    unix_day,
)

COUNTS = st.integers(min_value=0, max_value=10**12)
FIGURES = st.builds(Metrics, *(COUNTS for _ in range(7)))


def test_rates_of_one_group() -> None:
    figures = Metrics(impressions=4_896_911, clicks=30_361, conversions=1_204, sales=300, spend_micros=13_051_330_000)
    assert figures.ctr is not None
    assert f"{figures.ctr:.4f}" == "0.0062"
    assert (figures.cpc_micros, figures.cpm_micros, figures.cpa_micros) == (429_872, 2_665_217, 10_839_975)
    assert (figures.cps_micros, figures.roas) == (43_504_433, Decimal(0))


def test_nothing_is_divided_by_nothing() -> None:
    figures = Metrics(spend_micros=5)
    assert {key: chosen.of(figures) for key, chosen in METRICS.items() if chosen.divisor} == {
        "ctr": None, "cpc": None, "cpm": None, "cpa": None, "cvr": None
    }  # fmt: skip
    assert (figures.cps_micros, Metrics().roas) == (None, None)


@given(st.lists(FIGURES, max_size=6))
def test_a_rate_of_groups_is_the_rate_of_their_sums(groups: list[Metrics]) -> None:
    whole = total(groups)
    assert whole == sum(groups, NOTHING)
    clicks, impressions = sum(group.clicks for group in groups), sum(group.impressions for group in groups)
    assert whole.ctr == (Decimal(clicks) / Decimal(impressions) if impressions else None)


@given(FIGURES, FIGURES)
def test_adding_is_the_same_both_ways(one: Metrics, other: Metrics) -> None:
    assert one + other == other + one
    assert one + NOTHING == one
    assert bool(one) == (one != NOTHING)


def test_every_metric_is_made_of_what_it_names() -> None:
    figures = Metrics(10_000, 100, 10, 5, 50_000_000, 0, 0)
    for chosen in METRICS.values():
        value = getattr(figures, chosen.numerator)
        if chosen.divisor:
            scale = 1000 if chosen.key == "cpm" else 1
            assert chosen.of(figures) == Decimal(value * scale) / getattr(figures, chosen.divisor)
        else:
            assert chosen.of(figures) == value
        assert (chosen.kind is MetricKind.MONEY) == (chosen.numerator == "spend_micros")
    assert (metric("spend").better, metric("cpa").better, metric("ctr").better) == (Better.NONE, Better.DOWN, Better.UP)


def test_changes_are_relative_and_those_of_rates_are_differences() -> None:
    now, before = Metrics(1000, 20, spend_micros=150), Metrics(1000, 10, spend_micros=100)
    assert change(metric("spend"), now, before) == Decimal("0.5")
    assert change(metric("ctr"), now, before) == Decimal("0.01")
    assert change(metric("cpc"), now, before) == Decimal("-0.2")
    assert change(metric("spend"), now, NOTHING) is None
    assert change(metric("ctr"), now, NOTHING) is None


def test_there_is_no_other_metric() -> None:
    with pytest.raises(Invalid):
        metric("__class__")


@pytest.mark.parametrize("key", ["country", "campaign", "x:Placement", "x:x:y"])
def test_dimensions(key: str) -> None:
    assert is_dimension(key)


@pytest.mark.parametrize("key", ["", "x:", "spend", "advertiser_id", "Country", "x:" + "y" * 65])
def test_what_is_no_dimension(key: str) -> None:
    assert not is_dimension(key)


def test_rows_become_columns() -> None:
    row = FactRow(
        7,
        datetime(2026, 11, 19, 22, 30, tzinfo=UTC),
        date(2026, 11, 20),
        3,
        country="LV",
        extras=(("Placement", "feed"),),
        clicks=2,
    )
    found = list(batches([row] * 5, size=2))
    assert [len(batch) for batch in found] == [2, 2, 1]
    first = found[0]
    assert (first.ts[0], first.local_day[0]) == (1_795_127_400, unix_day(date(2026, 11, 20)))
    assert (first.country, first.dim_names, first.dim_values) == (["LV"] * 2, [["Placement"]] * 2, [["feed"]] * 2)
    assert (first.clicks, first.source) == ([2, 2], [0, 0])
    assert from_unix_day(first.local_day[0]) == date(2026, 11, 20)


def test_no_rows_make_no_batch() -> None:
    assert list(batches([])) == []
    assert len(FactBatch()) == 0
    assert len(FACT_COLUMNS) == 25
