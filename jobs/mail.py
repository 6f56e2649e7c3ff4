"""Writing and sending one letter."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template
from flask_babel import force_locale, gettext

from webapp.domain.accounts.models import User
from webapp.domain.accounts.ports import Message
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome
from webapp.wiring import Services

#: Template → its subject, in the reader's language.
SUBJECTS: dict[str, Callable[[], str]] = {
    "confirm_email": lambda: gettext("Confirm your address"),
    "account_exists": lambda: gettext("You have an account already"),
    "reset_password": lambda: gettext("Choose a new password"),
    "password_changed": lambda: gettext("Your password was changed"),
}


def send(services: Services, task: Task, progress: Progress) -> Outcome:
    """Write the letter in its reader's language and hand it to the mail server."""
    template = str(task.payload["template"])
    user = services.accounts.get_user(int(task.payload["user_id"]))
    with force_locale(user.locale):
        services.adapters.mailer.send(
            Message(
                to=user.email,
                subject=SUBJECTS[template](),
                text=render_template(f"emails/{template}.txt", user=user, link=_link(services, template, user)),
            )
        )
    progress.report(1, 1)
    return Outcome()


def _link(services: Services, template: str, user: User) -> str:
    base, tokens = services.adapters.settings.public_url, services.adapters.tokens
    if template == "confirm_email":
        return f"{base}/confirm/{tokens.confirm(user)}"
    if template == "reset_password":
        return f"{base}/reset/{tokens.reset(user)}"
    return f"{base}/forgot" if template == "password_changed" else f"{base}/sign-in"
