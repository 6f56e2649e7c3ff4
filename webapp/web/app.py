"""The Flask application class: one transaction a request, committed once, tried again on a deadlock."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from webapp.db.engines import reading
from webapp.db.transaction import ATTEMPTS, commit, is_retryable, rollback
from webapp.extensions import db
from webapp.settings import Settings
from webapp.web.jinja import KabinetEnvironment

if TYPE_CHECKING:
    from webapp.wiring import Adapters, Services

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIRST_ERROR = 400


class KabinetFlask(Flask):
    """Flask with our transaction rule and our wiring."""

    jinja_environment = KabinetEnvironment
    settings: Settings
    adapters: Adapters

    def full_dispatch_request(self) -> Response:
        """Keep safe requests from taking SQLite's write lock."""
        if request.method in SAFE_METHODS:
            with reading():
                return super().full_dispatch_request()
        return super().full_dispatch_request()

    def dispatch_request(self) -> Response:
        """Run the view; commit an unsafe method that succeeded, undo everything else."""
        if request.method in SAFE_METHODS:
            return self.make_response(super().dispatch_request())
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._dispatch_once()
            except Exception as error:
                rollback(session())
                if attempt == ATTEMPTS or not is_retryable(error):
                    raise
            _rewind_uploads()
            g.pop("kabinet_services", None)
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise AssertionError("unreachable")

    def _dispatch_once(self) -> Response:
        response = self.make_response(super().dispatch_request())
        if response.status_code < FIRST_ERROR:
            commit(session())
        else:
            rollback(session())
        return response


def _rewind_uploads() -> None:
    for file in request.files.values():
        file.stream.seek(0)


def kabinet() -> KabinetFlask:
    """Return the running application."""
    return cast(KabinetFlask, current_app._get_current_object())  # type: ignore[attr-defined]


def session() -> Session:
    """Return the request's database session."""
    return cast(Session, db.session())


def services() -> Services:
    """Return the domain services bound to the request's session."""
    if "kabinet_services" not in g:
        g.kabinet_services = kabinet().adapters.services(session())
    return cast("Services", g.kabinet_services)
