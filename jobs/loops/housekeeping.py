"""What is done by the clock: nodes let go of what is over, logs are trimmed, and the rest has its own hours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from jobs.loops import nightly
from jobs.loops.looking import look
from jobs.loops.runner import Loop
from webapp.core.errors import Unavailable
from webapp.db.transaction import run_in_transaction
from webapp.domain.delivery.nodes import KnownNode
from webapp.domain.delivery.ports import ServingStore
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

log = logging.getLogger(__name__)

#: A tick that let go of this many things may have more to do.
FULL_TICK = 2000
TRIM = timedelta(seconds=10)
#: (name, every so many seconds, what to do within an application context); each commits its own work.
Duty = tuple[str, int, Callable[[KabinetFlask], None]]
DUTIES: list[Duty] = [("reconcile", 3600, nightly.reconcile), ("leases", 600, nightly.prune_leases)]


def make(app: KabinetFlask) -> list[Loop]:
    """Return the one housekeeper."""
    return [Housekeeping(app)]


class Housekeeping:
    """Ticks every node, trims every log, does the duties whose time has come."""

    name = "housekeeping"
    pause_seconds = 1.0

    def __init__(self, app: KabinetFlask) -> None:
        self._app = app
        self._trimmed_at: datetime | None = None
        self._done: dict[str, datetime] = {}

    @property
    def _services(self) -> Services:
        return self._app.adapters.services(db.session())

    def step(self) -> bool:
        """Do what is due; True when a node has more to let go of."""
        now = self._app.adapters.clock.now()
        more = sum(self._tick(store, now) for store in self._app.adapters.serving) > 0
        if self._trimmed_at is None or now >= self._trimmed_at + TRIM:
            self._trimmed_at = now
            self.trim()
        self._do_duties(now)
        return more

    def lag(self) -> dict[str, float]:
        """Return nothing: it is never behind."""
        return {}

    def _tick(self, store: ServingStore, now: datetime) -> bool:
        try:
            return store.tick(int(now.timestamp() * 1000)) >= FULL_TICK
        except Unavailable as error:
            log.warning("node %d has no tick: %s", store.node, error)
            return False

    def trim(self) -> None:
        """Let each log forget what both its readers have."""
        services = self._services
        known = look(services.session, services.nodes.every)
        for store in self._app.adapters.serving:
            try:
                if node := known.get(store.node):
                    self._trim(store, node)
            except Unavailable as error:
                log.warning("the log of node %d is not trimmed: %s", store.node, error)

    def _trim(self, store: ServingStore, node: KnownNode) -> None:
        upto = min(node.settled_seq, self._app.adapters.analytics.last_seq(node.node))
        if upto <= node.trimmed_seq:
            return
        store.trim(upto)
        services = self._services
        run_in_transaction(services.session, lambda: services.nodes.trimmed(node.node, upto))

    def _do_duties(self, now: datetime) -> None:
        for name, every, duty in DUTIES:
            done_at = self._done.get(name)
            if done_at is None or now >= done_at + timedelta(seconds=every):
                self._done[name] = now
                try:
                    duty(self._app)
                except Exception:
                    # One duty that fails must not keep the others from theirs; it comes again in its own time.
                    log.exception("the duty %s failed", name)
