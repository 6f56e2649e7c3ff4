"""What is set right now and then: lost tasks, and files whose time is over."""

from __future__ import annotations

import logging

from webapp.db.transaction import run_in_transaction
from webapp.extensions import db
from webapp.web.app import kabinet

log = logging.getLogger(__name__)


def sweep() -> int:
    """Move lost tasks and remove expired files, inside an application context; return how many were touched."""
    session = db.session()
    services = kabinet().adapters.services(session)
    try:
        moved = run_in_transaction(session, services.tasks.sweep)
        removed = run_in_transaction(session, services.exports.remove_expired)
    finally:
        db.session.remove()
    if moved or removed:
        log.info("sweep: %d tasks pushed again or closed, %d files removed", moved, removed)
    return moved + removed
