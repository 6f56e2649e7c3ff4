"""Writing and sending one letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from flask_babel import force_locale, gettext

from webapp.domain.accounts.models import User
from webapp.domain.accounts.ports import Message
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome
from webapp.web.notice_words import notice_text
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
        services.adapters.mailer.send(_letter(services, template, user, task.payload.get("values", {})))
    progress.report(1, 1)
    return Outcome()


def _letter(services: Services, template: str, user: User, values: Mapping[str, Any]) -> Message:
    if template != "notice":
        text = render_template(f"emails/{template}.txt", user=user, link=_link(services, template, user))
        return Message(to=user.email, subject=SUBJECTS[template](), text=text)
    notice = notice_text(values["kind"], values["values"])
    link = services.adapters.settings.public_url + notice.path
    text = render_template("emails/notice.txt", user=user, link=link, notice=notice)
    return Message(to=user.email, subject=notice.title, text=text)


def _link(services: Services, template: str, user: User) -> str:
    base, tokens = services.adapters.settings.public_url, services.adapters.tokens
    if template == "confirm_email":
        return f"{base}/confirm/{tokens.confirm(user)}"
    if template == "reset_password":
        return f"{base}/reset/{tokens.reset(user)}"
    return f"{base}/forgot" if template == "password_changed" else f"{base}/sign-in"
