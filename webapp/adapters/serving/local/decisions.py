"""Open decisions: kept in the file until no event of them can count any more."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from webapp.adapters.serving.local.closing import close_if_done
from webapp.domain.delivery.fingerprints import ad_from_wire, to_wire
from webapp.domain.delivery.types import Charging, PublishedAd, Verdict, Visitor
from webapp.domain.delivery.verdicts import OpenDecision

if TYPE_CHECKING:
    from webapp.adapters.serving.local.node import Node

_COLUMNS = (
    "key, decided_ms, keep_until_ms, advertiser_id, campaign_id, ad_id, placement_id, site, size, charging,"
    " price_micros, lease_id, day, impression_ms, impression, viewed, click_ms, click, visitor, campaign, ad"
)
_INSERT = f"INSERT INTO decisions ({_COLUMNS}) VALUES ({', '.join('?' * 21)})"  # noqa: S608
_SELECT = f"SELECT {_COLUMNS} FROM decisions"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision with what was shown, as it was then."""

    decision: OpenDecision
    ad: PublishedAd
    #: The campaign's public id.
    campaign: str


def keep(node: Node, kept: Kept) -> None:
    """Write a new decision."""
    decision = kept.decision
    node.connection.execute(
        _INSERT,
        (decision.key, decision.decided_ms, decision.keep_until_ms, decision.advertiser_id, decision.campaign_id,
         decision.ad_id, decision.placement_id, decision.site, decision.size, int(decision.charging),
         decision.price_micros, decision.lease_id, decision.day, None, Verdict.OK, 0, None, Verdict.OK,
         json.dumps(asdict(_unknown_again(decision.visitor))), kept.campaign, json.dumps(to_wire(kept.ad))),
    )  # fmt: skip


def find(node: Node, key: int, now_ms: int) -> Kept | None:
    """Return a decision whose time is not over; one whose time is over is let go of, tick or no tick."""
    row = node.connection.execute(f"{_SELECT} WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    kept = _kept(row)
    if now_ms <= kept.decision.keep_until_ms:
        return kept
    let_go(node, kept.decision)
    return None


def write(node: Node, decision: OpenDecision) -> None:
    """Write what came of a decision."""
    node.connection.execute(
        "UPDATE decisions SET keep_until_ms = ?, lease_id = ?, impression_ms = ?, impression = ?, viewed = ?,"
        " click_ms = ?, click = ? WHERE key = ?",
        (decision.keep_until_ms, decision.lease_id, decision.impression_ms, decision.impression, decision.viewed,
         decision.click_ms, decision.click, decision.key),
    )  # fmt: skip


def over(node: Node, now_ms: int, most: int) -> list[OpenDecision]:
    """Return decisions whose time is over, the oldest first."""
    rows = node.connection.execute(
        f"{_SELECT} WHERE keep_until_ms < ? ORDER BY keep_until_ms, key LIMIT ?", (now_ms, most)
    )
    return [_kept(row).decision for row in rows]


def let_go(node: Node, decision: OpenDecision) -> None:
    """Forget a decision and free what it holds."""
    release(node, decision)
    node.connection.execute("DELETE FROM decisions WHERE key = ?", (decision.key,))


def release(node: Node, decision: OpenDecision) -> None:
    """Free what a decision holds; a lease that waited for it alone closes."""
    if decision.lease_id:
        lent = node.leases.release(decision.lease_id, decision.price_micros)
        decision.lease_id = 0
        close_if_done(node, lent)


def _kept(row: sqlite3.Row) -> Kept:
    decision = OpenDecision(
        **{name: row[name] for name in _PLAIN},
        charging=Charging(row["charging"]),
        visitor=_visitor(row["visitor"]),
        impression=Verdict(row["impression"]),
        viewed=bool(row["viewed"]),
        click=Verdict(row["click"]),
    )
    return Kept(decision, ad_from_wire(json.loads(row["ad"])), row["campaign"])


def _unknown_again(visitor: Visitor) -> Visitor:
    """Leave out what frequency caps alone may know of a person beyond the day."""
    return replace(visitor, user_key="")


def _visitor(text: str) -> Visitor:
    values = json.loads(text)
    return Visitor(**{**values, "suspect": Verdict(values["suspect"])})


_PLAIN = (
    *("key", "decided_ms", "keep_until_ms", "advertiser_id", "campaign_id", "ad_id", "placement_id", "site", "size"),
    *("price_micros", "lease_id", "day", "impression_ms", "click_ms"),
)
