"""Who sends a request: the visitor's address behind our proxies, and servers that may speak for a visitor."""

from __future__ import annotations

import hmac
from typing import Any, NamedTuple

from webapp.domain.delivery.types import Visitor
from webapp.domain.delivery.visitors import Visitors
from webapp.settings import Settings

Environ = dict[str, Any]
_BEARER = "Bearer "
#: Longer ones are nobody's browser's; they would only fill the memory of visitors.
MOST_HEADER = 1024


class Told(NamedTuple):
    """What a request says of its visitor itself."""

    user: str = ""
    ip: str = ""
    user_agent: str | None = None
    languages: str | None = None


NOTHING_TOLD = Told()


class Callers:
    """Knows visitors by requests."""

    def __init__(self, settings: Settings, visitors: Visitors) -> None:
        self._proxies = settings.proxies
        self._keys = [key.strip().encode() for key in settings.server_keys.split(",") if key.strip()]
        self._visitors = visitors

    def trusted(self, environ: Environ) -> bool:
        """Tell whether a server shows one of the keys of the settings."""
        shown: str = environ.get("HTTP_AUTHORIZATION", "")
        if not shown.startswith(_BEARER):
            return False
        key = shown[len(_BEARER) :].strip().encode(errors="replace")
        return any(hmac.compare_digest(key, known) for known in self._keys)

    def visitor(self, environ: Environ, now_ms: int, told: Told = NOTHING_TOLD) -> Visitor:
        """Describe who asks."""
        agent = environ.get("HTTP_USER_AGENT", "") if told.user_agent is None else told.user_agent
        languages = environ.get("HTTP_ACCEPT_LANGUAGE", "") if told.languages is None else told.languages
        return self._visitors.visitor(
            now_ms, told.ip or self._address(environ), agent[:MOST_HEADER], languages[:MOST_HEADER], told.user
        )

    def _address(self, environ: Environ) -> str:
        """Return the address our own proxies vouch for; a server with a key vouches like one more."""
        hops = self._proxies + ("HTTP_AUTHORIZATION" in environ and self.trusted(environ))
        if not hops or "HTTP_X_FORWARDED_FOR" not in environ:
            return str(environ.get("REMOTE_ADDR", ""))
        passed: list[str] = environ["HTTP_X_FORWARDED_FOR"][-MOST_HEADER:].split(",")
        return passed[-min(hops, len(passed))].strip()
