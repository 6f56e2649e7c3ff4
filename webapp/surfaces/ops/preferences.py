"""Theme and language: cookies, and the language also on the user."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.surfaces.ops import bp
from webapp.web.access import public
from webapp.web.app import services
from webapp.web.htmx import go, safe_next
from webapp.web.locale import LOCALES
from webapp.web.tenancy import actor

YEAR_SECONDS = 365 * 24 * 3600
THEMES = frozenset({"light", "dark", "system"})


@bp.post("/preferences/theme")
@public
def set_theme() -> ResponseReturnValue:
    """Keep the chosen theme for a year."""
    return _remember("theme", request.form.get("theme", ""), THEMES)


@bp.post("/preferences/language")
@public
def set_language() -> ResponseReturnValue:
    """Keep the chosen language for a year, and with the user."""
    chosen = request.form.get("locale", "")
    if chosen in LOCALES and current_user.is_authenticated:
        services().accounts.set_locale(actor(), chosen)
    return _remember("locale", chosen, frozenset(LOCALES))


def _remember(cookie: str, value: str, allowed: frozenset[str]) -> ResponseReturnValue:
    back = safe_next(request.form.get("next"), safe_next(_referrer_path(), "/"))
    response = go(back)
    if value in allowed:
        from flask import make_response

        response = make_response(response)
        response.set_cookie(cookie, value, max_age=YEAR_SECONDS, samesite="Lax", httponly=cookie != "theme")
    return response


def _referrer_path() -> str | None:
    referrer = request.referrer or ""
    return referrer[len(request.host_url) - 1 :] if referrer.startswith(request.host_url) else None
