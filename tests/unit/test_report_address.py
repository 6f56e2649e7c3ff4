from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from webapp.core.errors import Invalid
from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period, Preset
from webapp.domain.analytics.metrics import METRICS
from webapp.domain.analytics.queries import Order
from webapp.domain.analytics.reporting import largest_first
from webapp.domain.analytics.reports import ReportState, Shape, read_report, write_report

TODAY = date(2026, 11, 19)


def read(**params: str | list[str]) -> ReportState:
    lists = {name.replace("__", "."): [value] if isinstance(value, str) else value for name, value in params.items()}
    return read_report(lists, TODAY, date(2024, 1, 5))


def test_an_empty_address_is_the_usual_report() -> None:
    state = read()
    assert (state.dimension, state.metric, state.compare, state.grain) == ("campaign", "clicks", True, Grain.DAY)
    assert (state.period, state.preset) == (Period(date(2026, 10, 23), TODAY), Preset.LAST_28)
    assert state.order == Order("clicks")
    assert write_report(state) == {"by": ["campaign"], "metric": ["clicks"]}


@pytest.mark.parametrize(
    "params",
    [
        {"by": "x:Placement: top", "metric": "ctr", "columns": "ctr,spend"},
        {"period": "all", "grain": "week", "chart": "stacked", "compare": "none"},
        {"from": "2026-01-01", "to": "2026-02-01", "sort": "name", "page": "3", "size": "100"},
        {"only__country": ["LV", "EE"], "only__x:Placement": "", "sort": "-cpa"},
    ],
)
def test_what_is_written_reads_the_same(params: dict[str, str | list[str]]) -> None:
    state = read(**params)
    assert read_report(write_report(state), TODAY, date(2024, 1, 5)) == state


@pytest.mark.parametrize(
    "params",
    [
        {"by": "password"}, {"by": "x:"}, {"metric": "roi"}, {"period": "fortnight"}, {"from": "yesterday"},
        {"from": "2026-02-02", "to": "2026-02-01"}, {"from": "1900-01-01", "to": "2026-01-01"},
        {"from": "2026-01-01", "to": "2999-01-01"}, {"only__password": "x"}, {"only__country": ["LV"] * 51},
    ],
)  # fmt: skip
def test_nonsense_is_refused(params: dict[str, str | list[str]]) -> None:
    with pytest.raises(Invalid):
        read(**params)


def test_what_is_only_a_matter_of_taste_is_put_right() -> None:
    state = read(page="-4", size="7", grain="hour", chart="pie", sort="password", columns="spend,password")
    assert (state.page, state.grain, state.shape) == (PageRequest(1, 25), Grain.DAY, Shape.LINES)
    assert (state.order, state.columns) == (Order("clicks"), ("clicks", "spend"))


def test_one_day_alone_is_a_period() -> None:
    assert read(**{"from": "2026-03-29"}).period == Period(date(2026, 3, 29), date(2026, 3, 29))


def test_all_time_begins_with_the_first_figure() -> None:
    assert read(period="all").period == Period(date(2024, 1, 5), TODAY)


def test_a_filter_replaces_the_old_one_of_its_dimension_and_goes_to_the_first_page() -> None:
    state = replace(read(only__country="LV"), page=PageRequest(4, 25)).with_filter("country", "EE", "FI")
    assert state.filters == (("country", ("EE", "FI")),)
    assert state.page.number == 1
    assert state.without_filter("country").filters == ()
    assert state.filter_values("site") == ()


def test_lines_of_a_rate_are_those_with_the_most_to_divide_by() -> None:
    orders = {key: largest_first(METRICS[key]).by for key in METRICS}
    assert (orders["clicks"], orders["ctr"], orders["cpc"], orders["cpa"]) == (
        "clicks", "impressions", "clicks", "conversions",
    )  # fmt: skip
