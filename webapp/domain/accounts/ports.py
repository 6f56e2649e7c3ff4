"""What accounts need from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A letter: plain text always, HTML beside it."""

    to: str
    subject: str
    text: str
    html: str = ""


class Mailer(Protocol):
    """Sends letters; raises Unavailable when the server does not take one."""

    def send(self, message: Message) -> None:
        """Hand the letter to the mail server."""


class Postbox(Protocol):
    """Takes letters to write and send once the transaction is safe."""

    def post(self, template: str, user_id: int) -> None:
        """Ask for a letter of this template to this user."""
