"""Containers in place of servers this machine cannot install."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import (
    ANALYTICS_VARIABLE,
    BUS_VARIABLE,
    DATABASE_VARIABLE,
    NODES,
    REDIS_VARIABLE,
    SERVING_VARIABLE,
)
from tests.servers.clickhouse import clickhouse_answers, clickhouse_url
from tests.servers.mysql import DATABASE, PASSWORD, mysql_answers, mysql_url
from tests.servers.process import wait_for
from tests.servers.programs import CLICKHOUSE, MYSQL, RABBITMQ, REDIS, TARANTOOL, Program
from tests.servers.rabbitmq import rabbitmq_answers, rabbitmq_url
from tests.servers.redis import redis_answers, redis_url
from tests.servers.tarantool import INIT, node_settings, tarantool_answers, tarantool_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VARIABLES = {
    MYSQL: DATABASE_VARIABLE,
    REDIS: REDIS_VARIABLE,
    CLICKHOUSE: ANALYTICS_VARIABLE,
    TARANTOOL: SERVING_VARIABLE,
    RABBITMQ: BUS_VARIABLE,
}
URLS: dict[Program, Callable[[int], str]] = {
    MYSQL: mysql_url,
    REDIS: redis_url,
    CLICKHOUSE: clickhouse_url,
    RABBITMQ: rabbitmq_url,
}
PROBES: dict[Program, Callable[[int], object]] = {
    MYSQL: mysql_answers,
    REDIS: redis_answers,
    CLICKHOUSE: clickhouse_answers,
    RABBITMQ: rabbitmq_answers,
}
OPTIONS: dict[Program, list[str]] = {
    MYSQL: [
        *("-e", f"MYSQL_ROOT_PASSWORD={PASSWORD}", "-e", f"MYSQL_DATABASE={DATABASE}"),
        *("-e", f"MYSQL_USER={DATABASE}", "-e", f"MYSQL_PASSWORD={PASSWORD}"),
    ],
    REDIS: [],
    # Without this newer images let nobody in over the network who has no password.
    CLICKHOUSE: ["-e", "CLICKHOUSE_SKIP_USER_SETUP=1", "-e", "TZ=UTC"],
    RABBITMQ: [],
}
# Our user makes databases and triggers, as the one of a server started here does.
GRANT = f"GRANT ALL PRIVILEGES ON *.* TO '{DATABASE}'@'%'; SET PERSIST log_bin_trust_function_creators = 1"


def named(program: Program) -> bool:
    """Say whether the environment names a server to use for this."""
    return program in VARIABLES and bool(os.environ.get(VARIABLES[program]))


def usable() -> bool:
    """Say whether a Docker daemon answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


@contextmanager
def containers(programs: list[Program]) -> Iterator[dict[str, str]]:
    """Run a container for each program; give the variables that name them; remove them at the end."""
    with ExitStack() as stack:
        single = [program for program in programs if program != TARANTOOL]
        addresses = {VARIABLES[TARANTOOL]: _nodes(stack)} if TARANTOOL in programs else {}
        ports = {program: _start(stack, program) for program in single}
        for program, port in ports.items():
            wait_for(partial(PROBES[program], port), program.title)
        yield {**addresses, **{VARIABLES[program]: URLS[program](port) for program, port in ports.items()}}


def _nodes(stack: ExitStack) -> str:
    """Start every serving node on the image's own folder, with our init.lua."""
    settings = [*_node_variables(), "-v", f"{INIT}:/kabinet/init.lua:ro"]
    urls = []
    for node in NODES:
        assert TARANTOOL.image is not None
        command = ["run", "--rm", "-d", "-p", f"127.0.0.1::{TARANTOOL.port}", *settings, TARANTOOL.image]
        identity = _docker(*command, "tarantool", "/kabinet/init.lua")
        stack.callback(_docker, "rm", "-f", identity)
        port = _port(identity, TARANTOOL)
        wait_for(partial(tarantool_answers, port), f"{TARANTOOL.title} {node}")
        urls.append(tarantool_url(port, node))
    return ",".join(urls)


def _node_variables() -> list[str]:
    values = node_settings(Path("/var/lib/tarantool"), TARANTOOL.port or 0, host="0.0.0.0")
    return [word for name, value in values.items() for word in ("-e", f"{name}={value}")]


def _start(stack: ExitStack, program: Program) -> int:
    assert program.image is not None
    print(f"starting {program.image} in Docker", flush=True)
    identity = _docker("run", "--rm", "-d", "-p", f"127.0.0.1::{program.port}", *OPTIONS[program], program.image)
    stack.callback(_docker, "rm", "-f", identity)
    if program == MYSQL:
        wait_for(lambda: _docker("exec", identity, "mysql", f"-p{PASSWORD}", "-h127.0.0.1", "-e", GRANT), program.title)
    return _port(identity, program)


def _port(identity: str, program: Program) -> int:
    return int(_docker("port", identity, str(program.port)).splitlines()[0].rsplit(":", 1)[1])


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()
