"""Taking what became of a decision: impression, view, click."""

from __future__ import annotations

from functools import lru_cache

from webapp.core.errors import Unavailable
from webapp.domain.ads.landing import ascii_url, fill_macros
from webapp.domain.delivery.tokens import BadSignature, DeliveryTokens, Token, TokenKind
from webapp.domain.delivery.types import EventKind, IncomingEvent, Recorded, Verdict, Visitor
from webapp.surfaces.delivery.answers import NOT_AHEAD, NOTHING, PIXEL, RETRY, Answer, Problem, redirect
from webapp.surfaces.delivery.callers import Callers, Environ
from webapp.surfaces.delivery.nodes import Counts, Nodes
from webapp.surfaces.delivery.pages import down, gone

_VERDICT = "X-Kabinet-Verdict"
_FETCHED_AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")


class Events:
    """Records what addresses with a token tell."""

    def __init__(self, nodes: Nodes, callers: Callers, tokens: DeliveryTokens, counts: Counts) -> None:
        self._nodes = nodes
        self._callers = callers
        self._tokens = tokens
        self._counts = counts

    def impression(self, environ: Environ, now_ms: int, rest: str) -> Answer:
        """Answer `/d/i/<token>.gif`."""
        return self._counted(
            PIXEL, environ, now_ms, rest.removesuffix(".gif"), TokenKind.IMPRESSION, EventKind.IMPRESSION
        )

    def view(self, environ: Environ, now_ms: int, rest: str) -> Answer:
        """Answer `/d/v/<token>`."""
        return self._counted(NOTHING, environ, now_ms, rest, TokenKind.VIEW, EventKind.VIEW)

    def click(self, environ: Environ, now_ms: int, rest: str) -> Answer:
        """Answer `/d/c/<token>`."""
        if fetched_ahead(environ):
            return NOT_AHEAD
        languages = environ.get("HTTP_ACCEPT_LANGUAGE", "")
        try:
            token = self._tokens.read(rest, TokenKind.CLICK)
            visitor = self._callers.visitor(environ, now_ms)
            recorded = self._nodes.record(token.node, event_of(EventKind.CLICK, token, now_ms, visitor))
        except BadSignature:
            self._counts.add("bad_signature")
            return self._told(gone(languages), environ, Verdict.BAD_SIGNATURE)
        except Unavailable:
            return down(languages)
        return self._told(landing(recorded, token, self._tokens, languages), environ, recorded.verdict)

    def _counted(
        self, answer: Answer, environ: Environ, now_ms: int, text: str, kind: TokenKind, event: EventKind
    ) -> Answer:
        """Record the event; the answer is the same whatever becomes of it, but for servers that show their key."""
        try:
            token = self._tokens.read(text, kind)
            visitor = self._callers.visitor(environ, now_ms)
            recorded = self._nodes.record(token.node, event_of(event, token, now_ms, visitor))
        except BadSignature:
            self._counts.add("bad_signature")
            return self._told(answer, environ, Verdict.BAD_SIGNATURE)
        except Unavailable:
            return self._lost(answer, environ)
        return self._told(answer, environ, recorded.verdict)

    def _told(self, answer: Answer, environ: Environ, verdict: Verdict) -> Answer:
        """Name the verdict to a server with a key alone: others would learn from it how to be counted."""
        if "HTTP_AUTHORIZATION" not in environ or not self._callers.trusted(environ):
            return answer
        return answer.plus((_VERDICT, verdict.value or "ok"))

    def _lost(self, answer: Answer, environ: Environ) -> Answer:
        if "HTTP_AUTHORIZATION" in environ and self._callers.trusted(environ):
            return Problem(503, "The serving node does not answer; send this again.", code="unavailable").answer()
        return answer.plus(RETRY)


def event_of(kind: EventKind, token: Token, now_ms: int, visitor: Visitor) -> IncomingEvent:
    """Return the event of a decision's token."""
    return IncomingEvent(
        kind,
        now_ms,
        token.key,
        token.placement_id,
        token.advertiser_id,
        token.campaign_id,
        token.ad_id,
        token.decided_s,
        visitor,
    )


def landing(recorded: Recorded, token: Token, tokens: DeliveryTokens, languages: str) -> Answer:
    """Send to the ad's own address, its macros filled; what leads nowhere gets a page."""
    address = _ascii(recorded.landing_url)
    if not address.startswith(("https://", "http://")):
        return gone(languages)
    if "{" in address:
        click_id = tokens.write(token._replace(kind=TokenKind.CONVERSION)) if "{click_id}" in address else ""
        address = fill_macros(address, {**recorded.macros, "click_id": click_id})
    return redirect(address)


def fetched_ahead(environ: Environ) -> bool:
    """Tell whether a browser asks before anybody clicked."""
    return any("prefetch" in environ.get(name, "") or "preview" in environ.get(name, "") for name in _FETCHED_AHEAD)


@lru_cache(8192)
def _ascii(url: str) -> str:
    return ascii_url(url) if url else ""
