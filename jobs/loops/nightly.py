"""Duties of the night: the last whole days are compared, hour by hour until all that was late has come."""

from __future__ import annotations

from webapp.db.transaction import run_in_transaction
from webapp.extensions import db
from webapp.web.app import KabinetFlask


def reconcile(app: KabinetFlask) -> None:
    """Hold ledger, events and the nodes' counts of everybody's last days together, and keep what came of it."""
    services = app.adapters.services(db.session())
    run_in_transaction(services.session, services.reconciliation.nightly)
