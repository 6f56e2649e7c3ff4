"""The delivery surface with Tarantool against bare Flask routes that return the same bytes, under the same server.

Targets: requests a second ≥ 60 % of the bare route's; p99 at half of one's own load ≤ 4 × the bare route's.

    python -m bench.delivery [--seconds 4] [--rounds 3] [--threads 4]
"""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.pages import serving
from bench.serving import LIMITS
from tests.e2e.live import free_port
from tests.servers.tarantool import start_tarantool
from tests.support.serving import DAY_SECONDS, ad, campaign, lease, placement, whole_days
from webapp.adapters.serving import serving_from_url
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.tokens import DeliveryTokens, Token, TokenKind
from webapp.domain.delivery.types import DecisionRequest, EventKind, IncomingEvent, Visitor, Wanted

SECRET = "a-secret-for-benchmarks-only-0123456789"
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
RATE_TARGET = 0.6
LATENCY_TARGET = 4.0
CONNECTIONS = 16
#: As many people as no rate limit is met by.
PEOPLE = 20_000
BATCH = 20
NEVER_MS = 4_000_000_000_000
NAMES = ("decision", "impression", "click")


@dataclass(frozen=True)
class Run:
    """What wrk measured."""

    rate: float
    median_ms: float
    p99_ms: float
    requests: int
    errors: int


def address(number: int) -> str:
    """Return one person's address; all live in networks of their own."""
    return f"{11 + number % 80}.{number // 80 % 256}.{number // 20_480 % 256}.7"


def publish(store: ServingStore) -> None:
    today = int(time.time()) // DAY_SECONDS
    store.migrate()
    shown = [
        campaign(1, windows=whole_days(today - 1), ads=(ad(11, landing_url="https://shop.example/p?click={click_id}"),))
    ]
    shown += [campaign(n, windows=whole_days(today - 1), rank_micros=1000 + n) for n in range(2, 101)]
    store.publish((placement(1),), shown)
    store.grant(lease(1, 1, 10**12, today), NEVER_MS)


class Prepared:
    """Decisions made ahead, so that each pixel and click is sent once with a token of its own."""

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._tokens = DeliveryTokens(SECRET)
        self._keys = itertools.count(1)
        self._people = itertools.count()

    def lines(self, name: str, count: int) -> list[str]:
        if name == "decision":
            return [f"/d/decision\t{address(number)}" for number in range(PEOPLE)]
        return [self._line(name) for _ in range(count)]

    def _line(self, name: str) -> str:
        number = next(self._people) % PEOPLE
        now_ms = time.time_ns() // 1_000_000
        visitor = Visitor(user_key=f"{number:016x}", user_day=f"{number:016x}", ip_prefix=address(number))
        key = next(self._keys)
        (made,) = self._store.decide(DecisionRequest(now_ms, (Wanted("pl_1", key, 0),), visitor))
        assert made.ad is not None
        kind = TokenKind.IMPRESSION if name == "impression" else TokenKind.CLICK
        token = Token(kind, 1, key, made.advertiser_id, made.campaign_id, made.ad.id, made.placement_id, now_ms // 1000)
        if name == "impression":
            return f"/d/i/{self._tokens.write(token)}.gif\t{address(number)}"
        seen = IncomingEvent(
            EventKind.IMPRESSION, now_ms, key, made.placement_id, made.advertiser_id, made.campaign_id, made.ad.id,
            token.decided_s, visitor,
        )  # fmt: skip
        self._store.record(seen)
        return f"/d/c/{self._tokens.write(token)}\t{address(number)}"


def wrk(port: int, lines: Path, body: str, seconds: int, pause_ms: float = 0) -> Run:
    environment = {
        **os.environ,
        "BENCH_LINES": str(lines),
        "BENCH_BODY": body,
        "BENCH_AGENT": AGENT,
        "BENCH_PAUSE_MS": f"{pause_ms:.3f}",
    }
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", "bench/delivery.lua",
               f"http://127.0.0.1:{port}/"]  # fmt: skip
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    told = next(line for line in done.stdout.splitlines() if line.startswith("BENCH "))
    rate, median, p99, requests, errors = told.split()[1:]
    return Run(float(rate), float(median), float(p99), int(requests), int(errors))


def sample(port: int, line: str, body: str) -> tuple[int, dict[str, str], str]:
    """Return the answer to one request, for the bare route to repeat."""
    path, _, ip = line.partition("\t")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST" if body else "GET", path, body or None, {"User-Agent": AGENT, "X-Forwarded-For": ip})
    found = connection.getresponse()
    kept = {name: value for name, value in found.getheaders() if name.lower() not in ("server", "date")}
    return found.status, kept, base64.b64encode(found.read()).decode()


