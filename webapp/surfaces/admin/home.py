"""The door of the staff area: it leads to the first page the role may see."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import Forbidden
from webapp.core.permissions import Permission
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.htmx import go
from webapp.web.tenancy import staff_scope

PLACES = (
    (Permission.STAFF_MODERATE, "admin.moderation_queue"),
    (Permission.STAFF_LEDGER_READ, "admin.ledger"),
    (Permission.STAFF_ADVERTISERS, "admin.advertiser_list"),
)


@bp.get("/")
@requires(Permission.STAFF_AREA)
def home() -> ResponseReturnValue:
    """Go on to the first page of this role."""
    scope = staff_scope()
    for permission, endpoint in PLACES:
        if scope.can(permission):
            return go(url_for(endpoint))
    raise Forbidden
