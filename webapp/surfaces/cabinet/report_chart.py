"""The data of a report's chart; see static/src/js/chart/configuration.js for its shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask_babel import format_date

from webapp.core.money import CURRENCIES
from webapp.core.periods import Grain
from webapp.core.scope import Scope
from webapp.domain.analytics.metrics import METRICS, MetricKind
from webapp.domain.analytics.reporting import Report, ReportLine, ReportRow
from webapp.domain.analytics.reports import ReportState, Shape
from webapp.web.filters import day_long, day_short, time_of

COLOURS = ("--k-c1", "--k-c2", "--k-c3", "--k-c4", "--k-c5")
UNITS = {MetricKind.MONEY: "money", MetricKind.RATE: "percent", MetricKind.COUNT: "count"}
MAX_END = 18


def chart_of(report: Report, scope: Scope, name_of: Callable[[ReportRow], str]) -> dict[str, Any]:
    """Return the lines of the largest values, step by step."""
    state, lines = report.state, report.lines
    points = lines[0].chart.points if lines else ()
    return {
        "labels": [step_name(point.at, state, scope) for point in points],
        "titles": [step_name(point.at, state, scope, long=True) for point in points],
        "unit": UNITS[METRICS[state.metric].kind],
        "currency": scope.currency,
        "sign": CURRENCIES.get(scope.currency, scope.currency),
        "stacked": state.shape is Shape.STACKED,
        "endLabels": state.shape is Shape.LINES,
        "endPad": 150,
        "sets": [_set(number, line, state, name_of(line.row)) for number, line in enumerate(lines)],
    }


def _set(number: int, line: ReportLine, state: ReportState, name: str) -> dict[str, Any]:
    drawn = {
        "name": name,
        "data": line.chart.values(METRICS[state.metric]),
        "color": COLOURS[number],
        "partial": line.chart.partial_last,
        "end": name if len(name) <= MAX_END else f"{name[: MAX_END - 1]}…",
        "type": "line" if state.shape is Shape.LINES else "bar",
    }
    return {**drawn, "stack": "all"} if state.shape is Shape.STACKED else drawn


def step_name(at: date | datetime, state: ReportState, scope: Scope, *, long: bool = False) -> str:
    """Return the name of a step in the advertiser's zone."""
    if isinstance(at, datetime):
        local, hour = at.astimezone(scope.zone), time_of(at, scope.zone)
        if long:
            return f"{day_long(local)}, {hour}"
        return hour if state.period.days == 1 else f"{day_short(local)} {hour}"
    if state.grain is Grain.MONTH:
        return str(format_date(at, "LLL y"))
    return day_long(at) if long and state.grain is Grain.DAY else day_short(at)
