"""The tag without a script: a picture that decides and counts, and a link that finds the same decision again."""

from __future__ import annotations

from urllib.parse import parse_qsl

from webapp.core.errors import Unavailable
from webapp.domain.delivery.tokens import DeliveryTokens, Token, TokenKind
from webapp.domain.delivery.types import Decision, DecisionRequest, EventKind, Visitor
from webapp.settings import Settings
from webapp.surfaces.delivery.answers import NOT_AHEAD, PIXEL, RETRY, Answer, redirect
from webapp.surfaces.delivery.callers import Callers, Environ
from webapp.surfaces.delivery.decisions import picture, wish
from webapp.surfaces.delivery.events import event_of, fetched_ahead, landing
from webapp.surfaces.delivery.nodes import Nodes
from webapp.surfaces.delivery.pages import down, gone

_LONGEST = 64


class PlainTags:
    """Serves `<a href="/d/go/…"><img src="/d/img/…"></a>`: both derive the decision's key from number and visitor."""

    def __init__(self, settings: Settings, nodes: Nodes, callers: Callers, tokens: DeliveryTokens) -> None:
        self._nodes = nodes
        self._callers = callers
        self._tokens = tokens
        self._pictures = settings.public_url

    def image(self, environ: Environ, now_ms: int, rest: str) -> Answer:
        """Answer `/d/img/<placement>?n=<random>`: decide, count the impression, send to the picture."""
        visitor = self._callers.visitor(environ, now_ms)
        try:
            node, decision = self._decide(rest, environ, now_ms, visitor)
            if decision.ad is None:
                return PIXEL
            self._nodes.record(node, event_of(EventKind.IMPRESSION, _token(node, decision, now_ms), now_ms, visitor))
        except Unavailable:
            return PIXEL.plus(RETRY)
        address = picture(self._pictures, decision.ad)
        return redirect(address) if address else PIXEL

    def go(self, environ: Environ, now_ms: int, rest: str) -> Answer:
        """Answer `/d/go/<placement>?n=<same>`: count the click of that decision, send to its landing page."""
        if fetched_ahead(environ):
            return NOT_AHEAD
        languages = environ.get("HTTP_ACCEPT_LANGUAGE", "")
        visitor = self._callers.visitor(environ, now_ms)
        try:
            # The same key is the same decision; where the picture was never asked for, this makes one.
            node, decision = self._decide(rest, environ, now_ms, visitor)
            if decision.ad is None:
                return gone(languages)
            token = _token(node, decision, now_ms)
            recorded = self._nodes.record(node, event_of(EventKind.CLICK, token, now_ms, visitor))
        except Unavailable:
            return down(languages)
        return landing(recorded, token, self._tokens, languages)

    def _decide(self, rest: str, environ: Environ, now_ms: int, visitor: Visitor) -> tuple[int, Decision]:
        placement = rest[:_LONGEST]
        key = self._tokens.decision_key(placement, _number(environ), visitor.user_key)
        node, decisions = self._nodes.decide(DecisionRequest(now_ms, (wish(placement, key),), visitor))
        return node, decisions[0]


def _number(environ: Environ) -> str:
    query: str = environ.get("QUERY_STRING", "")
    return dict(parse_qsl(query[:1024])).get("n", "")[:_LONGEST]


def _token(node: int, decision: Decision, now_ms: int) -> Token:
    ad = decision.ad
    return Token(
        TokenKind.CLICK,
        node,
        decision.key,
        decision.advertiser_id,
        decision.campaign_id,
        ad.id if ad else 0,
        decision.placement_id,
        now_ms // 1000,
    )
