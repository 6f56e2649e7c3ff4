"""The RQ dashboard at /admin/jobs: for staff with that right, under our roof.

It is somebody else's page with inline scripts and styles, so `web.headers` gives this prefix alone a policy that allows
them; everything it loads comes from our own address. Its forms know no CSRF token: its scripts send
`X-Requested-With`, which no other site can add to a request, and a change without it is refused.
"""

from __future__ import annotations

from typing import cast

from flask import abort, request
from flask.blueprints import BlueprintSetupState
from rq_dashboard.web import blueprint as dashboard
from rq_dashboard.web import setup_rq_connection

from webapp.extensions import csrf
from webapp.surfaces.admin import bp
from webapp.web.app import KabinetFlask, kabinet

PREFIX = "/admin/jobs"
#: Answers to GET as well and yet changes the queue.
CHANGING = frozenset({"rq_dashboard.requeue_all"})
SCRIPTED = "XMLHttpRequest"


@bp.record_once
def mount(state: BlueprintSetupState) -> None:
    """Put the dashboard beside the admin pages; `web.access` lets in only those who may see jobs."""
    app = cast(KabinetFlask, state.app)
    app.config["RQ_DASHBOARD_REDIS_URL"] = app.adapters.redis_url
    # The registries of jobs may be looked at and requeued; nothing is thrown away here.
    app.config["RQ_DASHBOARD_DISABLE_DELETE"] = True
    setup_rq_connection(app)
    app.register_blueprint(dashboard, url_prefix=PREFIX)
    app.before_request(_guard)
    csrf.exempt(dashboard)


def _guard() -> None:
    """Refuse a change that did not come from the dashboard's own scripts; raise RedisError without a queue."""
    if request.blueprint != dashboard.name:
        return
    changes = request.method not in ("GET", "HEAD", "OPTIONS") or request.endpoint in CHANGING
    if changes and request.headers.get("X-Requested-With") != SCRIPTED:
        abort(403)
    # Without this the dashboard answers 200 with a bare heading where Redis is down.
    kabinet().adapters.redis.ping()
