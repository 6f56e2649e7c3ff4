"""Events as tables to export."""

from __future__ import annotations

from jobs.tables import TOTAL, Params, one
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.scope import Scope
from webapp.core.tables import Column, Kind, Table
from webapp.domain.delivery.places import PlaceNames
from webapp.surfaces.cabinet.charge_events import read_hour
from webapp.web.dimensions import country_name
from webapp.web.verdicts import kind_label, verdict_label
from webapp.wiring import Services

MAX_ROWS = 1_000_000


def charge_events(services: Services, scope: Scope, params: Params) -> Table:
    """Build the events of an hour of a campaign: the charged ones, or all."""
    campaign = services.campaigns.get(scope, PublicId(one(params, "campaign")))
    hour = services.charge_events.hour(scope, campaign.id, read_hour(one(params, "hour")))
    charged_only = one(params, "show") != "all"
    found = services.charge_events.events(scope, hour, PageRequest(1, MAX_ROWS), charged_only=charged_only)
    places = PlaceNames(services.session).named({event.placement_id for event in found.page.items})
    columns = [
        Column("Time", Kind.MOMENT), Column("Event"), Column("What became of it"),
        Column("Price", Kind.MONEY, currency=scope.currency, digits=6), Column("Place"), Column("Site"),
        Column("Country"), Column("Device"), Column("Decision"),
    ]  # fmt: skip
    rows = [
        (
            event.happened_at.astimezone(scope.zone), kind_label(event.kind), verdict_label(event.verdict),
            event.price_micros, places[event.placement_id].name if event.placement_id in places else "", event.site,
            country_name(event.country), event.device, f"{event.decision:016x}",
        )
        for event in found.page.items
    ]  # fmt: skip
    totals = (TOTAL, None, None, found.charged_micros, None, None, None, None, None)
    return Table("Events of an hour", columns, rows, totals, len(rows))
