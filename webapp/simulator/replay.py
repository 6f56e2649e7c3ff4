"""Replaying a log of real traffic through a serving node of its own, settled and ingested as any other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from webapp.core.errors import Conflict
from webapp.core.ids import PublicId, new_public_id
from webapp.core.periods import local_midnight
from webapp.core.permissions import STAFF_PERMISSIONS, StaffRole
from webapp.core.scope import SYSTEM, Scope, StaffScope
from webapp.domain.billing.models import TransactionKind
from webapp.domain.billing.types import Holder, Posting
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.ingest import Ingest
from webapp.domain.delivery.inventory import PlacementInput, SiteInput
from webapp.domain.delivery.lease_store import HeldLease, day_number
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import (
    Charging,
    DecisionRequest,
    EventKind,
    IncomingEvent,
    Limits,
    PublishedAd,
    PublishedCampaign,
    PublishedPlacement,
    Verdict,
    Visitor,
    Wanted,
    Window,
)
from webapp.domain.delivery.visitors import Visitors
from webapp.simulator.ipinyou import LoggedEvent
from webapp.wiring import Adapters, Services

#: No serving node of an installation has this number.
NODE = 65_000
_BATCH = 5000
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
#: Its leases are nobody's to give up while it runs.
_FENCE = timedelta(hours=1)
Work = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it: how many events of each kind and verdict, and what was charged."""

    events: Mapping[tuple[EventKind, Verdict], int]
    charged_micros: int


@dataclass(frozen=True, slots=True)
class _Goods:
    """What the log's columns became here."""

    campaign_id: int
    ads: Mapping[str, int]
    placements: Mapping[str, PublishedPlacement]
    leases: Sequence[HeldLease]


class Replay:
    """Replays one advertiser's logs; each part is one transaction of the caller's `commit`."""

    def __init__(self, adapters: Adapters, services: Services, scope: Scope, node: ServingStore) -> None:
        self._adapters = adapters
        self._services = services
        self._scope = scope
        self._node = node
        self._visitors = Visitors(adapters.settings.secret_key, adapters.geography)
        self._seen: dict[tuple[EventKind, Verdict], int] = {}
        self._charged = 0

    def run(self, impressions: Sequence[LoggedEvent], clicks: Sequence[LoggedEvent], commit: Work) -> Replayed:
        """Replay impressions and clicks in the order of time; raise Conflict when these were replayed before."""
        events = sorted([*impressions, *clicks], key=lambda event: (event.at_ms, event.kind is EventKind.CLICK))
        goods: list[_Goods] = []
        commit(lambda: goods.append(self._prepare(events)))
        self._play(events, goods[0])
        self._close(goods[0].leases, events[-1].at_ms)
        self._settle(commit)
        self._ingest()
        return Replayed(self._seen, self._charged)

    def _prepare(self, events: Sequence[LoggedEvent]) -> _Goods:
        imported, scope = self._services.imported_ads, self._scope
        key = f"replay:{_digest(events)}"
        if imported.find_campaigns(scope, [key]):
            raise Conflict("These logs were replayed for this advertiser already.")
        campaign_id = imported.find_or_create_campaigns(scope, {key: "iPinYou, replayed"}, 0)[key]
        creatives = sorted({event.creative for event in events})
        names = {(campaign_id, name): f"Creative {name}" for name in creatives}
        ads = imported.find_or_create_ads(scope, names, 0)
        by_name = {name: ads[campaign_id, name] for name in creatives}
        return _Goods(campaign_id, by_name, self._places(events), self._lend(events, campaign_id))

    def _places(self, events: Iterable[LoggedEvent]) -> dict[str, PublishedPlacement]:
        staff = StaffScope(SYSTEM, STAFF_PERMISSIONS[StaffRole.ADMIN])
        inventory, found = self._services.inventory, {}
        for exchange in sorted({event.exchange for event in events}):
            name = f"exchange-{exchange}-{new_public_id('x')[-6:].lower()}.replay.example"
            site = inventory.create_site(staff, SiteInput(f"iPinYou exchange {exchange}", name))
            given = PlacementInput("All sizes", "native")
            place = inventory.create_placement(staff, PublicId(site.public_id), given)
            found[exchange] = PublishedPlacement(
                place.id, place.public_id, site.id, site.public_id, name, "native", 0, ()
            )
        return found

    def _lend(self, events: Sequence[LoggedEvent], campaign_id: int) -> list[HeldLease]:
        """Reserve what each day of the log can cost at most; what is not spent comes back at the end."""
        prices: dict[date, dict[str, int]] = {}
        for event in events:
            day = datetime.fromtimestamp(event.at_ms / 1000, self._scope.zone).date()
            prices.setdefault(day, {})[event.bid] = event.price_micros
        self._services.nodes.enter([NODE])
        now = self._services.clock.now()
        self._services.nodes.fence([NODE], now + _FENCE, now)
        rows = [self._lease_row(campaign_id, day, sum(bids.values())) for day, bids in sorted(prices.items())]
        leases = self._services.leases.store.add(rows)
        self._services.ledger.post_many([
            Posting(Holder.of(self._scope), SYSTEM, TransactionKind.RESERVE, lease.amount_micros,
                    f"lease:{lease.public_id}", reason="lease", campaign_id=campaign_id)
            for lease in leases
        ])  # fmt: skip
        return leases

    def _lease_row(self, campaign_id: int, day: date, micros: int) -> dict[str, object]:
        zone, now = self._scope.zone, self._services.clock.now()
        return {
            "public_id": new_public_id("ls"), "node": NODE, "advertiser_id": self._scope.advertiser_id,
            "campaign_id": campaign_id, "currency": self._scope.currency, "amount_micros": micros,
            "settled_micros": 0, "forgiven_micros": 0, "day": day, "day_starts_at": local_midnight(day, zone),
            "day_ends_at": local_midnight(day + timedelta(days=1), zone), "status": LeaseStatus.OPEN,
            "granted_at": now, "created_at": now,
        }  # fmt: skip

    def _play(self, events: Sequence[LoggedEvent], goods: _Goods) -> None:
        node = self._node
        for lease in goods.leases:
            node.grant(lease.grant(), events[-1].at_ms + 2 * _DAY_MS)
        shop = _Shop(node, goods, self._scope.advertiser_id)
        decided: set[str] = set()
        minute = 0
        for event in events:
            if event.at_ms // _MINUTE_MS != minute:
                minute = event.at_ms // _MINUTE_MS
                node.tick(event.at_ms)
            if event.bid not in decided:
                decided.add(event.bid)
                self._decide(event, shop)
            self._record(event, goods)

    def _decide(self, event: LoggedEvent, shop: _Shop) -> None:
        place = shop.show(event)
        request = DecisionRequest(event.at_ms, (Wanted(place.public_id, event.key, 0),), self._visitor(event))
        decision = self._node.decide(request)[0]
        if not decision.filled:
            raise Conflict(f"The log's bid {event.bid} could not be shown: {decision.reason}.")

    def _visitor(self, event: LoggedEvent) -> Visitor:
        """Describe who saw it; whether that was a person, who sold the impression has judged already."""
        visitor = self._visitors.visitor(event.at_ms, event.ip, event.user_agent)
        return replace(visitor, suspect=Verdict.OK)

    def _record(self, event: LoggedEvent, goods: _Goods) -> None:
        # The log gives a click the time of its impression; nobody is that fast.
        later = Limits().fastest_click_ms if event.kind is EventKind.CLICK else 0
        recorded = self._node.record(
            IncomingEvent(
                event.kind,
                event.at_ms + later,
                event.key,
                goods.placements[event.exchange].id,
                self._scope.advertiser_id,
                goods.campaign_id,
                goods.ads[event.creative],
                event.at_ms // 1000,
                self._visitor(event),
            )
        )
        place = (event.kind, recorded.verdict)
        self._seen[place] = self._seen.get(place, 0) + 1
        self._charged += recorded.charged_micros

    def _close(self, leases: Sequence[HeldLease], last_ms: int) -> None:
        """Let every hold end, then hand the leases back."""
        while self._node.tick(last_ms + 2 * _DAY_MS):
            pass
        self._node.revoke([lease.id for lease in leases])

    def _settle(self, commit: Work) -> None:
        after = self._node.state().first_seq - 1
        while records := self._node.read(after, _BATCH):
            after = records[-1].seq
            commit(lambda records=records: self._charge(records))  # type: ignore[misc]

    def _charge(self, records: Sequence[object]) -> None:
        self._services.settlement.settle(NODE, records)  # type: ignore[arg-type]

    def _ingest(self) -> None:
        locks = self._adapters.new_locks()
        rows = EventRows(NODE, self._zones)
        ingest = Ingest(NODE, self._node, self._adapters.analytics, rows, locks, self._services.clock)
        try:
            while ingest.step():
                pass
        finally:
            locks.close()

    def _zones(self, advertiser_ids: Collection[int]) -> Mapping[int, str]:
        return dict.fromkeys(advertiser_ids, self._scope.zone_name)


