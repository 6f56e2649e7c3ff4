"""How letters are kept from being read on the way, as the mail address says."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, urlsplit

TLS_KINDS = ("none", "starttls", "implicit")


def mail_tls(url: str) -> str:
    """Return `starttls`, `implicit` or `none`; raise ValueError where a password would travel in the open.

    With a password TLS is the default; `tls=none` is taken for a server on this very machine alone.
    """
    parts = urlsplit(url)
    usual = "implicit" if parts.scheme == "smtps" else "starttls" if parts.password else "none"
    tls = parse_qs(parts.query).get("tls", [usual])[0]
    if tls not in TLS_KINDS:
        raise ValueError(f"tls={tls} is unknown; it may be {', '.join(TLS_KINDS)}")
    if parts.password and tls == "none" and not _is_loopback(parts.hostname or "localhost"):
        raise ValueError("tls=none would send the password in the open; leave it out or write tls=starttls")
    return tls


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
