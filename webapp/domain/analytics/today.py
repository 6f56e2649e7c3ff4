"""Today against its plan: daily budgets spread over the hours as the account usually spends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from webapp.domain.ads.types import ALL_HOURS
from webapp.domain.analytics.charts import ChartData

HOURS = 24


@dataclass(frozen=True, slots=True)
class TodayPlan:
    """Spend by local hour beside what was planned for it."""

    spent_micros: int
    budget_micros: int
    #: Spend of each hour that has begun.
    hours: Sequence[int]
    planned: Sequence[int]
    planned_by_now_micros: int
    #: What each hour weighs on the days before; None without a history to learn it from.
    shape: Sequence[int] | None
    now: datetime

    @property
    def has_plan(self) -> bool:
        """Tell whether there is a budget to compare with."""
        return self.budget_micros > 0 and self.shape is not None

    @property
    def pace(self) -> str:
        """Return whether spend is on, below or above its plan: within a fifth is on."""
        planned = self.planned_by_now_micros
        if self.spent_micros * 5 < planned * 4:
            return "below"
        return "above" if self.spent_micros * 5 > planned * 6 else "on"


def today_plan(chart: ChartData, budget_micros: int, spent_micros: int, zone: ZoneInfo, now: datetime) -> TodayPlan:
    """Read the hours of the last days: those before today give the shape, today's what was spent."""
    today = now.astimezone(zone).date()
    usual, actual = [0] * HOURS, [0] * HOURS
    for point in chart.points:
        if not isinstance(point.at, datetime) or point.current is None:
            continue
        local = point.at.astimezone(zone)
        (actual if local.date() == today else usual)[local.hour] += point.current.spend_micros
    whole = sum(usual)
    shape = usual if whole else None
    share = planned_share(shape, ALL_HOURS, zone, now)
    return TodayPlan(
        spent_micros=spent_micros or sum(actual),
        budget_micros=budget_micros,
        hours=actual[: now.astimezone(zone).hour + 1],
        planned=[budget_micros * part // whole for part in shape] if shape else [],
        planned_by_now_micros=int(budget_micros * share),
        shape=shape,
        now=now,
    )


def planned_share(shape: Sequence[int] | None, hours: str, zone: ZoneInfo, now: datetime) -> Fraction:
    """Return the part of today's plan that should be spent by now, within a campaign's own hours."""
    if shape is None:
        return Fraction(0)
    local = now.astimezone(zone)
    today = hours[local.weekday() * HOURS : local.weekday() * HOURS + HOURS]
    own = [part if on == "1" else 0 for part, on in zip(shape, today, strict=True)]
    whole = sum(own)
    passed = sum(own[: local.hour]) + Fraction(own[local.hour] * local.minute, 60)
    return passed / whole if whole else Fraction(0)
