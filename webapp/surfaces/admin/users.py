"""People as staff see them: finding one, closing and opening an account."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Conflict, Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.forms import error_text
from webapp.web.htmx import go, page, toast
from webapp.web.shell import role_label, staff_role_label
from webapp.web.tenancy import staff_scope, user

PAGE_SIZE = 50

bp.add_app_template_global(staff_role_label, "staff_role_label")
bp.add_app_template_global(role_label, "role_label")


@bp.get("/users")
@requires(Permission.STAFF_USERS)
def user_list() -> ResponseReturnValue:
    """Show every user, newest first."""
    return page("admin/users/index.html", fragment="admin/users/_table.html", **_found())


@bp.post("/users/<public_id:user_id>/disable")
@requires(Permission.STAFF_USERS)
def user_disable(user_id: PublicId) -> ResponseReturnValue:
    """Close an account: all its sessions end."""
    return _set_disabled(user_id, disabled=True, done=_("The account is closed and its sessions have ended."))


@bp.post("/users/<public_id:user_id>/enable")
@requires(Permission.STAFF_USERS)
def user_enable(user_id: PublicId) -> ResponseReturnValue:
    """Open an account again."""
    return _set_disabled(user_id, disabled=False, done=_("The account is open again."))


def _set_disabled(user_id: PublicId, *, disabled: bool, done: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")[:500]
    try:
        services().accounts.set_disabled(staff_scope(), user_id, disabled, reason)
    except Invalid as error:
        refused = {"user_id": user_id, "errors": [error_text(sentence) for sentence in error.errors.values()]}
        return page("admin/users/index.html", status=422, refused=refused, **_found())
    except Conflict as error:
        toast(error_text(error), kind="error")
        return go(url_for(".user_list"))
    toast(done)
    return go(url_for(".user_list", q=request.args.get("q") or None))


def _found() -> dict[str, Any]:
    staff, text = staff_scope(), request.args.get("q", "").strip()[:100]
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().accounts.search_users(staff, wanted, text)
    belongs = services().directory.advertisers_of(staff, [person.id for person in found.items])
    return {"found": found, "text": text, "belongs": belongs, "me": user().id}
