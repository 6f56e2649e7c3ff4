"""The real servers and the browser that tests need, and where this machine keeps them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

# An ordinary user's PATH often lacks these.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin")


@dataclass(frozen=True)
class Program:
    """Something to be installed: any of its commands will do."""

    title: str
    commands: tuple[str, ...]
    package: str
    image: str | None
    port: int | None

    def find(self) -> Path | None:
        """Return the first of the commands that is installed."""
        return next((path for path in map(find_command, self.commands) if path), None)


MYSQL = Program("MariaDB or MySQL", ("mariadbd", "mysqld"), "mariadb-server", "mysql:8.4", 3306)
REDIS = Program("Redis", ("redis-server", "valkey-server"), "redis-server", "redis:7", 6379)
CLICKHOUSE = Program(
    "ClickHouse", ("clickhouse-server", "clickhouse"), "clickhouse-server", "clickhouse/clickhouse-server:24.8", 9000
)
TARANTOOL = Program("Tarantool", ("tarantool",), "tarantool", "tarantool/tarantool:2.11", 3301)
RABBITMQ = Program("RabbitMQ", ("rabbitmq-server",), "rabbitmq-server", "rabbitmq:3.13", 5672)
CHROMIUM = Program("Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium", None, None)

SERVERS = (MYSQL, REDIS, CLICKHOUSE, TARANTOOL, RABBITMQ)
EVERYTHING = (*SERVERS, CHROMIUM)


def find_command(name: str) -> Path | None:
    """Look a command up on PATH and in the system's own folders."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def require(program: Program) -> Path:
    """Return the program's path or say how to get it."""
    found = program.find()
    if found is None:
        raise RuntimeError(f"{program.title} is not installed: apt-get install {program.package}")
    return found
