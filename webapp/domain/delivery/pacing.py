"""Even pacing: a bucket that fills as fast as what is left of the day has to be spent over the traffic that is left.

The levels are real numbers: they hold nobody's money, they only say when the next piece of it may go.
"""

from __future__ import annotations

from dataclasses import dataclass

from webapp.domain.delivery.types import Window

#: The bucket holds what a minute brings, or two prices, so that a quiet hour is never made up for in one rush.
CAP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Day:
    """What steers the pace of a campaign's day on one node."""

    window: Window
    #: Weight of the windows of the same day that come after it.
    weight_after: int
    #: What of the day's budget is neither spent nor held.
    left_micros: int


@dataclass(slots=True)
class Bucket:
    """What a campaign may spend right now."""

    day: int
    level: float
    at_ms: int

    def allows(self, price_micros: int) -> bool:
        """Tell whether a price may be spent now."""
        return self.level >= price_micros

    def take(self, price_micros: int) -> None:
        """Spend a price; a click that comes late may leave less than nothing."""
        self.level -= price_micros


def refilled(bucket: Bucket | None, today: Day, price_micros: int, now_ms: int) -> Bucket:
    """Return the bucket as it stands at an instant; a day begins with one price."""
    if bucket is None or bucket.day != today.window.day:
        return Bucket(today.window.day, price_micros, now_ms)
    window, passed = today.window, now_ms - bucket.at_ms
    ahead = window.weight * (window.ends * 1000 - now_ms) + (window.ends - window.starts) * 1000 * today.weight_after
    if ahead <= 0:
        return Bucket(bucket.day, max(bucket.level, price_micros), max(bucket.at_ms, now_ms))
    if passed <= 0:
        return bucket
    left = max(0, today.left_micros)
    cap = max(2 * price_micros, left * (window.weight * CAP_MS / ahead))
    level = min(bucket.level + left * (window.weight * passed / ahead), cap)
    return Bucket(bucket.day, level, now_ms)
