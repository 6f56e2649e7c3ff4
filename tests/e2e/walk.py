"""Every page of the site, found as a person finds them: by its links, and held against the URL map."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from playwright.sync_api import APIRequestContext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from webapp.factory import SURFACES
from webapp.surfaces.loading import import_views
from webapp.web.access import access_of
from webapp.web.converters import register_converters

LINK = re.compile(r"""\b(?:href|hx-get|action)=["']([^"'#][^"']*)["']""")
#: A second object of a kind is often in another state: paused, rejected, without pictures.
SAMPLES = 2
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Walk:
    """What a walk found: whole pages, what is redrawn in them, and the endpoints that answered."""

    pages: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    endpoints: set[str] = field(default_factory=set)


def routes() -> Flask:
    """Return our views on their addresses, with no stores behind them."""
    app: Any = Flask("webapp")
    app.adapters = SimpleNamespace(redis_url="redis://127.0.0.1:1")
    register_converters(app)
    for surface in SURFACES:
        import_views(surface)
        app.register_blueprint(surface.bp)
    found: Flask = app
    return found


def page_endpoints(app: Flask) -> set[str]:
    """Name the views of ours that answer GET."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and access_of(app.view_functions[rule.endpoint]) is not None
    }


def walk(request: APIRequestContext, urls: MapAdapter, starts: Iterable[str], leave: Callable[[str], bool]) -> Walk:
    """Follow links from `starts`, to at most SAMPLES objects a view; `leave` names views not to open."""
    found, seen, kinds = Walk(), set[str](), Counter[str]()
    waiting = deque((start, True) for start in starts)
    while waiting:
        address, asked = waiting.popleft()
        kind = _kind(urls, address)
        if kind is None or address in seen or leave(kind.split()[0]):
            continue
        seen.add(address)
        if not asked and (kinds[kind] >= _limit(kind) or ("?" in address and kinds[kind])):
            found.parts.setdefault(kind, address)
            continue
        kinds[kind] += 1
        waiting += [(link, False) for link in _open(request, address, kind, found, asked=asked)]
    return found


def _open(request: APIRequestContext, address: str, kind: str, found: Walk, *, asked: bool) -> list[str]:
    answer = request.get(address, max_redirects=0)
    assert asked or answer.status in (200, 302, 303), f"a link leads to {address}: {answer.status}"
    found.endpoints.add(kind.split(maxsplit=1)[0])
    if answer.status in (302, 303) or not answer.headers.get("content-type", "").startswith("text/html"):
        return []
    text = answer.text()
    if "<html" in text:
        found.pages.append(address)
    found.parts.setdefault(kind, address)
    links = (urlsplit(urljoin(answer.url, unescape(link))) for link in LINK.findall(text))
    here = urlsplit(answer.url).netloc
    return [link.path + (f"?{link.query}" if link.query else "") for link in links if link.netloc == here]


def _kind(urls: MapAdapter, address: str) -> str | None:
    """Name the view of an address, and its arguments that are not ids."""
    try:
        endpoint, arguments = urls.match(urlsplit(address).path, method="GET")
    except HTTPException:
        return None
    return " ".join([endpoint, *(str(value) for name, value in arguments.items() if not name.endswith("_id"))])


def _limit(kind: str) -> int:
    return SAMPLES if kind.endswith(("_detail", "_edit", "_review")) else 1
