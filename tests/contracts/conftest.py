"""Every serving store, each test on an empty node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import SERVING_VARIABLE, Servers
from tests.servers.tarantool import given_nodes, start_tarantool
from tests.support.serving import Desk
from webapp.adapters.serving.local import LocalServingStore
from webapp.domain.delivery.types import Limits


@pytest.fixture(scope="session")
def servers(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers, with a serving node of the contracts' own: they empty it again and again."""
    if given := given_nodes(SERVING_VARIABLE):
        yield replace(servers, serving_urls=given[-1:])
        return
    node = start_tarantool(tmp_path_factory.mktemp("contracts"), 1)
    node.wait()
    yield replace(servers, serving_urls=(node.url,))
    node.stop()


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
