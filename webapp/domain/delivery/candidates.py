"""Who may have a request: ranking, and the reasons for removal that follow from published things alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from webapp.domain.delivery.types import (
    Charging,
    DecisionRequest,
    Limits,
    PublishedAd,
    PublishedCampaign,
    PublishedPlacement,
    Removal,
    Visitor,
    Window,
)

MILLION = 1_000_000
_STARTS = attrgetter("starts")


@dataclass(frozen=True, slots=True)
class Ask:
    """One placement's question: where, when, who, about what."""

    placement: PublishedPlacement
    #: Domain of the page.
    site: str
    now_ms: int
    visitor: Visitor
    keywords: frozenset[str]

    @classmethod
    def of(cls, request: DecisionRequest, placement: PublishedPlacement) -> Ask:
        """Return what a request asks for one placement."""
        site = (request.site or placement.site).lower()
        return cls(placement, site, request.now_ms, request.visitor, frozenset(request.keywords))


@dataclass(slots=True, eq=False)
class Candidate:
    """A published campaign, laid out for quick questions."""

    campaign: PublishedCampaign
    ads: dict[str, tuple[PublishedAd, ...]]
    #: What 1,000 of its impressions bring, in micros of the house's currency; the rank.
    ecpm_micros: int = 0
    #: Counted events of the campaign on this node, for the smoothed click rate.
    impressions: int = 0
    clicks: int = 0
    #: Each list of the targeting that is not empty, beside the field of the visitor it is about.
    _wanted: tuple[tuple[str, frozenset[str]], ...] = ()
    _keywords: frozenset[str] = frozenset()
    _sites: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, campaign: PublishedCampaign, impressions: int, clicks: int, limits: Limits) -> Candidate:
        """Lay out a campaign and rank it."""
        candidate = cls(campaign, _by_size(campaign.ads), impressions=impressions, clicks=clicks)
        candidate.rank(limits)
        candidate._wanted = tuple((name, frozenset(wanted)) for name, wanted in _targeting(campaign) if wanted)
        candidate._keywords = frozenset(campaign.keywords)
        candidate._sites = frozenset(site.lower() for site in campaign.sites)
        return candidate

    @property
    def order(self) -> tuple[int, int]:
        """Return the place among others: the dearest first, the older of equals."""
        return (-self.ecpm_micros, self.campaign.id)

    def rank(self, limits: Limits) -> None:
        """Reckon the eCPM anew."""
        self.ecpm_micros = ecpm_micros(self.campaign, self.impressions, self.clicks, limits)

    def window_at(self, now_ms: int) -> Window | None:
        """Return the window an instant lies in."""
        place = self._place(now_ms)
        return None if place < 0 else self.campaign.windows[place]

    def weight_after(self, window: Window) -> int:
        """Return the weight of the windows of the same day that come after one."""
        windows = self.campaign.windows
        first = bisect_right(windows, window.starts, key=_STARTS)
        weight = 0
        for later in windows[first:]:
            if later.day != window.day:
                break
            weight += later.weight
        return weight

    def removal(self, ask: Ask, window: Window | None) -> Removal | None:
        """Return why it may not stand there, as far as published things tell; None when it may."""
        if not self._fits_site(ask):
            return Removal.SITE
        if self.ecpm_micros < ask.placement.floor_micros:
            return Removal.BID
        if window is None:
            return Removal.SCHEDULE
        return None if self._reaches(ask) else Removal.TARGETING

    def _place(self, now_ms: int) -> int:
        now_s = now_ms // 1000
        place = bisect_right(self.campaign.windows, now_s, key=_STARTS) - 1
        return place if place >= 0 and now_s < self.campaign.windows[place].ends else -1

    def _fits_site(self, ask: Ask) -> bool:
        categories = ask.placement.categories
        if categories and self.campaign.category not in categories:
            return False
        mode = self.campaign.site_mode
        return mode == "all" or covers(self._sites, ask.site) == (mode == "only")

    def _reaches(self, ask: Ask) -> bool:
        visitor = ask.visitor
        if any(getattr(visitor, name) not in wanted for name, wanted in self._wanted):
            return False
        return not self._keywords or not self._keywords.isdisjoint(ask.keywords)


def ecpm_micros(campaign: PublishedCampaign, impressions: int, clicks: int, limits: Limits) -> int:
    """Return what 1,000 impressions bring: the bid, or the bid per click by the smoothed click rate."""
    if campaign.charging is Charging.IMPRESSION:
        return campaign.rank_micros
    known = clicks * MILLION + limits.prior_ctr_millionths * limits.prior_impressions
    return campaign.rank_micros * (known // max(impressions + limits.prior_impressions, 1)) // 1000


def covers(domains: Iterable[str], site: str) -> bool:
    """Tell whether a site is one of the domains, or below one."""
    known = domains if isinstance(domains, frozenset) else frozenset(domains)
    while site:
        if site in known:
            return True
        site = site.partition(".")[2]
    return False


def choose_ad(ads: Sequence[PublishedAd], dice: int) -> PublishedAd:
    """Return the ad the dice (in [0, 2^31)) fall on, each as often as its weight."""
    total = sum(max(ad.weight, 0) for ad in ads)
    pick = dice * total >> 31
    for ad in ads:
        pick -= max(ad.weight, 0)
        if pick < 0:
            return ad
    return ads[0]


def _by_size(ads: Iterable[PublishedAd]) -> dict[str, tuple[PublishedAd, ...]]:
    found: dict[str, list[PublishedAd]] = {}
    for ad in ads:
        found.setdefault(ad.size, []).append(ad)
    return {size: tuple(same) for size, same in found.items()}


def _targeting(campaign: PublishedCampaign) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("country", campaign.countries),
        ("region", campaign.regions),
        ("device", campaign.devices),
        ("os", campaign.systems),
        ("browser", campaign.browsers),
        ("language", campaign.languages),
    )
