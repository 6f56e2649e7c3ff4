"""Versions of the analytics tables, in order; a published version is never edited."""

from __future__ import annotations

from webapp.adapters.analytics.versions import v0001_facts, v0002_compact_columns

ALL = (v0001_facts.VERSION, v0002_compact_columns.VERSION)
