"""Where people read, and when: each site has its part of the page views, and a day of its own."""

from __future__ import annotations

import zlib
from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

#: Page views by the hour of the day, as multiples of the mean; those below are scaled to it.
EVEN = (1.0,) * 24
#: Read all day, most in the evening.
_EVENING = (
    *(0.45, 0.3, 0.22, 0.18, 0.2, 0.35, 0.7, 1.1, 1.3, 1.2, 1.1, 1.05),
    *(1.15, 1.1, 1.0, 1.0, 1.1, 1.3, 1.6, 1.9, 2.0, 1.8, 1.3, 0.8),
)
#: Read on the way to work and at the desk.
_OFFICE = (
    *(0.15, 0.1, 0.1, 0.1, 0.2, 0.6, 1.5, 2.3, 2.2, 1.8, 1.6, 1.5),
    *(1.9, 1.6, 1.4, 1.3, 1.3, 1.4, 1.0, 0.7, 0.6, 0.45, 0.35, 0.2),
)
#: Read at home.
_HOME = (
    *(0.9, 0.55, 0.3, 0.2, 0.15, 0.2, 0.4, 0.6, 0.6, 0.6, 0.65, 0.8),
    *(1.1, 0.9, 0.8, 0.85, 0.95, 1.2, 1.7, 2.2, 2.6, 2.6, 2.2, 1.55),
)
_DAYS = tuple(tuple(hour * 24 / sum(day) for hour in day) for day in (_EVENING, _OFFICE, _HOME))
#: The site that is read most has so many times the views of the twentieth.
_SLOPE = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A page people meet, with its placement, or several."""

    placement: str
    beside: tuple[str, ...] = ()
    #: Of all page views, in any unit.
    share: float = 1.0
    hours: Sequence[float] = EVEN


def known_places(found: Iterable[tuple[str, str]]) -> list[Place]:
    """Return the pages of sites by (placement, site): the first sites are read most, and each has its own day."""
    sites: dict[str, list[str]] = {}
    for placement, site in found:
        sites.setdefault(site, []).append(placement)
    return [
        Place(first, tuple(others), 1 / (rank + _SLOPE), _DAYS[zlib.crc32(site.encode()) % len(_DAYS)])
        for rank, (site, (first, *others)) in enumerate(sites.items())
    ]


class Places:
    """How lively it is at an hour, and where somebody comes then."""

    def __init__(self, places: Sequence[Place], hour: Callable[[], float] | None = None) -> None:
        self._places = list(places)
        self._hour = hour
        self._all = sum(place.share for place in self._places)

    def liveliness(self) -> float:
        """Return how many times the mean of a day come now."""
        return sum(self._weights()) / self._all

    def choose(self, draw: float) -> tuple[str, ...]:
        """Return the placements of a page view, by a number from 0 up to 1."""
        edges = list(accumulate(self._weights()))
        place = self._places[min(bisect(edges, draw * edges[-1]), len(edges) - 1)]
        return place.placement, *place.beside

    def _weights(self) -> list[float]:
        if self._hour is None:
            return [place.share for place in self._places]
        hour = int(self._hour()) % 24
        return [place.share * place.hours[hour] for place in self._places]
