"""One's own settings, switching between advertisers, and finding things."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user

from webapp.core.errors import Invalid
from webapp.core.permissions import Permission
from webapp.extensions import limiter
from webapp.surfaces.auth.forms import ChangePasswordForm
from webapp.surfaces.auth.views import SIGN_IN_LIMIT
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.account_forms import AdvertiserForm, ProfileForm
from webapp.web.access import requires, signed_in
from webapp.web.app import services
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.sessions import SessionUser
from webapp.web.tenancy import actor, choose_advertiser, find_scope, user


@bp.post("/switch")
@signed_in
def switch_advertiser() -> ResponseReturnValue:
    """Act for another of one's own advertisers."""
    choose_advertiser(request.form.get("advertiser", ""))
    return go(url_for("cabinet.overview"))


@bp.get("/settings")
@signed_in
def settings() -> ResponseReturnValue:
    """Show one's own and the advertiser's settings."""
    return page("cabinet/settings/index.html", **_forms())


@bp.post("/settings/profile")
@signed_in
def settings_profile() -> ResponseReturnValue:
    """Change one's name."""
    form = ProfileForm()
    if not form.validate():
        return invalid("cabinet/settings/index.html", **_forms(profile=form))
    services().accounts.rename(actor(), form.name.data or "")
    toast(_("Saved"))
    return go(url_for("cabinet.settings"))


@bp.post("/settings/advertiser")
@requires(Permission.ADVERTISER_MANAGE)
def settings_advertiser() -> ResponseReturnValue:
    """Change the advertiser's name."""
    form = AdvertiserForm()
    scope = find_scope()
    if scope is None or not form.validate():
        return invalid("cabinet/settings/index.html", **_forms(advertiser=form))
    services().accounts.rename_advertiser(scope, form.advertiser_name.data or "")
    toast(_("Saved"))
    return go(url_for("cabinet.settings"))


def _own_account() -> str:
    """Count the tries of one account together, wherever they come from."""
    return f"user:{user().public_id}"


@bp.post("/settings/password")
@signed_in
@limiter.limit(SIGN_IN_LIMIT, key_func=_own_account)
def settings_password() -> ResponseReturnValue:
    """Change the password; this session goes on, all others end."""
    form = ChangePasswordForm()
    if not form.validate():
        return invalid("cabinet/settings/index.html", **_forms(password=form))
    try:
        changed = services().accounts.change_password(actor(), form.current.data or "", form.new.data or "")
    except Invalid as error:
        form.accept(error)
        return invalid("cabinet/settings/index.html", **_forms(password=form))
    login_user(SessionUser(changed), remember="kabinet_remember" in request.cookies)
    toast(_("Your password is changed. Other sessions have ended."))
    return go(url_for("cabinet.settings"))


def _forms(
    profile: ProfileForm | None = None,
    advertiser: AdvertiserForm | None = None,
    password: ChangePasswordForm | None = None,
) -> dict[str, Any]:
    scope = find_scope()
    name = scope.advertiser_name if scope else ""
    return {
        "profile": profile or ProfileForm(formdata=None, name=user().name),
        "advertiser": advertiser or AdvertiserForm(formdata=None, advertiser_name=name),
        "password": password or ChangePasswordForm(formdata=None),
        "scope": scope,
        "email": user().email,
    }


@bp.get("/search")
@requires(Permission.CAMPAIGN_READ)
def search() -> ResponseReturnValue:
    """Find campaigns and creatives by name or id."""
    text = request.args.get("q", "").strip()[:100]
    scope = find_scope()
    hits = services().search.find(scope, text) if scope and text else []
    return page("cabinet/search/index.html", fragment="cabinet/search/_results.html", text=text, hits=hits)
