"""Letting go of what is over, a bounded piece a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.adapters.serving.local import caps, decisions
from webapp.adapters.serving.local.closing import close
from webapp.adapters.serving.local.funnel import FUNNEL_KEPT_SECONDS, TRAFFIC_KEPT_SECONDS
from webapp.adapters.serving.local.leases import CLOSED_KEPT_SECONDS

if TYPE_CHECKING:
    from webapp.adapters.serving.local.node import Node

#: Rows of a kind one call lets go of.
MOST = 2000
COUNTERS_KEPT_DAYS = 40
DAY_SECONDS = 86_400


def tick(node: Node, now_ms: int) -> int:
    """Let go of what is over; return how many rows went."""
    node.saw(now_ms)
    node.set_meta("seen_ms", node.seen_ms)
    gone = _end_decisions(node, now_ms) + _end_leases(node, now_ms) + node.rates.forget(now_ms)
    gone += _delete_old(node, now_ms)
    node.shown.rank_again()
    node.requests.write(node.connection, now_ms)
    return gone


def _end_decisions(node: Node, now_ms: int) -> int:
    over = decisions.over(node, now_ms, MOST)
    for decision in over:
        decisions.let_go(node, decision)
    return len(over)


def _end_leases(node: Node, now_ms: int) -> int:
    ended = [lent for lent in node.leases.all() if not lent.held and (lent.closing or lent.day_ends * 1000 <= now_ms)]
    for lent in ended:
        close(node, lent)
    return len(ended)


def _delete_old(node: Node, now_ms: int) -> int:
    now_s = now_ms // 1000
    oldest_day = now_s // DAY_SECONDS - COUNTERS_KEPT_DAYS
    return sum(
        (
            _delete(node, "caps", "ends_ms < ?", now_ms),
            caps.drop_gone(node.connection, now_ms, MOST),
            _delete(node, "orders", "ends_ms < ?", now_ms),
            _delete(node, "leases", "closed AND day_ends < ?", now_s - CLOSED_KEPT_SECONDS),
            _delete_all(node, "counters", "day > 0 AND day < ?", oldest_day),
            _delete_all(node, "funnel", "quarter < ?", now_s - FUNNEL_KEPT_SECONDS),
            _delete_all(node, "traffic", "hour < ?", now_s - TRAFFIC_KEPT_SECONDS),
        )
    )


def _delete(node: Node, table: str, condition: str, value: int) -> int:
    statement = f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {condition} LIMIT {MOST})"  # noqa: S608
    return node.connection.execute(statement, (value,)).rowcount


def _delete_all(node: Node, table: str, condition: str, value: int) -> int:
    return node.connection.execute(f"DELETE FROM {table} WHERE {condition}", (value,)).rowcount  # noqa: S608
