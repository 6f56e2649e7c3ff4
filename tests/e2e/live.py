"""Live servers of both profiles for the browser: `kabinet serve` as people start it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from clickhouse_driver import Client
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.contracts.test_mailer import MailServer
from tests.servers import Servers
from webapp.settings import Profile

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
LETTER_SECONDS = 30


@dataclass
class Live:
    """A running cabinet."""

    url: str
    profile: Profile
    environment: dict[str, str]
    log: Path
    letters: list[str] = field(default_factory=list)

    def kabinet(self, *arguments: str, feed: str | None = None) -> str:
        """Run a `kabinet` command beside the server and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "webapp.cli", *arguments],
            env=self.environment, cwd=ROOT, input=feed, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"kabinet {arguments} left with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def link_for(self, address: str, kind: str) -> str:
        """Wait for the newest letter to an address and return its link of this kind (`confirm`, `reset`)."""
        deadline = time.monotonic() + LETTER_SECONDS
        while time.monotonic() < deadline:
            for letter in reversed(self._letters()):
                found = re.search(rf"{re.escape(self.url)}/{kind}/\S+", letter)
                if address in letter and found:
                    return found.group(0)
            time.sleep(0.2)
        raise AssertionError(f"no {kind} letter to {address} within {LETTER_SECONDS} s")

    def _letters(self) -> list[str]:
        if self.profile is Profile.STACK:
            return [letter.replace("=\r\n", "").replace("=3D", "=") for letter in self.letters]
        return self.log.read_text(errors="replace").split("--- mail to ")[1:]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def live(profile: Profile, folder: Path, servers: Servers | None, *, demo: bool = False) -> Iterator[Live]:
    """Start a cabinet on a free port and stop it, and all it started, at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KABINET_")},
        "KABINET_PROFILE": str(profile),
        "KABINET_INSTANCE": str(folder / "instance"),
        # Figures stand still while a test looks at them.
        "LIVE_DEMO": "0",
        "PORT": str(port),
        "RATE_LIMITS": "0",
        "PYTHONUNBUFFERED": "1",
    }
    with ExitStack() as stack:
        running = Live(url, profile, environment, folder / "serve.log")
        if profile is Profile.STACK:
            assert servers is not None
            environment.update(_stack_environment(stack, running, servers))
            running.kabinet("migrate")
            stack.enter_context(process(["worker"], environment, folder / "worker.log"))
        stack.enter_context(process(["serve", "--demo" if demo else "--no-demo"], environment, running.log))
        _wait(url, running.log)
        yield running


def _stack_environment(stack: ExitStack, running: Live, servers: Servers) -> dict[str, str]:
    """Give the live cabinet databases and queues of its own: its worker must not take the work of other tests."""
    mail = stack.enter_context(_mail_server())
    running.letters = mail.letters
    name = f"live_{secrets.token_hex(4)}"
    database = make_url(servers.mysql_url)
    server = create_engine(database, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    server.dispose()
    analytics = urlsplit(servers.clickhouse_url)
    client = Client.from_url(servers.clickhouse_url)
    client.execute(f"CREATE DATABASE {name}")
    client.disconnect()
    return {
        "SECRET_KEY": "end-to-end-tests-only-0123456789-abcdefghijk",
        "DATABASE_URL": database.set(database=name).render_as_string(hide_password=False),
        "ANALYTICS_URL": analytics._replace(path=f"/{name}").geturl(),
        "REDIS_URL": urlsplit(servers.redis_url)._replace(path="/7").geturl(),
        "SERVING_URLS": " ".join(servers.serving_urls),
        "BUS_URL": servers.bus_url,
        "MAIL_URL": f"smtp://127.0.0.1:{mail.server_address[1]}",
    }


@contextmanager
def _mail_server() -> Iterator[MailServer]:
    import threading

    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def process(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a `kabinet` command until the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.cli", *arguments],
            env=environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the cabinet does not answer:\n{log.read_text(errors='replace')[-4000:]}")
