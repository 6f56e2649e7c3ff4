"""When a campaign may run, as instants: its grid of hours, start and end, in the advertiser's zone for some days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from webapp.core.periods import local_midnight
from webapp.domain.ads.schedule import hour_of_week
from webapp.domain.delivery.shape import FLAT, Shape
from webapp.domain.delivery.types import Window

#: Local days that are written out, today included: between 48 and 72 hours to come. They change at midnight only.
DAYS = 3
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One local hour; shorter where the clock moves."""

    starts: int
    ends: int
    #: Its position in the grid of hours.
    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What windows depend on besides the days themselves; seconds since 1970."""

    hours: str
    starts: int | None = None
    ends: int | None = None


def unix_day(day: date) -> int:
    """Return the number of a day, counted from 1970-01-01."""
    return (day - _EPOCH).days


def seconds(instant: datetime) -> int:
    """Return an instant as seconds since 1970."""
    return int(instant.timestamp())


@lru_cache(maxsize=512)
def slots(zone: ZoneInfo, first: date, days: int = DAYS) -> tuple[Slot, ...]:
    """Return the local hours of some days in order; right on days of 23 and 25 hours and in zones a quarter off."""
    found: list[Slot] = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        at, end = local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone)
        while at < end:
            following = min(_hour_end(at, zone), end)
            found.append(Slot(seconds(at), seconds(following), hour_of_week(at, zone), unix_day(day)))
            at = following
    return tuple(found)


def _hour_end(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the running local hour ends."""
    return at + timedelta(minutes=60 - at.astimezone(zone).minute)


def windows_of(plan: Plan, hours: Iterable[Slot], shape: Shape = FLAT) -> tuple[Window, ...]:
    """Return the windows of a plan, neighbours of one day and one density put together."""
    found: list[Window] = []
    for slot in hours:
        if plan.hours[slot.hour] != "1":
            continue
        starts = slot.starts if plan.starts is None else max(slot.starts, plan.starts)
        ends = slot.ends if plan.ends is None else min(slot.ends, plan.ends)
        if starts < ends:
            _append(found, Window(starts, ends, shape.weight(starts, ends), slot.day))
    return tuple(found)


def _append(found: list[Window], window: Window) -> None:
    last = found[-1] if found else None
    if last is None or not _one_stretch(last, window):
        found.append(window)
        return
    found[-1] = Window(last.starts, window.ends, last.weight + window.weight, last.day)


def _one_stretch(last: Window, window: Window) -> bool:
    """Tell whether two windows touch, are of one day and equally dense."""
    same_density = last.weight * (window.ends - window.starts) == window.weight * (last.ends - last.starts)
    return last.ends == window.starts and last.day == window.day and same_density


def first_day(now: datetime, zone: ZoneInfo) -> date:
    """Return the local day that runs."""
    return now.astimezone(zone).date()


class Calendar:
    """Windows of many campaigns at one instant; equal plans are worked out once."""

    def __init__(self, now: datetime, shape: Shape) -> None:
        self._now = now
        self._shape = shape
        self._known: dict[tuple[str, Plan, bool], tuple[Window, ...]] = {}

    def windows(self, zone_name: str, plan: Plan, *, shaped: bool) -> tuple[Window, ...]:
        """Return the windows of a plan; weighed by the traffic's shape where a budget is spread by it."""
        key = (zone_name, plan, shaped)
        if key not in self._known:
            zone = ZoneInfo(zone_name)
            hours: Sequence[Slot] = slots(zone, first_day(self._now, zone))
            self._known[key] = windows_of(plan, hours, self._shape if shaped else FLAT)
        return self._known[key]
