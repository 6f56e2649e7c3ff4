"""Lending: money reserved in the ledger and lent to serving nodes, called back, and given up for lost.

Whatever decides about money here does it under the advertiser's balance lock, which settlement takes too before it
charges: between them a lease's unspent part and the charges of its campaign are always seen as of one moment.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.ids import new_public_id
from webapp.core.periods import local_midnight, today_in
from webapp.domain.ads.services.running import RunningCampaign, RunningCampaigns
from webapp.domain.billing.postings import give_back, reservation
from webapp.domain.billing.services import Ledger
from webapp.domain.billing.services.purses import NOTHING_SPENT, Purses
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.allocation import Budget, Standing, shares
from webapp.domain.delivery.lease_store import HeldLease, LeaseStore
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.nodes import NodeBook

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Day:
    """A budget day: its date in the advertiser's zone, and its span (end exclusive)."""

    date: date
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo) -> Day:
        """Return the day an instant lies in."""
        today = today_in(zone, now)
        return cls(today, local_midnight(today, zone), local_midnight(today + timedelta(days=1), zone))


@dataclass(frozen=True, slots=True)
class Wish:
    """A campaign that should have more money on some node."""

    campaign: RunningCampaign
    holder: Holder
    day: Day
    standings: tuple[Standing, ...]

    @property
    def hungry(self) -> bool:
        """Tell whether requests are lost for it already."""
        return any(standing.hungry for standing in self.standings)


class Leases:
    """Leases in one session; the caller's transaction makes each deed whole."""

    def __init__(self, session: Session, clock: Clock, ledger: Ledger, running: RunningCampaigns) -> None:
        self._clock = clock
        self._ledger = ledger
        self._running = running
        self._purses = Purses(session)
        self._nodes = NodeBook(session)
        self.store = LeaseStore(session)

    def budgets(self, campaigns: Collection[RunningCampaign], days: Mapping[int, date]) -> dict[int, Budget]:
        """Return the budgets of campaigns on a day each, with what is charged and lent; three queries."""
        ids = [campaign.id for campaign in campaigns]
        spent, lent = self._purses.spent(ids, set(days.values())), self.store.lent_micros(ids)
        found = {}
        for campaign in campaigns:
            gone, out, day = spent.get(campaign.id, NOTHING_SPENT), lent.get(campaign.id, {}), days[campaign.id]
            found[campaign.id] = Budget(
                daily_micros=campaign.daily_budget_micros,
                total_micros=campaign.total_budget_micros,
                spent_day_micros=gone.on(day),
                spent_total_micros=gone.total_micros,
                lent_day_micros=out.get(day, 0),
                lent_total_micros=sum(out.values()),
            )
        return found

    def reserve(self, wishes: Sequence[Wish]) -> list[HeldLease]:
        """Reserve money for one advertiser's wishes, those who wait first, and write the leases of it.

        Everything is looked at anew under the balance's lock: wishes were made of older figures.
        """
        holder = wishes[0].holder
        spendable = self._ledger.hold(holder)
        running = self._running.among([wish.campaign.id for wish in wishes])
        wishes = [wish for wish in wishes if wish.campaign.id in running]
        budgets = self.budgets(list(running.values()), {wish.campaign.id: wish.day.date for wish in wishes})
        rows = []
        for wish in sorted(wishes, key=lambda wish: not wish.hungry):
            price = running[wish.campaign.id].price_micros
            lent = shares(budgets[wish.campaign.id].room_micros(spendable), price, wish.standings)
            spendable -= sum(lent.values())
            rows += [self._row(wish, node, micros) for node, micros in lent.items()]
        if not rows:
            return []
        leases = self.store.add(rows)
        self._ledger.post_many([
            reservation(holder, lease.campaign_id, lease.amount_micros, f"lease:{lease.public_id}", lease.day)
            for lease in leases
        ])  # fmt: skip
        return leases

    def _row(self, wish: Wish, node: int, micros: int) -> dict[str, object]:
        return {
            "public_id": new_public_id("ls"),
            "node": node,
            "advertiser_id": wish.holder.advertiser_id,
            "campaign_id": wish.campaign.id,
            "currency": wish.holder.currency,
            "amount_micros": micros,
            "settled_micros": 0,
            "forgiven_micros": 0,
            "day": wish.day.date,
            "day_starts_at": wish.day.starts_at,
            "day_ends_at": wish.day.ends_at,
            "status": LeaseStatus.OPEN,
            "created_at": self._clock.now(),
        }

    def delivered(self, ids: Collection[int]) -> None:
        """Remember that the nodes took these."""
        self.store.mark_granted(ids, self._clock.now())

    def call_back(self, ids: Collection[int]) -> None:
        """Remember that these end: each comes back with its node's last word."""
        self.store.mark_closing(ids)

    def give_up(self, node: int, ids: Collection[int] | None = None) -> list[HeldLease]:
        """Give what a node has (or only some of it) up for lost: what was not charged yet is the advertiser's again.

        Should the node come back and report charges on them, nobody pays those.
        """
        self._nodes.lock(node)
        lost = [lease for lease in self.store.lent_to(node) if ids is None or lease.id in ids]
        by_owner: defaultdict[int, list[HeldLease]] = defaultdict(list)
        for lease in lost:
            by_owner[lease.advertiser_id].append(lease)
        for _, leases in sorted(by_owner.items()):
            self._ledger.post_many([
                give_back(lease.holder, lease.campaign_id, lease.lent_micros, f"lost:{lease.public_id}", lease.day)
                for lease in leases if lease.lent_micros
            ])  # fmt: skip
        for lease in lost:
            self.store.settle(lease.id, status=LeaseStatus.LOST, closed_at=self._clock.now())
            log.error("lease %s of node %d is lost, %d micros come back", lease.public_id, node, lease.lent_micros)
        return lost
