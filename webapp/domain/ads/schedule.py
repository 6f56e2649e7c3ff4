"""Days and hours of a campaign: the advertiser's own clock on one side, instants on the other."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from webapp.core.digits import whole_number
from webapp.core.periods import local_midnight
from webapp.domain.ads.models import ALL_HOURS, HOURS_IN_WEEK
from webapp.domain.ads.types import LocalMoment

_DAY = 24
#: Preset grids, Monday first.
WORKING_HOURS = ("0" * 9 + "1" * 9 + "0" * 6) * 5 + "0" * 48
EVENINGS = ("0" * 17 + "1" * 6 + "0") * 7
HOUR_PRESETS = {"always": ALL_HOURS, "working": WORKING_HOURS, "evenings": EVENINGS}


def start_instant(moment: LocalMoment, zone: ZoneInfo) -> datetime:
    """Return when a campaign begins: the first of two equal hours, the next minute that exists."""
    if moment.at is None:
        return local_midnight(moment.day, zone)
    return datetime.combine(moment.day, moment.at, tzinfo=zone).astimezone(UTC)


def end_instant(moment: LocalMoment, zone: ZoneInfo) -> datetime:
    """Return the first instant after the end: the second of two equal hours, the whole day without a time."""
    if moment.at is None:
        return local_midnight(moment.day + timedelta(days=1), zone)
    early, late = (datetime.combine(moment.day, moment.at, tzinfo=zone).replace(fold=fold) for fold in (0, 1))
    return max(early.astimezone(UTC), late.astimezone(UTC))


def start_moment(instant: datetime | None, zone: ZoneInfo) -> LocalMoment | None:
    """Return how a start is written in the form."""
    if instant is None:
        return None
    local = instant.astimezone(zone)
    whole_day = instant == local_midnight(local.date(), zone)
    return LocalMoment(local.date(), None if whole_day else _clock(local))


def end_moment(instant: datetime | None, zone: ZoneInfo) -> LocalMoment | None:
    """Return how an end is written in the form: the last day when it is a day's end."""
    if instant is None:
        return None
    local = instant.astimezone(zone)
    if instant == local_midnight(local.date(), zone):
        return LocalMoment(local.date() - timedelta(days=1))
    return LocalMoment(local.date(), _clock(local))


def _clock(local: datetime) -> time:
    return local.time().replace(second=0, microsecond=0, fold=0)


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the running local day ends."""
    return local_midnight(now.astimezone(zone).date() + timedelta(days=1), zone)


def hour_of_week(instant: datetime, zone: ZoneInfo) -> int:
    """Return the position in the grid: Monday 00:00 is 0."""
    local = instant.astimezone(zone)
    return local.weekday() * _DAY + local.hour


def runs_at(hours: str, instant: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the grid is on at an instant."""
    return hours[hour_of_week(instant, zone)] == "1"


def next_on(hours: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the next instant at which the grid switches on, None for an empty grid; right across clock changes."""
    return _next_on(hours, _hour_end(now.replace(second=0, microsecond=0), zone), zone)


@lru_cache(maxsize=256)
def _next_on(hours: str, instant: datetime, zone: ZoneInfo) -> datetime | None:
    """Walk from the end of the running hour; a week and a day cover every clock change."""
    for _ in range(HOURS_IN_WEEK + _DAY):
        if runs_at(hours, instant, zone):
            return instant
        instant = _hour_end(instant, zone)
    return None


def _hour_end(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return when the running local hour ends: also in zones a quarter off and where half an hour is skipped."""
    return instant + timedelta(minutes=60 - instant.astimezone(zone).minute)


def hours_of(checked: list[str]) -> str:
    """Return the grid of ticked positions '0'…'167'; what is not a position is ignored."""
    on = {whole_number(text) for text in checked}
    return "".join("1" if position in on else "0" for position in range(HOURS_IN_WEEK))
