"""Conversions: how a site tells them, with pixel and secret ready to copy, and which of them came in."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from webapp.core.errors import Unavailable
from webapp.core.permissions import Permission
from webapp.domain.ads.services.names import ObjectNames
from webapp.domain.analytics.events import ReceivedConversion
from webapp.domain.delivery.conversions import DAYS, MOST
from webapp.domain.delivery.types import Limits
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.conversion_codes import SECRET, example, pixel_code, server_code
from webapp.web.access import requires
from webapp.web.app import kabinet, services, session
from webapp.web.htmx import page
from webapp.web.tenancy import scope
from webapp.web.verdicts import verdict_label

_DAY_SECONDS = 24 * 3600


@bp.get("/conversions")
@requires(Permission.CAMPAIGN_READ)
def conversions() -> ResponseReturnValue:
    """Show how conversions are told, and the last ones received."""
    return page("cabinet/conversions/index.html", **_context())


@bp.post("/conversions/secret")
@requires(Permission.ADVERTISER_MANAGE)
def conversion_secret() -> ResponseReturnValue:
    """Show the same with the secret, in this answer alone; the audit log says who has seen it."""
    answer = page("cabinet/conversions/index.html", **_context(services().conversions.show_secret(scope())))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _context(secret: str = "") -> dict[str, Any]:
    acting, url, limits = scope(), kabinet().settings.delivery_url, Limits()
    return {
        "scope": acting,
        "secret": secret,
        "pixel": pixel_code(services().conversions.pixel(acting), acting.currency, url),
        "call": server_code(acting.currency, url, secret or SECRET),
        "example": example(),
        "click_days": limits.click_window_seconds // _DAY_SECONDS,
        "view_hours": limits.view_window_seconds // 3600,
        "days": DAYS,
        "most": MOST,
        **_received(),
    }


def _received() -> dict[str, Any]:
    """Return the lines of the table; None while the events cannot be read."""
    try:
        found = services().conversions.latest(scope())
    except Unavailable:
        return {"lines": None}
    named = ObjectNames(session()).named(scope(), "campaign", {item.campaign_id for item in found})
    return {"lines": [_line(item, named.get(item.campaign_id)) for item in found]}


def _line(item: ReceivedConversion, campaign: Any) -> dict[str, Any]:
    return {"told": item, "campaign": campaign, "verdict": verdict_label(item.verdict)}
