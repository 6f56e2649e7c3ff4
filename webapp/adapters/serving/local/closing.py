"""The end of a lease: its last word in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.adapters.serving.local.leases import Lent
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict

if TYPE_CHECKING:
    from webapp.adapters.serving.local.node import Node


def close_if_done(node: Node, lent: Lent | None) -> None:
    """Close a lease that may spend no more once nothing of it is held."""
    if lent is not None and lent.closing and not lent.held:
        close(node, lent)


def close(node: Node, lent: Lent) -> None:
    """Say what a lease spent in all, and drop it."""
    node.leases.close(lent)
    node.log.append(
        LogRecord(
            seq=node.log.next_seq,
            kind=EventKind.LEASE_CLOSED,
            verdict=Verdict.OK,
            at_ms=node.seen_ms or lent.day_starts * 1000,
            decided_ms=0,
            key=0,
            advertiser_id=lent.advertiser_id,
            campaign_id=lent.campaign_id,
            ad_id=0,
            placement_id=0,
            site="",
            charged_micros=lent.spent,
            lease_id=lent.lease_id,
            day=lent.day,
        )
    )
