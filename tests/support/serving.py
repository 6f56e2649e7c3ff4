"""Campaigns, placements, requests and events for serving stores, with what a test does not care about filled in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import (
    Charging,
    Decision,
    DecisionRequest,
    EventKind,
    IncomingEvent,
    LeaseGrant,
    LeaseState,
    LogRecord,
    PublishedAd,
    PublishedCampaign,
    PublishedPlacement,
    Recorded,
    Verdict,
    Visitor,
    Wanted,
    Window,
)

HOUR = 3600
DAY_SECONDS = 24 * HOUR
#: A budget day in UTC; tests happen in it unless they say otherwise.
DAY = 20_500
MIDNIGHT = DAY * DAY_SECONDS
#: Noon of it.
NOON = MIDNIGHT + 12 * HOUR
NOON_MS = NOON * 1000
#: After everything.
NEVER_MS = (MIDNIGHT + 400 * DAY_SECONDS) * 1000
DOLLAR = 1_000_000
SIZE = "300x250"

PERSON = Visitor(
    country="LV",
    region="LV-RIX",
    device="phone",
    os="android",
    browser="chrome",
    language="lv",
    ip_prefix="192.0.2.0",
    user_day="person-today",
    user_key="person",
)
#: Known by nothing, so that no rate applies.
NOBODY = Visitor()


class WipeableStore(ServingStore, Protocol):
    """A store as the contract's tests use it."""

    def wipe(self) -> None:
        """Begin with an empty node."""


def ad(id: int = 11, size: str = SIZE, weight: int = 1, **fields: Any) -> PublishedAd:
    """Return an ad."""
    values: dict[str, Any] = {
        "public_id": f"ad_{id}",
        "creative_id": 500 + id,
        "creative_public_id": f"cr_{id}",
        "landing_url": "https://shop.example/?c={campaign_id}&a={ad_id}&k={click_id}",
        "image": f"/media/{id}.png",
        "width": 300,
        "height": 250,
    }
    return PublishedAd(id=id, size=size, weight=weight, **{**values, **fields})


def whole_days(first: int = DAY - 1, count: int = 4) -> tuple[Window, ...]:
    """Return windows around the clock, one a day."""
    return tuple(Window(day * DAY_SECONDS, (day + 1) * DAY_SECONDS, 1000, day) for day in range(first, first + count))


def hours(weights: Iterable[int], day: int = DAY) -> tuple[Window, ...]:
    """Return a window an hour of one day."""
    start = day * DAY_SECONDS
    return tuple(
        Window(start + hour * HOUR, start + (hour + 1) * HOUR, weight, day) for hour, weight in enumerate(weights)
    )


def campaign(id: int = 1, **fields: Any) -> PublishedCampaign:
    """Return a campaign that may run anywhere, paid by the impression, with one ad."""
    values: dict[str, Any] = {
        "public_id": f"cm_{id}",
        "advertiser_id": 7,
        "charging": Charging.IMPRESSION,
        "price_micros": 1000,
        "rank_micros": DOLLAR,
        "even": False,
        "daily_micros": None,
        "windows": whole_days(),
        "cap_count": 0,
        "cap_window": "day",
        "category": "shops",
        **dict.fromkeys(("countries", "regions", "devices", "systems", "browsers", "languages", "sites"), ()),
        "site_mode": "all",
        "keywords": (),
        "ads": (ad(id * 10 + 1),),
    }
    return PublishedCampaign(id=id, **{**values, **fields})


def clicks_campaign(id: int = 1, **fields: Any) -> PublishedCampaign:
    """Return a campaign paid by the click."""
    return campaign(id, **{"charging": Charging.CLICK, "price_micros": 50_000, "rank_micros": 50_000, **fields})


def placement(id: int = 1, **fields: Any) -> PublishedPlacement:
    """Return a placement that takes everything."""
    values: dict[str, Any] = {
        "public_id": f"pl_{id}",
        "site_id": 3,
        "site_public_id": "st_3",
        "site": "news.example",
        "size": SIZE,
        "floor_micros": 0,
        "categories": (),
    }
    return PublishedPlacement(id=id, **{**values, **fields})


