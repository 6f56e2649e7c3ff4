"""One loop a serving node: its events into the store of figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jobs.loops.runner import Loop
from webapp.db.engines import reading
from webapp.domain.accounts.directory import Directory
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.ingest import Ingest
from webapp.domain.delivery.ports import ServingStore
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask

#: Each batch costs the store of figures a merge later, and embedded that is the processor of everything else.
PAUSE_SECONDS = {Profile.STACK: 0.5, Profile.EMBEDDED: 3.0}


class IngestLoop:
    """Writes a batch when one is full, else what came within the last moment."""

    def __init__(self, app: KabinetFlask, node: ServingStore) -> None:
        adapters = app.adapters
        self.name = f"ingest-{node.node}"
        self.pause_seconds = PAUSE_SECONDS[app.settings.profile]
        self._locks = adapters.new_locks()
        rows = EventRows(node.node, zones)
        self._ingest = Ingest(node.node, node, adapters.analytics, rows, self._locks, adapters.clock)

    def step(self) -> bool:
        """Write one batch."""
        return self._ingest.step()

    def lag(self) -> dict[str, float]:
        """Return how many events waited at the last look, and for how long."""
        return self._ingest.lag()

    def close(self) -> None:
        """Leave the node's events to somebody else."""
        self._locks.close()


def zones(advertiser_ids: Collection[int]) -> Mapping[int, str]:
    """Return the zones of advertisers; the database is let go of at once."""
    with reading():
        session = db.session()
        try:
            found = Directory(session).accounts(advertiser_ids)
            return {id: account.zone for id, account in found.items()}
        finally:
            session.rollback()


def make(app: KabinetFlask) -> list[Loop]:
    """Return the loop of each node."""
    return [IngestLoop(app, node) for node in app.adapters.serving]
