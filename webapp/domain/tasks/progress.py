"""Progress that is written down rarely enough for a database with one writer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Seconds between two writes.
INTERVAL_SECONDS = 0.5


class TaskProgress:
    """Passes the newest figures on to `save`, at most twice a second; `beat` repeats them as a sign of life.

    `save` returns False when the database was busy; the figures then wait for the next occasion. The work must not
    keep a transaction of its own open while it reports: on SQLite the bar would stand still until that one ends.
    """

    def __init__(self, save: Callable[[int, int], bool], now: Callable[[], float] = time.monotonic) -> None:
        self._save = save
        self._now = now
        self._next_write = 0.0
        self._lock = threading.Lock()
        self.done = 0
        self.total = 0

    def report(self, done: int, total: int) -> None:
        """Say that `done` of `total` steps are behind us (total 0: not known yet)."""
        self.done, self.total = done, total
        if self._now() >= self._next_write:
            self.beat()

    def beat(self) -> None:
        """Write the newest figures down now."""
        with self._lock:
            self._next_write = self._now() + INTERVAL_SECONDS
            self._save(self.done, self.total)
