"""Where chance comes from and how a day's requests are spread; floats weigh counts here and never touch money."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

DAYS = 56
TODAY = DAYS - 1
_CURVE = (
    *(0.45, 0.3, 0.22, 0.18, 0.2, 0.35, 0.7, 1.1, 1.3, 1.2, 1.1, 1.05),
    *(1.15, 1.1, 1, 1, 1.1, 1.3, 1.6, 1.9, 2, 1.8, 1.3, 0.8),
)
#: The share of a day's requests in each local hour.
HOURS = tuple(hour / math.fsum(_CURVE) for hour in _CURVE)
ALL_DAY = (True,) * 24
_BITS = 0xFFFFFFFF
Random = Callable[[], float]


def chance(seed: int) -> Random:
    """Return a generator of numbers from 0 up to 1 (mulberry32): the same seed gives the same account."""
    state = seed & _BITS

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & _BITS
        mixed = _times(state ^ state >> 15, 1 | state)
        mixed = ((mixed + _times(mixed ^ mixed >> 7, 61 | mixed)) ^ mixed) & _BITS
        return (mixed ^ mixed >> 14) / 4294967296

    return draw


def _times(one: int, other: int) -> int:
    return (one * other) & _BITS


def rounded(value: float) -> int:
    """Return the nearest whole number, halves up."""
    return math.floor(value + 0.5)


def passed(hour: int, minute: int, mask: Sequence[bool] = ALL_DAY) -> float:
    """Return the share of a day's requests before a time of day, counting only hours that are on."""
    whole = 0.0
    for index in range(hour):
        whole += HOURS[index] if mask[index] else 0.0
    return whole + (HOURS[hour] * minute / 60 if mask[hour] else 0.0)


def spread(total: int, weights: Sequence[float], draw: Random) -> list[int]:
    """Cut a total into whole parts in proportion to weights; the parts always add up to the total."""
    sums = list(accumulate(weights))
    if not total or not sums or sums[-1] <= 0:
        return [0] * len(weights)
    start, scale = draw(), total / sums[-1]
    # The very last edge is set by hand: a float must not lose one.
    edges = [math.floor(reached * scale + start) for reached in sums[:-1]] + [total]
    edges = [min(edge, total) for edge in edges]
    return [edge - before for edge, before in zip(edges, [0, *edges], strict=False)]


@dataclass(frozen=True, slots=True)
class Today:
    """The moment the account is loaded at, on the advertiser's clock."""

    now: datetime
    day: date
    hour: int
    minute: int
    zone: ZoneInfo

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo) -> Today:
        """Return the moment of an instant."""
        local = now.astimezone(zone)
        return cls(now, local.date(), local.hour, local.minute, zone)

    def date_of(self, index: int) -> date:
        """Return the day of an index; TODAY is today."""
        return self.day - timedelta(days=TODAY - index)

    def moment(self, index: int, hour: int, minute: int = 0) -> datetime:
        """Return the instant of a local time on the day of an index; never later than now."""
        day = self.date_of(index)
        there = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)
        return min(there, self.now)

    def passed(self, mask: Sequence[bool] = ALL_DAY) -> float:
        """Return the share of today's requests that are over."""
        return passed(self.hour, self.minute, mask)
