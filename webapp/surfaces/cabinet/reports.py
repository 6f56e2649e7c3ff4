"""The reports page: one breakdown of figures; the address holds everything."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from webapp.core.periods import today_in
from webapp.core.permissions import Permission
from webapp.domain.analytics.reports import read_report
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.report_page import ReportPage
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import page
from webapp.web.tenancy import scope


@bp.get("/reports")
@requires(Permission.REPORT_READ)
def report() -> ResponseReturnValue:
    """Show a report; htmx swaps its chips, chart and table together."""
    acting, domain = scope(), services()
    first_day = domain.figures.first_day(acting)
    params = {name: request.args.getlist(name) for name in request.args}
    state = read_report(params, today_in(acting.zone, domain.clock.now()), first_day)
    dimensions = domain.figures.dimensions(acting)
    pick = request.args.get("pick", "")
    shown = ReportPage(
        acting,
        domain.reports.build(acting, state),
        dimensions=dimensions,
        first_day=first_day,
        names=domain.reports.named_filters(acting, state),
        pick=pick if pick in dimensions else "",
        choices=domain.reports.values(acting, state, pick) if pick in dimensions else (),
    )
    fresh_at = domain.figures.fresh_at(acting)
    return page("cabinet/reports/index.html", fragment="cabinet/reports/_report.html", r=shown, fresh_at=fresh_at)
