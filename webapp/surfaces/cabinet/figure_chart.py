"""A chart whose key figures are its tabs: what `cabinet/figures/_chart.html` shows, on any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import format_date
from markupsafe import Markup

from webapp.core.money import CURRENCIES
from webapp.core.periods import Grain
from webapp.core.scope import Scope
from webapp.domain.analytics.charts import ChartData, ChartPoint
from webapp.domain.analytics.metrics import METRICS, Better, Metric, MetricKind
from webapp.domain.analytics.types import Metrics
from webapp.web.dimensions import metric_label
from webapp.web.filters import day_long, day_range, day_short, delta, integer, money, percent, time_of
from webapp.web.periods import here

DEFAULT_METRICS = ("impressions", "clicks", "ctr", "spend", "cpc", "cpm", "conversions", "cpa")
_UNITS = {MetricKind.MONEY: "money", MetricKind.RATE: "percent", MetricKind.COUNT: "count"}
_GOOD = {Better.UP: "up", Better.DOWN: "down", Better.NONE: "none"}


@dataclass(frozen=True, slots=True)
class MetricTab:
    """A key figure that puts its curve on the chart."""

    label: str
    value: str
    change: Markup | str
    href: str
    current: bool
    spark: Markup | str = ""
    #: The metric's own name, by which an open page finds the figure again.
    key: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered change on the chart."""

    number: int
    at: datetime
    text: str
    who: str


@dataclass(frozen=True, slots=True)
class FigureChart:
    """Tabs, lines and legend of one chart."""

    label: str
    tabs: Sequence[MetricTab]
    data: dict[str, Any]
    legend: Sequence[tuple[str, str]]


def chosen_metric(wanted: str, keys: Sequence[str] = DEFAULT_METRICS) -> Metric:
    """Return the metric of an address, the first one for what is none."""
    return METRICS[wanted if wanted in keys else keys[0]]


def figure_chart(
    scope: Scope,
    chart: ChartData,
    chosen: Metric,
    *,
    keys: Sequence[str] = DEFAULT_METRICS,
    marks: Sequence[Mark] = (),
) -> FigureChart:
    """Return a chart of one metric with the others as tabs."""
    sets, legend = [_current(chart, chosen)], [(day_range(chart.period.first, chart.period.last), "main")]
    if chart.compare is not None:
        sets.append(_previous(chart, chosen, scope))
        legend.append((day_range(chart.compare.first, chart.compare.last), "previous"))
    return FigureChart(
        label=metric_label(chosen.key),
        tabs=[_tab(METRICS[key], chart, scope, current=key == chosen.key) for key in keys],
        data={
            "labels": [step_name(point.at, chart, scope) for point in chart.points],
            "titles": [step_name(point.at, chart, scope, long=True) for point in chart.points],
            "unit": _UNITS[chosen.kind],
            "currency": scope.currency,
            "sign": CURRENCIES.get(scope.currency, scope.currency),
            "sets": sets,
            "now": chart.partial,
            "marks": [_mark(mark, chart, scope) for mark in marks],
        },
        legend=legend,
    )


def _current(chart: ChartData, chosen: Metric) -> dict[str, Any]:
    name = day_range(chart.period.first, chart.period.last)
    return {
        "name": name,
        "data": chart.values(chosen),
        "color": "--k-c1",
        "fill": True,
        "w": 2,
        "partial": chart.partial_last,
    }


def _previous(chart: ChartData, chosen: Metric, scope: Scope) -> dict[str, Any]:
    assert chart.compare is not None
    return {
        "name": day_range(chart.compare.first, chart.compare.last),
        "data": chart.previous_values(chosen),
        "titles": [_previous_name(point, chart, scope) for point in chart.points],
        "color": "--k-c0",
        "dash": [4, 4],
        "w": 1.5,
        "order": 2,
    }


def _previous_name(point: ChartPoint, chart: ChartData, scope: Scope) -> str:
    return "" if point.previous_at is None else step_name(point.previous_at, chart, scope)


def _tab(metric: Metric, chart: ChartData, scope: Scope, *, current: bool) -> MetricTab:
    now, before = metric.of(chart.total.current), metric.of(chart.total.previous)
    change: Markup | str = ""
    if chart.compare is not None and now is not None and before:
        change = delta(now, before, _GOOD[metric.better], pp=metric.kind is MetricKind.RATE)
    return MetricTab(
        label=metric_label(metric.key),
        value=figure_text(metric, chart.total.current, scope.currency),
        change=change,
        href=here(metric=metric.key),
        current=current,
        key=metric.key,
    )


def figure_text(metric: Metric, figures: Metrics, currency: str) -> str:
    """Write a key figure: whole amounts for sums, cents for prices."""
    value = metric.of(figures)
    if metric.kind is MetricKind.RATE:
        return percent(value)
    if metric.kind is MetricKind.MONEY:
        return money(value, currency, 2 if metric.divisor else 0)
    return integer(value)


def _mark(mark: Mark, chart: ChartData, scope: Scope) -> dict[str, Any]:
    return {"i": step_of(mark.at, chart, scope), "n": mark.number, "text": mark.text, "who": mark.who}


def step_of(at: datetime, chart: ChartData, scope: Scope) -> int:
    """Return the position of the step an instant falls into."""
    moment: date | datetime = at if chart.grain is Grain.HOUR else at.astimezone(scope.zone).date()
    starts = [point.at for point in chart.points]
    return max(0, sum(1 for start in starts if start <= moment) - 1)


def step_name(at: date | datetime, chart: ChartData, scope: Scope, *, long: bool = False) -> str:
    """Return the name of a step in the advertiser's zone."""
    if isinstance(at, datetime):
        local, hour = at.astimezone(scope.zone), time_of(at, scope.zone)
        if long:
            return f"{day_long(local)}, {hour}"
        return hour if chart.period.days == 1 else f"{day_short(local)} {hour}"
    if chart.grain is Grain.MONTH:
        return str(format_date(at, "LLL y"))
    return day_long(at) if long and chart.grain is Grain.DAY else day_short(at)
