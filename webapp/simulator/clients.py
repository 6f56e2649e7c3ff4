"""How a simulation reaches the delivery surface: over HTTP, or by calling the WSGI application."""

from __future__ import annotations

import http.client
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

OK_BELOW = 400
BROKEN_FROM = 500


class Lost(Exception):
    """No answer came: whether the request was done is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client(Protocol):
    """Sends one request at a time."""

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Return the answer, or raise Lost."""


class HttpClient:
    """Over a kept connection; one client a thread."""

    def __init__(self, base: str, timeout: float = 5.0) -> None:
        parts = urlsplit(base)
        self._host, self._port, self._timeout = parts.hostname or "127.0.0.1", parts.port or 80, timeout
        self._connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Return the answer, or raise Lost; the next call opens a new connection."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            self._connection.request(method, path, body or None, dict(headers))
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(str(error)) from error
        if answer.status >= BROKEN_FROM:
            raise Lost(f"{answer.status}")
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class WsgiClient:
    """Calls an application in this process."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Return the answer; a server error counts as lost."""
        answered: list[Any] = []

        def start_response(status: str, found: list[tuple[str, str]], _exc: object = None) -> Callable[[bytes], None]:
            answered[:] = [int(status.split(" ", 1)[0]), {name.lower(): value for name, value in found}]
            return lambda _: None

        content = b"".join(self._app(_environ(method, path, headers, body), start_response))
        if answered[0] >= BROKEN_FROM:
            raise Lost(str(answered[0]))
        return Reply(answered[0], answered[1], content)


def _environ(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    target, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": target,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()},
    }
