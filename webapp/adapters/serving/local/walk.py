"""Walking the candidates of a size from the dearest down, until one may have the request."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from webapp.adapters.serving.local import caps
from webapp.adapters.serving.local.leases import Lent
from webapp.domain.delivery.candidates import Ask, Candidate
from webapp.domain.delivery.pacing import Bucket, Day, refilled
from webapp.domain.delivery.types import Removal, Window

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from webapp.adapters.serving.local.node import Node


@dataclass(frozen=True, slots=True)
class Passing:
    """A candidate nothing removes."""

    candidate: Candidate
    window: Window
    lent: Lent
    #: Its pace as refilled for this request; None when it is not paced.
    bucket: Bucket | None


@dataclass(slots=True)
class Outcome:
    """What a walk met."""

    winner: Passing | None = None
    #: The campaigns walked past, with what removed each.
    removed: list[tuple[int, Removal]] = field(default_factory=list)


def walk(node: Node, ask: Ask, won: AbstractSet[int], trying: bool = False) -> Outcome:
    """Find who gets the request: one that won none of it yet before one that did; `trying` leaves no trace."""
    outcome = Outcome()
    spare: Passing | None = None
    for candidate in islice(node.shown.by_size.get(ask.placement.size, ()), node.limits.most_candidates):
        met = _meet(node, ask, candidate, trying)
        if isinstance(met, Removal):
            outcome.removed.append((candidate.campaign.id, met))
        elif candidate.campaign.id not in won:
            outcome.winner = met
            return outcome
        else:
            spare = spare or met
    outcome.winner = spare
    return outcome


def _meet(node: Node, ask: Ask, candidate: Candidate, trying: bool) -> Removal | Passing:
    campaign = candidate.campaign
    window = candidate.window_at(ask.now_ms)
    removal = candidate.removal(ask, window)
    if removal is not None or window is None:
        return removal or Removal.SCHEDULE
    if caps.is_reached(node.connection, campaign, window, ask.visitor.user_key, ask.now_ms):
        return Removal.FREQUENCY
    bucket = _bucket(node, candidate, window, ask.now_ms)
    if bucket is not None:
        if not trying:
            node.buckets[campaign.id] = bucket
        if not bucket.allows(campaign.price_micros):
            return Removal.PACING
    lent = node.leases.find(campaign.id, ask.now_ms, campaign.price_micros)
    if lent is None:
        if not trying:
            node.hungry.add(campaign.id)
        return Removal.BUDGET
    return Passing(candidate, window, lent, bucket)


def _bucket(node: Node, candidate: Candidate, window: Window, now_ms: int) -> Bucket | None:
    campaign = candidate.campaign
    if not campaign.even or campaign.daily_micros is None:
        return None
    left = campaign.daily_micros - node.leases.day_used(campaign.id, window.day)
    today = Day(window, candidate.weight_after(window), left)
    return refilled(node.buckets.get(campaign.id), today, campaign.price_micros, now_ms)
