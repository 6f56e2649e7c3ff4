"""What the serving nodes should show: documents made of the cabinet's tables, for any number of campaigns at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.domain.accounts.directory import Account, Directory
from webapp.domain.ads.services.servable import ServableAd, ServableAds, ServableCampaign
from webapp.domain.ads.types import BidModel, Pacing
from webapp.domain.delivery.fingerprints import fingerprint
from webapp.domain.delivery.inventory_store import InventoryStore
from webapp.domain.delivery.ports import Snapshot
from webapp.domain.delivery.rates import Rates
from webapp.domain.delivery.shape import Shape
from webapp.domain.delivery.types import (
    NATIVE,
    Charging,
    PublishedAd,
    PublishedCampaign,
    PublishedPlacement,
)
from webapp.domain.delivery.windows import Calendar, Plan, seconds


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of a day's budget is a node's own: the first takes what does not divide."""

    place: int
    nodes: int

    def of(self, campaign: PublishedCampaign) -> PublishedCampaign:
        """Return the campaign as this node paces it; what it may spend is up to its leases."""
        if campaign.daily_micros is None or self.nodes == 1:
            return campaign
        part, rest = divmod(campaign.daily_micros, self.nodes)
        return replace(campaign, daily_micros=part + (rest if self.place == 0 else 0))


@dataclass(frozen=True, slots=True)
class Difference:
    """What a node lacks and what it has too much, by internal id."""

    placements: frozenset[int]
    campaigns: frozenset[int]
    old_placements: frozenset[int]
    old_campaigns: frozenset[int]

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.placements or self.campaigns or self.old_placements or self.old_campaigns)


class Publishing:
    """Makes the published documents; a constant number of queries, whatever is asked for."""

    def __init__(self, session: Session, clock: Clock, ads: ServableAds, directory: Directory, rates: Rates) -> None:
        self._inventory = InventoryStore(session)
        self._clock = clock
        self._ads = ads
        self._directory = directory
        self._rates = rates

    def campaigns(self, shape: Shape, ids: Collection[int] | None = None) -> Sequence[PublishedCampaign]:
        """Return the campaigns to show (of `ids`, or of all), with the budget of all nodes together."""
        now = self._clock.now()
        found = self._ads.campaigns(now, ids)
        ads = self._ads.ads(now, ids) if found else {}
        accounts = self._directory.accounts({campaign.advertiser_id for campaign in found})
        calendar = Calendar(now, shape)
        return [
            self._document(campaign, ads[campaign.id], accounts[campaign.advertiser_id], calendar)
            for campaign in found
            if campaign.id in ads and not accounts[campaign.advertiser_id].suspended
        ]

    def placements(self, site_id: int | None = None, placement_id: int | None = None) -> Sequence[PublishedPlacement]:
        """Return the places that are open: all of them, those of a site, or the one."""
        return self._inventory.published(site_id, placement_id)

    def places_of(self, site_id: int) -> Collection[int]:
        """Return the ids of all places of a site, closed ones too."""
        return self._inventory.placement_ids(site_id)

    def concerned(self, creative_id: int) -> Sequence[int]:
        """Return the campaigns that a change of a creative concerns."""
        return self._ads.campaigns_showing(creative_id)

    def _document(
        self, campaign: ServableCampaign, ads: Sequence[ServableAd], account: Account, calendar: Calendar
    ) -> PublishedCampaign:
        even = campaign.pacing is Pacing.EVEN
        spread = even and campaign.daily_budget_micros is not None
        audience = campaign.targeting
        return PublishedCampaign(
            id=campaign.id,
            public_id=campaign.public_id,
            advertiser_id=campaign.advertiser_id,
            charging=Charging.CLICK if campaign.bid_model is BidModel.CPC else Charging.IMPRESSION,
            price_micros=campaign.price_micros,
            rank_micros=self._rates.to_house(campaign.bid_micros, account.currency),
            even=even,
            daily_micros=campaign.daily_budget_micros,
            windows=calendar.windows(account.zone, _plan(campaign), shaped=spread),
            cap_count=campaign.cap_count or 0,
            cap_window=campaign.cap_window.value if campaign.cap_count and campaign.cap_window else "",
            category=campaign.category,
            countries=audience.countries,
            regions=audience.regions,
            devices=audience.devices,
            systems=audience.systems,
            browsers=audience.browsers,
            languages=audience.languages,
            sites=audience.sites,
            site_mode=audience.site_mode.value,
            keywords=tuple(word.lower() for word in audience.keywords),
            ads=tuple(_published(ad) for ad in ads),
        )


def _plan(campaign: ServableCampaign) -> Plan:
    starts, ends = campaign.starts_at, campaign.ends_at
    return Plan(campaign.hours, seconds(starts) if starts else None, seconds(ends) if ends else None)


def _published(ad: ServableAd) -> PublishedAd:
    return PublishedAd(
        id=ad.id,
        public_id=ad.public_id,
        creative_id=ad.creative_id,
        creative_public_id=ad.creative_public_id,
        size=f"{ad.slot.width}x{ad.slot.height}" if ad.slot else NATIVE,
        weight=ad.weight,
        landing_url=ad.landing_url,
        image=ad.image,
        width=ad.width,
        height=ad.height,
        title=ad.title,
        text=ad.text,
    )


def compare(
    node: Snapshot, placements: Iterable[PublishedPlacement], campaigns: Iterable[PublishedCampaign]
) -> Difference:
    """Hold what a node has against what it should have."""
    has_placements, has_campaigns = node.fingerprints()
    places, old_places = _compared(has_placements, {item.id: fingerprint(item) for item in placements})
    found, old = _compared(has_campaigns, {item.id: fingerprint(item) for item in campaigns})
    return Difference(places, found, old_places, old)


def _compared(has: Mapping[int, str], wanted: Mapping[int, str]) -> tuple[frozenset[int], frozenset[int]]:
    changed = frozenset(key for key, print_ in wanted.items() if has.get(key) != print_)
    return changed, frozenset(has) - frozenset(wanted)
