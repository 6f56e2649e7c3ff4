"""Settling, a loop a node: its log's charges go into the ledger every few seconds, or a full batch at a time."""

from __future__ import annotations

import logging

from jobs.loops.looking import look
from jobs.loops.runner import Loop
from webapp.db.transaction import run_in_transaction
from webapp.domain.delivery.nodes import KnownNode
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.settlement import Settled, check_end
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

log = logging.getLogger(__name__)

BATCH = 5000


def make(app: KabinetFlask) -> list[Loop]:
    """Return a loop for every node."""
    return [Settle(app, store) for store in app.adapters.serving]


class Settle:
    """Settles one node."""

    def __init__(self, app: KabinetFlask, store: ServingStore, batch: int = BATCH) -> None:
        self._app = app
        self._store = store
        self._batch = batch
        self._last = Settled()
        self._behind_seconds = 0.0
        self.name = f"settle-{store.node}"
        self.pause_seconds = float(app.settings.settle_seconds)

    @property
    def _services(self) -> Services:
        return self._app.adapters.services(db.session())

    def step(self) -> bool:
        """Settle what the log has behind the last record settled; True when there may be more."""
        services, node = self._services, self._store.node
        known = look(services.session, services.nodes.every).get(node, KnownNode(node))
        records = self._store.read(known.settled_seq, self._batch)
        if not records:
            check_end(self._store.ends()[1], known.settled_seq, node)
            self._behind_seconds = 0.0
            return False
        self._last = run_in_transaction(services.session, lambda: services.settlement.settle(node, records))
        self._behind_seconds = max(0.0, services.clock.now().timestamp() - records[-1].at_ms / 1000)
        return len(records) >= self._batch

    def lag(self) -> dict[str, float]:
        """Return how long ago the last record of the last batch happened, and how many it had."""
        return {"seconds": round(self._behind_seconds, 1), "events": self._last.records}
