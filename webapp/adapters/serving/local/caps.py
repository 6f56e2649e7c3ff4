"""How often a person was shown a campaign."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from webapp.domain.delivery.types import PublishedCampaign, Window

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
#: Longer than a budget day anywhere, counted from the start of its number in UTC.
DAY_KEPT_MS = 3 * DAY_MS
CAMPAIGN_KEPT_MS = 400 * DAY_MS
#: A campaign that is withdrawn for longer begins anew with everybody.
GONE_KEPT_MS = 7 * DAY_MS


def is_reached(
    connection: sqlite3.Connection, campaign: PublishedCampaign, window: Window, user_key: str, now_ms: int
) -> bool:
    """Tell whether a person has seen a campaign as often as it wants."""
    if not campaign.cap_count or not user_key:
        return False
    key = (campaign.id, user_key, _bucket(campaign.cap_window, window, now_ms)[0])
    query = "SELECT shown FROM caps WHERE campaign_id = ? AND user_key = ? AND bucket = ?"
    row = connection.execute(query, key).fetchone()
    return row is not None and row[0] >= campaign.cap_count


def count(
    connection: sqlite3.Connection, campaign: PublishedCampaign, window: Window, user_key: str, now_ms: int
) -> None:
    """Count one more time."""
    if not campaign.cap_count or not user_key:
        return
    bucket, ends_ms = _bucket(campaign.cap_window, window, now_ms)
    connection.execute(
        "INSERT INTO caps VALUES (?, ?, ?, 1, ?) ON CONFLICT (campaign_id, user_key, bucket)"
        " DO UPDATE SET shown = shown + 1, ends_ms = excluded.ends_ms",
        (campaign.id, user_key, bucket, ends_ms),
    )


def campaigns_went(connection: sqlite3.Connection, campaign_ids: Iterable[int], now_ms: int) -> None:
    """Note since when these are withdrawn."""
    connection.executemany("INSERT OR REPLACE INTO gone VALUES (?, ?)", [(id, now_ms) for id in campaign_ids])


def campaigns_came(connection: sqlite3.Connection, campaign_ids: Iterable[int]) -> None:
    """Note that these are published."""
    connection.executemany("DELETE FROM gone WHERE campaign_id = ?", [(id,) for id in campaign_ids])


def drop_gone(connection: sqlite3.Connection, now_ms: int, most: int) -> int:
    """Drop at most so many counts of campaigns that were withdrawn long ago; return how many."""
    dropped = 0
    query = "SELECT campaign_id FROM gone WHERE since_ms < ? ORDER BY since_ms LIMIT ?"
    for (campaign_id,) in connection.execute(query, (now_ms - GONE_KEPT_MS, most)).fetchall():
        rows = "SELECT rowid FROM caps WHERE campaign_id = ? LIMIT ?"
        statement = f"DELETE FROM caps WHERE rowid IN ({rows})"  # noqa: S608
        dropped += connection.execute(statement, (campaign_id, most - dropped)).rowcount
        if dropped >= most:
            break
        connection.execute("DELETE FROM gone WHERE campaign_id = ?", (campaign_id,))
    return dropped


def _bucket(cap_window: str, window: Window, now_ms: int) -> tuple[int, int]:
    """Return the number of the stretch a cap is for, and until when its count is kept."""
    if cap_window == "hour":
        hour = now_ms // HOUR_MS
        return hour, (hour + 1) * HOUR_MS
    if cap_window == "day":
        return window.day, window.day * DAY_MS + DAY_KEPT_MS
    return 0, now_ms + CAMPAIGN_KEPT_MS
