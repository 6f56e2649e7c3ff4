"""Requests by what became of them: gathered in memory, written from time to time. They only explain."""

from __future__ import annotations

import sqlite3
from collections import Counter

from webapp.adapters.serving.local.shown import Shown
from webapp.domain.delivery.types import FunnelHour, Removal

QUARTER = 900
HOUR = 3600
#: How often the file learns of them.
WRITTEN_EVERY_MS = 60_000
FUNNEL_KEPT_SECONDS = 2 * 86_400
TRAFFIC_KEPT_SECONDS = 8 * 86_400
SEEN = "seen"

_ADD = (
    "INSERT INTO funnel VALUES (?, ?, ?, ?) ON CONFLICT (campaign_id, quarter, step)"
    " DO UPDATE SET requests = requests + excluded.requests"
)
_ADD_HOUR = "INSERT INTO traffic VALUES (?, ?) ON CONFLICT (hour) DO UPDATE SET requests = requests + excluded.requests"


class Requests:
    """Counts that were not written yet.

    Who could have had a request is counted once a size, not once a campaign: `_sizes` is given to the campaigns of
    that size when somebody asks, when they change, and when it is written.
    """

    def __init__(self) -> None:
        self._sizes: Counter[tuple[int, str]] = Counter()
        #: (campaign, quarter, step) → requests.
        self._steps: Counter[tuple[int, int, str]] = Counter()
        self._hours: Counter[int] = Counter()
        self._written_ms: int | None = None
        self._shown: Shown | None = None

    def follow(self, shown: Shown) -> None:
        """Count for another snapshot from now on."""
        self.settle()
        self._shown = shown

    def came(self, now_ms: int) -> None:
        """Count a request of a page."""
        hour = now_ms // 1000
        self._hours[hour - hour % HOUR] += 1

    def asked(self, now_ms: int, size: str) -> None:
        """Count a request of a placement of a size."""
        self._sizes[_quarter(now_ms), size] += 1

    def removed(self, now_ms: int, campaign_id: int, removal: Removal) -> None:
        """Count what became of it for one campaign."""
        self._steps[campaign_id, _quarter(now_ms), removal] += 1

    def settle(self) -> None:
        """Give what was counted by size to the campaigns that have it; call it before the snapshot changes."""
        for (quarter, size), requests in self._sizes.items():
            for candidate in self._shown.by_size.get(size, ()) if self._shown else ():
                self._steps[candidate.campaign.id, quarter, SEEN] += requests
        self._sizes.clear()

    def write(self, connection: sqlite3.Connection, now_ms: int) -> None:
        """Write the counts when a minute has passed since the last time."""
        if self._written_ms is not None and 0 <= now_ms - self._written_ms < WRITTEN_EVERY_MS:
            return
        self.settle()
        connection.executemany(_ADD, [(*key, requests) for key, requests in self._steps.items()])
        connection.executemany(_ADD_HOUR, list(self._hours.items()))
        self._steps.clear()
        self._hours.clear()
        self._written_ms = now_ms

    def funnel(self, connection: sqlite3.Connection, campaign_id: int, since: int) -> list[FunnelHour]:
        """Return a campaign's quarter hours from the one an instant lies in."""
        self.settle()
        first = since - since % QUARTER
        counts: Counter[tuple[int, str]] = Counter()
        for key, requests in self._steps.items():
            if key[0] == campaign_id and key[1] >= first:
                counts[key[1:]] += requests
        rows = "SELECT quarter, step, requests FROM funnel WHERE campaign_id = ? AND quarter >= ?"
        for row in connection.execute(rows, (campaign_id, first)):
            counts[row["quarter"], row["step"]] += row["requests"]
        return [_hour(campaign_id, quarter, counts) for quarter in sorted({key[0] for key in counts})]

    def traffic(self, connection: sqlite3.Connection, since: int) -> dict[int, int]:
        """Return the requests of each hour from the one an instant lies in."""
        first = since - since % HOUR
        hours = Counter({hour: requests for hour, requests in self._hours.items() if hour >= first})
        for row in connection.execute("SELECT hour, requests FROM traffic WHERE hour >= ?", (first,)):
            hours[row["hour"]] += row["requests"]
        return dict(sorted(hours.items()))


def _quarter(now_ms: int) -> int:
    now_s = now_ms // 1000
    return now_s - now_s % QUARTER


def _hour(campaign_id: int, quarter: int, counts: Counter[tuple[int, str]]) -> FunnelHour:
    removed = {removal: counts[quarter, removal] for removal in Removal if counts[quarter, removal]}
    return FunnelHour(campaign_id, quarter, counts[quarter, SEEN], removed)
