"""Parts of pages that redraw themselves: what is fetched every few seconds, as small as can be."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from webapp.core.ids import PublicId
from webapp.core.periods import today_in
from webapp.core.permissions import Permission
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaign_pages import live_context
from webapp.surfaces.cabinet.figure_chart import FigureChart
from webapp.surfaces.cabinet.overview import overview_context
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.periods import ChosenPeriod, address, chosen_period
from webapp.web.tenancy import scope


@bp.get("/live")
@requires(Permission.CAMPAIGN_READ)
def overview_live() -> ResponseReturnValue:
    """Return the overview's figures alone."""
    days = chosen_period(scope())
    context = overview_context(scope(), days)
    return render_template("cabinet/overview/_live.html", **context, **live_frame(days, context["figures"]))


@bp.get("/campaigns/<public_id:campaign_id>/live")
@requires(Permission.CAMPAIGN_READ)
def campaign_live(campaign_id: PublicId) -> ResponseReturnValue:
    """Return the figures of a campaign's page alone."""
    campaign = services().campaigns.get(scope(), campaign_id)
    days = chosen_period(scope())
    context = live_context(campaign, days)
    return render_template("cabinet/campaigns/_live.html", **context, **live_frame(days, context["figures"]))


def live_frame(days: ChosenPeriod, figures: FigureChart) -> dict[str, Any]:
    """Return what tells a page that it still shows the same days, and the line of its chart that moves."""
    chart = figures.data
    return {
        "age": services().freshness.of_figures(),
        "live_days": days_name(days),
        "live_line": chart["sets"][0]["data"],
        "live_unit": {name: chart[name] for name in ("unit", "currency")},
    }


def days_name(days: ChosenPeriod) -> str:
    """Return the days of a page as a word: another one tells an open page that midnight has passed."""
    return f"{days.period.first}/{days.period.last}"


@bp.app_template_global("live_source")
def live_source(days: ChosenPeriod, endpoint: str, **arguments: Any) -> str:
    """Return where a page's figures come from while it is open; '' for days that are over."""
    today = today_in(scope().zone, services().clock.now())
    if not days.period.first <= today <= days.period.last:
        return ""
    # Not through url_for: what stands in an address must not be taken for its own arguments.
    kept = MultiDict(request.args)
    kept.pop("page", None)
    return address(url_for(endpoint, **arguments), kept)


@bp.app_template_global("figure_age")
def figure_age() -> Any:
    """Return how old the figures are."""
    return services().freshness.of_figures()


bp.add_app_template_filter(days_name, "days_name")
