"""Mail adapters."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from webapp.domain.accounts.ports import Mailer


def mailer_from_url(url: str, sender: str) -> Mailer:
    """Return the mailer of a `console:` or `smtp://user:password@host:port?tls=starttls` address."""
    parts = urlsplit(url)
    if parts.scheme == "console":
        from webapp.adapters.mail.console import ConsoleMailer

        return ConsoleMailer(sender)
    from webapp.adapters.mail.smtp import SmtpMailer

    tls = parse_qs(parts.query).get("tls", ["implicit" if parts.scheme == "smtps" else "none"])[0]
    return SmtpMailer(
        sender,
        host=parts.hostname or "localhost",
        port=parts.port or 25,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
    )
