"""The events of an hour that was charged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.digits import whole_number
from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.analytics.events import Event
from webapp.domain.delivery.places import PlaceNames
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaign_words import device_names
from webapp.web.access import requires
from webapp.web.app import services, session
from webapp.web.dimensions import country_name
from webapp.web.htmx import page
from webapp.web.periods import here
from webapp.web.tenancy import scope
from webapp.web.verdicts import kind_label, verdict_label

PAGE_SIZE = 50
#: How an hour is written in an address: the instant in UTC at which it begins.
HOUR = "%Y-%m-%dT%H%MZ"


def hour_url(campaign_id: str, hour_at: datetime) -> str:
    """Return the address of an hour's events."""
    hour = hour_at.astimezone(UTC).strftime(HOUR)
    return url_for("cabinet.charge_events", campaign_id=campaign_id, hour=hour)


def read_hour(text: str) -> datetime:
    """Read an hour's address; raise NotFound for anything else."""
    try:
        return datetime.strptime(text, HOUR).replace(tzinfo=UTC)
    except ValueError as error:
        raise NotFound from error


@bp.get("/balance/charges/<public_id:campaign_id>/<hour>")
@requires(Permission.BALANCE_READ)
def charge_events(campaign_id: PublicId, hour: str) -> ResponseReturnValue:
    """List the events of an hour: those that were charged, or all of them."""
    campaign = services().campaigns.get(scope(), campaign_id)
    charged = services().charge_events.hour(scope(), campaign.id, read_hour(hour))
    every = request.args.get("show") == "all"
    wanted = PageRequest(min(max(1, whole_number(request.args.get("page", "")) or 1), 100_000), PAGE_SIZE)
    found = services().charge_events.events(scope(), charged, wanted, charged_only=not every)
    devices = device_names()
    places = PlaceNames(session()).named({event.placement_id for event in found.page.items})
    return page(
        "cabinet/balance/events.html",
        fragment="cabinet/balance/_events.html",
        campaign=campaign,
        hour=charged,
        found=found,
        every=every,
        lines=[_line(event, places, devices) for event in found.page.items],
        agrees=(found.charged, found.charged_micros) == (charged.events, charged.spent_micros),
        page_url=lambda number: here(page=number),
        urls={"charged": here(show=None), "all": here(show="all")},
        scope=scope(),
        export_params=json.dumps({"campaign": [campaign_id], "hour": [hour], "show": ["all" if every else ""]}),
    )


def _line(event: Event, places: Any, devices: Mapping[str, str]) -> dict[str, Any]:
    place = places.get(event.placement_id)
    return {
        "event": event,
        "kind": kind_label(event.kind),
        "verdict": verdict_label(event.verdict),
        "place": place.name if place else event.site,
        "country": country_name(event.country),
        "device": devices.get(event.device, event.device),
        "decision": f"{event.decision:016x}",
    }
