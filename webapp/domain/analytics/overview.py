"""The overview: is the money all right, is today all right, what must be done, and the figures behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.core.clock import Clock
from webapp.core.periods import Grain, Period, local_midnight, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.services.campaigns import Campaigns
from webapp.domain.ads.services.effective import EffectiveStatuses
from webapp.domain.ads.types import NO_SPEND, ListedCampaign, StatusCode, StatusReport
from webapp.domain.analytics.ceiling import RUNNING, Terms, daily_budgets, runs_on
from webapp.domain.analytics.charts import ChartData
from webapp.domain.analytics.concerns import Concerns, PlanSoFar, concerns, of_money
from webapp.domain.analytics.metrics import Figure
from webapp.domain.analytics.services import Figures, Selection
from webapp.domain.analytics.today import TodayPlan, today_plan
from webapp.domain.analytics.types import Metrics
from webapp.domain.audit.services import AuditLog
from webapp.domain.audit.types import AuditRecord
from webapp.domain.billing.runway import Runway, Runways
from webapp.domain.billing.services.balances import Balances

TOP = 5
#: So many days of hours say what a usual day is like; today is one of them.
SHAPE_DAYS = 14
#: A longer log is not read to its end: then there is no ceiling, rather than a wrong one.
LOG_LIMIT = 200
MIN_TREND_DAYS = 14


@dataclass(frozen=True, slots=True)
class TopCampaign:
    """One of the campaigns that spent most."""

    campaign: ListedCampaign
    report: StatusReport
    metrics: Metrics
    trend: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class OverviewData:
    """Everything the page shows; money is None for whoever may not see it."""

    runway: Runway | None
    today: TodayPlan
    concerns: Concerns
    chart: ChartData
    #: Sum of daily budgets by day, None when it cannot be told.
    ceiling: Mapping[date, int] | None
    log: Sequence[AuditRecord]
    top: Sequence[TopCampaign]
    campaigns: int
    #: What the ledger was charged for the same days.
    charged_micros: int


class Overview:
    """Puts the page together: a constant number of questions, whatever the number of campaigns."""

    def __init__(
        self,
        clock: Clock,
        campaigns: Campaigns,
        statuses: EffectiveStatuses,
        balances: Balances,
        runways: Runways,
        figures: Figures,
        audit: AuditLog,
    ) -> None:
        self._clock = clock
        self._campaigns = campaigns
        self._statuses = statuses
        self._balances = balances
        self._runways = runways
        self._figures = figures
        self._audit = audit

    def load(self, scope: Scope, selection: Selection, grain: Grain) -> OverviewData:
        """Return the page's data."""
        scope.require(Permission.CAMPAIGN_READ)
        now = self._clock.now()
        every = self._campaigns.every(scope)
        spends = self._balances.spend_of_campaigns(scope)
        reports = self._statuses.load(scope, every, None, spends)
        terms = [Terms(item, reports[item.id].status.code, spends.get(item.id, NO_SPEND)) for item in every]
        codes = Counter(item.code for item in terms)
        runway = self._runways.runway(scope) if scope.can(Permission.BALANCE_READ) else None
        today = self._today(scope, terms, now)
        log = self._log(scope, selection.period, now)
        return OverviewData(
            runway=runway,
            today=today,
            concerns=concerns(
                terms,
                reports,
                PlanSoFar(today, scope.zone, now),
                of_money(runway, StatusCode.BALANCE_EMPTY in codes, scope.zone, now),
            ),
            chart=self._figures.chart(scope, selection, grain),
            ceiling=daily_budgets(terms, log, selection.period, scope.zone, now) if len(log) < LOG_LIMIT else None,
            log=log,
            top=self._top(scope, selection.period, every, reports, now),
            campaigns=len(terms) - codes[StatusCode.ARCHIVED],
            charged_micros=self._runways.charged_between(scope, selection.period),
        )

    def _log(self, scope: Scope, period: Period, now: datetime) -> list[AuditRecord]:
        start = local_midnight(period.first, scope.zone)
        return self._audit.between(scope, start, now + timedelta(seconds=1), limit=LOG_LIMIT)

    def _today(self, scope: Scope, terms: Sequence[Terms], now: datetime) -> TodayPlan:
        day = today_in(scope.zone, now)
        days = Period(day - timedelta(days=SHAPE_DAYS - 1), day)
        budget = sum(
            item.campaign.daily_budget_micros or 0
            for item in terms
            if item.code in RUNNING and runs_on(item.campaign.hours, day)
        )
        spent = sum(item.spend.today_micros for item in terms)
        return today_plan(self._figures.chart(scope, Selection(days), Grain.HOUR), budget, spent, scope.zone, now)

    def _top(
        self,
        scope: Scope,
        period: Period,
        every: Sequence[ListedCampaign],
        reports: Mapping[int, StatusReport],
        now: datetime,
    ) -> list[TopCampaign]:
        rows, by_id = self._figures.top_campaigns(scope, period, TOP), {item.id: item for item in every}
        if not rows.keys() <= by_id.keys():
            # Some have figures and are no more: look further down.
            rows = self._figures.top_campaigns(scope, period)
        first = [by_id[id] for id, metrics in rows.items() if id in by_id and metrics][:TOP]
        # Whole days only: an unfinished one would always look like a fall.
        last = min(period.last, today_in(scope.zone, now) - timedelta(days=1))
        since = min(period.first, last - timedelta(days=MIN_TREND_DAYS - 1))
        ids = [item.id for item in first]
        trends = self._figures.sparklines(scope, Period(since, last), ids) if ids else {}
        return [TopCampaign(item, reports[item.id], rows[item.id], trends.get(item.id, ())) for item in first]
