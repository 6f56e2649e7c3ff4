"""Duties that come by the hour: the last whole days are compared until all that was late has come, old leases go."""

from __future__ import annotations

from datetime import timedelta

from jobs.loops.looking import look
from webapp.db.transaction import run_in_transaction
from webapp.domain.delivery.lease_store import PRUNED
from webapp.extensions import db
from webapp.web.app import KabinetFlask

#: The nodes count for forty days, and whatever compares with them looks no further back.
LEASES_KEPT = timedelta(days=60)
#: So many batches a time.
PRUNINGS = 20


def reconcile(app: KabinetFlask) -> None:
    """Hold ledger, events and the nodes' counts of everybody's last days together, and keep what came of it.

    The others are asked before anything is written: on SQLite nobody else could write until they have answered.
    """
    services = app.adapters.services(db.session())
    compared = look(services.session, services.reconciliation.last_days)
    run_in_transaction(services.session, lambda: services.reconciliation.keep(compared))


def prune_leases(app: KabinetFlask) -> None:
    """Forget leases that ended long ago, so many at a time that nobody waits for it."""
    services = app.adapters.services(db.session())
    before = services.clock.now() - LEASES_KEPT
    for _ in range(PRUNINGS):
        if run_in_transaction(services.session, lambda: services.leases.store.prune(before)) < PRUNED:
            break
