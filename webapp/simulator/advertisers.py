"""Servers of advertisers that report conversions, some with a clock that is wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from webapp.domain.delivery.tokens import BadSignature, DeliveryTokens, TokenKind, conversion_signature

#: A clock that is further off is refused.
ALLOWED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody who clicked does at the advertiser's."""

    after_seconds: float
    #: In units of the account's currency.
    value: str
    #: How far off the clock of the advertiser's server is.
    skew_seconds: int = 0
    #: Told twice, as by a server that tries again.
    again: bool = False
    click_id: str = ""
    order: str = ""

    @property
    def refused(self) -> bool:
        """Tell whether it must be turned away."""
        return abs(self.skew_seconds) > ALLOWED_SECONDS


class Advertisers:
    """Signs for every advertiser; knows the installation's secret, as their settings pages do."""

    def __init__(
        self, secret_key: str, currency_of: Callable[[int], str], wall: Callable[[], float] = time.time
    ) -> None:
        self._tokens = DeliveryTokens(secret_key)
        self._currency_of = currency_of
        self._wall = wall

    def click_of(self, landing: str) -> str:
        """Return the click id in the address of a landing page, '' for none."""
        for _, value in parse_qsl(urlsplit(landing).query):
            try:
                self._tokens.read(value, TokenKind.CONVERSION)
            except BadSignature:
                continue
            return value
        return ""

    def signed(self, purchase: Purchase) -> tuple[Mapping[str, str], bytes]:
        """Return headers and body of a report."""
        body = json.dumps({"click_id": purchase.click_id, "order": purchase.order, "value": purchase.value}).encode()
        timestamp = str(int(self._wall()) + purchase.skew_seconds)
        owner = self._tokens.read(purchase.click_id, TokenKind.CONVERSION).advertiser_id
        secret = self._tokens.advertiser_secret(owner, self._currency_of(owner))
        signature = conversion_signature(secret, timestamp, body)
        headers = {
            "Content-Type": "application/json", "Kabinet-Timestamp": timestamp, "Kabinet-Signature": signature,
        }  # fmt: skip
        return headers, body
