"""What is sent to a node and what comes back: flat lists, words as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from webapp.domain.delivery.fingerprints import fingerprint
from webapp.domain.delivery.types import (
    Counted,
    Decision,
    DecisionRequest,
    EventKind,
    FunnelHour,
    IncomingEvent,
    LeaseState,
    Limits,
    LogRecord,
    NodeState,
    NoFill,
    PublishedAd,
    PublishedCampaign,
    PublishedPlacement,
    Recorded,
    Removal,
    Trace,
    Verdict,
    Wanted,
)

# These numbers are kept on disk by the nodes: never give one another meaning.
KINDS = {
    EventKind.IMPRESSION: 1,
    EventKind.VIEW: 2,
    EventKind.CLICK: 3,
    EventKind.CONVERSION: 4,
    EventKind.LEASE_CLOSED: 5,
}
VERDICTS = {
    Verdict.OK: 0,
    Verdict.DUPLICATE: 1,
    Verdict.EXPIRED: 2,
    Verdict.BAD_SIGNATURE: 3,
    Verdict.BOT_UA: 4,
    Verdict.DATACENTER: 5,
    Verdict.CLICK_WITHOUT_IMPRESSION: 6,
    Verdict.VIEW_WITHOUT_IMPRESSION: 7,
    Verdict.TOO_FAST: 8,
    Verdict.RATE: 9,
    Verdict.FREQUENCY: 10,
    Verdict.BUDGET: 11,
}
REMOVALS = {
    Removal.SITE: 1,
    Removal.SCHEDULE: 2,
    Removal.TARGETING: 3,
    Removal.FREQUENCY: 4,
    Removal.PACING: 5,
    Removal.BUDGET: 6,
    Removal.BID: 7,
    Removal.WON: 8,
}
NO_FILLS = {
    NoFill.UNKNOWN_PLACEMENT: 1,
    NoFill.NO_CAMPAIGN: 2,
    NoFill.NONE_ELIGIBLE: 3,
    NoFill.RATE: 4,
    NoFill.STORE: 5,
}
CAP_WINDOWS = {"hour": 0, "day": 1, "campaign": 2}
SITE_MODES = {"all": 0, "only": 1, "except": 2}

_KINDS = {number: kind for kind, number in KINDS.items()}
_VERDICTS = {number: verdict for verdict, number in VERDICTS.items()}
_REMOVALS = {number: removal for removal, number in REMOVALS.items()}
_NO_FILLS = {number: reason for reason, number in NO_FILLS.items()}
_NO_DAILY = -1


def limits_row(limits: Limits) -> list[int]:
    """Return limits as limits.lua names them."""
    milliseconds = (
        limits.hold_seconds,
        limits.click_seconds,
        limits.click_window_seconds,
        limits.view_window_seconds,
    )
    return [
        *(seconds * 1000 for seconds in milliseconds),
        limits.fastest_click_ms,
        limits.impressions_a_minute,
        limits.clicks_a_minute,
        limits.user_impressions_a_minute,
        limits.user_clicks_a_minute,
        limits.most_candidates,
        limits.prior_ctr_millionths,
        limits.prior_impressions,
        limits.decisions_a_minute,
        limits.user_decisions_a_minute,
    ]


def placement_row(placement: PublishedPlacement) -> list[Any]:
    """Return a placement as snapshot.lua keeps it."""
    return [
        placement.id,
        placement.public_id,
        fingerprint(placement),
        placement.site_id,
        placement.site_public_id,
        placement.site,
        placement.size,
        placement.floor_micros,
        placement.categories,
        placement.site.lower(),
    ]


def campaign_row(campaign: PublishedCampaign) -> list[Any]:
    """Return a campaign as snapshot.lua keeps it, its ads last."""
    lists = (
        campaign.countries,
        campaign.regions,
        campaign.devices,
        campaign.systems,
        campaign.browsers,
        campaign.languages,
    )
    return [
        campaign.id,
        fingerprint(campaign),
        campaign.public_id,
        campaign.advertiser_id,
        int(campaign.charging),
        campaign.price_micros,
        campaign.rank_micros,
        campaign.even,
        _NO_DAILY if campaign.daily_micros is None else campaign.daily_micros,
        [value for window in campaign.windows for value in (window.starts, window.ends, window.weight, window.day)],
        campaign.cap_count,
        CAP_WINDOWS.get(campaign.cap_window, CAP_WINDOWS["campaign"]),
        campaign.category,
        *lists,
        [site.lower() for site in campaign.sites],
        SITE_MODES.get(campaign.site_mode, SITE_MODES["except"]),
        campaign.keywords,
        [_ad_row(campaign, ad) for ad in campaign.ads],
    ]


def _ad_row(campaign: PublishedCampaign, ad: PublishedAd) -> list[Any]:
    return [
        campaign.public_id,
        ad.id,
        ad.public_id,
        ad.creative_id,
        ad.creative_public_id,
        ad.size,
        ad.weight,
        ad.landing_url,
        ad.image,
        ad.width,
        ad.height,
        ad.title,
        ad.text,
    ]


def request_arguments(request: DecisionRequest) -> list[Any]:
    """Return a request as decide.lua takes it: who and where, then placement, key and dice of each that is wanted."""
    visitor = request.visitor
    arguments: list[Any] = [
        request.now_ms,
        request.site.lower(),
        request.keywords,
        visitor.country,
        visitor.region,
        visitor.device,
        visitor.os,
        visitor.browser,
        visitor.language,
        visitor.ip_prefix,
        visitor.user_day,
        visitor.user_key,
        VERDICTS[visitor.suspect],
    ]
    for wanted in request.wanted:
        arguments += (wanted.placement, wanted.key, wanted.dice)
    return arguments


def decision(wanted: Wanted, answer: Sequence[Any]) -> Decision:
    """Read the answer for one placement."""
    reason, repeated, placement_id, advertiser_id, campaign_id, size, *ad = answer
    return Decision(
        wanted.placement, wanted.key, _NO_FILLS[reason] if reason else None, repeated, placement_id, advertiser_id,
        campaign_id, _ad(ad[0]) if ad else None, size,
    )  # fmt: skip


@lru_cache(20_000)
def _ad(row: tuple[Any, ...]) -> PublishedAd:
    """Read an ad; few ads make up most answers."""
    _version, _campaign, ad_id, public_id, creative_id, creative_public_id, size, weight, landing_url, *rest = row
    return PublishedAd(
        ad_id, public_id, creative_id, creative_public_id, size, weight, landing_url, rest[0], rest[1], rest[2],
        rest[3], rest[4],
    )  # fmt: skip


def trace(answer: Sequence[Any]) -> Trace:
    """Read what a request would meet."""
    reason, campaigns = answer
    met = tuple((campaign_id, _REMOVALS[removal]) for campaign_id, removal in campaigns)
    return Trace(_NO_FILLS[reason] if reason else None, met)


def event_arguments(event: IncomingEvent) -> list[Any]:
    """Return an event as record.lua takes it."""
    visitor = event.visitor
    return [
        KINDS[event.kind],
        event.now_ms,
        event.key,
        event.placement_id,
        event.advertiser_id,
        event.campaign_id,
        event.ad_id,
        event.decided_s,
        VERDICTS[event.verdict],
        event.order,
        event.value_micros,
        event.sale,
        visitor.country,
        visitor.region,
        visitor.device,
        visitor.os,
        visitor.browser,
        visitor.ip_prefix,
        visitor.user_day,
        VERDICTS[visitor.suspect],
    ]


def recorded(event: IncomingEvent, answer: Sequence[Any]) -> Recorded:
    """Read what became of an event."""
    verdict, seq, charged, landing_url, macros = answer
    if not macros:
        return Recorded(_VERDICTS[verdict], seq, charged, landing_url)
    names = dict(zip(("campaign_id", "ad_id", "creative_id", "site"), macros, strict=True))
    return Recorded(_VERDICTS[verdict], seq, charged, landing_url, {**names, "click_id": str(event.key)})


def log_record(row: Sequence[Any]) -> LogRecord:
    """Read a line of the log."""
    seq, kind, verdict, *rest = row
    return LogRecord(seq, _KINDS[kind], _VERDICTS[verdict], *rest)


def node_state(answer: Sequence[Any]) -> NodeState:
    """Read how a node stands."""
    leases, hungry, first_seq, last_seq, open_decisions, seen_ms = answer
    return NodeState(
        tuple(LeaseState(*lease) for lease in leases), frozenset(hungry), first_seq, last_seq, open_decisions, seen_ms
    )


def counted(row: Sequence[Any]) -> Counted:
    """Read a counter."""
    campaign_id, day, kind, verdict, events, charged = row
    return Counted(campaign_id, day, _KINDS[kind], _VERDICTS[verdict], events, charged)


def funnel_hour(campaign_id: int, row: Sequence[int]) -> FunnelHour:
    """Read a quarter hour of the funnel."""
    quarter, seen, *removed = row
    return FunnelHour(campaign_id, quarter, seen, {_REMOVALS[n]: count for n, count in enumerate(removed, 1) if count})
