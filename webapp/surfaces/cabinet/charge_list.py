"""Charges: what each hour of each campaign cost, with the way to the events behind it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.ids import PATTERN, PublicId
from webapp.core.periods import today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.services.names import Named, ObjectNames
from webapp.domain.delivery.charges import ChargeFilter
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.ledger_lines import read_cursor, write_cursor
from webapp.web.access import requires
from webapp.web.app import services, session
from webapp.web.htmx import page
from webapp.web.periods import here
from webapp.web.tenancy import scope

PAGE_SIZE = 50


@bp.get("/balance/charges")
@requires(Permission.BALANCE_READ)
def charge_list() -> ResponseReturnValue:
    """Show the charged hours, newest first: all of them, of a campaign, of a budget day."""
    return page("cabinet/balance/charges.html", fragment="cabinet/balance/_charges.html", **_context(scope()))


def _context(scope: Scope) -> dict[str, Any]:
    campaign, day = _campaign(scope), _day()
    chosen = ChargeFilter(campaign[0] if campaign else None, day)
    found = services().charges.page(scope, chosen, before=read_cursor(request.args.get("before", "")), size=PAGE_SIZE)
    offered = services().charges.campaigns(scope)
    ids = {row.campaign_id for row in found.rows} | set(offered)
    names = ObjectNames(session()).named(scope, "campaign", ids) if ids else {}
    params = {"campaign": [campaign[1].public_id] if campaign else [], "day": [day.isoformat()] if day else []}
    return {
        "scope": scope,
        "found": found,
        "names": names,
        "campaign": campaign[1] if campaign else None,
        "day": day,
        "today": today_in(scope.zone, services().clock.now()),
        "filtered": campaign is not None or day is not None,
        "campaigns": [
            (names[id].name, _url(campaign=names[id].public_id), campaign is not None and id == campaign[0])
            for id in offered
            if id in names
        ],
        "charge_url": charge_url,
        "export_params": json.dumps({name: values for name, values in params.items() if values}),
        "urls": {
            "all_campaigns": _url(campaign=None),
            "all_days": _url(day=None),
            "older": _url(before=write_cursor(found.older)) if found.older else "",
            "newest": "" if found.is_first else _url(),
        },
    }


def charge_url(campaign: Named | None, hour_at: datetime) -> str:
    """Return where the events of a campaign's hour are shown; '' for a campaign nobody knows any more."""
    if campaign is None or "cabinet.charge_events" not in current_app.view_functions:
        return ""
    return url_for("cabinet.charge_events", campaign_id=campaign.public_id, hour=f"{hour_at:%Y-%m-%dT%H%MZ}")


def _url(**changes: str | None) -> str:
    own: dict[str, str | int | None] = {"before": None, **changes}
    return here(**own)


def _campaign(scope: Scope) -> tuple[int, Named] | None:
    """Read `campaign=c_…`; raise NotFound for another advertiser's."""
    text = request.args.get("campaign", "")
    if not PATTERN.fullmatch(text):
        return None
    found = services().campaigns.get(scope, PublicId(text))
    return found.id, Named(PublicId(found.public_id), found.name)


def _day() -> date | None:
    """Read `day=2026-11-22`; what is no day is passed over."""
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
