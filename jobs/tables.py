"""Reports and charts as tables to export, read by the same words of the address as their pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from flask_babel import gettext

from webapp.core.ids import PublicId
from webapp.core.periods import Grain, Period, today_in
from webapp.core.scope import Scope
from webapp.core.tables import Cell, Column, Kind, Table
from webapp.core.words import Message
from webapp.domain.analytics.charts import ChartData
from webapp.domain.analytics.metrics import METRICS, Metric, MetricKind
from webapp.domain.analytics.reports import ReportState, read_grain, read_period, read_report
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import Metrics
from webapp.web.dimensions import dimension_label, value_label
from webapp.wiring import Services

Params = Mapping[str, Sequence[str]]
TOTAL: Message = "Total"
_KINDS = {MetricKind.MONEY: Kind.MONEY, MetricKind.RATE: Kind.PERCENT, MetricKind.COUNT: Kind.INTEGER}


def report(services: Services, scope: Scope, params: Params) -> Table:
    """Build all rows of a report."""
    state = _state(services, scope, params)
    rows, total = services.reports.every_row(scope, state)
    metrics = [METRICS[key] for key in METRICS if key in state.columns]
    columns = [Column(dimension_label(state.dimension), translated=False)]
    cells: list[Sequence[Cell]] = []
    for metric in metrics:
        columns.append(metric_column(metric, scope))
        if state.compare and metric.key == state.metric:
            columns.append(replace(metric_column(metric, scope), title=_before(metric), translated=False))
    for row in rows:
        name = value_label(state.dimension, row.value, row.named)
        cells.append((name, *_figures(metrics, state, row.figures.current, row.figures.previous)))
    totals = (TOTAL, *_figures(metrics, state, total.current, total.previous))
    return Table(dimension_label(state.dimension), columns, cells, totals, len(cells))


def _figures(metrics: Sequence[Metric], state: ReportState, now: Metrics, before: Metrics) -> list[Cell]:
    cells: list[Cell] = []
    for metric in metrics:
        cells.append(metric.of(now))
        if state.compare and metric.key == state.metric:
            cells.append(metric.of(before))
    return cells


def chart(services: Services, scope: Scope, params: Params) -> Table:
    """Build the steps of a chart: the lines of a report's, else all metrics of all campaigns or of `campaign=…`."""
    if "by" in params:
        return _report_chart(services, scope, params)
    period = period_of(services, scope, params)
    selection = Selection(period, campaign_ids=_campaign_ids(services, scope, params))
    found = services.figures.chart(scope, selection, read_grain(params, period))
    metrics = list(METRICS.values())
    rows = [
        (_step_cell(point.at, scope), *(metric.of(point.current) if point.current else None for metric in metrics))
        for point in found.points
    ]
    columns = [_step_column(found), *(metric_column(metric, scope) for metric in metrics)]
    totals = (None, *(metric.of(found.total.current) for metric in metrics))
    return Table("Chart", columns, rows, totals, len(rows))


def _report_chart(services: Services, scope: Scope, params: Params) -> Table:
    state = _state(services, scope, params)
    lines = services.reports.lines(scope, state)
    metric = METRICS[state.metric]
    names = [value_label(state.dimension, line.row.value, line.row.named) for line in lines]
    columns = [replace(metric_column(metric, scope), title=name, translated=False) for name in names]
    first = lines[0].chart if lines else None
    values = [line.chart.values(metric) for line in lines]
    rows = [
        (_step_cell(point.at, scope), *(figures[index] for figures in values))
        for index, point in enumerate(first.points if first else ())
    ]
    totals = (None, *(metric.of(line.chart.total.current) for line in lines))
    return Table("Chart", [_step_column(first), *columns], rows, totals if lines else None, len(rows))


def _state(services: Services, scope: Scope, params: Params) -> ReportState:
    today = today_in(scope.zone, services.clock.now())
    return read_report(params, today, services.figures.first_day(scope))


def metric_column(metric: Metric, scope: Scope) -> Column:
    """Return a metric's column."""
    return Column(metric.label, _KINDS[metric.kind], currency=scope.currency if metric.kind is MetricKind.MONEY else "")


def period_of(services: Services, scope: Scope, params: Params) -> Period:
    """Return the days of a page's address."""
    today = today_in(scope.zone, services.clock.now())
    return read_period(params, today, services.figures.first_day(scope))[0]


def one(params: Params, name: str) -> str:
    """Return a parameter's last value, '' without one."""
    return (params.get(name) or ("",))[-1].strip()


def _before(metric: Metric) -> str:
    return str(gettext("%(metric)s before", metric=gettext(metric.label)))


def _campaign_ids(services: Services, scope: Scope, params: Params) -> tuple[int, ...] | None:
    """Return the campaign of a campaign page, None for all."""
    if not one(params, "campaign"):
        return None
    return (services.campaigns.get(scope, PublicId(one(params, "campaign"))).id,)


def _step_column(chart_data: ChartData | None) -> Column:
    """Return the column of steps: moments for hours, else days."""
    if chart_data is not None and chart_data.grain is Grain.HOUR:
        return Column("Hour", Kind.MOMENT)
    return Column("Day", Kind.DATE)


def _step_cell(at: date | datetime, scope: Scope) -> Cell:
    return at.astimezone(scope.zone) if isinstance(at, datetime) else at
