"""Real servers for tests, started privately on free loopback ports in a temporary folder."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.servers.clickhouse import start_clickhouse
from tests.servers.mysql import start_mysql
from tests.servers.process import free_port
from tests.servers.rabbitmq import rabbitmq_url, start_rabbitmq
from tests.servers.redis import start_redis
from tests.servers.tarantool import given_nodes, start_tarantool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers.process import Server

# Addresses of servers to use instead of starting our own, such as a MySQL 9.
DATABASE_VARIABLE = "KABINET_TEST_DATABASE_URL"
REDIS_VARIABLE = "KABINET_TEST_REDIS_URL"
ANALYTICS_VARIABLE = "KABINET_TEST_ANALYTICS_URL"
# Two of them, separated by a comma.
SERVING_VARIABLE = "KABINET_TEST_SERVING_URLS"
BUS_VARIABLE = "KABINET_TEST_BUS_URL"
NODES = (1, 2)


@dataclass(frozen=True)
class Servers:
    """Where the servers of a test run answer."""

    mysql_url: str
    redis_url: str
    clickhouse_url: str
    #: Two Tarantools, nodes 1 and 2.
    serving_urls: tuple[str, ...] = ()
    bus_url: str = ""
    #: RabbitMQ takes seconds to start, so it is started by the first test that needs it; asking again is no error.
    start_bus: Callable[[], None] = lambda: None


@contextmanager
def running_servers(tmp: Path) -> Iterator[Servers]:
    """Start what the environment does not name already, wait until all answer, stop them at the end."""
    with ExitStack() as stack:
        # All are started before any is waited for; MySQL last, because its data folder is made first.
        started = [
            _given_or_started(stack, ANALYTICS_VARIABLE, start_clickhouse, tmp / "clickhouse"),
            _given_or_started(stack, REDIS_VARIABLE, start_redis, tmp / "redis"),
            _given_or_started(stack, DATABASE_VARIABLE, start_mysql, tmp / "mysql"),
        ]
        nodes = _nodes(stack, tmp)
        for server in (*started, *nodes):
            if not isinstance(server, str):
                server.wait()
        analytics, queue, database = (server if isinstance(server, str) else server.url for server in started)
        serving = tuple(node if isinstance(node, str) else node.url for node in nodes)
        bus_url, start_bus = _bus(stack, tmp / "rabbitmq")
        yield Servers(database, queue, analytics, serving, bus_url, start_bus)


def _bus(stack: ExitStack, folder: Path) -> tuple[str, Callable[[], None]]:
    """Return where the bus will answer, and what starts it."""
    if given := os.environ.get(BUS_VARIABLE):
        return given, lambda: None
    port = free_port()

    @cache
    def begin() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        server = start_rabbitmq(folder, port)
        stack.callback(server.stop)
        server.wait()

    return rabbitmq_url(port), begin


def _nodes(stack: ExitStack, tmp: Path) -> list[Server | str]:
    if given := given_nodes(SERVING_VARIABLE):
        return list(given)
    servers: list[Server | str] = []
    for node in NODES:
        folder = tmp / f"tarantool{node}"
        folder.mkdir(parents=True, exist_ok=True)
        server = start_tarantool(folder, node)
        stack.callback(server.stop)
        servers.append(server)
    return servers


def _given_or_started(stack: ExitStack, variable: str, start: Callable[[Path], Server], folder: Path) -> Server | str:
    if given := os.environ.get(variable):
        return given
    folder.mkdir(parents=True, exist_ok=True)
    server = start(folder)
    stack.callback(server.stop)
    return server
