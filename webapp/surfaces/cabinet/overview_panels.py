"""What the panels of the overview draw: numbers placed in boxes, so that the pages hold no arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext

from webapp.domain.analytics.today import TodayPlan
from webapp.domain.billing.runway import DAYS, Runway
from webapp.web.filters import day_short

_BOX, _FLOOR = 168, 46
_TODAY_FLOOR, _TODAY_HEIGHT = 57, 54
_STEP = 14.5
_FORECAST_DAYS = 60


@dataclass(frozen=True, slots=True)
class BalanceDrawing:
    """The money of two weeks as a line, and its forecast as a dashed one; the split of a bar."""

    past: str
    forecast: str
    now_x: str
    first: date
    #: None while the end is not in sight.
    end: date | None
    available_share: str
    label: str


@dataclass(frozen=True, slots=True)
class HourBar:
    """One hour: what was planned and, once it has begun, what was spent."""

    x: str
    plan_y: str
    plan_height: str
    y: str
    height: str
    begun: bool
    running: bool


def balance_drawing(runway: Runway, today: date) -> BalanceDrawing:
    """Place the curve in a box of 168 by 48; the forecast takes its share of the width by its days."""
    end = runway.ends_on(today)
    ahead = min((end - today).days, _FORECAST_DAYS) if end else 0
    top = max(*runway.left_micros, 1)
    span = len(runway.left_micros) - 1
    now_x = (_BOX - 2) * DAYS / (DAYS + ahead) if ahead else _BOX - 2
    points = [
        (1 + (now_x - 1) * index / span, _FLOOR - micros * (_FLOOR - 2) / top)
        for index, micros in enumerate(runway.left_micros)
    ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    left, reserved = runway.pockets.spendable_micros, runway.pockets.reserved_micros
    return BalanceDrawing(
        past=line,
        forecast=f"M{points[-1][0]:.1f} {points[-1][1]:.1f}L{_BOX - 2} {_FLOOR}" if ahead else "",
        now_x=f"{now_x:.1f}",
        first=runway.since,
        end=end if ahead else None,
        available_share=f"{348 * left / (left + reserved):.1f}" if left + reserved else "0",
        label=_spoken(end if ahead else None),
    )


def _spoken(end: date | None) -> str:
    if end is None:
        return str(gettext("Balance over the last 14 days"))
    day = day_short(end)
    return str(gettext("Balance over the last 14 days, and the forecast until it is empty on %(day)s", day=day))


def hour_bars(today: TodayPlan) -> list[HourBar]:
    """Place 24 hours in a box of 348 by 60."""
    top = max([*today.planned, *today.hours, 1])
    return [_bar(today, hour, top) for hour in range(24)]


def _bar(today: TodayPlan, hour: int, top: int) -> HourBar:
    planned = _height(today.planned, hour, top)
    spent = _height(today.hours, hour, top)
    return HourBar(
        x=f"{hour * _STEP:.1f}",
        plan_y=f"{_TODAY_FLOOR - planned:.1f}",
        plan_height=f"{planned:.1f}",
        y=f"{_TODAY_FLOOR - spent:.1f}",
        height=f"{spent:.1f}",
        begun=hour < len(today.hours),
        running=hour == len(today.hours) - 1,
    )


def _height(values: Sequence[int], hour: int, top: int) -> float:
    return values[hour] * _TODAY_HEIGHT / top if hour < len(values) else 0
