"""Which language and zone a page is in."""

from __future__ import annotations

from flask import has_request_context, request
from flask_login import current_user

LOCALES = {"en": "English", "ru": "Русский"}


def choose_locale() -> str:
    """Return the cookie's language, else the user's, else the best of what the browser asks for."""
    here = has_request_context()
    chosen = request.cookies.get("locale", "") if here else ""
    if chosen in LOCALES:
        return chosen
    if here and current_user and current_user.is_authenticated:
        kept = str(current_user.user.locale)
        if kept in LOCALES:
            return kept
    return (request.accept_languages.best_match(list(LOCALES)) if here else None) or "en"
