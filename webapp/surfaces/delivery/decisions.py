"""Answering ad requests: which ad stands where, and the addresses by which its fate is told."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from functools import lru_cache

import orjson

from webapp.core.errors import Unavailable
from webapp.domain.delivery.tokens import DeliveryTokens
from webapp.domain.delivery.types import Decision, DecisionRequest, NoFill, PublishedAd, Visitor, Wanted
from webapp.settings import Settings
from webapp.surfaces.delivery.answers import Answer, raw_json_answer
from webapp.surfaces.delivery.asking import Ask, read_ask
from webapp.surfaces.delivery.callers import Callers, Environ
from webapp.surfaces.delivery.nodes import Nodes

#: Keys are unguessable, 63 bits; dice need only be fair.
_KEY_BYTES = 8
_DICE_BITS = 31
#: Ads and placements whose part of an answer is remembered.
_REMEMBERED = 20_000


class Decisions:
    """Answers requests for ads."""

    def __init__(self, settings: Settings, nodes: Nodes, callers: Callers, tokens: DeliveryTokens) -> None:
        self._nodes = nodes
        self._callers = callers
        self._write = tokens.write_three
        self._pictures = settings.public_url
        impression, view, click = (_inner(f"{settings.delivery_url}/d/{name}/") for name in "ivc")
        self._to_view, self._to_click = f'.gif","view":"{view}', f'","click":"{click}'
        self._to_impression = f',"urls":{{"impression":"{impression}'
        self._shown = lru_cache(_REMEMBERED)(self._shown_of)

    def answer(self, environ: Environ, now_ms: int) -> Answer:
        """Answer `/d/decision`."""
        ask = read_ask(environ, "HTTP_AUTHORIZATION" in environ and self._callers.trusted(environ))
        visitor = self._callers.visitor(environ, now_ms, ask.told)
        return raw_json_answer(f'{{"decisions":[{",".join(self._decided(ask, visitor, now_ms))}]}}'.encode())

    def _decided(self, ask: Ask, visitor: Visitor, now_ms: int) -> list[str]:
        wanted = tuple([wish(placement, _new_key()) for placement in ask.placements])
        request = DecisionRequest(now_ms, wanted, visitor, ask.keywords, ask.site)
        try:
            node, decisions = self._nodes.decide(request)
        except Unavailable:
            return [_empty(item.placement, item.key, NoFill.STORE) for item in wanted]
        return self._described(node, decisions, now_ms // 1000)

    def _described(self, node: int, decisions: Sequence[Decision], now_s: int) -> list[str]:
        return [
            self._filled(node, decision, decision.ad, now_s)
            if decision.ad is not None
            else _empty(decision.placement, decision.key, decision.reason or NoFill.NONE_ELIGIBLE)
            for decision in decisions
        ]

    def _filled(self, node: int, decision: Decision, ad: PublishedAd, now_s: int) -> str:
        """Return a part of the answer as JSON; what is the same each time an ad is shown is put together once."""
        key = decision.key
        impression, view, click = self._write(
            node, key, decision.advertiser_id, decision.campaign_id, ad.id, decision.placement_id, now_s
        )
        return (
            f"{_named(decision.placement)}{key}{self._shown(ad)}{impression}{self._to_view}{view}"
            f'{self._to_click}{click}"}}}}'
        )

    def _shown_of(self, ad: PublishedAd) -> str:
        told = {
            "id": ad.public_id,
            "size": ad.size,
            "width": ad.width,
            "height": ad.height,
            "image": picture(self._pictures, ad),
            "title": ad.title,
            "text": ad.text,
        }
        return f'","reason":null,"ad":{_json(told)}{self._to_impression}'


def wish(placement: str, key: int) -> Wanted:
    """Ask for one placement with fresh dice."""
    return Wanted(placement, key, random.getrandbits(_DICE_BITS))


def picture(public_url: str, ad: PublishedAd) -> str:
    """Return the address of an ad's picture, '' for none."""
    return public_url + ad.image if ad.image else ""


def _new_key() -> int:
    return int.from_bytes(os.urandom(_KEY_BYTES), "big") >> 1


def _empty(placement: str, key: int, reason: NoFill) -> str:
    return f'{_named(placement)}{key}","reason":"{reason.value}","ad":null,"urls":null}}'


@lru_cache(_REMEMBERED)
def _named(placement: str) -> str:
    return f'{{"placement":{_json(placement)},"key":"'


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _inner(text: str) -> str:
    """Return a text as it stands between the quotes of JSON."""
    return _json(text)[1:-1]
