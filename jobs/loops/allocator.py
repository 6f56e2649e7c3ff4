"""The allocator: every second it looks at the nodes and the books, and lends, calls back and gives up.

Each deed is written before the node hears of it, so that a crash in between is healed by the next step: a lease that
is not known to be delivered is granted again, one that is closing is revoked again, and no node may ever spend longer
than the fence that is remembered.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jobs.loops.looking import look
from jobs.loops.runner import Loop
from webapp.core.errors import Unavailable
from webapp.db.outages import is_outage
from webapp.db.transaction import is_retryable, run_in_transaction
from webapp.domain.ads.services.running import RunningCampaign
from webapp.domain.delivery.allocation import Budget
from webapp.domain.delivery.announcements import News, budget_news
from webapp.domain.delivery.lease_store import HeldLease
from webapp.domain.delivery.leases import Wish
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.planning import Hunger, Picture, affordable, recalled
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import Limits, NodeState
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

log = logging.getLogger(__name__)

FENCE = timedelta(seconds=30)
#: Renewed when it is this old, so that the books are not written every second.
RENEW = timedelta(seconds=5)
#: Beyond fence and holds, and in silence, before a node's money is given up.
GRACE = timedelta(seconds=60)
HOLD = timedelta(seconds=Limits().hold_seconds)
#: So long a campaign is remembered to wait.
HUNGER = timedelta(minutes=5)
#: How far back spending says what is needed.
LOOK_BACK = timedelta(minutes=30)
TELL = timedelta(seconds=5)
#: Clocks of machines that keep time differ by less.
AHEAD_SECONDS = 5.0
#: So often all that is lent is held against the budgets anew: what another allocator began to lend before a budget was
#: lowered may be committed after it was found to be kept.
RECHECK = timedelta(minutes=1)


def make(app: KabinetFlask) -> list[Loop]:
    """Return the one allocator."""
    return [Allocator(app)]


class Allocator:
    """Lends money to serving nodes."""

    name = "allocator"
    pause_seconds = 1.0

    def __init__(self, app: KabinetFlask) -> None:
        self._app = app
        self._stores: dict[int, ServingStore] = {store.node: store for store in app.adapters.serving}
        self._hungry: dict[Hunger, datetime] = {}
        self._silent: dict[int, datetime] = {}
        self._fences: dict[int, datetime] = {}
        #: Budgets as they were when what is lent was found to be within them.
        self._checked: dict[int, tuple[int | None, int | None]] = {}
        self._checked_at: datetime | None = None
        self._told_at: datetime | None = None
        #: Node → how far ahead of this process's clock somebody who spoke to it is.
        self._ahead: dict[int, float] = {}

    @property
    def _services(self) -> Services:
        return self._app.adapters.services(db.session())

    def step(self) -> bool:
        """Do one round; True when what was seen is out of date and another should follow at once.

        Fences come first: whatever goes wrong after that, the nodes go on.
        """
        picture = self.look()
        self.fence(picture)
        if self.give_up(picture):
            return True
        ended = picture.to_end(self._overdrawn(picture))
        self.call_back(picture, ended)
        # What ends before its node ever had it is only delivered so that the node can say the last word on it.
        fresh = picture.undelivered()
        self.deliver(replace(each, status=LeaseStatus.CLOSING) if each.id in ended else each for each in fresh)
        self.lend(picture)
        return False

    def lag(self) -> dict[str, float]:
        """Return how many nodes are silent, how many campaigns wait for money, and how far clocks are ahead."""
        ahead = max(self._ahead.values(), default=0.0)
        return {"silent": len(self._silent), "waiting": len(self._hungry), "ahead_seconds": ahead}

    def look(self) -> Picture:
        """Ask the nodes, then read the books: whatever a node has is in them by then."""
        states = self._ask()
        self._compare_clocks(states)
        services = self._services
        now = services.clock.now()

        def read() -> Picture:
            every = services.running.every()
            owners = services.directory.in_good_standing({campaign.advertiser_id for campaign in every})
            running = {campaign.id: campaign for campaign in every if campaign.advertiser_id in owners}
            return Picture(now, states, services.nodes.every(), services.leases.store.lent(), running, owners)

        picture = look(services.session, read)
        self._remember_hungry(picture)
        picture.hungry = frozenset(self._hungry)
        return picture

    def _ask(self) -> dict[int, NodeState]:
        states: dict[int, NodeState] = {}
        for node, store in self._stores.items():
            self._tell(node, lambda node=node, store=store: states.__setitem__(node, store.state()))  # type: ignore[misc]
        return states

    def _compare_clocks(self, states: Mapping[int, NodeState]) -> None:
        """Notice an ad server whose clock is ahead: to it, every fence is over, and nothing is delivered."""
        now_ms = _ms(self._app.adapters.clock.now())
        for node, state in states.items():
            ahead = round(max(0, state.seen_ms - now_ms) / 1000, 1)
            if ahead >= AHEAD_SECONDS > self._ahead.get(node, 0.0):
                log.warning("somebody who speaks to node %d has a clock %.1f seconds ahead", node, ahead)
            self._ahead[node] = ahead

    def _tell(self, node: int, deed: Callable[[], None]) -> bool:
        """Do something with a node; False when it does not answer."""
        try:
            deed()
        except Unavailable as error:
            if node not in self._silent:
                log.warning("node %d is silent: %s", node, error)
            self._silent.setdefault(node, self._app.adapters.clock.now())
            return False
        self._silent.pop(node, None)
        return True

    def _remember_hungry(self, picture: Picture) -> None:
        for node, state in picture.states.items():
            self._hungry |= {(campaign_id, node): picture.now for campaign_id in state.hungry}
        for (campaign_id, node), since in list(self._hungry.items()):
            campaign = picture.running.get(campaign_id)
            fed = campaign and picture.standing(campaign_id, node).left_micros >= campaign.price_micros
            if campaign is None or fed or since < picture.now - HUNGER:
                del self._hungry[campaign_id, node]

    def give_up(self, picture: Picture) -> bool:
        """Give back what lost nodes had, an advertiser's in one transaction; True when any was."""
        leases, given = self._services.leases, list[HeldLease]()
        for node, ids in self._lost(picture).items():
            by_owner: defaultdict[int, list[int]] = defaultdict(list)
            for id in ids:
                by_owner[picture.by_id[id].advertiser_id].append(id)
            for owner, own in sorted(by_owner.items()):
                what = f"giving up what node {node} has of advertiser {owner}"
                given += self._alone(what, lambda node=node, own=own: leases.give_up(node, own))  # type: ignore[misc]
        return bool(given)

    def _alone(self, what: str, deed: Callable[[], list[HeldLease]]) -> list[HeldLease]:
        """Do something in a transaction of its own; what it fails on is logged and keeps nobody else waiting."""
        try:
            return run_in_transaction(self._services.session, deed)
        except Exception as error:
            if _is_everybodys(error):
                raise
            log.exception("%s failed; the rest goes on", what)
            return []

    def _lost(self, picture: Picture) -> dict[int, list[int]]:
        found = {node: ids for node in picture.states if (ids := picture.vanished(node))}
        lenders = {lease.node for lease in picture.leases}
        self._silent = {node: at for node, at in self._silent.items() if node in lenders or node in self._stores}
        for node in lenders - picture.states.keys():
            silent_at = self._silent.setdefault(node, picture.now)
            known = picture.nodes.get(node)
            fence_at = known.fence_at if known and known.fence_at else silent_at
            # Where all was down, this process has to have missed the node itself for a while.
            if picture.now >= max(fence_at + HOLD, silent_at) + GRACE:
                found[node] = [lease.id for lease in picture.leases if lease.node == node]
        return found

    def fence(self, picture: Picture) -> None:
        """Let every node that answers spend on, after it was told what it must not spend."""
        for node in picture.states:
            strangers = picture.strangers(node)
            if strangers and not self._tell(node, lambda node=node, ids=strangers: self._stores[node].revoke(ids)):  # type: ignore[misc]
                continue
            try:
                self._renew(picture, node)
            except Exception as error:
                if _is_everybodys(error):
                    raise
                log.exception("the fence of node %d was not renewed; the rest goes on", node)

    def _renew(self, picture: Picture, node: int) -> None:
        services, until = self._services, picture.now + FENCE
        known = picture.nodes.get(node)
        if known and known.fence_at and known.fence_at > until - RENEW and node in self._fences:
            self._fences[node] = known.fence_at
            return

        def remember() -> None:
            services.nodes.enter([node])
            services.nodes.fence([node], until, picture.now)

        run_in_transaction(services.session, remember)
        self._fences[node] = until
        self._tell(node, lambda: self._stores[node].renew(_ms(until)))

    def deliver(self, leases: Iterable[HeldLease]) -> None:
        """Grant leases to their nodes, and remember which took them.

        A node that does not answer is waited for once a round: the others' fences are renewed by the same loop.
        """
        services, taken = self._services, []
        for lease in leases:
            store, fence = self._stores.get(lease.node), self._fences.get(lease.node)
            if store and fence and lease.node not in self._silent:
                grant = lease.grant()
                if self._tell(lease.node, lambda store=store, grant=grant, fence=fence: store.grant(grant, _ms(fence))):  # type: ignore[misc]
                    taken.append(lease.id)
        if taken:
            run_in_transaction(services.session, lambda: services.leases.delivered(taken))

    def call_back(self, picture: Picture, ids: Collection[int]) -> None:
        """End leases: in the books first, then on their nodes; what is not used comes back through their logs."""
        if not ids:
            return
        services = self._services
        run_in_transaction(services.session, lambda: services.leases.call_back(ids))
        by_node: defaultdict[int, list[int]] = defaultdict(list)
        for id in ids:
            by_node[picture.by_id[id].node].append(id)
        for node, own in by_node.items():
            if node in picture.states:
                self._tell(node, lambda node=node, own=own: self._stores[node].revoke(own))  # type: ignore[misc]

    def _overdrawn(self, picture: Picture) -> set[int]:
        """Return campaigns whose budgets were lowered below what is lent."""
        if self._checked_at is None or picture.now >= self._checked_at + RECHECK:
            self._checked, self._checked_at = {}, picture.now
        lent = {lease.campaign_id for lease in picture.leases}
        asked = {
            id: (campaign.daily_budget_micros, campaign.total_budget_micros)
            for id in lent
            if (campaign := picture.running.get(id))
        }
        changed = [picture.running[id] for id, budgets in asked.items() if self._checked.get(id) != budgets]
        budgets = self._budgets(picture, changed)
        over = {id for id, budget in budgets.items() if budget.overdrawn}
        self._checked = {id: budgets for id, budgets in asked.items() if id not in over}
        return over

    def _budgets(self, picture: Picture, campaigns: Sequence[RunningCampaign]) -> dict[int, Budget]:
        if not campaigns:
            return {}
        services = self._services
        days = {campaign.id: picture.days[campaign.advertiser_id].date for campaign in campaigns}
        return look(services.session, lambda: services.leases.budgets(campaigns, days))

    def lend(self, picture: Picture) -> None:
        """Reserve and grant what is wanted; call idle money back where somebody waits and nothing is left."""
        wanting = picture.wanting() if picture.states else []
        budgets = self._budgets(picture, wanting)
        if wanting:
            wishes, spendable = self._wishes(picture, wanting)
            self.deliver(self.reserve(affordable(wishes, budgets, spendable)))
            self.call_back(picture, recalled(picture, wishes, budgets, spendable))
        self._announce(picture, wanting, budgets)

    def _wishes(self, picture: Picture, wanting: Sequence[RunningCampaign]) -> tuple[list[Wish], dict[int, int]]:
        services = self._services
        days = {picture.days[campaign.advertiser_id].date for campaign in wanting}

        def read() -> tuple[list[Wish], dict[int, int]]:
            ids = [campaign.id for campaign in wanting]
            closed = services.leases.store.closed_since(ids, days, picture.now - LOOK_BACK)
            pockets = services.purses.pockets({campaign.advertiser_id for campaign in wanting})
            spendable = {id: purse.spendable_micros for id, purse in pockets.items()}
            return picture.wishes(wanting, closed), spendable

        return look(services.session, read)

    def reserve(self, wishes: Iterable[Wish]) -> list[HeldLease]:
        """Write the leases of these wishes, an advertiser's in one transaction; the nodes do not know them yet."""
        services = self._services
        by_owner: defaultdict[int, list[Wish]] = defaultdict(list)
        for wish in wishes:
            by_owner[wish.holder.advertiser_id].append(wish)
        made: list[HeldLease] = []
        for owner, own in sorted(by_owner.items()):
            made += self._alone(f"lending to advertiser {owner}", lambda own=own: services.leases.reserve(own))  # type: ignore[misc]
        for lease in made:
            self._hungry.pop((lease.campaign_id, lease.node), None)
        return made

    def _announce(self, picture: Picture, wanting: Sequence[RunningCampaign], budgets: dict[int, Budget]) -> None:
        if self._told_at and picture.now < self._told_at + TELL:
            return
        self._told_at, services = picture.now, self._services
        news: list[News] = [
            item
            for campaign in wanting
            if (item := budget_news(campaign, budgets[campaign.id], picture.days[campaign.advertiser_id].date))
        ]

        def tell() -> None:
            about = services.announcements
            news_of_money = about.check_balances(picture.running.values(), picture.owners)
            about.tell([*news, *news_of_money, *about.ended()])

        run_in_transaction(services.session, tell)


def _is_everybodys(error: Exception) -> bool:
    """Tell whether the database is away: then nothing else would succeed either."""
    return is_outage(error) and not is_retryable(error)


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
