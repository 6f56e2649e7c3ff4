"""Mail adapters."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from webapp.core.mail_address import mail_tls
from webapp.domain.accounts.ports import Mailer


def mailer_from_url(url: str, sender: str) -> Mailer:
    """Return the mailer of a `console:` or `smtp://user:password@host:port?tls=starttls` address.

    A password is never sent in the open over a network: raises ValueError when the address asks for that.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        from webapp.adapters.mail.console import ConsoleMailer

        return ConsoleMailer(sender)
    from webapp.adapters.mail.smtp import SmtpMailer

    return SmtpMailer(
        sender,
        host=parts.hostname or "localhost",
        port=parts.port or 25,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=mail_tls(url),
    )
