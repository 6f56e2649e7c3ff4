"""What is sent back: headers are put together once, not for each answer."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

Header = tuple[str, str]

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
NOSNIFF: Header = ("X-Content-Type-Options", "nosniff")
NO_STORE: Header = ("Cache-Control", "no-store")
#: Ads stand on other sites: any of them may ask and read, none with anybody's cookies.
ANY_ORIGIN: Header = ("Access-Control-Allow-Origin", "*")
ANY_SITE: Header = ("Cross-Origin-Resource-Policy", "cross-origin")
OPEN = (NOSNIFF, NO_STORE, ANY_ORIGIN, ANY_SITE)
RETRY_SECONDS = 5
RETRY: Header = ("Retry-After", str(RETRY_SECONDS))

_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 411: "Length Required",
    413: "Content Too Large", 422: "Unprocessable Content", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip
#: No script, no style, no frame: a plain page.
_PAGE_POLICY: Header = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


class Answer(NamedTuple):
    """Status line, headers, body."""

    status: str
    headers: list[Header]
    body: bytes = b""

    def plus(self, *headers: Header) -> Answer:
        """Return the same with more headers."""
        return Answer(self.status, [*self.headers, *headers], self.body)


class Problem(Exception):
    """A request that cannot be answered; says what to do instead."""

    def __init__(
        self, status: int, detail: str, errors: Mapping[str, str] | None = None, code: str = "invalid"
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = dict(errors or {})
        self.code = code

    def answer(self) -> Answer:
        """Return it as RFC 9457 has it."""
        told: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES[self.status],
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            told["errors"] = self.errors
        body = orjson.dumps(told)
        answer = sized(_line(self.status), body, ("Content-Type", "application/problem+json"), *OPEN)
        return answer.plus(RETRY) if self.status == 503 else answer


def sized(status: str, body: bytes, *headers: Header) -> Answer:
    """Return an answer that says how long it is."""
    return Answer(status, [*headers, ("Content-Length", str(len(body)))], body)


_JSON_HEADERS: Sequence[Header] = (("Content-Type", "application/json"), *OPEN)


def json_answer(content: object) -> Answer:
    """Return JSON nobody keeps."""
    return raw_json_answer(orjson.dumps(content))


def raw_json_answer(body: bytes) -> Answer:
    """Return JSON that is written already."""
    return Answer("200 OK", [*_JSON_HEADERS, ("Content-Length", str(len(body)))], body)


PIXEL = sized("200 OK", GIF, ("Content-Type", "image/gif"), *OPEN)
NOTHING = Answer("204 No Content", [*OPEN])
PREFLIGHT = Answer(
    "204 No Content",
    [
        ANY_ORIGIN,
        ("Access-Control-Allow-Methods", "GET, POST"),
        ("Access-Control-Allow-Headers", "Content-Type, Authorization"),
        ("Access-Control-Max-Age", "86400"),
    ],
)
#: What a browser gets that fetches ahead of a person who may never come.
NOT_AHEAD = sized("503 Service Unavailable", b"", NO_STORE)
_REDIRECT_HEADERS: Sequence[Header] = (NO_STORE, NOSNIFF, ("Content-Length", "0"))


def redirect(address: str) -> Answer:
    """Send on to an address of our own or of an ad, never to one a request names."""
    return Answer("302 Found", [("Location", address), *_REDIRECT_HEADERS])


def page(status: int, body: str) -> Answer:
    """Return a page for a person."""
    return sized(
        _line(status), body.encode(), ("Content-Type", "text/html; charset=utf-8"), NOSNIFF, NO_STORE, _PAGE_POLICY
    )


def _line(status: int) -> str:
    return f"{status} {_TITLES[status]}"
