"""A serving node on Tarantool: what a decision costs among many ads, and how much memory things take.

One private node with 100 active ads and one with 10,000, asked in turns. A turn is a decision, its impression and its
click: eight threads through the connector, and 64 fibers inside the node, where nothing but the procedures is timed.

    python -m bench.serving [--turns 6000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.servers.tarantool import start_tarantool
from tests.support.serving import DOLLAR, NEVER_MS, NOON_MS, SIZE, Desk, ad, campaign, lease, person, placement
from webapp.adapters.serving.tarantool import TarantoolServingStore
from webapp.adapters.serving.tarantool.connection import Connections
from webapp.adapters.serving.tarantool.sources import sources
from webapp.domain.delivery.types import Charging, Limits, PublishedCampaign

FEW, MANY = 100, 10_000
THREADS = 8
TARGET = 1.3
DECISION_BYTES, AD_BYTES = 1024, 4096
OPEN_DECISIONS = 100_000
UNLIMITED = 10**9
LIMITS = Limits(
    impressions_a_minute=UNLIMITED,
    clicks_a_minute=UNLIMITED,
    user_impressions_a_minute=UNLIMITED,
    user_clicks_a_minute=UNLIMITED,
    decisions_a_minute=UNLIMITED,
    user_decisions_a_minute=UNLIMITED,
)
#: Runs turns inside the node, and answers the processor time of its one thread they took, in seconds.
INSIDE = """
local K = ...
local clock, fiber = require('clock'), require('fiber')
local FIBERS, DAY_MS = 64, 86400000

local function turn(key, now)
    local answer = K.procedures.decide(now, '', {}, 'LV', 'LV-RIX', 'phone', 'android', 'chrome', 'lv', '192.0.2.0',
        'person-of-today-0123456789abcdef', '', 0, 'pl_1', key, key % 2147483648)[1]
    if answer[1] ~= 0 then error('no ad') end
    local function tell(kind, after)
        K.procedures.record(kind, now + after, key, answer[3], answer[4], answer[5], answer[7][3],
            math.floor(now / 1000), 0, '', 0, false, 'LV', 'LV-RIX', 'phone', 'android', 'chrome', '192.0.2.0',
            'person-of-today-0123456789abcdef', 0)
    end
    tell(1, 1000)
    tell(3, 5000)
end

K.procedures.bench_turns = function(first, turns, now)
    local began, done = clock.thread(), fiber.channel(FIBERS)
    for number = 1, FIBERS do
        fiber.create(function()
            local fine, fault = pcall(function()
                for key = first + number, first + turns, FIBERS do turn(key, now) end
            end)
            done:put(fine and '' or tostring(fault))
        end)
    end
    for _ = 1, FIBERS do
        local fault = done:get()
        if fault ~= '' then error(fault, 0) end
    end
    return clock.thread() - began
end

K.procedures.bench_open = function(first, count, now)
    for key = first, first + count - 1 do
        K.procedures.decide(now, '', {}, 'LV', 'LV-RIX', 'phone', 'android', 'chrome', 'lv', '192.0.2.0',
            'person-of-today-0123456789abcdef', '', 0, 'pl_1', key, key % 2147483648)
        if key % 1000 == 0 then fiber.yield() end
    end
    return true
