"""The page of one campaign: its terms, figures, ads, changes and audience."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from webapp.core.ids import PublicId
from webapp.core.paging import Page
from webapp.core.periods import today_in
from webapp.core.permissions import Permission
from webapp.domain.ads.models import Campaign
from webapp.domain.ads.services.ads import ad_state
from webapp.domain.ads.store import AdRow
from webapp.domain.ads.types import AdState, Targeting
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import NOTHING, Metrics
from webapp.domain.audit.models import AuditRecord
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaign_words import audience_lines, deed_text, field_names, value_text
from webapp.surfaces.cabinet.campaigns import head_context, page_request
from webapp.surfaces.cabinet.figure_chart import Mark, chosen_metric, figure_chart
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.dimensions import metric_label
from webapp.web.htmx import page
from webapp.web.periods import ChosenPeriod, chosen_period, here
from webapp.web.tenancy import scope

ADS_SIZE = 25
#: Changes that get a number on the chart, and changes listed beside it.
MAX_MARKS = 9
SHOWN_CHANGES = 6
ALL_CHANGES = 500
KEYS = ("impressions", "spend", "ctr", "conversions", "cpa")
#: Offered beside the tabs.
MORE = ("clicks", "cpc", "cpm")
#: Deeds that may move the curve.
_MARKED = frozenset(
    {f"campaign.{deed}" for deed in ("launch", "pause", "resume", "update")}
    | {f"ad.{deed}" for deed in ("create", "pause", "resume", "archive", "update")}
    | {"creative.approve", "creative.reject"}
)
#: Deeds whose fields are opened one by one.
_OPENED = frozenset({"campaign.update", "ad.update"})


@dataclass(frozen=True, slots=True)
class ShownAd:
    """A line of the ads' table."""

    row: AdRow
    state: AdState
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A line of the history: one field, or a deed without one."""

    at: datetime
    who: str
    text: str
    before: str = ""
    after: str = ""
    number: int | None = None


@bp.get("/campaigns/<public_id:campaign_id>")
@requires(Permission.CAMPAIGN_READ)
def campaign_detail(campaign_id: PublicId) -> ResponseReturnValue:
    """Show a campaign: why it does what it does."""
    campaign = services().campaigns.get(scope(), campaign_id)
    days = chosen_period(scope())
    records = _records(campaign)
    context = _chart_context(campaign, days, records)
    return page(
        "cabinet/campaigns/detail.html",
        fragment="cabinet/campaigns/_body.html",
        **head_context(campaign),
        **context,
        **_ads_context(campaign, days, context["total"]),
        changes=_changes(records, days)[:SHOWN_CHANGES],
        change_count=len(records),
        lines=audience_lines(Targeting.from_json(campaign.targeting)),
    )


def live_context(campaign: Campaign, days: ChosenPeriod) -> dict[str, Any]:
    """Return the figures of a campaign's page, without what changes only by somebody's hand."""
    context = _chart_context(campaign, days, ())
    return {"campaign": campaign, **context, **_ads_context(campaign, days, context["total"])}


@bp.get("/campaigns/<public_id:campaign_id>/changes")
@requires(Permission.CAMPAIGN_READ)
def campaign_changes(campaign_id: PublicId) -> ResponseReturnValue:
    """Show all that was ever changed: field, before, after, who and when."""
    campaign = services().campaigns.get(scope(), campaign_id)
    records = _records(campaign, ALL_CHANGES)
    changes = [change for record in records for change in _lines(record, None)]
    return page("cabinet/campaigns/changes.html", campaign=campaign, changes=changes, zone=scope().zone_name)


def _records(campaign: Campaign, limit: int = 50) -> list[AuditRecord]:
    return services().audit.history(scope(), services().campaigns.subjects(scope(), campaign), limit=limit)


def _chart_context(campaign: Campaign, days: ChosenPeriod, records: Sequence[AuditRecord]) -> dict[str, Any]:
    selection = Selection(days.period, compare=days.compare, campaign_ids=(campaign.id,))
    chart = services().figures.chart(scope(), selection, days.grain)
    marks = _marks(_marked(records, days))
    metric = chosen_metric(request.args.get("metric", ""), (*KEYS, *MORE))
    return {
        "days": days,
        "figures": figure_chart(scope(), chart, metric, keys=KEYS, marks=marks),
        "more": [(metric_label(key), here(metric=key), key == metric.key) for key in MORE],
        "more_label": metric_label(metric.key) if metric.key in MORE else gettext("More"),
        "fresh_at": services().figures.fresh_at(scope()),
        "total": chart.total.current,
        "swap": Markup('hx-target="#campaign-body" hx-swap="outerHTML" hx-push-url="true"'),
    }


def _ads_context(campaign: Campaign, days: ChosenPeriod, total: Metrics) -> dict[str, Any]:
    found = services().ads.list_of(scope(), campaign, page_request(ADS_SIZE))
    figures = services().figures.ad_rows(scope(), days.period, campaign.id) if found.total else {}
    return {
        "ads": Page([_shown(row, figures) for row in found.items], found.total, found.request),
        "ads_total": total,
        "ads_url": lambda number: here(page=number),
    }


def _shown(row: AdRow, figures: Mapping[int, Metrics]) -> ShownAd:
    return ShownAd(row, ad_state(row), figures.get(row.ad.id, NOTHING))


def ad_line(campaign: Campaign, row: AdRow) -> ShownAd:
    """Return one ad as the table shows it, for the days of the page it is on."""
    figures = services().figures.ad_rows(scope(), chosen_period(scope()).period, campaign.id)
    return _shown(row, figures)


def _marked(records: Sequence[AuditRecord], days: ChosenPeriod) -> list[tuple[AuditRecord, int]]:
    """Return the newest changes within the period with their numbers, the oldest being 1."""
    within = [
        record
        for record in records
        if record.action in _MARKED and days.period.first <= today_in(scope().zone, record.at) <= days.period.last
    ][:MAX_MARKS]
    return [(record, len(within) - place) for place, record in enumerate(within)]


def _marks(marked: Sequence[tuple[AuditRecord, int]]) -> list[Mark]:
    """Return one mark a day: the newest number of the day, with all its changes in words."""
    by_day: dict[date, list[tuple[AuditRecord, int]]] = {}
    for record, number in marked:
        by_day.setdefault(today_in(scope().zone, record.at), []).append((record, number))
    return [
        Mark(
            deeds[0][1],
            deeds[0][0].at,
            "; ".join(_short(record) for record, _ in reversed(deeds)),
            ", ".join(dict.fromkeys(record.actor_name for record, _ in deeds)),
        )
        for deeds in reversed(by_day.values())
    ]


def _changes(records: Sequence[AuditRecord], days: ChosenPeriod) -> list[ShownChange]:
    numbers = {record.id: number for record, number in _marked(records, days)}
    return [change for record in records for change in _lines(record, numbers.get(record.id))]


def _lines(record: AuditRecord, number: int | None) -> list[ShownChange]:
    """Open a record into its fields; a deed that is a sentence of its own stays one line."""
    if record.action not in _OPENED or not record.changes:
        return [ShownChange(record.at, record.actor_name, deed_text(record.action, record.subject_name), number=number)]
    prefix = "" if record.action == "campaign.update" else f"{record.subject_name}: "
    return [
        ShownChange(
            record.at,
            record.actor_name,
            prefix + str(field_names().get(change["field"], change["field"])),
            _side(change, "before"),
            _side(change, "after"),
            number if place == 0 else None,
        )
        for place, change in enumerate(record.changes)
    ]


def _side(change: Mapping[str, Any], side: str) -> str:
    return value_text(change["field"], change.get(side), scope().currency, scope().zone_name)


def _short(record: AuditRecord) -> str:
    """Return a record in one line, for the chart's tooltip."""
    first = _lines(record, None)[0]
    return f"{first.text} {first.before} → {first.after}" if first.after else first.text
