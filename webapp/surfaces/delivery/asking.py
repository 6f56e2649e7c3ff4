"""Reading what a decision is asked for, from JSON or from an address; every refusal says what to send instead."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import orjson

from webapp.domain.ads.targeting import ascii_host
from webapp.surfaces.delivery.answers import Problem
from webapp.surfaces.delivery.callers import Environ, Told

MOST_PLACEMENTS = 20
MOST_KEYWORDS = 100
MOST_BODY = 64 * 1024
_LONGEST_KEYWORD = 80
_LONGEST_ID = 40
_LONGEST_USER = 256
_LONGEST_AGENT = 1024
_REMEMBERED_BODY = 1024
_EXAMPLE = 'such as {"placements": ["pl_0123456789ABCDEF"]}'
#: What only a server that shows its key may say.
_FOR_SERVERS = ("ip", "user_agent", "language")


class Ask(NamedTuple):
    """What is asked for."""

    placements: tuple[str, ...]
    site: str
    keywords: tuple[str, ...]
    told: Told


def read_body(environ: Environ, most: int) -> bytes:
    """Return the body, or say that it is too long."""
    length: str = environ.get("CONTENT_LENGTH") or ""
    if not length and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise Problem(411, "Send a Content-Length.")
    if not (length or "0").isdigit() or int(length or 0) > most:
        raise Problem(413, f"Send at most {most} bytes.")
    return bytes(environ["wsgi.input"].read(int(length or 0)))


def read_ask(environ: Environ, trusted: bool) -> Ask:
    """Return what a request asks for, or raise Problem."""
    if environ["REQUEST_METHOD"] == "POST":
        body = read_body(environ, MOST_BODY)
        if len(body) <= _REMEMBERED_BODY:
            return _remembered(body, trusted)
        return ask_of(_json(body), trusted)
    return ask_of(_query(environ.get("QUERY_STRING", "")), trusted)


@lru_cache(2048)
def _remembered(body: bytes, trusted: bool) -> Ask:
    """Read a body: the tag of one page sends every visitor's in the same words."""
    return ask_of(_json(body), trusted)


def ask_of(fields: Mapping[str, Any], trusted: bool) -> Ask:
    """Check the fields."""
    if not trusted:
        _refuse_claims(fields)
    return Ask(
        placements=_placements(fields.get("placements")),
        site=host_of(_text(fields, "page", 4096)),
        keywords=_keywords(fields.get("keywords")) if "keywords" in fields else (),
        told=_told(fields),
    )


def _told(fields: Mapping[str, Any]) -> Told:
    return Told(
        user=_text(fields, "user", _LONGEST_USER) if "user" in fields else "",
        ip=_text(fields, "ip", 64) if "ip" in fields else "",
        user_agent=_text(fields, "user_agent", _LONGEST_AGENT) if "user_agent" in fields else None,
        languages=_text(fields, "language", 200) if "language" in fields else None,
    )


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"Send a JSON object, {_EXAMPLE}; this is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Problem(400, f"Send a JSON object, {_EXAMPLE}.")
    return found


def _query(text: str) -> Mapping[str, Any]:
    try:
        given = parse_qs(text, max_num_fields=100)
    except ValueError:
        raise Problem(400, "Send fewer than 100 parameters.") from None
    fields: dict[str, Any] = {name: values[-1] for name, values in given.items()}
    for name in {"placements", "keywords"} & given.keys():
        fields[name] = ",".join(given[name]).split(",")
    return fields


def _placements(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_PLACEMENTS:
        raise _field("placements", f"Name 1 to {MOST_PLACEMENTS} placements, {_EXAMPLE}.")
    for item in given:
        if not isinstance(item, str) or not 0 < len(item) <= _LONGEST_ID:
            raise _field("placements", f"A placement is named by its id, {_EXAMPLE}.")
    # One decision a placement: a page that names one a hundred times has it once.
    return tuple(dict.fromkeys(given))


def _keywords(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, list) or len(given) > MOST_KEYWORDS or not all(isinstance(word, str) for word in given):
        raise _field("keywords", f"Give at most {MOST_KEYWORDS} words about the page as a list of texts.")
    words = (" ".join(word.lower().split())[:_LONGEST_KEYWORD] for word in given)
    return tuple(word for word in words if word)


def _text(fields: Mapping[str, Any], name: str, longest: int) -> str:
    given = fields.get(name)
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > longest:
        raise _field(name, f"Give a text of at most {longest} characters.")
    return given


def _refuse_claims(fields: Mapping[str, Any]) -> None:
    claimed = next((name for name in _FOR_SERVERS if fields.get(name) is not None), None)
    if claimed:
        detail = "Only a server with a key may speak for a visitor: send Authorization: Bearer and one of SERVER_KEYS."
        raise Problem(401, detail, {claimed: detail}, "unauthorized")


def _field(name: str, sentence: str) -> Problem:
    return Problem(400, sentence, {name: sentence})


@lru_cache(4096)
def host_of(page: str) -> str:
    """Return the host of a page's address as DNS knows it, '' when there is none."""
    try:
        host = urlsplit(page if "//" in page else f"//{page}").hostname or ""
        return ascii_host(host) if host else ""
    except ValueError:
        return ""
