"""A Tarantool node whose memory is full stops answering before, and frees itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

import tests.servers.tarantool
from tests.servers.tarantool import start_tarantool
from tests.support.serving import DAY_SECONDS, NOON_MS, Desk
from webapp.adapters.serving.tarantool import TarantoolServingStore
from webapp.core.errors import Unavailable
from webapp.domain.delivery.types import DecisionRequest, Limits, NoFill, Verdict, Visitor, Wanted

HOUR_MS, MONTH_MS = 3_600_000, 31 * DAY_SECONDS * 1000
ENOUGH = 100_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tests.servers.tarantool, "MEMORY_MB", "64")
        server = start_tarantool(tmp_path_factory.mktemp("full"), 3)
    server.wait()
    yield server.url
    server.stop()


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    store = TarantoolServingStore.from_url(url, Limits())
    store.migrate()
    yield Desk(store)
    store.wipe()


def ask_for(desk: Desk, count: int) -> None:
    """Make so many decisions."""
    for first in range(0, count, 100):
        wanted = tuple(Wanted("pl_1", 10_000 + first + at, 0) for at in range(100))
        desk.store.decide(DecisionRequest(desk.now_ms, wanted, Visitor()))


def keep_orders(desk: Desk, first: int, count: int, letters: int = 1000) -> None:
    """Let the node keep so many rows, for a month."""
    for number in range(first, first + count):
        desk.store.claim_order(7, f"{number}{'x' * letters}", 1, NOON_MS)


def fill(desk: Desk) -> None:
    """Let it keep rows until there is no room for any."""
    for letters in (1000, 300, 100, 30, 1):
        with pytest.raises(Unavailable):
            keep_orders(desk, letters * ENOUGH, ENOUGH, letters)


def test_a_full_node_gives_no_ads_and_takes_events(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    with pytest.raises(Unavailable):
        keep_orders(desk, 0, ENOUGH)
    desk.store.tick(desk.now_ms)
    assert desk.ask().reason is NoFill.STORE
    assert desk.store.state().open_decisions == 1
    assert desk.impression(decision).verdict is Verdict.OK


def test_a_full_node_frees_itself(desk: Desk) -> None:
    desk.open()
    ask_for(desk, 1000)
    fill(desk)
    assert desk.ask().reason is NoFill.STORE
    before = desk.store.ends()
    # Something may find no room; what only deletes is done nevertheless.
    with suppress(Unavailable):
        desk.store.tick(NOON_MS + HOUR_MS)
    assert desk.store.state().open_decisions == 0
    assert desk.money() == (1_000_000, 0, 0)
    assert desk.store.ends() == before


def test_what_found_no_room_left_nothing_behind(desk: Desk) -> None:
    desk.open()
    decision = desk.shown()
    fill(desk)
    before = desk.store.state(), desk.store.ends(), desk.store.counted((), 0, 99_999)
    told = 0
    with suppress(Unavailable):
        while told < ENOUGH:
            desk.impression(decision)
            told += 1
    assert told < ENOUGH
    first, last = desk.store.ends()
    assert (first, last) == (before[1][0], before[1][1] + told)
    assert sum(row.events for row in desk.store.counted((), 0, 99_999)) == 1 + told
    assert desk.store.state().leases == before[0].leases
