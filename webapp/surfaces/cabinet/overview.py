"""The first page: money, today, what needs a hand, the figures; for a new account the way to the first impression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from webapp.core.periods import Grain, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.types import StatusCode
from webapp.domain.analytics.charts import ChartData
from webapp.domain.analytics.concerns import Concern, ConcernKind
from webapp.domain.analytics.metrics import METRICS, Figure, Metric
from webapp.domain.analytics.overview import OverviewData
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import NOTHING, total
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.figure_chart import FigureChart, MetricTab, chosen_metric, figure_chart
from webapp.surfaces.cabinet.overview_marks import marks_of, short_name
from webapp.surfaces.cabinet.overview_panels import balance_drawing, hour_bars
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.dimensions import metric_label
from webapp.web.filters import day_short, percent
from webapp.web.graphics import spark
from webapp.web.htmx import page
from webapp.web.periods import ChosenPeriod, chosen_period, form_params, here
from webapp.web.tenancy import scope, user

KEYS = ("spend", "impressions", "clicks", "ctr", "conversions", "cpa")
#: Offered beside the tabs.
MORE = ("cpc", "cpm")
SHOWN_CONCERNS = 4
FEW_DAYS, HOURS_A_DAY = 2, 24
_SHOWN = Decimal("0.000001")
#: Campaigns that no ad has been sent for.
_WITHOUT_ADS = frozenset({StatusCode.DRAFT, StatusCode.NO_APPROVED_ADS, StatusCode.ARCHIVED})


@bp.get("/")
@requires(Permission.CAMPAIGN_READ)
def overview() -> ResponseReturnValue:
    """Show the overview, or the first steps while nothing has been counted yet."""
    here_for = scope()
    fresh_at = services().figures.fresh_at(here_for)
    if fresh_at is None:
        return page("cabinet/overview/first_run.html", **_first_steps(here_for))
    days = chosen_period(here_for)
    context = overview_context(here_for, days)
    return page("cabinet/overview/index.html", fragment="cabinet/overview/_overview.html", fresh_at=fresh_at, **context)


def overview_context(scope: Scope, days: ChosenPeriod) -> dict[str, Any]:
    """Return what the overview shows of these days."""
    data = services().overview.load(scope, Selection(days.period, days.compare), days.grain)
    chosen = chosen_metric(request.args.get("metric", ""), (*KEYS, *MORE))
    marks = marks_of(data.log, scope, days.period, days.grain)
    figures = figure_chart(scope, data.chart, chosen, keys=KEYS, marks=marks)
    today = today_in(scope.zone, data.today.now)
    return {
        "scope": scope,
        "days": days,
        "data": data,
        "figures": _lean(_with_ceiling(_with_sparks(figures, data.chart), data, chosen)),
        "marks": [(mark.number, mark.text, False) for mark in marks],
        "more": [(metric_label(key), here(metric=key), key == chosen.key) for key in MORE],
        "more_label": metric_label(chosen.key) if chosen.key in MORE else _("More"),
        "balance": balance_drawing(data.runway, today) if data.runway else None,
        "bars": hour_bars(data.today),
        "today_day": today,
        "concerns": [_concern(item, scope) for item in data.concerns.named],
        "concern_count": data.concerns.count,
        "shown_concerns": SHOWN_CONCERNS,
        "quality": _quality(data.chart),
        "form_params": form_params,
    }


def _quality(chart: ChartData) -> dict[str, int]:
    """Return events received, filtered and billed in the period."""
    counted = chart.total.current
    billed = counted.impressions + counted.clicks
    return {"received": billed + counted.filtered, "filtered": counted.filtered, "billed": billed}


def _with_sparks(figures: FigureChart, chart: ChartData) -> FigureChart:
    """Draw each key figure's own curve beside it, whole steps only."""
    tabs = [replace(tab, spark=_spark(METRICS[key], chart, tab)) for key, tab in zip(KEYS, figures.tabs, strict=True)]
    return replace(figures, tabs=tabs)


def _spark(metric: Metric, chart: ChartData, tab: MetricTab) -> Markup:
    values = [value for value in _spark_values(metric, chart) if value is not None]
    cls = "text-c1" if tab.current else "text-c0"
    return spark(values, 52, 24, cls, zero=metric.divisor is None) if len(values) > 1 else Markup("")


