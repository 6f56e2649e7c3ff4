"""Runs a simulation: so many page views a second, for so long, or until it is stopped."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from webapp.simulator.people import Town
from webapp.simulator.visits import Step, Visits


@dataclass(frozen=True, slots=True)
class Pace:
    """How much goes on."""

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
        self, visits: Visits, town: Town, placements: Sequence[str], stop: threading.Event | None = None
    ) -> None:
        self._visits = visits
        self._town = town
        self._placements = placements
        self._stop = stop or threading.Event()
        self._due: list[_Due] = []
        self._number = 0

    def run(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        """Let people come at an even rate, and do what they planned when its time has come."""
        began = clock()
        ends, views = began + pace.seconds, 0
        while not self._stop.is_set():
            now = clock()
            if now < ends and (now - began) * pace.views_a_second > views:
                views += 1
                self._arrive(now)
            elif self._due and self._due[0].at <= now:
                self._visits.do(heapq.heappop(self._due).step)
            elif now >= ends + pace.wind_down_seconds or (now >= ends and not self._due):
                break
            else:
                self._wait(now, began + (views + 1) / pace.views_a_second)

    def _arrive(self, now: float) -> None:
        for step in self._visits.arrive(self._town.one_of(self._placements)):
            self._number += 1
            heapq.heappush(self._due, _Due(now + step.after_seconds, self._number, step))

    def _wait(self, now: float, next_view: float) -> None:
        until = min([next_view, *(due.at for due in self._due[:1])])
        self._stop.wait(min(max(until - now, 0.001), 0.2))
