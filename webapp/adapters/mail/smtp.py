"""Letters through an SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from webapp.core.errors import Unavailable
from webapp.domain.accounts.ports import Message

TIMEOUT_SECONDS = 20


class SmtpMailer:
    """Hands letters to an SMTP server: plain, STARTTLS (`tls=starttls`) or implicit TLS (`smtps://`)."""

    def __init__(
        self, sender: str, *, host: str, port: int, user: str = "", password: str = "", tls: str = "none"
    ) -> None:
        self._sender = sender
        self._host = host
        self._port = port
        self._user = user
        self._password = password
        self._tls = tls

    def send(self, message: Message) -> None:
        """Send one letter; raise Unavailable when the server does not take it."""
        try:
            with self._connect() as server:
                if self._tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(self._compose(message))
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("The mail server did not take the letter: %(error)s", error=str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        if self._tls == "implicit":
            return smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)

    def _compose(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self._sender
        letter["To"] = message.to
        letter["Subject"] = message.subject
        letter["Date"] = formatdate(localtime=False)
        letter["Message-ID"] = make_msgid(domain="kabinet.example")
        letter.set_content(message.text)
        if message.html:
            letter.add_alternative(message.html, subtype="html")
        return letter
