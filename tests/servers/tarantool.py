"""A private Tarantool: one serving node."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import tarantool

from tests.servers.process import Server, free_port, start
from tests.servers.programs import TARANTOOL, require

if TYPE_CHECKING:
    from collections.abc import Mapping

USER = PASSWORD = "kabinet"
INIT = Path(__file__).parents[2] / "webapp/adapters/serving/tarantool/init.lua"
MEMORY_MB = "256"


def start_tarantool(folder: Path, node: int, port: int | None = None) -> Server:
    """Start a node on its folder; the same folder and port again continue where it was."""
    chosen = port or free_port()
    settings = node_settings(folder, chosen)
    command: list[str | Path] = [
        "env",
        *(f"{name}={value}" for name, value in settings.items()),
        require(TARANTOOL),
        INIT,
    ]
    return start(command, folder, tarantool_url(chosen, node), lambda: tarantool_answers(chosen))


def node_settings(folder: Path, port: int, host: str = "127.0.0.1") -> Mapping[str, str]:
    """Return the environment that init.lua reads."""
    values = {"LISTEN": f"{host}:{port}", "USER": USER, "PASSWORD": PASSWORD, "FOLDER": str(folder)}
    return {f"KABINET_NODE_{name}": value for name, value in {**values, "MEMORY": MEMORY_MB, "WIPE": "yes"}.items()}


def tarantool_url(port: int, node: int) -> str:
    """Return the address of a node on a port."""
    return f"tarantool://{USER}:{PASSWORD}@127.0.0.1:{port}?node={node}"


def tarantool_answers(port: int) -> None:
    """Sign in as our user and ping, or raise."""
    options = {"fetch_schema": False, "connection_timeout": 2, "socket_timeout": 5, "reconnect_max_attempts": 0}
    with closing(tarantool.Connection("127.0.0.1", port, user=USER, password=PASSWORD, **options)) as client:
        client.ping()


def given_nodes(variable: str) -> tuple[str, ...]:
    """Return the nodes a variable names, separated by commas or spaces."""
    return tuple(url for url in re.split(r"[,\s]+", os.environ.get(variable, "")) if url)
