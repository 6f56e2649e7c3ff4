"""Versions of the analytics tables, in order; a published version is never edited."""

from __future__ import annotations

from webapp.adapters.analytics.versions import (
    v0001_facts,
    v0002_compact_columns,
    v0003_events,
    v0004_compact_events,
    v0005_credits,
)

ALL = (
    v0001_facts.VERSION,
    v0002_compact_columns.VERSION,
    v0003_events.VERSION,
    v0004_compact_events.VERSION,
    v0005_credits.VERSION,
)
