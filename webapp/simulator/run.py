"""Runs a simulation: so many page views a second, for so long, or until it is stopped."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from webapp.simulator.people import Town
from webapp.simulator.places import Place, Places
from webapp.simulator.visits import Step, Visits

#: Nobody catches up on more than this many seconds of page views at once, as after a machine was asleep.
_MOST_OWED_SECONDS = 10.0
_LONGEST_WAIT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """How much goes on."""

    #: On average; a site's day makes more and less of it.
    views_a_second: float
    seconds: float
    #: No new page views in the last of it, so that what was begun can end.
    wind_down_seconds: float = 4.0


@dataclass(order=True)
class _Due:
    at: float
    number: int
    step: Step = field(compare=False)


class Simulation:
    """One visitor's hand at a time: start one in each thread for more."""

    def __init__(
        self, visits: Visits, town: Town, placements: Sequence[str | Place], stop: threading.Event | None = None,
        hour: Callable[[], float] | None = None,
    ) -> None:  # fmt: skip
        """`hour` is the hour of the day at the sites; without it every hour is alike."""
        self._visits = visits
        self._town = town
        self._places = Places([Place(item) if isinstance(item, str) else item for item in placements], hour)
        self._stop = stop or threading.Event()
        self._due: list[_Due] = []
        self._number = 0

    def run(
        self, pace: Pace, clock: Callable[[], float] = time.monotonic, wait: Callable[[float], object] | None = None
    ) -> None:
        """Let people come at the pace of the hour, and do what they planned when its time has come."""
        wait = wait or self._stop.wait
        last = began = clock()
        ends, owed = began + pace.seconds, 1.0
        while not self._stop.is_set():
            now = clock()
            rate = pace.views_a_second * self._places.liveliness() if now < ends else 0.0
            owed = min(owed + (now - last) * rate, 1 + _MOST_OWED_SECONDS * rate)
            last = now
            if owed >= 1 and rate:
                owed -= 1
                self._arrive(now)
            elif self._due and self._due[0].at <= now:
                due = heapq.heappop(self._due)
                self._plan(now, self._visits.do(due.step))
            elif now >= ends + pace.wind_down_seconds or (now >= ends and not self._due):
                break
            else:
                self._rest(now, now + (1 - owed) / rate if rate else ends + pace.wind_down_seconds, wait)

    def _arrive(self, now: float) -> None:
        self._town.next_visit()
        self._plan(now, self._visits.arrive(*self._places.choose(self._town.draw())))

    def _plan(self, now: float, steps: Iterable[Step]) -> None:
        for step in steps:
            self._number += 1
            heapq.heappush(self._due, _Due(now + step.after_seconds, self._number, step))

    def _rest(self, now: float, next_view: float, wait: Callable[[float], object]) -> None:
        until = min([next_view, *(due.at for due in self._due[:1])])
        wait(min(max(until - now, 0.001), _LONGEST_WAIT_SECONDS))
