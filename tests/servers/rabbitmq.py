"""A private RabbitMQ node, with the port mapper of its own that Erlang insists on."""

from __future__ import annotations

import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pika

from tests.servers.process import Server, free_port, start
from tests.servers.programs import RABBITMQ, find_command, require

if TYPE_CHECKING:
    from collections.abc import Mapping

# Debian's wrapper on the PATH insists on the user rabbitmq; what it wraps runs as whoever starts it.
WRAPPED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def start_rabbitmq(folder: Path, port: int | None = None) -> Server:
    """Start a node on its folder; the same folder and port again continue where it was."""
    chosen = port or free_port()
    (folder / "rabbitmq.conf").write_text("vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 50MB\n")
    settings = [f"{name}={value}" for name, value in _environment(folder, chosen).items()]
    program = WRAPPED if WRAPPED.exists() else require(RABBITMQ)
    # Left to itself Erlang starts a port mapper that outlives everything; ours is of this process group.
    script = f"{_dying_with_us()}{_mapper()} & exec {shlex.quote(str(program))}"
    return start(["env", *settings, "sh", "-c", script], folder, rabbitmq_url(chosen), lambda: rabbitmq_answers(chosen))


def _environment(folder: Path, port: int) -> Mapping[str, str]:
    return {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": "kabinet@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false",
    }


def _mapper() -> str:
    found = find_command("epmd") or next(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"), "epmd")
    return shlex.quote(str(found))


def _dying_with_us() -> str:
    return "setpriv --pdeathsig KILL -- " if find_command("setpriv") else ""


def rabbitmq_url(port: int) -> str:
    """Return the address of a node on a port."""
    return f"amqp://guest:guest@127.0.0.1:{port}/"


def rabbitmq_answers(port: int) -> None:
    """Sign in, or raise."""
    parameters = pika.URLParameters(rabbitmq_url(port))
    parameters.socket_timeout = parameters.stack_timeout = 5
    with closing(pika.BlockingConnection(parameters)):
        pass
