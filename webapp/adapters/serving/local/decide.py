"""Answering requests."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from webapp.adapters.serving.local import caps, decisions
from webapp.adapters.serving.local.decisions import Kept
from webapp.adapters.serving.local.rates import Asked
from webapp.adapters.serving.local.walk import Passing, walk
from webapp.domain.delivery.candidates import Ask, choose_ad
from webapp.domain.delivery.types import (
    Charging,
    Decision,
    DecisionRequest,
    NoFill,
    PublishedAd,
    Removal,
    Trace,
    Verdict,
    Wanted,
)
from webapp.domain.delivery.verdicts import OpenDecision

if TYPE_CHECKING:
    from webapp.adapters.serving.local.node import Node


def decide(node: Node, request: DecisionRequest) -> list[Decision]:
    """Choose an ad for each placement in order."""
    node.saw(request.now_ms)
    asked = node.rates.asked(request.visitor, request.now_ms, len(request.wanted))
    if asked is Asked.FAR_TOO_MUCH:
        return [Decision(wanted.placement, wanted.key, NoFill.RATE) for wanted in request.wanted]
    if asked is Asked.TOO_MUCH and not request.visitor.suspect:
        request = replace(request, visitor=replace(request.visitor, suspect=Verdict.RATE))
    node.requests.came(request.now_ms)
    won: set[int] = set()
    made: list[Decision] = []
    for wanted in request.wanted:
        decision = _decide_one(node, request, wanted, won)
        won.add(decision.campaign_id)
        made.append(decision)
    return made


def trace(node: Node, request: DecisionRequest) -> list[Trace]:
    """Tell what each placement's request would meet."""
    return [_trace_one(node, request, wanted) for wanted in request.wanted]


def _decide_one(node: Node, request: DecisionRequest, wanted: Wanted, won: set[int]) -> Decision:
    placement = node.shown.placements.get(wanted.placement)
    if placement is None:
        return Decision(wanted.placement, wanted.key, NoFill.UNKNOWN_PLACEMENT)
    if kept := decisions.find(node, wanted.key, request.now_ms):
        return _answer(wanted, kept, repeated=True)
    node.requests.asked(request.now_ms, placement.size)
    ask = Ask.of(request, placement)
    outcome = walk(node, ask, won)
    for campaign_id, removal in outcome.removed:
        node.requests.removed(request.now_ms, campaign_id, removal)
    if outcome.winner is None:
        reason = NoFill.NONE_ELIGIBLE if placement.size in node.shown.by_size else NoFill.NO_CAMPAIGN
        return Decision(wanted.placement, wanted.key, reason, placement_id=placement.id, size=placement.size)
    node.requests.removed(request.now_ms, outcome.winner.candidate.campaign.id, Removal.WON)
    return _answer(wanted, _win(node, ask, wanted, outcome.winner), repeated=False)


def _win(node: Node, ask: Ask, wanted: Wanted, passing: Passing) -> Kept:
    campaign = passing.candidate.campaign
    ad = choose_ad(passing.candidate.ads[ask.placement.size], wanted.dice)
    lease_id = 0
    if not ask.visitor.suspect:
        caps.count(node.connection, campaign, passing.window, ask.visitor.user_key, ask.now_ms)
        if campaign.charging is Charging.IMPRESSION:
            lease_id = _hold(node, ask, passing)
    kept = Kept(_open(node, ask, wanted, passing, ad, lease_id), ad, campaign.public_id)
    decisions.keep(node, kept)
    return kept


def _hold(node: Node, ask: Ask, passing: Passing) -> int:
    price = passing.candidate.campaign.price_micros
    node.leases.hold(passing.lent, price, ask.now_ms)
    if passing.bucket is not None:
        passing.bucket.take(price)
    return passing.lent.lease_id


def _open(node: Node, ask: Ask, wanted: Wanted, passing: Passing, ad: PublishedAd, lease_id: int) -> OpenDecision:
    campaign = passing.candidate.campaign
    decision = OpenDecision(
        key=wanted.key,
        decided_ms=ask.now_ms,
        keep_until_ms=0,
        advertiser_id=campaign.advertiser_id,
        campaign_id=campaign.id,
        ad_id=ad.id,
        placement_id=ask.placement.id,
        site=ask.placement.site,
        size=ask.placement.size,
        charging=campaign.charging,
        price_micros=campaign.price_micros,
        lease_id=lease_id,
        day=passing.window.day,
        visitor=ask.visitor,
    )
    decision.keep(node.limits)
    return decision


def _answer(wanted: Wanted, kept: Kept, repeated: bool) -> Decision:
    decision = kept.decision
    return Decision(
        placement=wanted.placement,
        key=wanted.key,
        repeated=repeated,
        placement_id=decision.placement_id,
        advertiser_id=decision.advertiser_id,
        campaign_id=decision.campaign_id,
        ad=kept.ad,
        size=decision.size,
    )


def _trace_one(node: Node, request: DecisionRequest, wanted: Wanted) -> Trace:
    placement = node.shown.placements.get(wanted.placement)
    if placement is None:
        return Trace(NoFill.UNKNOWN_PLACEMENT, ())
    ranked = node.shown.by_size.get(placement.size)
    if not ranked:
        return Trace(NoFill.NO_CAMPAIGN, ())
    outcome = walk(node, Ask.of(request, placement), frozenset(), trying=True)
    met = dict(outcome.removed)
    if outcome.winner is not None:
        met[outcome.winner.candidate.campaign.id] = Removal.WON
    walked = [candidate.campaign.id for candidate in islice(ranked, node.limits.most_candidates)]
    campaigns = tuple((campaign_id, met.get(campaign_id, Removal.BID)) for campaign_id in walked)
    return Trace(None if outcome.winner else NoFill.NONE_ELIGIBLE, campaigns)
