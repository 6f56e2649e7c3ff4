"""Orders of conversions: each counts once for its advertiser."""

from __future__ import annotations

import sqlite3


def holder(connection: sqlite3.Connection, advertiser_id: int, order: str, now_ms: int) -> int | None:
    """Return the key of the decision an order was counted for, None when it is free."""
    query = "SELECT key FROM orders WHERE advertiser_id = ? AND name = ? AND ends_ms >= ?"
    row = connection.execute(query, (advertiser_id, order, now_ms)).fetchone()
    return int(row[0]) if row else None


def keep(connection: sqlite3.Connection, advertiser_id: int, order: str, key: int, ends_ms: int) -> None:
    """Remember an order until an instant."""
    query = "INSERT OR REPLACE INTO orders (advertiser_id, name, ends_ms, key) VALUES (?, ?, ?, ?)"
    connection.execute(query, (advertiser_id, order, ends_ms, key))


def claim(connection: sqlite3.Connection, advertiser_id: int, order: str, key: int, now_ms: int, ends_ms: int) -> bool:
    """Keep an order for a decision; False when another has it."""
    if holder(connection, advertiser_id, order, now_ms) not in (None, key):
        return False
    keep(connection, advertiser_id, order, key, ends_ms)
    return True


def release(connection: sqlite3.Connection, advertiser_id: int, order: str, key: int) -> None:
    """Let go of an order this decision keeps."""
    query = "DELETE FROM orders WHERE advertiser_id = ? AND name = ? AND key = ?"
    connection.execute(query, (advertiser_id, order, key))
