"""Pages against a bare Flask route under the same server, warm, one request at a time, in one run.

Two questions: is the page of an advertiser with 1,000 campaigns and 10 million events as quick as that of one with 20
campaigns and 10 thousand (target ≤ 1.5 ×), and how many bare routes does a page cost (target ≤ 60 ×).

    python -m bench.pages
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.estate import email_of
from tests.e2e.live import free_port
from tests.support.people import PASSWORD

ROUNDS = 60
GROWTH_TARGET = 1.5
BARE_TARGET = 60


class Reader:
    """A signed-in reader on one kept connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""

    def request(self, method: str, path: str, body: str = "") -> tuple[int, str, http.client.HTTPResponse]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        kept = dict(pair.split("=", 1) for pair in self.cookie.split("; ") if pair)
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                kept[key] = rest.split(";")[0]
        self.cookie = "; ".join(f"{key}={value}" for key, value in kept.items())
        return answer.status, text, answer

    def sign_in(self, email: str) -> None:
        _, text, _ = self.request("GET", "/sign-in")
        token = re.search(r'name="csrf-token" content="([^"]+)"', text)
        assert token
        form = urllib.parse.urlencode({"csrf_token": token.group(1), "email": email, "password": PASSWORD})
        status, _, _ = self.request("POST", "/sign-in", form)
        assert status == 303, f"signing in answered {status}"

    def seconds(self, path: str) -> float:
        started = time.perf_counter()
        status, _, _ = self.request("GET", path)
        taken = time.perf_counter() - started
        assert status == 200, f"{path} answered {status}"
        return taken


@contextmanager
def serving(arguments: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/health")
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def measure() -> list[tuple[str, float, float]]:
    """Return (page, its median seconds, the bare route's median seconds beside it)."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ports = free_port(), free_port()
        environment = {
            **os.environ,
            "KABINET_INSTANCE": folder,
            "PORT": str(ports[0]),
            "WORKER_THREAD": "0",
            "RATE_LIMITS": "0",
        }
        subprocess.run([sys.executable, "-m", "bench.estate"], env=environment, check=True, stdout=sys.stderr)
        granian = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--workers", "1"]
        bare = [*granian, "--blocking-threads", "8", "--port", str(ports[1]), "--no-ws", "bench.bare:app"]
        stack.enter_context(serving([sys.executable, "-m", "webapp.cli", "serve", "--no-demo"], environment, ports[0]))
        stack.enter_context(serving(bare, environment, ports[1]))
        return [
            row for reader, path, name in pages(ports[0]) for row in [compare(reader, Reader(ports[1]), path, name)]
        ]


def pages(port: int) -> Iterator[tuple[Reader, str, str]]:
    for size in ("small", "big", "wide"):
        reader = Reader(port)
        reader.sign_in(email_of(size))
        if size == "wide":
            _, text, _ = reader.request("GET", "/campaigns")
            found = re.search(r'href="(/campaigns/c_[0-9A-Z]{16})"', text)
            assert found
            yield reader, f"{found.group(1)}?period=90d", "campaign, 300 ads, 90 days"
            continue
        yield reader, "/?period=28d", f"overview, {size}"
        # As many rows on the page for both: the question is what lies beyond the page.
        yield reader, "/campaigns?period=28d&size=25", f"campaign list, {size}"
        if size == "big":
            yield reader, "/campaigns?period=28d&size=50", "campaign list, 50 rows"


def compare(reader: Reader, bare: Reader, path: str, name: str) -> tuple[str, float, float]:
    for _ in range(5):
        reader.seconds(path)
        bare.seconds("/")
    pairs = [(reader.seconds(path), bare.seconds("/")) for _ in range(ROUNDS)]
    return name, statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def main() -> int:
    rows = measure()
    medians = {name: page for name, page, _ in rows}
    missed = 0
    print(f"{'page':<30}{'median, ms':>12}{'bare, ms':>10}{'× bare':>8}")
    for name, page, bare in rows:
        missed += page / bare > BARE_TARGET
        print(f"{name:<30}{page * 1000:>12.2f}{bare * 1000:>10.3f}{page / bare:>8.1f}")
    for page in ("overview", "campaign list"):
        ratio = medians[f"{page}, big"] / medians[f"{page}, small"]
        missed += ratio > GROWTH_TARGET
        print(f"{page}: big ÷ small = {ratio:.2f} (target ≤ {GROWTH_TARGET})")
    print(f"target of × bare: ≤ {BARE_TARGET}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
