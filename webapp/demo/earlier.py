"""The months before the window: archived campaigns whose charges add up to the micro to what was spent then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from webapp.core.money import MICROS
from webapp.demo.counts import DayCount
from webapp.demo.plans import ARCHIVED, OldPlan
from webapp.demo.shape import TODAY, chance, rounded, spread

SPENT_EARLIER_MICROS = 6_218_904_200
_STEP = 100
_LAST_PRICES = (2100, 2200)


@dataclass(frozen=True, slots=True)
class OldCampaign:
    """An archived campaign with its days; an index below zero lies before the window."""

    plan: OldPlan
    days: Sequence[tuple[int, DayCount]]


def old_campaigns(total_micros: int) -> list[OldCampaign]:
    """Return the archived campaigns; the charges of all of them are exactly `total_micros`."""
    weight = sum(plan.part for plan in ARCHIVED)
    done, left = [], total_micros
    for number, plan in enumerate(ARCHIVED[:-1]):
        impressions = int(total_micros * plan.part / weight) // plan.price_micros
        done.append(_campaign(plan, number, [(plan.price_micros, impressions)]))
        left -= impressions * plan.price_micros
    done.append(_campaign(ARCHIVED[-1], len(done), _exact(left)))
    return done


def _exact(total_micros: int) -> list[tuple[int, int]]:
    """Return impressions at two prices that cost this very sum: the bid was raised half way."""
    low, high = _LAST_PRICES
    steps = total_micros // _STEP
    # high = low + one step, so the number at the high price is fixed modulo low.
    dear = steps % (low // _STEP)
    dear += (steps // 2 - dear * (high // _STEP)) // (low * high // _STEP**2) * (low // _STEP)
    return [(low, (total_micros - dear * high) // low), (high, dear)]


def _campaign(plan: OldPlan, number: int, phases: Sequence[tuple[int, int]]) -> OldCampaign:
    draw = chance(9000 + number)
    length = plan.days // len(phases)
    days = []
    for phase, (price, impressions) in enumerate(phases):
        parts = spread(impressions, [0.8 + 0.4 * draw() for _ in range(length)], draw)
        for offset, shown in enumerate(parts):
            index = TODAY - plan.started + phase * length + offset
            days.append((index, _day(plan, shown, price, draw())))
    return OldCampaign(plan, days)


def _day(plan: OldPlan, impressions: int, price: int, luck: float) -> DayCount:
    clicks = rounded(impressions * plan.ctr * (0.9 + 0.2 * luck))
    return DayCount(impressions, clicks, rounded(clicks * 0.034), price, impressions * price)


def top_off(spent_micros: int, price_micros: int) -> tuple[int, DayCount]:
    """Return the round total budget above a sum, and the earlier day that leaves less than one impression of it."""
    total = -(-spent_micros // (100 * MICROS)) * 100 * MICROS
    impressions = (total - spent_micros) // price_micros
    day = DayCount(impressions, rounded(impressions * 0.0053), rounded(impressions * 0.0002), price_micros)
    return total, replace(day, spend_micros=impressions * price_micros)
