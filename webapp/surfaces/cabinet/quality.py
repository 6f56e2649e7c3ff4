"""Traffic quality: of a campaign, and of what a report is limited to."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.core.ids import PublicId
from webapp.core.periods import Period, today_in
from webapp.core.permissions import Permission
from webapp.domain.analytics.reports import read_report, write_report
from webapp.domain.analytics.services import Selection
from webapp.surfaces.cabinet import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.filters import day_range
from webapp.web.htmx import page
from webapp.web.periods import chosen_period, period_params
from webapp.web.tenancy import scope
from webapp.web.verdicts import kind_title, verdict_label


@bp.get("/campaigns/<public_id:campaign_id>/quality")
@requires(Permission.CAMPAIGN_READ)
def campaign_quality(campaign_id: PublicId) -> ResponseReturnValue:
    """Show what was received for a campaign, what was filtered and what was billed."""
    campaign = services().campaigns.get(scope(), campaign_id)
    period = chosen_period(scope()).period
    days: dict[str, Any] = {**period_params()}
    back = url_for(".campaign_detail", campaign_id=campaign_id, **days)
    return _answer(Selection(period, campaign_ids=(campaign.id,)), period, campaign.name, back)


@bp.get("/reports/quality")
@requires(Permission.REPORT_READ)
def report_quality() -> ResponseReturnValue:
    """Show the same for the days and filters of a report."""
    acting, domain = scope(), services()
    params = {name: request.args.getlist(name) for name in request.args}
    state = read_report(params, today_in(acting.zone, domain.clock.now()), domain.figures.first_day(acting))
    back = url_for(".report", **write_report(state))
    return _answer(domain.reports.selection(acting, state), state.period, gettext("Reports"), back)


def _answer(selection: Selection, period: Period, back_word: str, back_url: str) -> ResponseReturnValue:
    return page(
        "cabinet/quality/index.html",
        fragment="cabinet/quality/_quality.html",
        quality=services().quality.of(scope(), selection),
        kind_title=kind_title,
        verdict_label=verdict_label,
        days=day_range(period.first, period.last),
        back_word=back_word,
        back_url=back_url,
        scope=scope(),
    )