def _spark_values(metric: Metric, chart: ChartData) -> Sequence[Figure]:
    """Return a figure of each whole step; of hours over many days only the days can be seen."""
    if chart.grain is not Grain.HOUR or chart.period.days <= FEW_DAYS:
        return chart.values(metric)[: chart.partial]
    points = [point for point in chart.points[: chart.partial] if point.current is not None]
    size = HOURS_A_DAY
    whole = [points[start : start + size] for start in range(0, len(points) - size + 1, size)]
    return [metric.of(total(point.current or NOTHING for point in group)) for group in whole]


def _with_ceiling(figures: FigureChart, data: OverviewData, chosen: Metric) -> FigureChart:
    """Lay the daily budgets over the spend of days."""
    if data.ceiling is None or chosen.key != "spend" or data.chart.grain is not Grain.DAY:
        return figures
    name = _("Daily budgets, the ceiling")
    line = [data.ceiling.get(point.at) for point in data.chart.points]
    if not any(line):
        return figures
    ceiling = {"name": name, "data": line, "color": "--k-c2", "w": 1.5, "step": True, "order": 3, "quiet": True}
    chart = {**figures.data, "sets": [*figures.data["sets"], ceiling]}
    return replace(figures, data=chart, legend=[*figures.legend, (name, "ceiling")])


def _lean(figures: FigureChart) -> FigureChart:
    """Round rates to what a chart can show: a page should not carry 28 digits of each."""
    sets = [{**line, "data": [_short(value) for value in line["data"]]} for line in figures.data["sets"]]
    return replace(figures, data={**figures.data, "sets": sets})


def _short(value: Figure) -> Figure:
    return value.quantize(_SHOWN) if isinstance(value, Decimal) else value


def _concern(concern: Concern, scope: Scope) -> dict[str, Any]:
    """Return a concern in words, with the address of what mends it."""
    campaign = concern.campaign
    name = short_name(campaign.name) if campaign else _("Balance")
    link = url_for(".campaign_detail", campaign_id=campaign.public_id) if campaign else url_for(".balance")
    writes, pays = scope.can(Permission.CAMPAIGN_WRITE), scope.can(Permission.BALANCE_TOP_UP)
    return {
        "name": name,
        "status": concern.status,
        "tone": "waiting" if concern.kind in (ConcernKind.BELOW_PLAN, ConcernKind.RUNS_OUT) else "problem",
        **_words(concern, link, writes=writes, pays=pays),
    }


def _words(concern: Concern, link: str, *, writes: bool, pays: bool) -> dict[str, Any]:
    kind, campaign = concern.kind, concern.campaign
    if kind is ConcernKind.REJECTED:
        return {"text": None, "deed": _("Fix") if writes else _("Open"), "href": link}
    if kind is ConcernKind.NO_ADS:
        adds = writes and campaign is not None
        href = url_for(".ad_new", campaign_id=campaign.public_id) if adds and campaign else link
        return {"text": _("no approved ads"), "deed": _("Add ad") if adds else _("Open"), "href": href}
    if kind is ConcernKind.BELOW_PLAN:
        return {"text": _("%(part)s below plan", part=percent(concern.below, 0)), "deed": _("Why?"), "href": link}
    text = _("is empty: nothing is shown")
    if kind is ConcernKind.RUNS_OUT and concern.on is not None:
        text = _("runs out on %(day)s", day=day_short(concern.on))
    return {"text": text, "deed": _("Top up") if pays else _("Open"), "href": link}


def _first_steps(scope: Scope) -> dict[str, Any]:
    """Return what a new account has done and what comes next."""
    campaigns = services().campaigns.every(scope)
    reports = services().statuses.load(scope, campaigns, None).values() if campaigns else ()
    pockets = services().balances.balance(scope) if scope.can(Permission.BALANCE_READ) else None
    paid = pockets is not None and pockets.came_in_micros > 0
    sent = any(report.status.code not in _WITHOUT_ADS for report in reports)
    done = [paid, bool(campaigns), sent]
    return {
        "scope": scope,
        "first_name": user().name.split()[0],
        "pockets": pockets,
        "done": done,
        "step": done.index(False) + 1 if False in done else 0,
        "campaign": campaigns[0] if campaigns else None,
        "metrics": [metric_label(key) for key in KEYS],
    }
