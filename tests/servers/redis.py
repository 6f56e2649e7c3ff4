"""A private Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis import Redis

from tests.servers.process import Server, free_port, start
from tests.servers.programs import REDIS, require

if TYPE_CHECKING:
    from pathlib import Path


def start_redis(folder: Path) -> Server:
    """Start the server; it keeps nothing on disk."""
    port = free_port()
    options = {"bind": "127.0.0.1", "port": str(port), "save": "", "appendonly": "no", "dir": str(folder)}
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return start([require(REDIS), *flags], folder, redis_url(port), lambda: redis_answers(port))


def redis_url(port: int) -> str:
    """Return the address of a server on a port."""
    return f"redis://127.0.0.1:{port}/0"


def redis_answers(port: int) -> None:
    """Ping, or raise."""
    with Redis(host="127.0.0.1", port=port, socket_timeout=5) as client:
        client.ping()
