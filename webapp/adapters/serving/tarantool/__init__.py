"""A serving node on a Tarantool."""

from __future__ import annotations

from webapp.adapters.serving.tarantool.store import TarantoolServingStore

__all__ = ["TarantoolServingStore"]
