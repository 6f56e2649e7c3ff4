"""Flask-Login's view of a user: who it is and which epoch its session belongs to."""

from __future__ import annotations

from flask import Flask, g
from flask_login import AnonymousUserMixin, UserMixin

from webapp.core.digits import whole_number
from webapp.domain.accounts.models import User
from webapp.extensions import login
from webapp.web.app import services


class SessionUser(UserMixin):  # type: ignore[misc]
    """A signed-in user; the session holds public id and epoch, so that a new epoch ends it."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """Return what the session cookie keeps."""
        return f"{self.user.public_id}:{self.user.session_epoch}"


def load_user(token: str) -> SessionUser | None:
    """Return the user of a session cookie, None when the session was ended."""
    public_id, _, epoch = token.partition(":")
    number = whole_number(epoch)
    if number is None:
        return None
    user = services().accounts.find_user(public_id, number)
    return SessionUser(user) if user else None


def be_nobody() -> None:
    """Take the reader for nobody when the database could not say who it is: an error page must not ask it again."""
    if "_login_user" not in g:
        g._login_user = AnonymousUserMixin()


def register_sessions(app: Flask) -> None:
    """Let Flask-Login find our users."""
    login.init_app(app)
    login.user_loader(load_user)
