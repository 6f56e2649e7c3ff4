"""Kabinet as an operator runs it, every process and server of it killable: what dies is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.clickhouse import start_clickhouse
from tests.servers.mysql import start_mysql
from tests.servers.process import Server, free_port
from tests.servers.rabbitmq import start_rabbitmq
from tests.servers.redis import start_redis
from tests.servers.tarantool import start_tarantool

ROOT = Path(__file__).resolve().parents[2]
SERVER_KEY = "fault-tests-server-key"
#: Process → what `kabinet` is called with.
PROCESSES: dict[str, tuple[str, ...]] = {
    "web": ("serve", "--no-demo", "--surface", "delivery"),
    "ingest": ("loops", "ingest"),
    "settle": ("loops", "settle"),
    "relay": ("loops", "relay", "consumers"),
    "rest": ("loops", "publisher", "allocator", "housekeeping"),
}


@dataclass
class Process:
    """One process of Kabinet."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "webapp.cli", *self.arguments],
                env=dict(self.environment), cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """End it, and what it started, at once."""
        if self.running is not None and self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


@dataclass
class Fleet:
    """Every server and process, by name."""

    environment: dict[str, str]
    servers: dict[str, Server]
    processes: dict[str, Process] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Return where the delivery surface answers."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    def victims(self) -> list[str]:
        """Name everything that may be killed, processes and servers in turns."""
        return ["ingest", "tarantool1", "settle", "clickhouse", "relay", "mysql", "web", "rabbitmq", "redis", "rest",
                "tarantool2"]  # fmt: skip

    def kill(self, name: str) -> None:
        """Kill one; servers come back after a moment, processes by the supervisor."""
        self.kills.append(name)
        if name in self.processes:
            with self._guard:
                self.processes[name].kill()
            return
        self.servers[name].kill()
        time.sleep(0.3)
        self.servers[name].revive()

    def supervise(self) -> None:
        """Start again what died, until the end."""
        while not self._stop.wait(0.2):
            with self._guard:
                for process in self.processes.values():
                    if process.running is None or process.running.poll() is not None:
                        process.start()

    def kabinet(self, *arguments: str) -> str:
        """Run a command and return what it printed."""
        done = subprocess.run([sys.executable, "-m", "webapp.cli", *arguments], env=self.environment, cwd=ROOT,
                              capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
        assert done.returncode == 0, f"kabinet {arguments} left with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def end(self) -> None:
        """End every process; nothing is started any more."""
        self._stop.set()
        with self._guard:
            for process in self.processes.values():
                process.kill()

    def tails(self, lines: int = 12) -> str:
        """Return the ends of all logs, for the message of a failure."""
        logs = [process.log for process in self.processes.values() if process.log.exists()]
        return "\n".join(f"== {log.stem}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
                         for log in logs)  # fmt: skip


@contextmanager
def running_fleet(folder: Path) -> Iterator[Fleet]:
    """Start servers of its own; the caller migrates, fills and launches the processes."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name, start in (
            ("clickhouse", start_clickhouse),
            ("redis", start_redis),
            ("tarantool1", lambda place: start_tarantool(place, 1)),
            ("tarantool2", lambda place: start_tarantool(place, 2)),
            ("rabbitmq", start_rabbitmq),
            ("mysql", start_mysql),
        ):
            (folder / name).mkdir(parents=True)
            servers[name] = start(folder / name)
            stack.callback(servers[name].stop)
        for server in servers.values():
            server.wait()
        fleet = Fleet(_environment(folder, servers), servers)
        stack.callback(fleet.end)
        yield fleet


def launch(fleet: Fleet, folder: Path) -> None:
    """Start the processes and who watches over them."""
    for name, arguments in PROCESSES.items():
        fleet.processes[name] = Process(name, arguments, fleet.environment, folder / f"{name}.log")
    threading.Thread(target=fleet.supervise, daemon=True).start()


def _environment(folder: Path, servers: Mapping[str, Server]) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("KABINET_")}
    return {
        **outside,
        "KABINET_PROFILE": "stack",
        "KABINET_INSTANCE": str(folder / "instance"),
        "SECRET_KEY": "fault-tests-only-0123456789-abcdefghijklmn",
        "DATABASE_URL": servers["mysql"].url,
        "ANALYTICS_URL": servers["clickhouse"].url,
        "REDIS_URL": servers["redis"].url,
        "SERVING_URLS": f"{servers['tarantool1'].url} {servers['tarantool2'].url}",
        "BUS_URL": servers["rabbitmq"].url,
        "MAIL_URL": "smtp://127.0.0.1:1",
        "PORT": str(free_port()),
        "PROXIES": "1",
        "SERVER_KEYS": SERVER_KEY,
        "PYTHONUNBUFFERED": "1",
    }
