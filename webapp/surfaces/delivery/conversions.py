"""Conversions: told by an advertiser's server with a signature, or by a pixel on its page."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from webapp.core.errors import Unavailable
from webapp.core.money import CURRENCIES, MoneyError, from_decimal
from webapp.domain.delivery.tokens import (
    BadSignature,
    DeliveryTokens,
    Token,
    TokenKind,
    conversion_signature,
    pixel_currency,
)
from webapp.domain.delivery.types import EventKind, IncomingEvent, Verdict, Visitor
from webapp.surfaces.delivery.answers import PIXEL, RETRY, Answer, Problem, json_answer
from webapp.surfaces.delivery.asking import read_body
from webapp.surfaces.delivery.callers import Callers, Environ
from webapp.surfaces.delivery.events import event_of
from webapp.surfaces.delivery.nodes import Counts, Nodes

SKEW_SECONDS = 300
MOST_BODY = 16 * 1024
_LONGEST_ORDER = 100
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,6})?")
_NOBODY = Visitor()
#: Where the pixel, which is always a picture, says to its maker what is wrong with the call.
_PROBLEM = "Kabinet-Problem"
_NOT_OURS = "The click_id is missing, altered, or another account's."


class Conversion(NamedTuple):
    """What an advertiser tells."""

    order: str
    value_micros: int
    sale: bool


class Conversions:
    """Takes conversions."""

    def __init__(self, nodes: Nodes, callers: Callers, tokens: DeliveryTokens, counts: Counts) -> None:
        self._nodes = nodes
        self._callers = callers
        self._tokens = tokens
        self._counts = counts

    def from_server(self, environ: Environ, now_ms: int) -> Answer:
        """Answer `POST /d/conversion`."""
        body = read_body(environ, MOST_BODY)
        fields = _json(body)
        token = self._click_of(fields.get("click_id"))
        currency = self._signed_for(environ, now_ms, token, body)
        event = self._event(token, now_ms, _NOBODY, conversion_of(fields, currency))
        try:
            recorded = self._nodes.record(token.node, event)
        except Unavailable:
            raise Problem(503, "The serving node does not answer; send this again.", code="unavailable") from None
        return json_answer({"verdict": recorded.verdict.value or "ok", "counted": recorded.verdict is Verdict.OK})

    def from_pixel(self, environ: Environ, now_ms: int, rest: str) -> Answer:
        """Answer `GET /d/p/<token>.gif?click_id=…`: always a picture, with what is wrong in a header."""
        fields: dict[str, Any] = dict(parse_qsl(environ.get("QUERY_STRING", "")[:4096]))
        fields["sale"] = fields["sale"].lower() in ("1", "true", "yes") if "sale" in fields else None
        try:
            pixel = self._tokens.read(rest.removesuffix(".gif"), TokenKind.PIXEL)
            token = self._tokens.read(str(fields.get("click_id", "")), TokenKind.CONVERSION)
            if token.advertiser_id != pixel.advertiser_id:
                raise BadSignature
            visitor = self._callers.visitor(environ, now_ms)
            told = conversion_of(fields, pixel_currency(pixel))
            self._nodes.record(token.node, self._event(token, now_ms, visitor, told))
        except BadSignature:
            self._counts.add("bad_signature")
            return PIXEL.plus((_PROBLEM, _NOT_OURS))
        except Problem as problem:
            self._counts.add("bad_conversion")
            return PIXEL.plus((_PROBLEM, problem.detail))
        except Unavailable:
            return PIXEL.plus(RETRY)
        return PIXEL

    def _click_of(self, text: object) -> Token:
        try:
            return self._tokens.read(str(text), TokenKind.CONVERSION)
        except BadSignature:
            self._counts.add("bad_signature")
            sentence = "Send the click_id the landing page was given: its {click_id} macro, unchanged."
            raise Problem(422, sentence, {"click_id": sentence}, Verdict.BAD_SIGNATURE.value) from None

    def _signed_for(self, environ: Environ, now_ms: int, token: Token, body: bytes) -> str:
        """Return the currency of the account whose secret signed this; raise Problem when none did.

        This surface knows no accounts: an account's secret is made of its currency, so the one that fits tells it.
        """
        timestamp = environ.get("HTTP_KABINET_TIMESTAMP", "")
        if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
            raise _unsigned("Send Kabinet-Timestamp: the seconds since 1970 at which this was signed.")
        if abs(int(timestamp) - now_ms // 1000) > SKEW_SECONDS:
            raise _unsigned(f"Kabinet-Timestamp is more than {SKEW_SECONDS} seconds off; set your server's clock.")
        given = environ.get("HTTP_KABINET_SIGNATURE", "").strip().lower().encode(errors="replace")
        for currency in CURRENCIES:
            secret = self._tokens.advertiser_secret(token.advertiser_id, currency)
            if hmac.compare_digest(conversion_signature(secret, timestamp, body).encode(), given):
                return currency
        raise _unsigned(
            "Send Kabinet-Signature: the hex HMAC-SHA256, by your conversion secret, of Kabinet-Timestamp, "
            "a point and the body as it is sent."
        )

    def _event(self, token: Token, now_ms: int, visitor: Visitor, told: Conversion) -> IncomingEvent:
        event = event_of(EventKind.CONVERSION, token, now_ms, visitor)
        return replace(event, order=told.order, value_micros=told.value_micros, sale=told.sale)


def conversion_of(fields: Mapping[str, Any], account_currency: str) -> Conversion:
    """Check what is told of the conversion to an account; raise Problem with a sentence by field."""
    errors: dict[str, str] = {}
    order = fields.get("order")
    order = "" if order is None else str(order) if isinstance(order, str | int) else "\0"
    if len(order) > _LONGEST_ORDER or not order.isprintable():
        errors["order"] = f"Give your id of the order: a text of at most {_LONGEST_ORDER} characters."
    value = _value(fields.get("value"), errors)
    currency = fields.get("currency")
    if currency is not None and currency != account_currency:
        errors["currency"] = (
            f"This account is kept in {account_currency}. "
            f"Send the value in {account_currency}, or leave the currency out."
        )
    sale = fields.get("sale")
    if sale is not None and not isinstance(sale, bool):
        errors["sale"] = "Say true or false."
    if errors:
        raise Problem(422, " ".join(errors.values()), errors)
    return Conversion(order, value, value > 0 if sale is None else bool(sale))


def _value(given: object, errors: dict[str, str]) -> int:
    """Read a decimal without ever making a float of it."""
    text = "0" if given is None or given == "" else str(given)
    if isinstance(given, bool) or not _AMOUNT.fullmatch(text) or not text.isascii():
        errors["value"] = 'Give the value as a plain decimal of your account\'s currency, such as "12.50".'
        return 0
    try:
        return from_decimal(Decimal(text))
    except MoneyError:
        errors["value"] = "Give a smaller value."
        return 0


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Problem(400, 'Send a JSON object, such as {"click_id": "…", "order": "A-1", "value": "12.50"}.') from None
    if not isinstance(fields, dict):
        raise Problem(400, 'Send a JSON object, such as {"click_id": "…", "order": "A-1", "value": "12.50"}.')
    return fields


def _unsigned(sentence: str) -> Problem:
    return Problem(401, sentence, code="unauthorized")
