"""The node's one file: its tables, and how it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

FILE = "serving.sqlite3"

#: Each brings the file one version further; `user_version` says how many were done.
MIGRATIONS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE placements (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, document TEXT NOT NULL);
    CREATE TABLE campaigns (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, document TEXT NOT NULL);
    CREATE TABLE totals (
        campaign_id INTEGER PRIMARY KEY, impressions INTEGER NOT NULL, clicks INTEGER NOT NULL);
    CREATE TABLE leases (
        number INTEGER PRIMARY KEY, lease_id INTEGER NOT NULL UNIQUE, campaign_id INTEGER NOT NULL,
        advertiser_id INTEGER NOT NULL, amount INTEGER NOT NULL, held INTEGER NOT NULL, spent INTEGER NOT NULL,
        day INTEGER NOT NULL, day_starts INTEGER NOT NULL, day_ends INTEGER NOT NULL, closing INTEGER NOT NULL,
        closed INTEGER NOT NULL, used_ms INTEGER NOT NULL,
        CHECK (held >= 0 AND spent >= 0 AND held + spent <= amount));
    CREATE INDEX leases_by_end ON leases (closed, day_ends);
    CREATE TABLE decisions (
        key INTEGER PRIMARY KEY, decided_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL,
        advertiser_id INTEGER NOT NULL, campaign_id INTEGER NOT NULL, ad_id INTEGER NOT NULL,
        placement_id INTEGER NOT NULL, site TEXT NOT NULL, size TEXT NOT NULL, charging INTEGER NOT NULL,
        price_micros INTEGER NOT NULL, lease_id INTEGER NOT NULL, day INTEGER NOT NULL, impression_ms INTEGER,
        impression TEXT NOT NULL, viewed INTEGER NOT NULL, click_ms INTEGER, click TEXT NOT NULL,
        visitor TEXT NOT NULL, campaign TEXT NOT NULL, ad TEXT NOT NULL);
    CREATE INDEX decisions_by_end ON decisions (keep_until_ms);
    CREATE TABLE log (
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, verdict TEXT NOT NULL, at_ms INTEGER NOT NULL,
        decided_ms INTEGER NOT NULL, key INTEGER NOT NULL, advertiser_id INTEGER NOT NULL,
        campaign_id INTEGER NOT NULL, ad_id INTEGER NOT NULL, placement_id INTEGER NOT NULL, site TEXT NOT NULL,
        charged_micros INTEGER NOT NULL, lease_id INTEGER NOT NULL, day INTEGER NOT NULL, country TEXT NOT NULL,
        region TEXT NOT NULL, device TEXT NOT NULL, os TEXT NOT NULL, browser TEXT NOT NULL,
        ip_prefix TEXT NOT NULL, user_day TEXT NOT NULL, value_micros INTEGER NOT NULL, sale INTEGER NOT NULL);
    CREATE TABLE counters (
        campaign_id INTEGER NOT NULL, day INTEGER NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL,
        events INTEGER NOT NULL, charged_micros INTEGER NOT NULL,
        PRIMARY KEY (campaign_id, day, kind, verdict)) WITHOUT ROWID;
    CREATE INDEX counters_by_day ON counters (day);
    CREATE TABLE caps (
        campaign_id INTEGER NOT NULL, user_key TEXT NOT NULL, bucket INTEGER NOT NULL, shown INTEGER NOT NULL,
        ends_ms INTEGER NOT NULL, PRIMARY KEY (campaign_id, user_key, bucket));
    CREATE INDEX caps_by_end ON caps (ends_ms);
    CREATE TABLE orders (
        advertiser_id INTEGER NOT NULL, name TEXT NOT NULL, ends_ms INTEGER NOT NULL,
        PRIMARY KEY (advertiser_id, name));
    CREATE INDEX orders_by_end ON orders (ends_ms);
    CREATE TABLE funnel (
        campaign_id INTEGER NOT NULL, quarter INTEGER NOT NULL, step TEXT NOT NULL, requests INTEGER NOT NULL,
        PRIMARY KEY (campaign_id, quarter, step)) WITHOUT ROWID;
    CREATE INDEX funnel_by_quarter ON funnel (quarter);
    CREATE TABLE traffic (hour INTEGER PRIMARY KEY, requests INTEGER NOT NULL);
    INSERT INTO meta VALUES ('fence_ms', 0), ('seen_ms', 0), ('snapshot', 0);
    -- A file made anew begins where none before it can have come.
    INSERT INTO meta VALUES ('first_seq', CAST(strftime('%s', 'now') AS INTEGER) * 1000000);
    """,
    """
    ALTER TABLE orders ADD COLUMN key INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE gone (campaign_id INTEGER PRIMARY KEY, since_ms INTEGER NOT NULL);
    CREATE INDEX gone_by_since ON gone (since_ms);
    INSERT INTO gone SELECT DISTINCT campaign_id, CAST(strftime('%s', 'now') AS INTEGER) * 1000 FROM caps
        WHERE campaign_id NOT IN (SELECT id FROM campaigns);
    """,
)

TABLES = (
    *("meta", "placements", "campaigns", "totals", "leases", "decisions", "log", "counters", "caps", "orders"),
    *("funnel", "traffic", "gone"),
)


def open_file(folder: Path) -> sqlite3.Connection:
    """Return a connection to the folder's file, made and brought up to date where needed."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / FILE, timeout=10, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing so; against a power cut see `Node.reach_disk`.
    connection.execute("PRAGMA synchronous = NORMAL")
    migrate(connection)
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Do the migrations that are missing, one transaction each."""
    while (done := int(connection.execute("PRAGMA user_version").fetchone()[0])) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if int(connection.execute("PRAGMA user_version").fetchone()[0]) == done:
                for statement in MIGRATIONS[done].split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {done + 1}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
