"""Tables of delivery's money to export: charges by the hour, and the proof that all stores agree."""

from __future__ import annotations

from datetime import date

from jobs.tables import TOTAL, Params, one, period_of
from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.scope import Scope
from webapp.core.tables import Column, Kind, Table
from webapp.core.words import Message
from webapp.domain.ads.services.names import Named, ObjectNames
from webapp.domain.delivery.charges import ChargeFilter
from webapp.web.difference_words import difference_label
from webapp.wiring import Services


def charges(services: Services, scope: Scope, params: Params) -> Table:
    """Build the charged hours of a campaign, of a budget day, or all; newest first."""
    campaign, day = one(params, "campaign"), one(params, "day")
    chosen = ChargeFilter(
        services.campaigns.get(scope, PublicId(campaign)).id if campaign else None, _day(day) if day else None
    )
    found = list(services.charges.rows(scope, chosen))
    names = _names(services, scope, {row.campaign_id for row in found})
    columns = [
        Column("Hour", Kind.MOMENT), Column("Budget day", Kind.DATE), Column("Campaign"), Column("Id"),
        Column("Charged events", Kind.INTEGER), Column("Charged", Kind.MONEY, currency=scope.currency, digits=6),
    ]  # fmt: skip
    rows = [
        (row.hour_at.astimezone(scope.zone), row.day, *_named(names, row.campaign_id), row.events, row.spent_micros)
        for row in found
    ]
    totals = (TOTAL, None, None, None, sum(row.events for row in found), sum(row.spent_micros for row in found))
    return Table("Charges", columns, rows, totals, len(rows))


def _names(services: Services, scope: Scope, ids: set[int]) -> dict[int, Named]:
    return dict(ObjectNames(services.session).named(scope, "campaign", ids)) if ids else {}


def _named(names: dict[int, Named], campaign_id: int) -> tuple[str, str]:
    named = names.get(campaign_id)
    return (named.name, named.public_id) if named else ("", "")


def _day(text: str) -> date:
    """Read a day as 2026-11-22; raise Invalid for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({"day": "Write a day as 2026-11-22."}) from error


def reconciliation(services: Services, scope: Scope, params: Params) -> Table:
    """Build the comparison of ledger, events and nodes, campaign by campaign and day by day."""
    found = services.reconciliation.compare(scope, period_of(services, scope, params), services.campaigns.every(scope))

    def money(title: Message) -> Column:
        return Column(title, Kind.MONEY, currency=scope.currency, digits=6)

    columns = [
        Column("Day", Kind.DATE), Column("Campaign"), Column("Id"), money("Ledger"), money("Events"),
        money("Serving nodes"), Column("Difference"), money("Credited"), money("Overspend"),
    ]  # fmt: skip
    rows = [
        (
            row.figures.day, row.campaign.name if row.campaign else "", row.campaign.public_id if row.campaign else "",
            row.figures.ledger_micros, row.figures.events_micros, row.figures.counters_micros,
            str(difference_label(row.difference)), row.figures.credited_micros, row.overspend_micros,
        )
        for row in found.rows
    ]  # fmt: skip
    sums = (found.ledger_micros, found.events_micros, found.counters_micros, None)
    totals = (TOTAL, None, None, *sums, found.credited_micros, found.overspend_micros)
    return Table("Reconciliation", columns, rows, totals, len(rows))
