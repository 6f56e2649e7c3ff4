"""Serving stores: Tarantool, or the same in this process."""

from __future__ import annotations

from urllib.parse import urlsplit

from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import Limits


def serving_from_url(url: str, limits: Limits | None = None) -> ServingStore:
    """Return the node at an address: `tarantool://user:password@host:3301?node=1` or `local:///folder?node=1`."""
    chosen = limits or Limits()
    if urlsplit(url).scheme == "tarantool":
        from webapp.adapters.serving.tarantool import TarantoolServingStore

        return TarantoolServingStore.from_url(url, chosen)
    from webapp.adapters.serving.local import LocalServingStore

    return LocalServingStore.from_url(url, chosen)
