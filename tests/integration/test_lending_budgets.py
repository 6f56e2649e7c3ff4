"""What budgets count: the charges themselves, and what is lent, whoever lent it."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.bank import Bank, Sold, bank_of
from webapp.core.periods import today_in
from webapp.core.scope import SYSTEM
from webapp.domain.ads.models import Campaign
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.models import TransactionKind
from webapp.domain.billing.types import Holder, Posting
from webapp.settings import Profile
from webapp.wiring import Services

UNIT = 1_000_000
MIGRATION = Path(__file__).parents[2] / "migrations" / "versions" / "0004_budgets_and_pruning.py"


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as found:
        yield found


@pytest.mark.parametrize("limit", ["daily", "total"])
def test_a_credit_note_does_not_reopen_a_budget(bank: Bank, limit: str) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 1_000_000, **{limit: 10 * UNIT})  # type: ignore[arg-type]
    _spend_all(bank, sold)
    assert bank.spent(sold) == 10 * UNIT
    day = today_in(scope.zone, bank.clock.now())
    note = Posting(
        Holder.of(scope), SYSTEM, TransactionKind.CREDIT_NOTE, 4 * UNIT, "note", campaign_id=sold.id, budget_day=day,
        reason="bots",
    )  # fmt: skip
    bank.do(lambda services: services.ledger.post(note))
    _spend_all(bank, sold)
    assert (bank.spent(sold), bank.pockets(scope).spent_micros) == (6 * UNIT, 6 * UNIT)
    spend = bank.do(lambda services: services.balances.spend_of_campaigns(scope)[sold.id])
    assert (spend.today_micros, spend.charged_today_micros, spend.charged_total_micros) == (
        6 * UNIT, 10 * UNIT, 10 * UNIT,
    )  # fmt: skip
    bank.prove()
    bank.do(lambda services: services.session.execute(text("UPDATE spend_days SET credited_micros = 0")))
    assert "credit notes are" in str(bank.reading(audit_ledger).findings)
    # Books from before the column was there are completed by its migration.
    fill = runpy.run_path(str(MIGRATION))["CREDITED"]
    bank.do(lambda services: services.session.execute(text(fill)))
    bank.prove()


def _spend_all(bank: Bank, sold: Sold) -> None:
    for _ in range(8):
        bank.allocate()
        for node in (1, 2):
            while bank.visit(sold, node):
                pass
        bank.settle()


def test_what_another_allocator_lent_on_an_older_budget_is_called_back(bank: Bank) -> None:
    """Its transaction began before the budget was lowered, and is committed after this one has found it kept."""
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)

    def lower(services: Services) -> None:
        services.session.get_one(Campaign, sold.id).daily_budget_micros = 30_000

    def lend_late(services: Services) -> None:
        picture = bank.allocator.look()
        row = services.session.get_one(Campaign, sold.id)
        row.daily_budget_micros = 10 * UNIT
        services.session.flush()
        assert services.leases.reserve(picture.wishes(picture.running.values(), ()))
        row.daily_budget_micros = 30_000

    bank.do(lower)
    for _ in range(2):
        bank.allocate()
    assert 0 < bank.lent(scope) <= 30_000
    for store in bank.stores:
        while bank.visit(sold, store.node):
            pass
    bank.do(lend_late)
    assert bank.lent(scope) > 30_000
    bank.clock.move(seconds=61)
    for _ in range(3):
        bank.round()
    assert bank.lent(scope) + bank.spent(sold) <= 30_000
    bank.check_limits()
