"""Letters on the console: the embedded profile's mail server."""

from __future__ import annotations

import sys

from webapp.domain.accounts.ports import Message


class ConsoleMailer:
    """Prints letters where the operator sees them, links included."""

    def __init__(self, sender: str) -> None:
        self._sender = sender

    def send(self, message: Message) -> None:
        """Print the letter."""
        lines = ["", f"--- mail to {message.to}: {message.subject}", message.text.rstrip(), "---", ""]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
