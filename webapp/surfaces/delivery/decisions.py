"""Answering ad requests: which ad stands where, and the addresses by which its fate is told."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from typing import Any

from webapp.core.errors import Unavailable
from webapp.domain.delivery.tokens import DeliveryTokens, Token, TokenKind
from webapp.domain.delivery.types import Decision, DecisionRequest, NoFill, PublishedAd, Visitor, Wanted
from webapp.settings import Settings
from webapp.surfaces.delivery.answers import Answer, json_answer
from webapp.surfaces.delivery.asking import Ask, read_ask
from webapp.surfaces.delivery.callers import Callers, Environ
from webapp.surfaces.delivery.nodes import Nodes

#: Keys are unguessable; dice need only be fair.
_KEY_BITS = 63
_DICE_BITS = 31


class Decisions:
    """Answers requests for ads."""

    def __init__(self, settings: Settings, nodes: Nodes, callers: Callers, tokens: DeliveryTokens) -> None:
        self._nodes = nodes
        self._callers = callers
        self._write = tokens.write
        self._pictures = settings.public_url
        base = f"{settings.delivery_url}/d"
        self._impression, self._view, self._click = f"{base}/i/", f"{base}/v/", f"{base}/c/"

    def answer(self, environ: Environ, now_ms: int) -> Answer:
        """Answer `/d/decision`."""
        ask = read_ask(environ, "HTTP_AUTHORIZATION" in environ and self._callers.trusted(environ))
        visitor = self._callers.visitor(environ, now_ms, ask.told)
        return json_answer({"decisions": self._decided(ask, visitor, now_ms)})

    def _decided(self, ask: Ask, visitor: Visitor, now_ms: int) -> list[dict[str, Any]]:
        wanted = tuple([wish(placement, secrets.randbits(_KEY_BITS)) for placement in ask.placements])
        request = DecisionRequest(now_ms, wanted, visitor, ask.keywords, ask.site)
        try:
            node, decisions = self._nodes.decide(request)
        except Unavailable:
            return [_empty(item.placement, item.key, NoFill.STORE) for item in wanted]
        return self._described(node, decisions, now_ms // 1000)

    def _described(self, node: int, decisions: Sequence[Decision], now_s: int) -> list[dict[str, Any]]:
        return [
            self._filled(node, decision, decision.ad, now_s)
            if decision.ad is not None
            else _empty(decision.placement, decision.key, decision.reason or NoFill.NONE_ELIGIBLE)
            for decision in decisions
        ]

    def _filled(self, node: int, decision: Decision, ad: PublishedAd, now_s: int) -> dict[str, Any]:
        write = self._write
        ids = (
            node,
            decision.key,
            decision.advertiser_id,
            decision.campaign_id,
            ad.id,
            decision.placement_id,
            now_s,
        )
        return {
            "placement": decision.placement,
            "key": str(decision.key),
            "reason": None,
            "ad": {
                "id": ad.public_id,
                "size": ad.size,
                "width": ad.width,
                "height": ad.height,
                "image": picture(self._pictures, ad),
                "title": ad.title,
                "text": ad.text,
            },
            "urls": {
                "impression": f"{self._impression}{write(Token(TokenKind.IMPRESSION, *ids))}.gif",
                "view": self._view + write(Token(TokenKind.VIEW, *ids)),
                "click": self._click + write(Token(TokenKind.CLICK, *ids)),
            },
        }


def wish(placement: str, key: int) -> Wanted:
    """Ask for one placement with fresh dice."""
    return Wanted(placement, key, random.getrandbits(_DICE_BITS))


def picture(public_url: str, ad: PublishedAd) -> str:
    """Return the address of an ad's picture, '' for none."""
    return public_url + ad.image if ad.image else ""


def _empty(placement: str, key: int, reason: NoFill) -> dict[str, Any]:
    return {"placement": placement, "key": str(key), "reason": reason.value, "ad": None, "urls": None}