end
"""
KEYS = itertools.count(1)


class Bench:
    """A node with so many ads."""

    def __init__(self, stack: ExitStack, folder: Path, ads: int) -> None:
        folder.mkdir()
        server = start_tarantool(folder, 1)
        stack.callback(server.stop)
        server.wait()
        self.ads = ads
        self.store = TarantoolServingStore.from_url(server.url, LIMITS)
        self.node: Connections = self.store._node
        self.store.migrate()
        self.node.call_patiently("kabinet.install", [*sources(), ["inside.lua", INSIDE]])
        self.empty = self.memory()
        self.store.publish((placement(),), [_campaign(number) for number in range(1, ads + 1)])
        for number in range(1, ads + 1):
            self.store.grant(lease(number, number, 10_000 * DOLLAR), NEVER_MS)

    def memory(self) -> int:
        """Return the bytes of data, indexes and Lua."""
        sizes = self.store.sizes()
        return sum(size for name, (size, _) in sizes.items() if name != "arena")

    def arena(self) -> int:
        """Return the bytes of data and indexes with what their allocation costs, and of Lua."""
        sizes = self.store.sizes()
        return sizes["arena"][0] + sizes["lua"][0]

    def inside(self, turns: int) -> float:
        """Return microseconds of processor time a turn inside the node."""
        first = next(KEYS) * 10_000_000
        seconds: float = self.node.call_patiently("kabinet.bench_turns", first, turns, NOON_MS)
        return seconds / turns * 1e6

    def through(self, turns: int) -> float:
        """Return microseconds a turn through the connector, with all threads at work."""
        keys = itertools.count(next(KEYS) * 10_000_000)
        workers = [threading.Thread(target=self._visit, args=(keys, turns // THREADS)) for _ in range(THREADS)]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return (time.perf_counter() - began) / turns * 1e6

    def _visit(self, keys: Iterator[int], turns: int) -> None:
        desk, who = Desk(self.store, NOON_MS, keys), person(user_key="")
        for _ in range(turns):
            decision = desk.ask(who)
            desk.impression(decision)
            desk.click(decision)


def main() -> int:
    args = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kabinet-bench-")))
        few, many = (Bench(stack, folder / str(ads), ads) for ads in (FEW, MANY))
        an_ad = (many.memory() - many.empty) / MANY
        fast = [_speed(few, many, "inside", args), _speed(few, many, "through", args)]
        small = [
            _bytes("an active ad with its campaign and lease", an_ad, AD_BYTES),
            _bytes("an open decision", _decision(few), DECISION_BYTES),
        ]
    return 0 if all((*fast, *small)) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _campaign(number: int) -> PublishedCampaign:
    """Return a campaign: half of them are for another country, a tenth is paced, a fifth is paid by the click."""
    clicks, rank = number % 5 == 0, random.Random(number).randrange(1000)
    return campaign(
        number,
        public_id=f"cm_{number:012d}",
        charging=Charging.CLICK if clicks else Charging.IMPRESSION,
        price_micros=50_000 if clicks else 1000,
        rank_micros=(100_000 if clicks else DOLLAR) + rank,
        even=number % 10 == 1,
        daily_micros=10_000 * DOLLAR,
        countries=("LV", "EE") if number % 2 else ("DE", "FR"),
        ads=(
            ad(number, SIZE, public_id=f"ad_{number:012d}", landing_url=f"https://shop.example/offer?c={number:080d}"),
        ),
    )


def _speed(few: Bench, many: Bench, how: str, args: argparse.Namespace) -> bool:
    turns = args.turns if how == "inside" else args.turns // 2
    rounds = [(getattr(few, how)(turns), getattr(many, how)(turns)) for _ in range(args.rounds + 1)][1:]
    low, high = (statistics.median(times) for times in zip(*rounds, strict=True))
    where = "inside the node, processor time" if how == "inside" else f"through the connector, {THREADS} threads"
    print(f"decision + impression + click, {where}")
    print(f"  {few.ads:>6,} ads {low:>8.0f} us {3e6 / low:>9,.0f} calls/s")
    print(f"  {many.ads:>6,} ads {high:>8.0f} us {3e6 / high:>9,.0f} calls/s   ratio {high / low:.2f}", end="  ")
    print("ok" if high / low <= TARGET else f"above {TARGET}")
    return high / low <= TARGET


def _decision(bench: Bench) -> float:
    before, arena = bench.memory(), bench.arena()
    bench.node.call_patiently("kabinet.bench_open", next(KEYS) * 10_000_000, OPEN_DECISIONS, NOON_MS)
    grown = (bench.arena() - arena) / OPEN_DECISIONS
    print(f"arena and Lua grew by {grown:,.0f} bytes an open decision")
    return max(grown, (bench.memory() - before) / OPEN_DECISIONS)


def _bytes(what: str, measured: float, most: int) -> bool:
    print(f"{what:<44}{measured:>8,.0f} bytes  {'ok' if measured <= most else f'above {most:,}'}")
    return measured <= most


if __name__ == "__main__":
    sys.exit(main())
