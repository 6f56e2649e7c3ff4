"""A node that goes silent, or an advertiser whose books are broken, costs the others nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.bank import Bank, bank_of
from webapp.core.errors import Unavailable
from webapp.core.scope import Scope
from webapp.domain.delivery.models import LeaseStatus
from webapp.settings import Profile

UNIT = 1_000_000


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as found:
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


def break_books(bank: Bank, scope: Scope) -> None:
    """Let everything that touches an advertiser's balance fail for good."""
    query = text("UPDATE balances SET currency = 'XXX' WHERE advertiser_id = :id")
    bank.do(lambda services: services.session.execute(query, {"id": scope.advertiser_id}))


def test_an_advertiser_whose_books_are_broken_starves_nobody(bank: Bank) -> None:
    broken, other = bank.advertiser(100 * UNIT), bank.advertiser(100 * UNIT)
    bank.sell(broken, 3_000, daily=UNIT)
    sold = bank.sell(other, 3_000, daily=UNIT)
    break_books(bank, broken)
    bank.allocate()
    assert bank.visit(sold) == 3_000


def test_money_that_cannot_be_given_back_keeps_no_fence_and_nobody_elses_money(bank: Bank) -> None:
    broken, other = bank.advertiser(100 * UNIT), bank.advertiser(100 * UNIT)
    bank.sell(broken, 3_000, daily=UNIT)
    sold = bank.sell(other, 3_000, daily=UNIT)
    bank.allocate()
    bank.visits(sold, 2)
    bank.settle()
    break_books(bank, broken)
    bank.stores[0].wipe()
    bank.publish(sold)
    for _ in range(4):
        bank.clock.move(seconds=20)
        bank.allocate()
    assert LeaseStatus.LOST in {lease.status for lease in bank.leases(sold) if lease.node == 1}
    assert bank.visit(sold, node=1) == 3_000
    assert bank.visit(sold, node=2) == 3_000
