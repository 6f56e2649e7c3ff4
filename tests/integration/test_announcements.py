"""What was told of money stays told for as long as it is so, however long that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.loops.relay import KEPT
from tests.support.bank import Bank, bank_of
from webapp.domain.events.types import BALANCE_EMPTY, BUDGET_SPENT
from webapp.settings import Profile


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with bank_of(Profile.EMBEDDED, tmp_path, None) as found:
        yield found


def test_what_goes_on_for_months_is_told_once(bank: Bank) -> None:
    """The notes of what was done are forgotten after a while, and these are among them."""
    scope = bank.advertiser(6_000)
    sold = bank.sell(scope, 3_000, total=6_000)
    for _ in range(4):
        bank.round()
        bank.visits(sold, 1)
        bank.visits(sold, 1, node=2)
        bank.clock.move(seconds=6)
    bank.round()
    assert bank.pockets(scope).spent_micros == 6_000
    for _ in range(2 * KEPT.days):
        bank.clock.move(days=1)
        bank.allocate()
        bank.do(lambda services: services.consumption.prune(bank.clock.now() - KEPT))
    assert [event["campaign_id"] for event in bank.events(BUDGET_SPENT)] == [sold.id]
    assert len(bank.events(BALANCE_EMPTY)) == 1
