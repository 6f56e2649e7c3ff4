"""Periods of whole days in an advertiser's zone, their steps, and the instants between which they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Grain(StrEnum):
    """The step of a chart."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Preset(StrEnum):
    """A period by its name, always relative to today in the advertiser's zone."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7 = "7d"
    LAST_14 = "14d"
    LAST_28 = "28d"
    LAST_90 = "90d"
    THIS_MONTH = "month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "year"
    ALL = "all"


#: The first day "all" reaches back to; before it nobody sold ads on line.
EPOCH = date(1994, 10, 27)
MAX_HOUR_DAYS = 14
MAX_DAY_DAYS = 400
_LAST_DAYS = {Preset.LAST_7: 7, Preset.LAST_14: 14, Preset.LAST_28: 28, Preset.LAST_90: 90}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.last - self.first).days + 1

    def previous(self) -> Period:
        """Return the period of the same length right before this one."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def dates(self) -> list[date]:
        """Return every day."""
        return [self.first + timedelta(days=offset) for offset in range(self.days)]

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the UTC instants of the first day's start and of the end (exclusive)."""
        return local_midnight(self.first, zone), local_midnight(self.last + timedelta(days=1), zone)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a local day begins (00:00, or the first minute that exists)."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def today_in(zone: ZoneInfo, now: datetime) -> date:
    """Return the local date of an instant."""
    return now.astimezone(zone).date()


def month_period(text: str) -> Period:
    """Return the month written as 2026-11; raise ValueError for anything else, and for one that no ledger covers."""
    first = date.fromisoformat(f"{text}-01")
    if not EPOCH.year <= first.year < date.max.year:
        raise ValueError(text)
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(first, following - timedelta(days=1))


def preset_period(preset: Preset, today: date, *, since: date | None = None) -> Period:
    """Return the period a preset means today; `since` bounds ALL from below."""
    if preset in _LAST_DAYS:
        return Period(today - timedelta(days=_LAST_DAYS[preset] - 1), today)
    if preset is Preset.YESTERDAY:
        return Period(today - timedelta(days=1), today - timedelta(days=1))
    if preset is Preset.THIS_MONTH:
        return Period(today.replace(day=1), today)
    if preset is Preset.LAST_MONTH:
        last = today.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    if preset is Preset.THIS_YEAR:
        return Period(today.replace(month=1, day=1), today)
    if preset is Preset.ALL:
        return Period(min(since or today, today), today)
    return Period(today, today)


def allowed_grains(period: Period) -> list[Grain]:
    """Return the steps that make a readable chart of this period."""
    grains = []
    if period.days <= MAX_HOUR_DAYS:
        grains.append(Grain.HOUR)
    if period.days <= MAX_DAY_DAYS:
        grains.append(Grain.DAY)
    if period.days > 7:
        grains.append(Grain.WEEK)
    if period.days > 31:
        grains.append(Grain.MONTH)
    return grains


def default_grain(period: Period) -> Grain:
    """Return the step a chart of this period starts with."""
    if period.days <= 1:
        return Grain.HOUR
    if period.days <= 120:
        return Grain.DAY
    return Grain.WEEK if period.days <= MAX_DAY_DAYS else Grain.MONTH


def step_start(day: date, grain: Grain) -> date:
    """Return the first day of the day's week (Monday) or month; the day itself otherwise."""
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    if grain is Grain.MONTH:
        return day.replace(day=1)
    return day


def steps(period: Period, grain: Grain) -> list[date]:
    """Return the first day of each step that touches the period, in order (not for hours)."""
    return sorted({step_start(day, grain) for day in period.dates()})


def hour_starts(period: Period, zone: ZoneInfo) -> list[datetime]:
    """Return the UTC instants at which the period's local hours begin: 23 or 25 on the days the clock moves."""
    start, end = period.instants(zone)
    count = int((end - start).total_seconds() // 3600)
    return [start + timedelta(hours=offset) for offset in range(count)]
