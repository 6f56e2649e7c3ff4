"""Telling the bus what the outbox holds, and forgetting what everybody has read long ago."""

from __future__ import annotations

import time
from datetime import timedelta

from jobs.loops.runner import Loop
from jobs.loops.subscriptions import patterns
from webapp.db.engines import reading
from webapp.db.transaction import rollback, run_in_transaction
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

BATCH = 100
#: How long told events are kept, and who has done them: for looking into what happened, and against late repeats.
KEPT = timedelta(days=30)
PRUNE_SECONDS = 3600.0


class Relay:
    """Gives events to the bus in the order of their ids, and marks them once the bus has confirmed.

    A crash in between gives them a second time; readers do each once. Several relays may run: one at a time works.
    """

    name = "relay"
    pause_seconds = 0.2

    def __init__(self, app: KabinetFlask) -> None:
        self._adapters = app.adapters
        self._adapters.bus.declare(patterns())
        self._lag: dict[str, float] = {"events": 0, "seconds": 0.0}
        self._pruned = 0.0

    def step(self) -> bool:
        """Relay one batch, or prune now and then."""
        session = db.session()
        services = self._adapters.services(session)
        with reading():
            found = services.outbox.waiting(1)
            self._note_lag(services)
            rollback(session)
        if found:
            return run_in_transaction(session, lambda: self._relay(services))
        return self._prune(services)

    def lag(self) -> dict[str, float]:
        """Return how many events wait, and for how long the oldest has."""
        return self._lag

    def _relay(self, services: Services) -> bool:
        rows = services.outbox.claim(BATCH)
        if rows:
            self._adapters.bus.publish([event for _, event in rows])
            services.outbox.mark_relayed([id for id, _ in rows])
        return len(rows) == BATCH

    def _note_lag(self, services: Services) -> None:
        count, oldest = services.outbox.backlog()
        seconds = (self._adapters.clock.now() - oldest).total_seconds() if oldest else 0.0
        self._lag = {"events": count, "seconds": round(max(0.0, seconds), 1)}

    def _prune(self, services: Services) -> bool:
        if self._pruned and time.monotonic() - self._pruned < PRUNE_SECONDS:
            return False
        before = self._adapters.clock.now() - KEPT
        removed = run_in_transaction(
            services.session, lambda: services.outbox.prune(before) + services.consumption.prune(before)
        )
        if not removed:
            self._pruned = time.monotonic()
        return removed > 0


def make(app: KabinetFlask) -> list[Loop]:
    """Return the relay."""
    return [Relay(app)]
