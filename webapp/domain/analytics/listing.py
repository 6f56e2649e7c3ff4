"""The campaign list: what campaigns are, what happens to them and what they brought, sorted, filtered and summed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

from webapp.core.paging import Page, PageRequest
from webapp.core.periods import Period
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.ports import Spending
from webapp.domain.ads.services.campaigns import Campaigns
from webapp.domain.ads.services.effective import EffectiveStatuses
from webapp.domain.ads.types import NO_SPEND, TAB_OF, ListedCampaign, StatusCode, StatusReport, Tab
from webapp.domain.analytics.metrics import Figure
from webapp.domain.analytics.types import NOTHING, Metrics, total
from webapp.domain.billing.types import CampaignSpend


class CampaignFigures(Protocol):
    """What the list needs of the figures: two questions, whatever the number of campaigns."""

    def campaign_rows(
        self, scope: Scope, period: Period, campaign_ids: Sequence[int] | None = None
    ) -> Mapping[int, Metrics]:
        """Return the sums of campaigns (None: of all) that have any, by internal id."""

    def sparklines(self, scope: Scope, period: Period, campaign_ids: Sequence[int]) -> Mapping[int, list[Figure]]:
        """Return the spend of each day of these campaigns."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which campaigns are looked at, in which order."""

    tab: Tab = Tab.ALL
    text: str = ""
    #: cpm, cpc or empty.
    model: str = ""
    label: str = ""
    sort: str = "spend"
    descending: bool = True
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(slots=True)
class CampaignRow:
    """One line of the list; not frozen, for a thousand are made for every page."""

    campaign: ListedCampaign
    report: StatusReport
    spend: CampaignSpend
    metrics: Metrics
    #: Spend by day, oldest first; filled for the rows of the page only.
    trend: Sequence[Figure] = ()

    @property
    def code(self) -> StatusCode:
        """Return what happens to the campaign."""
        return self.report.status.code

    @property
    def runs_today(self) -> bool:
        """Tell whether today's spend against the daily budget means anything."""
        return self.code in _RUNNING


