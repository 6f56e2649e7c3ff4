"""Told once: a budget that is spent, a balance that runs low or out, a campaign that came to its end.

What was told is remembered where consumers remember what they did, under a mark of its own: by the day for a daily
budget, until there is money again for a balance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.periods import today_in
from webapp.domain.accounts.directory import AdvertiserCard
from webapp.domain.ads.services.running import RunningCampaign, RunningCampaigns
from webapp.domain.billing.services.purses import Purses
from webapp.domain.delivery.allocation import Budget
from webapp.domain.delivery.lease_store import day_number
from webapp.domain.events.services import Consumption, Outbox
from webapp.domain.events.types import BALANCE_EMPTY, BALANCE_LOW, BUDGET_SPENT, CAMPAIGN_ENDED, Envelope

_CONSUMER = "allocator"
#: An end longer ago is no news any more.
RECENTLY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell, and the mark that it was told."""

    mark: str
    name: str
    advertiser_id: int
    payload: Mapping[str, Any] = field(default_factory=dict)


class Announcements:
    """Records events of money that happen by themselves, each once."""

    def __init__(
        self, session: Session, clock: Clock, outbox: Outbox, consumption: Consumption, running: RunningCampaigns
    ) -> None:
        self._clock = clock
        self._outbox = outbox
        self._consumption = consumption
        self._running = running
        self._purses = Purses(session)

    def tell(self, news: Collection[News]) -> int:
        """Record what was not told yet; return how much that is."""
        told = self._consumption.which_done(_CONSUMER, {item.mark for item in news})
        # What goes on for months would be forgotten with all that was done long ago, and told anew.
        self._consumption.renew(_CONSUMER, told)
        fresh = {item.mark: item for item in news if item.mark not in told}
        for item in fresh.values():
            self._outbox.record(item.name, item.advertiser_id, item.payload)
            self._consumption.done(_CONSUMER, self._envelope(item.mark, item.name))
        return len(fresh)

    def _envelope(self, mark: str, name: str) -> Envelope:
        return Envelope(mark, name, None, {}, self._clock.now())

    def ended(self) -> list[News]:
        """Return the campaigns that came to their end of late."""
        return [
            News(f"end:{item.id}:{_minute(item.ends_at)}", CAMPAIGN_ENDED, item.advertiser_id, {"campaign_id": item.id})
            for item in self._running.ended_since(self._clock.now() - RECENTLY)
        ]

    def check_balances(self, campaigns: Iterable[RunningCampaign], owners: Mapping[int, AdvertiserCard]) -> list[News]:
        """Return whose money runs low or out; forget what was told of those who have money again.

        Low is less than the dearer of today and yesterday cost; empty is less than the cheapest event.
        """
        cheapest: dict[int, int] = {}
        for item in campaigns:
            cheapest[item.advertiser_id] = min(item.price_micros, cheapest.get(item.advertiser_id, item.price_micros))
        pockets, lines = self._purses.pockets(cheapest), self._lines(owners)
        told = self._consumption.which_done(_CONSUMER, {f"{what}:{id}" for id in cheapest for what in ("low", "out")})
        news = []
        for id, price in cheapest.items():
            if (purse := pockets.get(id)) is None:
                continue
            left, payload = purse.left_micros, {"available_micros": purse.spendable_micros}
            for mark, name, line in ((f"out:{id}", BALANCE_EMPTY, price), (f"low:{id}", BALANCE_LOW, lines.get(id, 0))):
                if left < line:
                    news.append(News(mark, name, id, payload))
                elif mark in told and left >= line + line // 4:
                    self._consumption.forget(_CONSUMER, mark)
        return news

    def _lines(self, owners: Mapping[int, AdvertiserCard]) -> dict[int, int]:
        """Return what a day costs each advertiser."""
        now = self._clock.now()
        today = {id: today_in(ZoneInfo(card.zone), now) for id, card in owners.items()}
        before = timedelta(days=1)
        days = {day - back for day in today.values() for back in (timedelta(), before)}
        spent = self._purses.spent_by_advertiser(owners, days)
        return {id: max(own.get(today[id], 0), own.get(today[id] - before, 0)) for id, own in spent.items()}


def budget_news(campaign: RunningCampaign, budget: Budget, day: date) -> News | None:
    """Return that a campaign's budget is spent, if it is."""
    which = budget.spent(campaign.price_micros)
    if not which:
        return None
    # A total budget is news again once it was raised, a daily one the day after.
    of = f"{(campaign.total_budget_micros or 0) // 10_000:x}" if which == "total" else day_number(day)
    mark = f"{which}:{campaign.id}:{of}"
    payload = {"campaign_id": campaign.id, "budget": which, "day": day.isoformat()}
    return News(mark, BUDGET_SPENT, campaign.advertiser_id, payload)


def _minute(instant: datetime) -> int:
    return int(instant.timestamp()) // 60
