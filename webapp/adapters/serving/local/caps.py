"""How often a person was shown a campaign."""

from __future__ import annotations

import sqlite3

from webapp.domain.delivery.types import PublishedCampaign, Window

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
#: Longer than a budget day anywhere, counted from the start of its number in UTC.
DAY_KEPT_MS = 3 * DAY_MS
CAMPAIGN_KEPT_MS = 400 * DAY_MS


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


def _bucket(cap_window: str, window: Window, now_ms: int) -> tuple[int, int]:
    """Return the number of the stretch a cap is for, and until when its count is kept."""
    if cap_window == "hour":
        hour = now_ms // HOUR_MS
        return hour, (hour + 1) * HOUR_MS
    if cap_window == "day":
        return window.day, window.day * DAY_MS + DAY_KEPT_MS
    return 0, now_ms + CAMPAIGN_KEPT_MS
