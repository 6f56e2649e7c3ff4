"""Taking events: judged, charged, marked, logged, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.adapters.serving.local import decisions, orders
from webapp.adapters.serving.local.closing import close_if_done
from webapp.adapters.serving.local.decisions import Kept
from webapp.adapters.serving.local.leases import Lent
from webapp.domain.delivery.types import Charging, EventKind, IncomingEvent, LogRecord, Recorded, Verdict
from webapp.domain.delivery.verdicts import UNMARKED, Judge, OpenDecision

if TYPE_CHECKING:
    from webapp.adapters.serving.local.node import Node


def record(node: Node, event: IncomingEvent) -> Recorded:
    """Judge an event, charge what it costs, append it to the log."""
    if event.kind is EventKind.LEASE_CLOSED:
        raise ValueError(f"{event.kind} is written by the node alone")
    node.saw(event.now_ms)
    kept = decisions.find(node, event.key, event.now_ms)
    decision = kept.decision if kept else None
    verdict = Judge(node.limits, node.rates.too_many, lambda order: _known_order(node, order)).judge(event, decision)
    payer = _payer(node, event, decision, verdict)
    if payer is None and _to_pay(event, decision, verdict):
        verdict = Verdict.BUDGET
    charged = decision.price_micros if payer and decision else 0
    seq = node.log.next_seq
    node.log.append(_line(node, event, decision, verdict, payer, charged))
    if event.verdict is Verdict.OK:
        _settle(node, event, decision, verdict, payer)
    return Recorded(verdict, seq, charged, *_landing(node, event, kept))


def _to_pay(event: IncomingEvent, decision: OpenDecision | None, verdict: Verdict) -> bool:
    """Tell whether it is this event of the decision that costs."""
    if decision is None or verdict is not Verdict.OK:
        return False
    paid = EventKind.IMPRESSION if decision.charging is Charging.IMPRESSION else EventKind.CLICK
    return event.kind is paid


def _payer(node: Node, event: IncomingEvent, decision: OpenDecision | None, verdict: Verdict) -> Lent | None:
    """Return the lease that pays for the event, after it has paid."""
    if decision is None or not _to_pay(event, decision, verdict):
        return None
    price = decision.price_micros
    if decision.charging is Charging.IMPRESSION:
        lent = node.leases.get(decision.lease_id)
    else:
        lent = node.leases.find(decision.campaign_id, event.now_ms, price)
    if lent is None:
        return None
    node.leases.charge(lent, price, event.now_ms, held=bool(decision.lease_id))
    decision.lease_id = 0
    return lent


def _settle(
    node: Node, event: IncomingEvent, decision: OpenDecision | None, verdict: Verdict, payer: Lent | None
) -> None:
    """Mark the decision, free what a filtered impression held, close a lease that waited for it, count."""
    if decision is None or verdict in UNMARKED:
        return
    if event.kind is EventKind.CONVERSION:
        _remember_order(node, event, verdict)
        return
    decision.mark(event, verdict, node.limits)
    if event.kind is EventKind.IMPRESSION:
        decisions.release(node, decision)
    decisions.write(node, decision)
    close_if_done(node, payer)
    if decision.charging is Charging.CLICK and payer:
        _slow_down(node, decision, payer)
    if verdict is Verdict.OK and event.kind in (EventKind.IMPRESSION, EventKind.CLICK):
        click = int(event.kind is EventKind.CLICK)
        node.shown.count(decision.campaign_id, 1 - click, click)


def _slow_down(node: Node, decision: OpenDecision, payer: Lent) -> None:
    bucket = node.buckets.get(decision.campaign_id)
    if bucket is not None and bucket.day == payer.day:
        bucket.take(decision.price_micros)


def _line(
    node: Node, event: IncomingEvent, decision: OpenDecision | None, verdict: Verdict, payer: Lent | None, charged: int
) -> LogRecord:
    known = decision.visitor if decision else event.visitor
    return LogRecord(
        seq=node.log.next_seq,
        kind=event.kind,
        verdict=verdict,
        at_ms=event.now_ms,
        decided_ms=decision.decided_ms if decision else event.decided_s * 1000,
        key=event.key,
        advertiser_id=decision.advertiser_id if decision else event.advertiser_id,
        campaign_id=decision.campaign_id if decision else event.campaign_id,
        ad_id=decision.ad_id if decision else event.ad_id,
        placement_id=decision.placement_id if decision else event.placement_id,
        site=decision.site if decision else _site(node, event.placement_id),
        charged_micros=charged,
        lease_id=payer.lease_id if payer else 0,
        day=payer.day if payer else _day(node, event, decision),
        country=known.country,
        region=known.region,
        device=known.device,
        os=known.os,
        browser=known.browser,
        ip_prefix=event.visitor.ip_prefix or known.ip_prefix,
        user_day=event.visitor.user_day or known.user_day,
        value_micros=event.value_micros,
        sale=event.sale,
    )


def _day(node: Node, event: IncomingEvent, decision: OpenDecision | None) -> int:
    if decision is not None:
        return decision.day
    candidate = node.shown.campaigns.get(event.campaign_id)
    window = candidate.window_at(event.now_ms) if candidate else None
    return window.day if window else 0


def _site(node: Node, placement_id: int) -> str:
    placement = node.shown.placement_ids.get(placement_id)
    return placement.site if placement else ""


def _landing(node: Node, event: IncomingEvent, kept: Kept | None) -> tuple[str, dict[str, str]]:
    """Return where a click goes, whatever its verdict: the person is not to be punished."""
    if event.kind is not EventKind.CLICK:
        return "", {}
    if kept is not None:
        ad, campaign, site = kept.ad, kept.campaign, kept.decision.site
    else:
        published = node.shown.ad(event.campaign_id, event.ad_id)
        if published is None:
            return "", {}
        ad, campaign = published, node.shown.campaigns[event.campaign_id].campaign.public_id
        site = _site(node, event.placement_id)
    return ad.landing_url, {
        "campaign_id": campaign,
        "ad_id": ad.public_id,
        "creative_id": ad.creative_public_id,
        "site": site,
        "click_id": str(event.key),
    }


def _known_order(node: Node, event: IncomingEvent) -> bool:
    return orders.holder(node.connection, event.advertiser_id, event.order, event.now_ms) is not None


def _remember_order(node: Node, event: IncomingEvent, verdict: Verdict) -> None:
    if event.order and verdict is Verdict.OK:
        ends_ms = event.now_ms + node.limits.click_window_seconds * 1000
        orders.keep(node.connection, event.advertiser_id, event.order, event.key, ends_ms)
