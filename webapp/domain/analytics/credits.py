"""Events that were charged and turn out to be invalid: which they are, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from webapp.domain.analytics.events import Event


@dataclass(frozen=True, slots=True)
class CreditQuery:
    """Charged events of a campaign's day that count; every criterion that is given must fit."""

    advertiser_id: int
    campaign_id: int
    day: date
    site: str = ""
    ip_prefix: str = ""
    user_day: str = ""
    starts_at: datetime | None = None
    #: Exclusive.
    ends_at: datetime | None = None
    #: Node → the last record that is meant: what comes in later was not looked at. None for no such limit.
    upto: Mapping[int, int] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Creditable:
    """What such events come to."""

    impressions: int
    clicks: int
    micros: int
    #: Node → its last record among them.
    upto: Mapping[int, int]
    sample: tuple[Event, ...] = ()

    @property
    def events(self) -> int:
        """Return how many they are."""
        return self.impressions + self.clicks
