"""Every view says who may call it; a view that says nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.core.permissions import Permission
from webapp.web.tenancy import find_scope, scope, staff_scope

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "__kabinet_access__"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a view: everyone, whoever is signed in, or holders of a permission."""

    public: bool = False
    permission: Permission | None = None


def public(view: View) -> View:
    """Let everyone in."""
    return _mark(view, Access(public=True))


def signed_in(view: View) -> View:
    """Let in whoever is signed in."""
    return _mark(view, Access())


def requires(permission: Permission) -> Callable[[View], View]:
    """Let in members (or, for `staff.*`, staff) who hold the permission."""
    return lambda view: _mark(view, Access(permission=permission))


def _mark(view: View, access: Access) -> View:
    setattr(view, _MARK, access)
    return view


def access_of(view: Callable[..., Any] | None) -> Access | None:
    """Return what a view declared, None when it declared nothing."""
    return getattr(view, _MARK, None)


def register_access(app: Flask) -> None:
    """Check the declared access before every view."""
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    access = access_of(current_app.view_functions.get(request.endpoint))
    if access is None and request.endpoint.startswith("rq_dashboard."):
        access = Access(permission=Permission.STAFF_JOBS)
    if access is None:
        abort(403)
    if access.public:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if access.permission is not None:
        return _check_permission(access.permission)
    return None


def _check_permission(permission: Permission) -> ResponseReturnValue | None:
    if permission.startswith("staff."):
        staff_scope().require(permission)
        return None
    if find_scope() is None:
        return redirect(url_for("auth.no_advertiser"), 303)
    scope().require(permission)
    return None


def _to_sign_in() -> ResponseReturnValue:
    target = request.full_path.rstrip("?") if request.method == "GET" and not _is_fragment() else None
    url = url_for("auth.sign_in", next=target) if target and target != "/" else url_for("auth.sign_in")
    if request.headers.get("HX-Request") == "true":
        return "", 200, {"HX-Redirect": url}
    return redirect(url, 303)


def _is_fragment() -> bool:
    return request.headers.get("HX-Request") == "true"
