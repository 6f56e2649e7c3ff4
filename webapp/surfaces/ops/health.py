"""Whether the process lives and its stores answer."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, jsonify
from sqlalchemy import text

from webapp import __version__
from webapp.surfaces.ops import bp
from webapp.web.access import public
from webapp.web.app import kabinet, session

SERVICE = "kabinet"


@bp.get("/health")
@public
def health() -> Response:
    """Say that the process lives."""
    return jsonify(status="ok", service=SERVICE, version=__version__)


@bp.get("/ready")
@public
def ready() -> tuple[Response, int]:
    """Say whether every store answers, else 503 with the names of those that do not."""
    missing = [name for name, ask in _checks().items() if not _answers(ask)]
    status = "unavailable" if missing else "ok"
    return jsonify(status=status, service=SERVICE, version=__version__, missing=missing), 503 if missing else 200


def _checks() -> dict[str, Callable[[], object]]:
    adapters = kabinet().adapters
    return {
        "database": lambda: session().execute(text("SELECT 1")),
        "analytics": adapters.analytics.ping,
        "redis": adapters.redis.ping,
    }


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception:  # noqa: BLE001  # whatever the store's driver raises, it does not answer
        return False
    return True
