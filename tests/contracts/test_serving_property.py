"""Whatever happens to a serving store, in whatever order: no micro is lost or spent twice, and both stores agree."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.servers import Servers
from tests.support.serving import WipeableStore
from tests.support.serving_machine import ServingMachine
from webapp.adapters.serving.local import LocalServingStore
from webapp.domain.delivery.types import Limits

#: Narrow, so that a few steps reach them.
LIMITS = Limits(
    impressions_a_minute=9, clicks_a_minute=3, user_impressions_a_minute=6, user_clicks_a_minute=2,
    decisions_a_minute=12, user_decisions_a_minute=9,
)  # fmt: skip
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
MANY = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=QUIET)
FEWER = settings(max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=QUIET)


class Folders:
    """Local stores, each in a folder of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = itertools.count()
        self._open: LocalServingStore | None = None
        self._folder = path

    def empty(self) -> LocalServingStore:
        """Return an empty store."""
        self._folder = self._path / str(next(self._numbers))
        return self.reopen()

    def reopen(self) -> LocalServingStore:
        """Return a store that begins with what the last one left."""
        if self._open is not None:
            self._open.close()
        self._open = LocalServingStore(self._folder, 1, LIMITS)
        return self._open


def run(make: Callable[[], ServingMachine], how: settings) -> None:
    run_state_machine_as_test(make, settings=how)  # type: ignore[arg-type]


def wiped(servers: Servers) -> WipeableStore:
    from webapp.adapters.serving.tarantool import TarantoolServingStore

    store = TarantoolServingStore.from_url(servers.serving_urls[0], LIMITS)
    store.migrate()
    store.wipe()
    return store


def test_the_local_store_never_loses_or_doubles_a_micro(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    run(lambda: ServingMachine([folders.empty()], folders.reopen), MANY)


@pytest.mark.stack
def test_tarantool_never_loses_or_doubles_a_micro(servers: Servers) -> None:
    run(lambda: ServingMachine([wiped(servers)]), FEWER)


@pytest.mark.stack
def test_both_stores_give_the_same_answers(servers: Servers, tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    run(lambda: ServingMachine([folders.empty(), wiped(servers)]), FEWER)


@pytest.mark.stack
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_stores_live_through_the_same_day_alike(servers: Servers, tmp_path: Path, seed: int) -> None:
    """Long enough for pace, caps and click rates to be what decides."""
    machine = ServingMachine([Folders(tmp_path).empty(), wiped(servers)])
    machine.live_a_day(random.Random(seed))
    machine.all_tell_the_same()
    machine.every_micro_is_somewhere()
    machine.counters_agree_with_the_log()