class _Shop:
    """Shows on the node, for each bid, what the log says was shown there and at what price."""

    def __init__(self, node: ServingStore, goods: _Goods, advertiser_id: int) -> None:
        self._node = node
        self._goods = goods
        self._advertiser_id = advertiser_id
        self._windows = tuple(
            Window(int(lease.day_starts_at.timestamp()), int(lease.day_ends_at.timestamp()), 1, day_number(lease.day))
            for lease in goods.leases
        )

    def show(self, event: LoggedEvent) -> PublishedPlacement:
        """Publish the one campaign and place of an event."""
        place = replace(self._goods.placements[event.exchange], size=event.size)
        self._node.publish([place], [self._campaign(event)])
        return place

    def _campaign(self, event: LoggedEvent) -> PublishedCampaign:
        width, _, height = event.size.partition("x")
        ad = PublishedAd(
            id=self._goods.ads[event.creative], public_id=event.creative, creative_id=0,
            creative_public_id=event.creative, size=event.size, weight=1, landing_url="", image="",
            width=int(width), height=int(height),
        )  # fmt: skip
        return PublishedCampaign(
            id=self._goods.campaign_id, public_id="replay", advertiser_id=self._advertiser_id,
            charging=Charging.IMPRESSION, price_micros=event.price_micros, rank_micros=event.price_micros * 1000,
            even=False, daily_micros=None, windows=self._windows, cap_count=0, cap_window="", category="",
            countries=(), regions=(), devices=(), systems=(), browsers=(), languages=(), sites=(), site_mode="all",
            keywords=(), ads=(ad,),
        )  # fmt: skip


def _digest(events: Iterable[LoggedEvent]) -> str:
    digest = hashlib.sha256()
    for event in events:
        digest.update(f"{event.kind}{event.bid}{event.at_ms}".encode())
    return digest.hexdigest()[:32]
