"""An application and a transaction for commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from webapp.db.transaction import transaction
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Settings
from webapp.web.app import KabinetFlask
from webapp.wiring import Services


@contextmanager
def application() -> Iterator[KabinetFlask]:
    """Build the application of the environment, let go of its stores at the end."""
    app = create_app(Settings.from_env())
    try:
        with app.app_context():
            yield app
    finally:
        app.adapters.close()


@contextmanager
def services_in_transaction() -> Iterator[Services]:
    """Give the services of one transaction, committed when the block succeeds."""
    with application() as app, transaction(db.session()) as session:
        yield app.adapters.services(session)
