"""The audit log: who did what, when, and why."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import page
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 50


@bp.get("/audit")
@requires(Permission.STAFF_AUDIT)
def audit_log() -> ResponseReturnValue:
    """Show the log, newest first."""
    text = request.args.get("q", "").strip()[:100]
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().audit.search(staff_scope(), wanted, text=text)
    names = services().directory.names({row.advertiser_id for row in found.items if row.advertiser_id is not None})
    return page("admin/audit/index.html", fragment="admin/audit/_table.html", found=found, text=text, names=names)
