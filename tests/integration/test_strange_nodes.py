"""What is noticed of nodes that lost the end of their log, and of clocks that are ahead."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bank import Bank, bank_of
from webapp.domain.delivery.settlement import BrokenLog
from webapp.settings import Profile

UNIT = 1_000_000


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with bank_of(Profile.EMBEDDED, tmp_path, None) as opened, opened.app.app_context():
        yield opened


def test_a_node_whose_log_ends_before_what_was_settled_stops_its_settling(bank: Bank) -> None:
    sold = bank.sell(bank.advertiser(100 * UNIT), 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 2)
    bank.settle()
    _, last = bank.stores[0].ends()
    assert not bank.settles[0].step()
    # As if the node had come back from a power cut without what it wrote last.
    bank.do(lambda services: services.nodes.settled(1, last + 1, bank.clock.now()))
    for _ in range(2):
        with pytest.raises(BrokenLog, match=f"node 1 ends with record {last}"):
            bank.settles[0].step()
    assert not bank.settles[1].step()


def test_a_clock_that_is_ahead_is_told(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    bank.allocate()
    assert bank.allocator.lag()["ahead_seconds"] == 0
    bank.stores[1].tick(int(bank.clock.now().timestamp() * 1000) + 45_000)
    with caplog.at_level(logging.WARNING, logger="jobs.loops.allocator"):
        bank.allocator.step()
        bank.allocator.step()
    assert bank.allocator.lag()["ahead_seconds"] == 45
    told = [line.getMessage() for line in caplog.records if "ahead" in line.getMessage()]
    assert told == ["somebody who speaks to node 2 has a clock 45.0 seconds ahead"]
    bank.clock.move(seconds=60)
    bank.allocator.step()
    assert bank.allocator.lag()["ahead_seconds"] == 0
