"""Lists as tables to export: campaigns, the ads of one, the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from jobs.tables import TOTAL, Params, metric_column, one, period_of
from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.periods import Period, month_period
from webapp.core.scope import Scope
from webapp.core.tables import Column, Kind, Table
from webapp.core.words import Message
from webapp.domain.analytics.metrics import METRICS
from webapp.domain.analytics.types import NOTHING, total
from webapp.domain.billing.types import Group, LedgerFilter
from webapp.web.app import kabinet
from webapp.web.status import status_look
from webapp.wiring import Services

MAX_ROWS = 1_000_000
CAMPAIGN_METRICS = ("spend", "impressions", "clicks", "ctr", "cpc", "cpm", "conversions", "cpa")
AD_METRICS = ("spend", "impressions", "clicks", "ctr", "cpc", "conversions", "cpa")


def campaigns(services: Services, scope: Scope, params: Params) -> Table:
    """Build the campaign list: every campaign of the tab and filters, in its order."""
    from webapp.surfaces.cabinet.campaigns import list_query

    period = period_of(services, scope, params)
    with _asked(params):
        query = replace(list_query(), page=PageRequest(1, MAX_ROWS))
    listing = services.campaign_listing.list_page(scope, query, period)
    metrics = [METRICS[key] for key in CAMPAIGN_METRICS]
    money = Kind.MONEY, scope.currency
    columns = [
        Column("Campaign"), Column("Id"), Column("Status"), Column("Pays for"), Column("Bid", *money),
        Column("Daily budget", *money), Column("Total budget", *money), Column("Spent today", *money),
        *(metric_column(metric, scope) for metric in metrics),
    ]  # fmt: skip
    rows = [
        (
            row.campaign.name, row.campaign.public_id, str(status_look(row.code).label), row.campaign.bid_model.upper(),
            row.campaign.bid_micros, row.campaign.daily_budget_micros, row.campaign.total_budget_micros,
            row.spend.today_micros, *(metric.of(row.metrics) for metric in metrics),
        )
        for row in listing.page.items
    ]  # fmt: skip
    figures = [metric.of(listing.totals) for metric in metrics]
    totals = (TOTAL, None, None, None, None, None, None, listing.today_micros, *figures)
    return Table("Campaigns", columns, rows, totals, len(rows))


def ads(services: Services, scope: Scope, params: Params) -> Table:
    """Build the ads of a campaign (`campaign=c_…`) with their figures."""
    campaign = services.campaigns.get(scope, PublicId(one(params, "campaign")))
    period = period_of(services, scope, params)
    figures = services.figures.ad_rows(scope, period, campaign.id)
    found = services.ads.list_of(scope, campaign, PageRequest(1, MAX_ROWS)).items
    metrics = [METRICS[key] for key in AD_METRICS]
    columns = [
        Column("Ad"), Column("Id"), Column("Landing page"), Column("Weight", Kind.INTEGER),
        *(metric_column(metric, scope) for metric in metrics),
    ]  # fmt: skip
    rows = [
        (
            row.ad.name, row.ad.public_id, row.ad.landing_url, row.ad.weight,
            *(metric.of(figures.get(row.ad.id, NOTHING)) for metric in metrics),
        )
        for row in found
    ]  # fmt: skip
    summed = total(figures.get(row.ad.id, NOTHING) for row in found) if found else NOTHING
    totals = (TOTAL, None, None, None, *(metric.of(summed) for metric in metrics))
    return Table("Ads", columns, rows, totals, len(rows))


def transactions(services: Services, scope: Scope, params: Params) -> Table:
    """Build the ledger of a tab, a month and a campaign, newest first."""

    def money(title: Message) -> Column:
        return Column(title, Kind.MONEY, currency=scope.currency, digits=4)

    columns = [
        Column("Date", Kind.MOMENT), Column("Transaction"), Column("Kind"), Column("Reason"), Column("Reference"),
        Column("By"), money("Available"), money("Reserved"), money("Spent"), money("Available after"),
    ]  # fmt: skip
    found = list(services.balances.rows(scope, _ledger_filter(services, scope, params)))
    rows = [
        (
            row.created_at.astimezone(scope.zone), row.public_id, row.kind.value, row.reason, row.reference,
            row.actor_name, row.available_micros, row.reserved_micros, row.spent_micros, row.available_after_micros,
        )
        for row in found
    ]  # fmt: skip
    moved = [(row.available_micros, row.reserved_micros, row.spent_micros) for row in found]
    sums = [sum(column) for column in zip(*moved, strict=True)] or [0, 0, 0]
    return Table("Transactions", columns, rows, (TOTAL, None, None, None, None, None, *sums, None), len(rows))


def _ledger_filter(services: Services, scope: Scope, params: Params) -> LedgerFilter:
    group, month, campaign = one(params, "group"), one(params, "month"), one(params, "campaign")
    return LedgerFilter(
        group=Group(group) if group in tuple(Group) else Group.ALL,
        period=_month(month) if month else None,
        campaign_id=services.campaigns.get(scope, PublicId(campaign)).id if campaign else None,
    )


def _month(text: str) -> Period:
    """Read a month as 2026-11; raise Invalid for anything else."""
    try:
        return month_period(text)
    except ValueError as error:
        raise Invalid({"month": "Write a month as 2026-11."}) from error


@contextmanager
def _asked(params: Params) -> Iterator[None]:
    """Let what reads a page's address read these parameters."""
    query: MultiDict[str, str] = MultiDict((name, value) for name, values in params.items() for value in values)
    with kabinet().test_request_context(query_string=query):
        yield
