"""The shape of a day's traffic, by UTC hour: what even pacing follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HOUR = 3600
DAY_HOURS = 24
#: The weight of an hour of average traffic; weights are steps of a twentieth, so that neighbours often are equal.
AVERAGE = 20
#: A day looks flat until something is known: as if each hour had been seen with this many requests.
FLAT_REQUESTS = 50
#: The shape is taken anew so often, so that what is published does not change with every request.
RETAKEN_SECONDS = 6 * HOUR


@dataclass(frozen=True, slots=True)
class Shape:
    """How busy each of the 24 UTC hours is; AVERAGE is the mean, none is 0."""

    hours: tuple[int, ...]

    def at(self, second: int) -> int:
        """Return how busy the hour of an instant (seconds since 1970) is."""
        return self.hours[second // HOUR % DAY_HOURS]

    def weight(self, starts: int, ends: int) -> int:
        """Return the share of the traffic between two instants, in minutes of weight; at least 1."""
        total, second = 0, starts
        while second < ends:
            upto = min(ends, (second // HOUR + 1) * HOUR)
            total += self.at(second) * (upto - second)
            second = upto
        return max(1, total // 60)


FLAT = Shape((AVERAGE,) * DAY_HOURS)


def shape_of(nodes: Iterable[Mapping[int, int]], now: int) -> Shape:
    """Return the shape of what the nodes counted (requests by UTC hour, seconds since 1970), smoothed towards flat.

    Only whole hours before the last retaking count, and each hour of the day is the mean of the days it was seen on:
    a day that has just begun does not tilt it.
    """
    upto = now // RETAKEN_SECONDS * RETAKEN_SECONDS
    counted: dict[int, int] = {}
    for node in nodes:
        for hour, requests in node.items():
            if hour + HOUR <= upto:
                counted[hour] = counted.get(hour, 0) + requests
    if not counted:
        return FLAT
    return _smoothed(_means(counted, upto))


def _means(counted: Mapping[int, int], upto: int) -> list[tuple[int, int]]:
    """Return for each hour of the day its requests in all and on how many days it was watched."""
    first = min(counted)
    sums = [[0, 0] for _ in range(DAY_HOURS)]
    for hour in range(first, upto, HOUR):
        place = sums[hour // HOUR % DAY_HOURS]
        place[0] += counted.get(hour, 0)
        place[1] += 1
    return [(requests, days) for requests, days in sums]


def _smoothed(means: list[tuple[int, int]]) -> Shape:
    """Pull each hour towards the mean of those watched, the more the fewer requests there were."""
    watched = [(requests, days) for requests, days in means if days]
    scale = 1000
    hourly = [requests * scale // days if days else None for requests, days in means]
    known = [value for value in hourly if value is not None]
    mean = max(1, sum(known) // len(known))
    seen = sum(requests for requests, _days in watched) // len(watched)
    values = [
        (seen * (mean if value is None else value) + FLAT_REQUESTS * mean) // (seen + FLAT_REQUESTS) for value in hourly
    ]
    average = max(1, sum(values) // DAY_HOURS)
    return Shape(tuple(max(1, (value * AVERAGE + average // 2) // average) for value in values))
