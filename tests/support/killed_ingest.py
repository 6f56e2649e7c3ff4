"""A process that ingests a scripted log, to be killed: `… tests.support.killed_ingest ANALYTICS DATABASE LAST`."""

from __future__ import annotations

import sys

from tests.support.scripted_log import ZONES, ScriptedLog
from webapp.adapters.analytics import analytics_from_url
from webapp.adapters.locks import locks_for
from webapp.core.clock import SystemClock
from webapp.core.errors import Unavailable
from webapp.domain.analytics.ports import AnalyticsStore
from webapp.domain.delivery import ingest
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.ingest import Ingest

#: Small batches, so that there are many points to be killed at.
BATCH = 400


def ingest_of(store: AnalyticsStore, database: str, log: ScriptedLog) -> Ingest:
    """Return what carries a log into a store."""
    rows = EventRows(log.node, lambda ids: {id: ZONES[id] for id in ids})
    return Ingest(log.node, log, store, rows, locks_for(database), SystemClock())


def main() -> None:
    """Ingest all of it, saying so after each batch."""
    analytics, database, last = sys.argv[1:4]
    setattr(ingest, "MOST", BATCH)  # noqa: B010  # a constant that only tests change
    setattr(ingest, "READ", BATCH)  # noqa: B010
    store = analytics_from_url(analytics)
    carrier = ingest_of(store, database, ScriptedLog(int(last)))
    print("ready", flush=True)
    while True:
        try:
            carrier.step()
            reached = store.last_seq(1)
        except Unavailable:
            print("waits", flush=True)
            continue
        print(reached, flush=True)
        if reached >= int(last):
            break


if __name__ == "__main__":
    main()