def body_of(name: str) -> str:
    return json.dumps({"placements": ["pl_1"], "page": "news.example"}) if name == "decision" else ""


def measure(options: argparse.Namespace) -> list[tuple[str, Run, Run, Run, Run]]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "node").mkdir()
        node = start_tarantool(folder / "node", 1)
        stack.callback(node.stop)
        node.wait()
        # The same few people ask as fast as they can: limits are not what is measured.
        store = serving_from_url(node.url, LIMITS)
        publish(store)
        ports = free_port(), free_port()
        stack.enter_context(
            serving(_delivery_command(options.threads), _environment(node.url, folder, ports[0]), ports[0])
        )
        prepared = Prepared(store)
        firsts = {each: prepared.lines(each, 1)[0] for each in NAMES}
        time.sleep(1)
        answers = {each: sample(ports[0], firsts[each], body_of(each)) for each in NAMES}
        file = folder / "answers.json"
        file.write_text(json.dumps(answers))
        environment = {**os.environ, "BENCH_ANSWERS": str(file)}
        stack.enter_context(serving(_bare_command(options.threads, ports[1]), environment, ports[1]))
        return [compare(each, prepared, folder, ports, options) for each in NAMES]


def compare(
    name: str, prepared: Prepared, folder: Path, ports: tuple[int, int], options: argparse.Namespace
) -> tuple[str, Run, Run, Run, Run]:
    """Measure both in turns; keep the median round of each."""
    lines = folder / f"{name}.lines"
    full: tuple[list[Run], list[Run]] = ([], [])
    half: tuple[list[Run], list[Run]] = ([], [])
    guess = 8000
    for _ in range(options.rounds):
        for which in (0, 1):
            lines.write_text("\n".join(prepared.lines(name, guess * options.seconds if which == 0 else 1000)) + "\n")
            full[which].append(wrk(ports[which], lines, body_of(name), options.seconds))
        guess = max(1000, int(full[0][-1].rate * 1.3))
    for _ in range(options.rounds):
        for which in (0, 1):
            rate = median(full[which]).rate / 2
            lines.write_text(
                "\n".join(prepared.lines(name, int(rate * options.seconds * 1.5) if which == 0 else 1000)) + "\n"
            )
            half[which].append(wrk(ports[which], lines, body_of(name), options.seconds, CONNECTIONS * 1000 / rate))
    return name, median(full[0]), median(full[1]), by_p99(half[0]), by_p99(half[1])


def median(runs: list[Run]) -> Run:
    return sorted(runs, key=lambda run: run.rate)[len(runs) // 2]


def by_p99(runs: list[Run]) -> Run:
    middle = statistics.median_low(run.p99_ms for run in runs)
    return next(run for run in runs if run.p99_ms == middle)


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "KABINET_PROFILE": "stack",
        "KABINET_INSTANCE": str(folder),
        "SECRET_KEY": SECRET,
        "SERVING_URLS": url,
        "PUBLIC_URL": "https://cabinet.example",
        "DELIVERY_URL": "https://ads.example",
        "PROXIES": "1",
        "PORT": str(port),
    }


def _delivery_command(threads: int) -> list[str]:
    return [sys.executable, "-m", "webapp.cli", "serve", "--surface", "delivery", "--threads", str(threads)]


def _bare_command(threads: int, port: int) -> list[str]:
    granian = str(Path(sys.executable).parent / "granian")
    return [granian, "--interface", "wsgi", "--workers", "1", "--blocking-threads", str(threads), "--port", str(port),
            "bench.bare_delivery:app"]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is missing: apt-get install wrk")
        return 1
    missed = 0
    print(f"{'':<12}{'req/s':>9}{'bare':>9}{'ratio':>8}   {'p99, ms':>9}{'bare':>9}{'ratio':>8}   at half load")
    for name, full, bare, half, bare_half in measure(options):
        rate, latency = full.rate / bare.rate, half.p99_ms / bare_half.p99_ms
        missed += rate < RATE_TARGET or latency > LATENCY_TARGET or full.errors > 0
        print(f"{name:<12}{full.rate:>9.0f}{bare.rate:>9.0f}{rate:>8.2f}   "
              f"{half.p99_ms:>9.2f}{bare_half.p99_ms:>9.2f}{latency:>8.2f}   "
              f"{half.rate:.0f}/s, bare {bare_half.rate:.0f}/s")  # fmt: skip
    print(f"targets: ≥ {RATE_TARGET} of the rate, ≤ {LATENCY_TARGET} × the latency")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
