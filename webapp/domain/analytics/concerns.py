"""What needs somebody's hand, out of what is known of all campaigns and of the money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

from webapp.core.periods import today_in
from webapp.domain.ads.types import EffectiveStatus, ListedCampaign, StatusCode, StatusReport
from webapp.domain.analytics.ceiling import Terms
from webapp.domain.analytics.today import TodayPlan, planned_share
from webapp.domain.billing.runway import Runway

#: So many are named; an account may have a thousand, and the list of campaigns shows them all.
NAMED = 8
SOON_DAYS = 14
#: A campaign is below its plan when it has spent less than seven tenths of it, a fifth of the day into it.
_BELOW, _PLANNED_ENOUGH = Fraction(7, 10), Fraction(1, 5)
NONE = Fraction(0)


class ConcernKind(StrEnum):
    """What needs somebody's hand, the most urgent first."""

    BALANCE_EMPTY = "balance_empty"
    REJECTED = "rejected"
    NO_ADS = "no_ads"
    BELOW_PLAN = "below_plan"
    RUNS_OUT = "runs_out"


_OF_STATUS = {StatusCode.REJECTED: ConcernKind.REJECTED, StatusCode.NO_APPROVED_ADS: ConcernKind.NO_ADS}
_OF_CAMPAIGN = (ConcernKind.REJECTED, ConcernKind.NO_ADS, ConcernKind.BELOW_PLAN)


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to do."""

    kind: ConcernKind
    campaign: ListedCampaign | None = None
    status: EffectiveStatus | None = None
    #: How far below its plan, as a part of one.
    below: Fraction = NONE
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Concerns:
    """How many things there are to do, and the first of them, the most urgent first."""

    named: Sequence[Concern]
    count: int


class PlanSoFar:
    """What today's plan asks of a campaign by now; most run at the same hours, and each grid is worked out once."""

    def __init__(self, today: TodayPlan, zone: ZoneInfo, now: datetime) -> None:
        self._share = cache(lambda hours: planned_share(today.shape, hours, zone, now))
        self._least = cache(self._least_share)

    def _least_share(self, hours: str) -> tuple[int, int]:
        """Return which part of a daily budget should be spent at least, in whole numbers: a thousand are compared."""
        share = self._share(hours)
        return (share * _BELOW if share >= _PLANNED_ENOUGH else NONE).as_integer_ratio()

    def is_missed(self, terms: Terms) -> bool:
        """Tell whether a campaign is below its plan."""
        budget = terms.campaign.daily_budget_micros
        if not budget:
            return False
        part, whole = self._least(terms.campaign.hours)
        return bool(terms.spend.charged_today_micros * whole < budget * part)

    def below(self, terms: Terms) -> Fraction:
        """Return how far a campaign that misses its plan is below it."""
        planned: Fraction = terms.campaign.daily_budget_micros * self._share(terms.campaign.hours)
        return 1 - terms.spend.charged_today_micros / planned


def concerns(terms: Iterable[Terms], reports: Mapping[int, StatusReport], plan: PlanSoFar,
             money: Concern | None) -> Concerns:  # fmt: skip
    """Return what needs a hand; `money` is what is to be said of the balance."""
    found = _in_need(terms, plan)
    of_campaigns = (
        Concern(kind, item.campaign, reports[item.campaign.id].status,
                plan.below(item) if kind is ConcernKind.BELOW_PLAN else NONE)
        for kind in _OF_CAMPAIGN
        for item in found[kind]
    )  # fmt: skip
    named = list(islice(of_campaigns, NAMED))
    if money is not None:
        named.insert(0 if money.kind is ConcernKind.BALANCE_EMPTY else len(named), money)
    return Concerns(named[:NAMED], sum(map(len, found.values())) + (money is not None))


def _in_need(terms: Iterable[Terms], plan: PlanSoFar) -> dict[ConcernKind, list[Terms]]:
    found: dict[ConcernKind, list[Terms]] = {kind: [] for kind in _OF_CAMPAIGN}
    serving, below = StatusCode.SERVING, found[ConcernKind.BELOW_PLAN]
    for item in terms:
        if item.code is serving:
            if plan.is_missed(item):
                below.append(item)
        elif item.code in _OF_STATUS:
            found[_OF_STATUS[item.code]].append(item)
    return found


def of_money(runway: Runway | None, is_empty: bool, zone: ZoneInfo, now: datetime) -> Concern | None:
    """Return what is to be said of the balance."""
    if is_empty:
        return Concern(ConcernKind.BALANCE_EMPTY)
    if runway is not None and runway.days_left is not None and runway.days_left < SOON_DAYS:
        return Concern(ConcernKind.RUNS_OUT, on=runway.ends_on(today_in(zone, now)))
    return None
