"""Doing events: each once by each consumer, in one transaction with the note that it is done.

Those who only tell others what the database says do so before that transaction: on SQLite nobody else could write while
they wait for an answer.
"""

from __future__ import annotations

import logging

from jobs.loops.looking import look
from jobs.loops.runner import Loop
from jobs.loops.subscriptions import CONSUMERS, handler_of, patterns
from webapp.core.errors import Unavailable
from webapp.db.outages import is_outage
from webapp.db.transaction import run_in_transaction
from webapp.domain.events.types import Envelope
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

log = logging.getLogger(__name__)

#: After so many failures an event becomes a dead letter.
ATTEMPTS = 6
WAIT_SECONDS = 0.5


class ConsumerLoop:
    """One consumer at its queue."""

    pause_seconds = 0.0

    def __init__(self, app: KabinetFlask, consumer: str) -> None:
        self.name = f"consumer-{consumer}"
        self._adapters = app.adapters
        self._consumer = consumer
        self._lag: dict[str, float] = {}
        self._adapters.bus.declare(patterns())

    def step(self) -> bool:
        """Do what waits; wait a moment when nothing does."""
        if self._adapters.bus.take(self._consumer, self.handle, WAIT_SECONDS):
            return True
        self._lag = {"seconds": 0.0}
        return False

    def lag(self) -> dict[str, float]:
        """Return how long after it happened the last event was done, nothing once the queue is empty."""
        return self._lag

    def handle(self, event: Envelope, attempt: int) -> None:
        """Do one event; leave it to staff when it has failed too often."""
        session = db.session()
        services = self._adapters.services(session)
        try:
            self._do(services, event)
        except Unavailable:
            raise
        except Exception as error:
            if is_outage(error):
                raise Unavailable(f"The database does not answer: {str(error)[:200]}") from error
            if attempt < ATTEMPTS:
                raise
            log.exception("%s gives up on %s %s", self._consumer, event.name, event.id)
            self._bury(services, event, error, attempt)
        else:
            late = (self._adapters.clock.now() - event.at).total_seconds()
            self._lag = {"seconds": round(max(0.0, late), 1)}

    def _do(self, services: Services, event: Envelope) -> None:
        if not CONSUMERS[self._consumer].only_tells:
            run_in_transaction(services.session, lambda: self._do_once(services, event))
        elif look(services.session, lambda: self._tell(services, event)):
            run_in_transaction(services.session, lambda: services.consumption.done(self._consumer, event))

    def _tell(self, services: Services, event: Envelope) -> bool:
        """Do an event that changes nothing here; False when it was done before."""
        if services.consumption.is_done(self._consumer, event):
            return False
        handler_of(self._consumer)(services, event)
        return True

    def _do_once(self, services: Services, event: Envelope) -> None:
        if not services.consumption.is_done(self._consumer, event):
            handler_of(self._consumer)(services, event)
            services.consumption.done(self._consumer, event)

    def _bury(self, services: Services, event: Envelope, error: Exception, attempt: int) -> None:
        """Keep the event for staff, in a transaction of its own; when that fails too, the event comes again."""
        told = f"{type(error).__name__}: {error}"
        run_in_transaction(services.session, lambda: services.dead_letters.bury(self._consumer, event, told, attempt))


def make(app: KabinetFlask) -> list[Loop]:
    """Return a loop for every consumer."""
    return [ConsumerLoop(app, name) for name in CONSUMERS]
