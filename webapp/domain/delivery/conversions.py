"""What an advertiser needs to tell conversions, and which of them came in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from webapp.core.clock import Clock
from webapp.core.periods import Period, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.analytics.events import ReceivedConversion
from webapp.domain.analytics.ports import EventStore
from webapp.domain.audit.services import AuditLog
from webapp.domain.delivery.tokens import DeliveryTokens

#: How far back the list goes, and how long it is.
DAYS = 30
MOST = 20
_SHOWN = "advertiser.conversion_secret.show"


class Conversions:
    """Hands out an advertiser's pixel and secret, and lists its conversions."""

    def __init__(self, clock: Clock, audit: AuditLog, tokens: DeliveryTokens, events: EventStore) -> None:
        self._clock = clock
        self._audit = audit
        self._tokens = tokens
        self._events = events

    def pixel(self, scope: Scope) -> str:
        """Return the token of the advertiser's pixel; it stands in pages anybody can read."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._tokens.pixel(scope.advertiser_id, scope.currency)

    def show_secret(self, scope: Scope) -> str:
        """Return what the advertiser's servers sign with, and note who has seen it."""
        scope.require(Permission.ADVERTISER_MANAGE)
        self._audit.record(
            scope.actor,
            _SHOWN,
            advertiser_id=scope.advertiser_id,
            subject_type="advertiser",
            subject_id=scope.advertiser_public_id,
            subject_name=scope.advertiser_name,
        )
        return self._tokens.advertiser_secret(scope.advertiser_id, scope.currency)

    def latest(self, scope: Scope) -> Sequence[ReceivedConversion]:
        """Return the last conversions received, the newest first."""
        scope.require(Permission.CAMPAIGN_READ)
        today = today_in(scope.zone, self._clock.now())
        period = Period(today - timedelta(days=DAYS - 1), today)
        return self._events.last_conversions(scope.advertiser_id, period, MOST)
