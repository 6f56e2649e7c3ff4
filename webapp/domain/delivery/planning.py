"""What the allocator should do, told from a picture of nodes, leases and campaigns; nothing here asks or changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from webapp.domain.accounts.directory import AdvertiserCard
from webapp.domain.ads.services.running import RunningCampaign
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.allocation import Budget, Idle, Standing, is_used_up, shares, to_call_back
from webapp.domain.delivery.lease_store import HeldLease
from webapp.domain.delivery.leases import Day, Wish
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.nodes import KnownNode
from webapp.domain.delivery.types import LeaseState, NodeState

#: A lease granted since may be younger than the node's answer.
SETTLED_BY_NOW = timedelta(seconds=10)
#: A campaign waiting for money on a node.
Hunger = tuple[int, int]


@dataclass
class Picture:
    """Everything as it was a moment ago: the nodes were asked first, then the books were read."""

    now: datetime
    #: Of the nodes that answered.
    states: Mapping[int, NodeState]
    nodes: Mapping[int, KnownNode]
    #: Leases whose money is lent out.
    leases: Sequence[HeldLease]
    #: Campaigns that may run, of advertisers that may.
    running: Mapping[int, RunningCampaign]
    owners: Mapping[int, AdvertiserCard]
    hungry: Collection[Hunger] = field(default_factory=frozenset)

    @cached_property
    def by_id(self) -> dict[int, HeldLease]:
        """Return the leases by id."""
        return {lease.id: lease for lease in self.leases}

    @cached_property
    def on_nodes(self) -> dict[int, LeaseState]:
        """Return how leases stand on the nodes that answered, by id."""
        return {lease.lease_id: lease for state in self.states.values() for lease in state.leases}

    @cached_property
    def by_owner(self) -> dict[int, list[HeldLease]]:
        """Return the leases by advertiser."""
        found: defaultdict[int, list[HeldLease]] = defaultdict(list)
        for lease in self.leases:
            found[lease.advertiser_id].append(lease)
        return found

    @cached_property
    def days(self) -> dict[int, Day]:
        """Return the running day of each advertiser."""
        zones = {card.zone for card in self.owners.values()}
        by_zone = {zone: Day.at(self.now, ZoneInfo(zone)) for zone in zones}
        return {id: by_zone[card.zone] for id, card in self.owners.items()}

    @cached_property
    def open_leases(self) -> dict[tuple[int, int], list[HeldLease]]:
        """Return the leases that may be spent today, by campaign and node."""
        found: defaultdict[tuple[int, int], list[HeldLease]] = defaultdict(list)
        for lease in self.leases:
            if lease.status is LeaseStatus.OPEN and lease.day_ends_at > self.now:
                found[lease.campaign_id, lease.node].append(lease)
        return found

    def strangers(self, node: int) -> list[int]:
        """Return leases a node would spend although the books do not lend them: lost ones, above all."""
        known = self.by_id
        return [
            lease.lease_id
            for lease in self.states[node].leases
            if not lease.closing
            and (lease.lease_id not in known or known[lease.lease_id].status is not LeaseStatus.OPEN)
        ]

    def vanished(self, node: int) -> list[int]:
        """Return leases a node took and no longer has, although all it ever said of them is settled: a wiped store."""
        state, known = self.states[node], self.nodes.get(node, KnownNode(node))
        if known.settled_seq < state.last_seq and state.last_seq >= state.first_seq:
            return []
        return [
            lease.id
            for lease in self.leases
            if lease.node == node and lease.id not in self.on_nodes
            if lease.granted_at is not None and lease.granted_at < self.now - SETTLED_BY_NOW
        ]

    def undelivered(self) -> list[HeldLease]:
        """Return leases of which it is not known that their node took them; a grant too many does no harm."""
        return [lease for lease in self.leases if lease.granted_at is None and lease.node in self.states]

    def to_end(self, overdrawn: Collection[int]) -> list[int]:
        """Return the open leases to call back: of campaigns that stopped, of past days, and what is used up."""
        return [
            lease.id
            for lease in self.leases
            if lease.status is LeaseStatus.OPEN and (lease.campaign_id in overdrawn or self._is_over(lease))
        ]

    def _is_over(self, lease: HeldLease) -> bool:
        campaign, state = self.running.get(lease.campaign_id), self.on_nodes.get(lease.id)
        if campaign is None or lease.day_ends_at <= self.now:
            return True
        return state is not None and is_used_up(state.left_micros, state.held_micros, campaign.price_micros)

    def standing(self, campaign_id: int, node: int, closed: Iterable[HeldLease] = ()) -> Standing:
        """Return how a campaign stands on a node; `closed` are its recent leases that ended there."""
        left = used = 0
        began = self.now
        for lease in self.open_leases.get((campaign_id, node), ()):
            state = self.on_nodes.get(lease.id)
            # Just made, or just ended: all of it is still there, or none.
            here = state.left_micros if state else lease.amount_micros if lease.granted_at is None else 0
            left, used, began = left + here, used + lease.amount_micros - here, min(began, lease.created_at)
        for lease in closed:
            if lease.node == node:
                used, began = used + lease.settled_micros, min(began, lease.created_at)
        age = int((self.now - began).total_seconds())
        return Standing(node, left, used, age, hungry=(campaign_id, node) in self.hungry)

    def wanting(self) -> list[RunningCampaign]:
        """Return the campaigns that should have more somewhere, if there is money."""
        return [
            campaign
            for campaign in self.running.values()
            if any(self.standing(campaign.id, node).wants(campaign.price_micros) for node in self.states)
        ]

    def wishes(self, campaigns: Iterable[RunningCampaign], closed: Sequence[HeldLease]) -> list[Wish]:
        """Return what these campaigns wish, knowing what they spent of late."""
        by_campaign: defaultdict[int, list[HeldLease]] = defaultdict(list)
        for lease in closed:
            by_campaign[lease.campaign_id].append(lease)
        return [
            Wish(
                campaign,
                Holder(campaign.advertiser_id, self.owners[campaign.advertiser_id].currency),
                self.days[campaign.advertiser_id],
                tuple(self.standing(campaign.id, node, by_campaign[campaign.id]) for node in sorted(self.states)),
            )
            for campaign in campaigns
        ]

    def idle(self, *, advertiser_id: int, campaign_id: int | None = None) -> list[Idle]:
        """Return open leases nobody uses at the moment, of a campaign or of all of an advertiser's."""
        found = []
        for lease in self.by_owner.get(advertiser_id, ()):
            state = self.on_nodes.get(lease.id)
            if campaign_id not in (None, lease.campaign_id):
                continue
            if lease.status is not LeaseStatus.OPEN or state is None or lease.granted_at is None:
                continue
            if (lease.campaign_id, lease.node) not in self.hungry:
                used = max(lease.granted_at.timestamp(), state.used_ms / 1000)
                found.append(Idle(lease.id, state.left_micros, int(self.now.timestamp() - used)))
        return found

    def coming_back(self, *, advertiser_id: int, campaign_id: int | None = None) -> int:
        """Return what is called back and on its way."""
        return sum(
            state.left_micros
            for lease in self.by_owner.get(advertiser_id, ())
            if lease.status is LeaseStatus.CLOSING
            if campaign_id in (None, lease.campaign_id) and (state := self.on_nodes.get(lease.id))
        )


