"""Why a campaign is not shown more: what became of the requests it could have had, and what one request would meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.core.clock import Clock
from webapp.core.errors import Unavailable
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.publishing import Publishing
from webapp.domain.delivery.shape import FLAT
from webapp.domain.delivery.types import (
    DecisionRequest,
    FunnelHour,
    NoFill,
    PublishedAd,
    Removal,
    Trace,
    Visitor,
    Wanted,
)

#: How far the funnel looks back.
FUNNEL = timedelta(hours=24)
#: What takes a request away, in the order it is asked.
STEPS = (
    Removal.SITE,
    Removal.SCHEDULE,
    Removal.TARGETING,
    Removal.FREQUENCY,
    Removal.PACING,
    Removal.BUDGET,
    Removal.BID,
)
#: Which campaign stands in a preview when none would be shown to somebody unknown.
_NEARLY = (Removal.WON, Removal.BID, Removal.PACING, Removal.FREQUENCY, Removal.TARGETING)


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of the requests a campaign could have had."""

    seen: int = 0
    removed: dict[Removal, int] = field(default_factory=dict)
    #: Nodes that did not answer: their requests are missing.
    silent: tuple[int, ...] = ()

    @property
    def won(self) -> int:
        """Return the requests it was chosen for."""
        return self.removed.get(Removal.WON, 0)

    def lost(self, step: Removal) -> int:
        """Return the requests a step took away; those nobody looked at were lost to a higher bid."""
        if step is not Removal.BID:
            return self.removed.get(step, 0)
        return self.removed.get(step, 0) + max(0, self.seen - sum(self.removed.values()))


class Outcome(StrEnum):
    """What a request would come to for one campaign, beside the removals."""

    WON = "won"
    OUTBID = "outbid"
    #: Not among those a node may show: paused, without an approved ad of the size, over.
    NOT_THERE = "not_there"


@dataclass(frozen=True, slots=True)
class Told:
    """What one campaign would meet; `reason` is a Removal or an Outcome."""

    campaign_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a request would meet, as its advertiser may know it."""

    told: tuple[Told, ...]
    #: Why nothing would stand there, None when something would.
    no_fill: NoFill | None
    #: The own campaign that would win; None when another advertiser's would, or nobody's.
    winner: int | None
    #: Somebody else's campaign would stand there.
    others_win: bool


class Explainer:
    """Asks the serving nodes; what belongs to other advertisers stays unnamed."""

    def __init__(self, nodes: Sequence[ServingStore], clock: Clock, publishing: Publishing) -> None:
        self._nodes = nodes
        self._clock = clock
        self._publishing = publishing

    def since(self) -> datetime:
        """Return from when the funnel counts: a full quarter of an hour."""
        start = self._clock.now() - FUNNEL
        return start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)

    def funnel(self, campaign_id: int) -> Funnel:
        """Return the funnel of a campaign over all nodes that answer; the caller has checked whose it is."""
        since = int(self.since().timestamp())
        hours: list[FunnelHour] = []
        silent = []
        for node in self._nodes:
            try:
                hours += node.funnel(campaign_id, since)
            except Unavailable:
                silent.append(node.node)
        return replace(_summed(hours), silent=tuple(silent))

    def simulate(self, request: DecisionRequest, own: Sequence[int]) -> Simulated:
        """Return what the first placement of a request would meet on a node that answers, for an advertiser's own.

        Raises Unavailable when no node answers.
        """
        return _told(self._trace(request), own)

    def standing(self, placement: str) -> PublishedAd | None:
        """Return the ad that could stand at a place now, for somebody of whom nothing is known; nothing is counted."""
        now_ms = int(self._clock.now().timestamp() * 1000)
        request = DecisionRequest(now_ms, (Wanted(placement, 0, 0),), Visitor())
        try:
            trace = self._trace(request)
        except Unavailable:
            return None
        size = next((place.size for place in self._publishing.placements() if place.public_id == placement), "")
        for wanted in _NEARLY:
            for campaign_id, removal in trace.campaigns:
                ad = self._ad_of(campaign_id, size) if removal is wanted else None
                if ad is not None:
                    return ad
        return None

    def _ad_of(self, campaign_id: int, size: str) -> PublishedAd | None:
        documents = self._publishing.campaigns(FLAT, (campaign_id,))
        return next((ad for document in documents for ad in document.ads if ad.size == size), None)

    def _trace(self, request: DecisionRequest) -> Trace:
        failure: Unavailable | None = None
        for node in self._nodes:
            try:
                return next(iter(node.trace(request)))
            except Unavailable as error:
                failure = error
        raise failure or Unavailable("No serving node is set up.")


def _summed(hours: Iterable[FunnelHour]) -> Funnel:
    seen, removed = 0, dict.fromkeys(Removal, 0)
    for hour in hours:
        seen += hour.seen
        for removal, count in hour.removed.items():
            removed[removal] += count
    return Funnel(seen, removed)


def _told(trace: Trace, own: Sequence[int]) -> Simulated:
    found = dict(trace.campaigns)
    winner = next((campaign for campaign, removal in trace.campaigns if removal is Removal.WON), None)
    mine = set(own)
    told = tuple(Told(campaign, found[campaign].value if campaign in found else Outcome.NOT_THERE) for campaign in own)
    return Simulated(
        told=told,
        no_fill=trace.reason,
        winner=winner if winner in mine else None,
        others_win=winner is not None and winner not in mine,
    )
