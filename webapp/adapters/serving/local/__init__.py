"""A serving node in this process, over SQLite."""

from __future__ import annotations

from webapp.adapters.serving.local.store import LocalServingStore

__all__ = ["LocalServingStore"]
