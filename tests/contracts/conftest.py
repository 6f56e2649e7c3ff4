"""Every serving store, each test on an empty node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.serving import Desk
from webapp.adapters.serving.local import LocalServingStore
from webapp.domain.delivery.types import Limits


@pytest.fixture(params=["local", "tarantool"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk before each kind of serving store in turn."""
    if request.param == "local":
        store = LocalServingStore(tmp_path, 1, Limits())
        yield Desk(store)
        store.close()
        return
    from webapp.adapters.serving.tarantool import TarantoolServingStore

    servers = request.getfixturevalue("servers")
    node = TarantoolServingStore.from_url(servers.serving_urls[0], Limits())
    node.migrate()
    node.wipe()
    yield Desk(node)
