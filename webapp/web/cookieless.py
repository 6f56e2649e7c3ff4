"""Addresses that never see a cookie, so that caches may keep what they answer."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

PREFIXES = ("/media/",)


class _Forgotten(SecureCookieSession):
    """A session that is never sent: error pages may write into it all the same."""


class CookielessSessions(SecureCookieSessionInterface):
    """Flask's own sessions, but none for public files: without one nothing varies by cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the request's session; for a public file one that is forgotten."""
        return _Forgotten() if request.path.startswith(PREFIXES) else super().open_session(app, request)

    def is_null_session(self, obj: object) -> bool:
        """Tell whether this session is not to be sent."""
        return isinstance(obj, _Forgotten) or super().is_null_session(obj)