_RUNNING = frozenset(
    {
        StatusCode.SERVING,
        StatusCode.DAILY_BUDGET_SPENT,
        StatusCode.OUTSIDE_HOURS,
        StatusCode.REJECTED,
        StatusCode.BALANCE_EMPTY,
    }
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, and what is true of all rows of the filter: sums, and how many each tab holds."""

    page: Page[CampaignRow]
    counts: Mapping[Tab, int]
    totals: Metrics
    today_micros: int
    #: Daily budgets of the campaigns that run today.
    budget_micros: int
    trend: Sequence[Figure]
    #: Whether the advertiser has any campaign at all.
    any: bool


_STATUS_ORDER = {code: place for place, code in enumerate(StatusCode)}
SORTS: dict[str, Callable[[CampaignRow], Any]] = {
    "name": lambda row: row.campaign.name.casefold(),
    "status": lambda row: _STATUS_ORDER[row.code],
    "bid": lambda row: row.campaign.bid_micros or None,
    "budget": lambda row: row.campaign.daily_budget_micros,
    "today": attrgetter("spend.today_micros"),
    "spend": attrgetter("metrics.spend_micros"),
    "impressions": attrgetter("metrics.impressions"),
    "clicks": attrgetter("metrics.clicks"),
    "ctr": attrgetter("metrics.ctr"),
    "cpc": attrgetter("metrics.cpc_micros"),
    "conversions": attrgetter("metrics.conversions"),
}
#: What a first click on a column's head sorts by.
ASCENDING_FIRST = frozenset({"name", "status"})


class CampaignListing:
    """Puts a list together of one question to each store."""

    def __init__(
        self, campaigns: Campaigns, statuses: EffectiveStatuses, spending: Spending, figures: CampaignFigures
    ) -> None:
        self._campaigns = campaigns
        self._statuses = statuses
        self._spending = spending
        self._figures = figures

    def list_page(self, scope: Scope, query: ListQuery, period: Period) -> Listing:
        """Return the page asked for; an unknown page number gives the last one."""
        scope.require(Permission.CAMPAIGN_READ)
        every = self._campaigns.every(scope)
        rows = self._rows(scope, _matching(every, query), period)
        counts = _by_tab(rows)
        wanted = _codes_of(query.tab)
        chosen = [row for row in rows if row.report.status.code in wanted]
        return self._listing(scope, query, period, _sorted(chosen, query), counts, bool(every))

    def row(self, scope: Scope, campaign: ListedCampaign, period: Period) -> CampaignRow:
        """Return one campaign as the list shows it, its trend included."""
        row = self._rows(scope, [campaign], period, only=[campaign.id])[0]
        return self._with_trends(scope, [row], period)[0]

    def _rows(
        self, scope: Scope, campaigns: Sequence[ListedCampaign], period: Period, only: list[int] | None = None
    ) -> list[CampaignRow]:
        spends = self._spending.spend_of_campaigns(scope, only)
        reports = self._statuses.load(scope, campaigns, only, spends)
        figures = self._figures.campaign_rows(scope, period, only)
        return [
            CampaignRow(
                campaign,
                reports[campaign.id],
                spends.get(campaign.id, NO_SPEND),
                figures.get(campaign.id, NOTHING),
            )
            for campaign in campaigns
        ]

    def _listing(
        self,
        scope: Scope,
        query: ListQuery,
        period: Period,
        rows: list[CampaignRow],
        counts: Mapping[Tab, int],
        any_at_all: bool,
    ) -> Listing:
        request = query.page
        last = max(1, -(-len(rows) // request.size))
        request = PageRequest(min(max(1, request.number), last), request.size)
        shown = self._with_trends(scope, rows[request.offset : request.offset + request.size], period)
        return Listing(
            page=Page(shown, len(rows), request),
            counts=counts,
            totals=total(row.metrics for row in rows) if rows else NOTHING,
            today_micros=sum(row.spend.today_micros for row in rows),
            budget_micros=sum(
                row.campaign.daily_budget_micros or 0 for row in rows if row.report.status.code in _RUNNING
            ),
            trend=_sum_of_trends(shown) if len(rows) == len(shown) else (),
            any=any_at_all,
        )

    def _with_trends(self, scope: Scope, rows: Sequence[CampaignRow], period: Period) -> list[CampaignRow]:
        ids = [row.campaign.id for row in rows]
        days = self._figures.sparklines(scope, period, ids) if ids else {}
        return [
            CampaignRow(row.campaign, row.report, row.spend, row.metrics, days.get(row.campaign.id, ())) for row in rows
        ]


def _matching(campaigns: Iterable[ListedCampaign], query: ListQuery) -> list[ListedCampaign]:
    text, label = query.text.strip().casefold(), query.label.casefold()
    return [
        campaign
        for campaign in campaigns
        if (not query.model or campaign.bid_model == query.model)
        and (not label or label in (own.casefold() for own in campaign.labels))
        and (not text or _mentions(campaign, text))
    ]


def _mentions(campaign: ListedCampaign, text: str) -> bool:
    places = (campaign.name, campaign.public_id, *campaign.labels)
    return any(text in place.casefold() for place in places)


def _by_tab(rows: Iterable[CampaignRow]) -> Counter[Tab]:
    """Return how many rows each tab holds."""
    counts: Counter[Tab] = Counter()
    for code, number in Counter(row.report.status.code for row in rows).items():
        counts[TAB_OF[code]] += number
    counts[Tab.ALL] = counts.total() - counts[Tab.ARCHIVED]
    return counts


def _codes_of(tab: Tab) -> frozenset[StatusCode]:
    """Return the codes a tab holds; all but the archive is everything."""
    return frozenset(code for code, own in TAB_OF.items() if own is tab or (tab is Tab.ALL and own is not Tab.ARCHIVED))


def _sorted(rows: list[CampaignRow], query: ListQuery) -> list[CampaignRow]:
    """Return rows in order; those without a figure come last either way, newer ones first among equals."""
    key = SORTS.get(query.sort, SORTS["spend"])
    pairs = [(key(row), row) for row in rows]
    known = [pair for pair in pairs if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=query.descending)
    return [row for _, row in known] + [row for value, row in pairs if value is None]


def _sum_of_trends(rows: Sequence[CampaignRow]) -> list[Figure]:
    return [sum(figure or 0 for figure in day) for day in zip(*(row.trend for row in rows if row.trend), strict=True)]
