"""The WSGI application of `/d`: no Flask in the path, no store but the serving nodes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from webapp import __version__
from webapp.domain.delivery.ports import Geography, ServingStore
from webapp.domain.delivery.tokens import DeliveryTokens
from webapp.domain.delivery.user_agents import warm_up
from webapp.domain.delivery.visitors import Visitors
from webapp.settings import ROOT, Settings
from webapp.surfaces.delivery.answers import NO_STORE, NOSNIFF, PREFLIGHT, Answer, Problem, json_answer, sized
from webapp.surfaces.delivery.callers import Callers, Environ
from webapp.surfaces.delivery.conversions import Conversions
from webapp.surfaces.delivery.decisions import Decisions
from webapp.surfaces.delivery.events import Events
from webapp.surfaces.delivery.nodes import Counts, Nodes
from webapp.surfaces.delivery.pages import gone
from webapp.surfaces.delivery.plain import PlainTags
from webapp.surfaces.delivery.tag import TagScript

log = logging.getLogger(__name__)

PREFIX = "/d/"
SERVICE = "delivery"

StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Route = tuple[frozenset[str], Callable[[Environ, int, str], Answer]]

_GET = frozenset({"GET"})
_READ = frozenset({"GET", "HEAD"})
_EITHER = frozenset({"GET", "POST"})
_POST = frozenset({"POST"})


class DeliveryApp:
    """Answers everything below `/d/`."""

    def __init__(
        self,
        settings: Settings,
        serving: Sequence[ServingStore],
        geography: Geography,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self.counts = Counts()
        self.tokens = DeliveryTokens(settings.secret_key)
        self._now_ms = now_ms or _now_ms
        self._nodes = Nodes(serving, self.counts)
        callers = Callers(settings, Visitors(settings.secret_key, geography))
        self._routes = self._routed(settings, callers)
        warm_up()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        start_response(answer.status, answer.headers)
        return (answer.body,) if environ["REQUEST_METHOD"] != "HEAD" else ()

    def _answer(self, environ: Environ) -> Answer:
        name, _, rest = environ["PATH_INFO"][len(PREFIX) :].partition("/")
        route = self._routes.get(name)
        if route is None:
            return gone(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        methods, answer = route
        try:
            if environ["REQUEST_METHOD"] not in methods:
                return _not_allowed(environ["REQUEST_METHOD"], methods)
            return answer(environ, self._now_ms(), rest)
        except Problem as problem:
            return problem.answer()
        except Exception:
            # Whatever happens, nobody's page waits for an ad; nothing of the visitor is in this line.
            log.exception("/d/%s failed", name)
            self.counts.add("failed")
            return Problem(500, "This failed here, and was noted.", code="error").answer()

    def _routed(self, settings: Settings, callers: Callers) -> dict[str, Route]:
        nodes, tokens, counts = self._nodes, self.tokens, self.counts
        decisions = Decisions(settings, nodes, callers, tokens)
        events = Events(nodes, callers, tokens, counts)
        plain = PlainTags(settings, nodes, callers, tokens)
        conversions = Conversions(nodes, callers, tokens, counts)
        tag = TagScript(ROOT / "static" / "dist")
        return {
            "decision": (_EITHER, lambda environ, now_ms, _rest: decisions.answer(environ, now_ms)),
            "i": (_GET, events.impression),
            "v": (_EITHER, events.view),
            "c": (_GET, events.click),
            "img": (_GET, plain.image),
            "go": (_GET, plain.go),
            "conversion": (_POST, lambda environ, now_ms, _rest: conversions.from_server(environ, now_ms)),
            "p": (_GET, conversions.from_pixel),
            "tag.js": (_READ, lambda environ, _now_ms, _rest: tag.answer(environ)),
            "health": (_READ, lambda _environ, _now_ms, _rest: self._health()),
            "ready": (_READ, lambda _environ, _now_ms, _rest: self._ready()),
        }

    def _health(self) -> Answer:
        return json_answer({"status": "ok", "service": SERVICE, "version": __version__, "counts": self.counts.read()})

    def _ready(self) -> Answer:
        """Ready as long as one node answers: the others' visitors go to it."""
        missing = self._nodes.missing()
        ready = len(missing) < self._nodes.count
        told = {"status": "ok" if ready else "unavailable", "service": SERVICE, "missing": missing}
        line = "200 OK" if ready else "503 Service Unavailable"
        return sized(line, orjson.dumps(told), ("Content-Type", "application/json"), NOSNIFF, NO_STORE)


def mounted(delivery: DeliveryApp, others: Wsgi) -> Wsgi:
    """Put the delivery surface in front of another application."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answering = delivery if environ["PATH_INFO"].startswith(PREFIX) else others
        return answering(environ, start_response)

    return application


def alone(delivery: DeliveryApp) -> Wsgi:
    """Serve the delivery surface by itself: its health is also where every surface has it."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] in ("/health", "/ready"):
            environ["PATH_INFO"] = f"/d{environ['PATH_INFO']}"
        elif not environ["PATH_INFO"].startswith(PREFIX):
            environ["PATH_INFO"] = PREFIX
        return delivery(environ, start_response)

    return application


def _not_allowed(method: str, methods: frozenset[str]) -> Answer:
    if method == "OPTIONS":
        return PREFLIGHT
    allowed = ", ".join(sorted(methods))
    return Problem(405, f"Use {allowed}.", code="method").answer().plus(("Allow", allowed))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