def affordable(wishes: Sequence[Wish], budgets: Mapping[int, Budget], spendable: Mapping[int, int]) -> list[Wish]:
    """Return the wishes there is money for; while somebody waits for an empty balance, others take nothing of it."""
    short = {
        wish.holder.advertiser_id
        for wish in wishes
        if wish.hungry and spendable.get(wish.holder.advertiser_id, 0) < wish.campaign.price_micros
        if _allows(budgets[wish.campaign.id], wish.campaign.price_micros)
    }
    return [
        wish
        for wish in wishes
        if wish.hungry or wish.holder.advertiser_id not in short
        if shares(
            budgets[wish.campaign.id].room_micros(spendable.get(wish.holder.advertiser_id, 0)),
            wish.campaign.price_micros,
            wish.standings,
        )
    ]


def _allows(budget: Budget, price_micros: int) -> bool:
    left = budget.left_micros()
    return left is None or left >= price_micros


def recalled(
    picture: Picture, wishes: Iterable[Wish], budgets: Mapping[int, Budget], spendable: Mapping[int, int]
) -> set[int]:
    """Return idle leases to call back for campaigns that wait where there is no room left."""
    found: set[int] = set()
    for wish in wishes:
        price, owner = wish.campaign.price_micros, wish.holder.advertiser_id
        budget = budgets[wish.campaign.id]
        if not wish.hungry or budget.room_micros(spendable.get(owner, 0)) >= price:
            continue
        # Its own budget is lent elsewhere, or others of the advertiser have the balance.
        campaign_id = None if _allows(budget, price) else wish.campaign.id
        needed = price - picture.coming_back(advertiser_id=owner, campaign_id=campaign_id)
        found |= set(to_call_back(needed, picture.idle(advertiser_id=owner, campaign_id=campaign_id)))
    return found
