"""A report: one breakdown, its metrics, filters and days. Its whole state is the page's address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from webapp.core.digits import whole_number
from webapp.core.errors import Invalid
from webapp.core.paging import PAGE_SIZES, PageRequest
from webapp.core.periods import EPOCH, Grain, Period, Preset, allowed_grains, default_grain, preset_period
from webapp.domain.analytics.metrics import METRICS
from webapp.domain.analytics.queries import Order, ensure_dimension

Params = Mapping[str, Sequence[str]]

#: In front of the dimension in the name of a filter's parameter: `only.country=LV`.
FILTER_PREFIX = "only."
DEFAULT_DIMENSION = "campaign"
DEFAULT_METRIC = "clicks"
DEFAULT_COLUMNS = ("clicks", "impressions", "ctr", "spend", "conversions", "cpa")
DEFAULT_PRESET = Preset.LAST_28
DEFAULT_SIZE = 25
MAX_FILTER_VALUES = 50
BY_NAME = "name"


class Shape(StrEnum):
    """How the chart is drawn."""

    LINES = "lines"
    STACKED = "stacked"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class ReportState:
    """What is looked at; filters of campaign and ad carry public ids."""

    dimension: str
    metric: str
    columns: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    period: Period
    #: None for days chosen one by one.
    preset: Preset | None
    compare: bool
    grain: Grain
    shape: Shape
    order: Order
    page: PageRequest

    def without_filter(self, dimension: str) -> ReportState:
        """Return the state without the filter on a dimension, on its first page."""
        kept = tuple(item for item in self.filters if item[0] != dimension)
        return replace(self, filters=kept, page=PageRequest(1, self.page.size))

    def with_filter(self, dimension: str, *values: str) -> ReportState:
        """Return the state with a filter put in place of the dimension's old one, on its first page."""
        bare = self.without_filter(dimension)
        return replace(bare, filters=(*bare.filters, (dimension, values)))

    def filter_values(self, dimension: str) -> tuple[str, ...]:
        """Return the values a dimension is limited to; none for a dimension that is not."""
        return dict(self.filters).get(dimension, ())


def read_report(params: Params, today: date, first_day: date | None) -> ReportState:
    """Read a report's address; raise Invalid for what cannot be shown."""
    metric = _one(params, "metric") or DEFAULT_METRIC
    dimension = _one(params, "by") or DEFAULT_DIMENSION
    if metric not in METRICS:
        raise Invalid({"metric": "There is no such metric."})
    ensure_dimension(dimension)
    period, preset = read_period(params, today, first_day)
    return ReportState(
        dimension=dimension,
        metric=metric,
        columns=_columns(_one(params, "columns"), metric),
        filters=_filters(params),
        period=period,
        preset=preset,
        compare=_one(params, "compare") != "none",
        grain=read_grain(params, period),
        shape=_shape(_one(params, "chart")),
        order=_order(_one(params, "sort"), metric),
        page=_page(params),
    )


def write_report(state: ReportState) -> dict[str, Any]:
    """Return the address of a state as lists of parameters; what is as usual is left out."""
    found: dict[str, Any] = {"by": [state.dimension], "metric": [state.metric]}
    if state.columns != _columns("", state.metric):
        found["columns"] = [",".join(state.columns)]
    found.update({FILTER_PREFIX + dimension: list(values) for dimension, values in state.filters})
    if state.preset is None:
        found.update({"from": [state.period.first.isoformat()], "to": [state.period.last.isoformat()]})
    elif state.preset is not DEFAULT_PRESET:
        found["period"] = [state.preset.value]
    unusual = {
        "compare": "" if state.compare else "none",
        "grain": "" if state.grain is default_grain(state.period) else state.grain.value,
        "chart": "" if state.shape is Shape.LINES else state.shape.value,
        "sort": "" if state.order == Order(state.metric) else _sort_text(state.order),
        "page": "" if state.page.number == 1 else str(state.page.number),
        "size": "" if state.page.size == DEFAULT_SIZE else str(state.page.size),
    }
    found.update({name: [value] for name, value in unusual.items() if value})
    return found


def read_period(params: Params, today: date, first_day: date | None) -> tuple[Period, Preset | None]:
    """Read `from` and `to`, else the preset `period`, else the last 28 days."""
    if _one(params, "from") or _one(params, "to"):
        return _own_period(_one(params, "from"), _one(params, "to"), today), None
    name = _one(params, "period") or DEFAULT_PRESET.value
    if name not in tuple(Preset):
        raise Invalid({"period": "There is no such period."})
    preset = Preset(name)
    return preset_period(preset, today, since=first_day), preset


def read_grain(params: Params, period: Period) -> Grain:
    """Read the chart's step; one that does not suit the period is replaced by the usual one."""
    wanted = _one(params, "grain")
    allowed = allowed_grains(period)
    return Grain(wanted) if wanted in tuple(allowed) else default_grain(period)


def _own_period(first: str, last: str, today: date) -> Period:
    try:
        period = Period(date.fromisoformat(first or last), date.fromisoformat(last or first))
    except ValueError as error:
        raise Invalid({"period": "Write days as 2026-11-19."}) from error
    if period.days < 1:
        raise Invalid({"period": "The period ends before it begins."})
    if period.first < EPOCH or period.last > today + timedelta(days=366):
        raise Invalid({"period": "Choose days between 1994 and next year."})
    return period


def _one(params: Params, name: str) -> str:
    values = params.get(name) or ("",)
    return values[-1].strip()


def _columns(text: str, metric: str) -> tuple[str, ...]:
    """Return the metrics of the table; the one on the chart is always among them."""
    wanted = [key for key in text.split(",") if key in METRICS] if text else list(DEFAULT_COLUMNS)
    return tuple(dict.fromkeys(wanted if metric in wanted else [metric, *wanted]))


def _filters(params: Params) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for name, values in params.items():
        if name.startswith(FILTER_PREFIX):
            dimension = name.removeprefix(FILTER_PREFIX)
            ensure_dimension(dimension)
            if len(values) > MAX_FILTER_VALUES:
                raise Invalid({"filter": "Choose at most 50 values."})
            found.append((dimension, tuple(dict.fromkeys(values))))
    return tuple(found)


def _shape(name: str) -> Shape:
    return Shape(name) if name in tuple(Shape) else Shape.LINES


def _order(text: str, metric: str) -> Order:
    """Read `-clicks`, `clicks`, `name`; the chart's metric, largest first, is usual."""
    key = text.removeprefix("-")
    if key == BY_NAME:
        return Order("value", descending=text.startswith("-"))
    return Order(key, descending=text.startswith("-")) if key in METRICS else Order(metric)


def _sort_text(order: Order) -> str:
    key = BY_NAME if order.by == "value" else order.by
    return f"-{key}" if order.descending else key


def _page(params: Params) -> PageRequest:
    number, size = _one(params, "page"), _one(params, "size")
    return PageRequest(
        number=min(max(1, whole_number(number) or 1), 100_000),
        size=int(size) if size in {str(allowed) for allowed in PAGE_SIZES} else DEFAULT_SIZE,
    )
