"""A node that goes silent in the middle of a round costs the others nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bank import Bank, bank_of
from webapp.core.errors import Unavailable
from webapp.settings import Profile

UNIT = 1_000_000


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with bank_of(Profile.EMBEDDED, tmp_path, None) as found:
        yield found


def test_a_node_that_falls_silent_while_money_is_lent_is_waited_for_once(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call to it takes until its line gives up, and the fences of all nodes are renewed by the same loop."""
    scope = bank.advertiser(100 * UNIT)
    sold = [bank.sell(scope, 3_000, daily=UNIT) for _ in range(5)]
    refused = []

    def refuse(*about: object) -> None:
        refused.append(about)
        raise Unavailable

    monkeypatch.setattr(bank.stores[1], "grant", refuse)
    bank.allocate()
    assert len(refused) == 1
    assert all(bank.visit(each, node=1) for each in sold)
    monkeypatch.undo()
    bank.allocate()
    assert all(bank.visit(each, node=2) for each in sold)
    bank.settle()
    bank.check_limits()