def lease(id: int = 1, campaign_id: int = 1, amount: int = DOLLAR, day: int = DAY, **fields: Any) -> LeaseGrant:
    """Return a lease over a whole day."""
    starts = day * DAY_SECONDS
    values: dict[str, Any] = {"advertiser_id": 7, "day_starts": starts, "day_ends": starts + DAY_SECONDS}
    return LeaseGrant(lease_id=id, campaign_id=campaign_id, amount_micros=amount, day=day, **{**values, **fields})


@dataclass
class Desk:
    """A store, and the questions tests ask it."""

    store: WipeableStore
    now_ms: int = NOON_MS
    _keys: Iterable[int] = field(default_factory=lambda: itertools.count(1001))

    def open(
        self,
        *campaigns: PublishedCampaign,
        amount: int = DOLLAR,
        places: Iterable[PublishedPlacement] = (),
        fence_ms: int = NEVER_MS,
    ) -> None:
        """Publish campaigns and one placement, and lend each campaign money for the day."""
        shown = campaigns or (campaign(),)
        self.store.publish(tuple(places) or (placement(),), shown)
        for each in shown:
            self.store.grant(lease(each.id, each.id, amount), fence_ms)

    def request(self, visitor: Visitor = PERSON, at: int | None = None, **fields: Any) -> DecisionRequest:
        """Return a request for one placement under a key of its own."""
        wanted = Wanted(
            fields.pop("place", "pl_1"), fields.pop("key", 0) or next(iter(self._keys)), fields.pop("dice", 0)
        )
        values: dict[str, Any] = {"wanted": (wanted,), **fields}
        return DecisionRequest(now_ms=self.now_ms if at is None else at, visitor=visitor, **values)

    def ask(self, visitor: Visitor = PERSON, at: int | None = None, **fields: Any) -> Decision:
        """Ask for one placement."""
        (decision,) = self.store.decide(self.request(visitor, at, **fields))
        return decision

    def wins(self, times: int = 1, **fields: Any) -> list[int]:
        """Ask several times; return the campaign of each answer, 0 for none."""
        return [self.ask(**fields).campaign_id for _ in range(times)]

    def event(self, kind: EventKind, decision: Decision, after_ms: int = 1000, **fields: Any) -> Recorded:
        """Report an event of a decision some time after this desk's instant."""
        return self.store.record(event_of(kind, decision, self.now_ms, self.now_ms + after_ms, **fields))

    def impression(self, decision: Decision, after_ms: int = 1000, **fields: Any) -> Recorded:
        """Report an impression."""
        return self.event(EventKind.IMPRESSION, decision, after_ms, **fields)

    def click(self, decision: Decision, after_ms: int = 5000, **fields: Any) -> Recorded:
        """Report a click."""
        return self.event(EventKind.CLICK, decision, after_ms, **fields)

    def shown(self, **fields: Any) -> Decision:
        """Ask, and see what was answered."""
        decision = self.ask(**fields)
        assert self.impression(decision).verdict is Verdict.OK
        return decision

    def log(self) -> list[LogRecord]:
        """Return all records that are kept."""
        return list(self.store.read(self.store.state().first_seq - 1, 100_000))

    def money(self, lease_id: int = 1) -> tuple[int, int, int]:
        """Return what of a lease is left, held and spent."""
        state = self.lease(lease_id)
        return state.left_micros, state.held_micros, state.spent_micros

    def lease(self, lease_id: int = 1) -> LeaseState:
        """Return how a lease stands."""
        (found,) = (state for state in self.store.state().leases if state.lease_id == lease_id)
        return found

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ms += int(seconds * 1000)


def event_of(kind: EventKind, decision: Decision, decided_ms: int, now_ms: int, **fields: Any) -> IncomingEvent:
    """Return an event of a decision as its token tells it."""
    values: dict[str, Any] = {"visitor": PERSON, **fields}
    return IncomingEvent(
        kind=kind,
        now_ms=now_ms,
        key=decision.key,
        placement_id=decision.placement_id,
        advertiser_id=decision.advertiser_id,
        campaign_id=decision.campaign_id,
        ad_id=decision.ad.id if decision.ad else 0,
        decided_s=decided_ms // 1000,
        **values,
    )


def person(**fields: Any) -> Visitor:
    """Return the person with some of it different."""
    return replace(PERSON, **fields)
