"""What each campaign did on each of the last 56 days: counts by seeded chance, money as counts times price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.core.money import MICROS
from webapp.demo.plans import CPM, Ending, Plan
from webapp.demo.shape import ALL_DAY, DAYS, TODAY, Random, Today, chance, passed, rounded

#: More on some days of the week, Sunday first.
_WEEK = (1.06, 0.94, 0.95, 0.97, 1, 1.02, 1.08)
#: The time of day the account was drawn at; what is true of today is scaled from there.
_DRAWN = (14, 32)
_BELOW_PACE = 0.71
_BY_NOON_SHIFT = 0.34
_DAY_SPENT_AT = (13, 2)
#: 98 hours: workdays 07 to 21, weekends 09 to 23.
_WORKDAY = tuple(7 <= hour < 21 for hour in range(24))
_WEEKEND = tuple(9 <= hour < 23 for hour in range(24))
_COMMUTE = tuple(6 <= hour < 14 or 17 <= hour < 23 for hour in range(24))
_OUTINGS = tuple(8 <= hour < 23 for hour in range(24))
#: A launch or a new bid is in force from this hour; the deed itself is a little earlier.
MORNING = 10
Mask = Sequence[bool]


@dataclass(frozen=True, slots=True)
class DayCount:
    """One campaign's day."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    #: Of one impression (CPM) or one click (CPC).
    price_micros: int = 0
    spend_micros: int = 0
    #: The daily budget in force, 0 on a day it could not run.
    budget_micros: int = 0


def mask_of(plan: Plan, index: int, today: Today) -> Mask:
    """Return the local hours in which a campaign ran on a day: its own, less those before a deed of that morning."""
    mask = _hours_of(plan, index, today)
    launched = plan.first > 0 and index == plan.first
    raised = plan.bid_before is not None and index == plan.bid_before[0] + 1
    return tuple(on and hour >= MORNING for hour, on in enumerate(mask)) if launched or raised else mask


def _hours_of(plan: Plan, index: int, today: Today) -> Mask:
    weekend = today.date_of(index).weekday() >= 5
    if plan.ending is Ending.BELOW_PACE:
        return _WEEKEND if weekend else _WORKDAY
    if plan.ending is Ending.WEEKENDS:
        return _OUTINGS if weekend else (False,) * 24
    if plan.ending is Ending.OUTSIDE_HOURS and index >= plan.hours_since:
        return _COMMUTE
    return ALL_DAY


def grid_of(plan: Plan) -> str:
    """Return the 168 hours of the week as a campaign keeps them."""
    week = {
        Ending.BELOW_PACE: (*(_WORKDAY,) * 5, _WEEKEND, _WEEKEND),
        Ending.WEEKENDS: (*((False,) * 24,) * 5, _OUTINGS, _OUTINGS),
        Ending.OUTSIDE_HOURS: (_COMMUTE,) * 7,
    }.get(plan.ending, (ALL_DAY,) * 7)
    return "".join("1" if on else "0" for day in week for on in day)


def day_fraction(plan: Plan, today: Today) -> float:
    """Return how much of a whole day's spend a campaign has behind it."""
    mask = _hours_of(plan, TODAY, today)
    since = passed(*_DRAWN, mask)
    part = today.passed(mask) / since if since else 0.0
    if plan.ending is Ending.DAY_SPENT:
        return min(1.0, today.passed() / passed(*_DAY_SPENT_AT))
    if plan.ending is Ending.OUTSIDE_HOURS:
        return _BY_NOON_SHIFT * part
    if plan.ending is Ending.WEEKENDS:
        return today.passed(mask)
    drawn = passed(*_DRAWN) * (_BELOW_PACE if plan.ending is Ending.BELOW_PACE else 1.0)
    return drawn * part if plan.ending is Ending.BELOW_PACE else today.passed()


def count(plan: Plan, number: int, today: Today) -> list[DayCount]:
    """Return the days of one campaign; `number` is its place in the account and seeds its chance."""
    draw = chance(1000 + number * 77)
    return [_day(plan, index, today, draw) for index in range(DAYS)]


def _day(plan: Plan, index: int, today: Today, draw: Random) -> DayCount:
    week = _WEEK[today.date_of(index).isoweekday() % 7]
    budget, bid = _terms(plan, index)
    use = _use(plan, index, week, draw)
    runs = plan.first <= index <= plan.last and not (plan.ending is Ending.WEEKENDS and _weekday(index, today))
    if not runs:
        use = 0
    fraction = day_fraction(plan, today) if index == TODAY else 1
    target = int(budget * MICROS * use * fraction)
    bid_micros = rounded(bid * MICROS)
    eager = plan.ctr * (0.90 + 0.12 * index / DAYS)
    if plan.model is CPM:
        price = bid_micros // 1000
        impressions = target // price
        clicks = rounded(impressions * plan.ctr * (0.90 + 0.12 * index / DAYS) * (0.9 + 0.2 * draw()))
        spend = impressions * price
    else:
        price = bid_micros
        clicks = target // price
        impressions = rounded(clicks / (eager * (0.93 + 0.14 * draw())))
        spend = clicks * price
    conversions = rounded(clicks * plan.cvr * (0.8 + 0.4 * draw()))
    return DayCount(impressions, clicks, conversions, price, spend, budget * MICROS if runs else 0)


def _weekday(index: int, today: Today) -> bool:
    return today.date_of(index).weekday() < 5


def _terms(plan: Plan, index: int) -> tuple[int, float]:
    """Return the budget and the bid in force."""
    budget, bid = plan.daily, plan.bid
    if plan.daily_before and index < plan.daily_before[0]:
        budget = plan.daily_before[1]
    if plan.bid_before and index <= plan.bid_before[0]:
        bid = plan.bid_before[1]
    return budget, bid


def _use(plan: Plan, index: int, week: float, draw: Random) -> float:
    """Return how much of its budget a campaign uses on a day."""
    drift = 0.86 + 0.14 * index / DAYS
    use = min(1, plan.use * drift * week * (0.90 + 0.2 * draw()))
    if plan.use == 1:
        use = 1
    if plan.bid_before and index > plan.bid_before[0]:
        use = min(1, use * (1.20 if index < 52 else 0.96))
    return use
