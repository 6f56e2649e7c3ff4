"""Reconciliation on real nodes: money that is shown, charged and counted is one sum; break a store and it says so."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobs.loops import nightly
from jobs.loops.ingest import IngestLoop
from tests.support.bank import Bank, Sold, bank_of
from tests.support.memory import staff_scope
from webapp.adapters.analytics import analytics_from_url
from webapp.core.paging import PageRequest
from webapp.core.periods import Period, today_in
from webapp.domain.delivery.differences import Difference
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.reconciliation import ComparedDay, Comparison
from webapp.domain.events.types import RECONCILIATION_FAILED
from webapp.settings import Profile

UNIT = 1_000_000


@dataclass
class House:
    """A bank that also keeps figures of its own."""

    bank: Bank
    sold: Sold

    def ingest(self) -> None:
        for store in self.bank.stores:
            loop = IngestLoop(self.bank.app, store)
            try:
                while self.bank.run(loop.step):
                    pass
            finally:
                loop.close()

    def catch_up(self) -> None:
        self.bank.settle()
        self.ingest()

    def compare(self) -> Comparison:
        scope = self.sold.scope
        today = today_in(scope.zone, self.bank.clock.now())
        return self.bank.do(
            lambda services: services.reconciliation.compare(
                scope, Period(today - timedelta(days=3), today), services.campaigns.every(scope)
            )
        )

    def row(self) -> ComparedDay:
        (row,) = self.compare().rows
        return row

    def night(self) -> list[tuple[str, int]]:
        """Let the duty of the night run; return the differences that are kept."""
        self.bank.run(lambda: nightly.reconcile(self.bank.app))
        kept = self.bank.do(lambda services: services.reconciliation.differing(staff_scope(), PageRequest(1, 50)))
        return [(row.difference, row.ledger_micros) for row in kept.items]

    def write(self, statement: str, **values: Any) -> None:
        """Tamper with the database."""
        self.bank.do(lambda services: services.session.execute(text(statement), values))


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as bank:
        figures = analytics_from_url(f"chdb://{tmp_path / 'figures'}?database=proof_{secrets.token_hex(4)}")
        figures.migrate()
        bank.app.adapters.analytics = figures
        # Nodes number their logs from the second they were made at, so the house must not live before them.
        bank.clock.current = datetime.now(UTC).replace(hour=10, minute=0) + timedelta(days=1)
        scope = bank.advertiser(100 * UNIT)
        sold = bank.sell(scope, 3_000, daily=10 * UNIT)
        bank.allocate()
        assert bank.visits(sold, 6) + bank.visits(sold, 4, node=2) == 30_000
        yield House(bank, sold)


@pytest.fixture
def evening(house: House) -> House:
    """The house the day after, all readers done."""
    house.catch_up()
    house.bank.clock.move(days=1)
    return house


def test_everything_agrees_and_nothing_is_overspent(house: House) -> None:
    house.catch_up()
    row = house.row()
    figures = row.figures
    assert (figures.ledger_micros, figures.events_micros, figures.counters_micros) == (30_000, 30_000, 30_000)
    assert row.difference is Difference.NONE
    assert house.compare().overspend_micros == 0


def test_readers_that_are_behind_are_named(house: House) -> None:
    assert house.row().difference is Difference.SETTLING
    house.bank.settle()
    assert house.row().difference is Difference.INGESTING
    house.ingest()
    assert house.row().difference is Difference.NONE


def test_a_credit_note_is_no_difference(evening: House) -> None:
    from webapp.domain.billing.types import Holder

    day = evening.row().figures.day
    evening.bank.do(
        lambda services: services.ledger.credit(
            staff_scope(), Holder.of(evening.sold.scope), 4_000, "credit", reason="invalid clicks",
            campaign_id=evening.sold.id, budget_day=day,
        )
    )  # fmt: skip
    row = evening.row()
    assert row.difference is Difference.NONE
    assert (row.figures.ledger_micros, row.figures.credited_micros) == (30_000, 4_000)


Break = Callable[[House], None]
BREAKS: dict[str, Break] = {
    "a day of the ledger": lambda house: house.write("UPDATE spend_days SET spent_micros = spent_micros - 3000"),
    "an hour of charges": lambda house: house.write("UPDATE charge_hours SET spent_micros = spent_micros + 3000"),
    "an event": lambda house: house.bank.app.adapters.analytics._engine.run(  # type: ignore[attr-defined]
        "ALTER TABLE facts DELETE WHERE kind = 'impression' AND decision = "
        "(SELECT min(decision) FROM facts WHERE kind = 'impression') SETTINGS mutations_sync = 1"
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_store_that_was_tampered_with_is_told_once(evening: House, broken: str) -> None:
    assert evening.night() == []
    BREAKS[broken](evening)
    assert evening.row().difference is Difference.UNEXPLAINED
    for _ in range(2):
        assert [difference for difference, _ in evening.night()] == ["unexplained"]
    (told,) = evening.bank.events(RECONCILIATION_FAILED)
    assert told["campaign_id"] == evening.sold.id
    assert told["difference"] == "unexplained"


def test_what_a_lost_node_charged_is_forgiven(house: House) -> None:
    house.catch_up()
    late = house.bank.visits(house.sold, 2, node=2)
    leases = [lease.id for lease in house.bank.leases(house.sold, LeaseStatus.OPEN) if lease.node == 2]
    house.bank.do(lambda services: services.leases.give_up(2, leases))
    house.catch_up()
    row = house.row()
    assert late == 6_000
    assert row.difference is Difference.FORGIVEN
    assert (row.figures.ledger_micros, row.figures.events_micros) == (30_000, 36_000)
    house.bank.clock.move(days=1)
    assert house.night() == [("forgiven", 30_000)]
    assert house.bank.events(RECONCILIATION_FAILED) == []


def test_charges_entered_by_hand_are_history(evening: House) -> None:
    from webapp.domain.billing.models import Account

    day = evening.row().figures.day
    evening.bank.do(
        lambda services: services.ledger.charge(
            evening.sold.scope, 5_000, "by hand", campaign_id=evening.sold.id, budget_day=day,
            source=Account.AVAILABLE,
        )
    )  # fmt: skip
    assert evening.row().difference is Difference.HISTORY
    assert evening.bank.events(RECONCILIATION_FAILED) == []


def test_more_than_the_budget_would_be_seen(evening: House) -> None:
    evening.write("UPDATE campaigns SET daily_budget_micros = 20000")
    assert evening.compare().overspend_micros == 10_000


def test_everybody_else_writes_while_the_night_asks(evening: House, monkeypatch: pytest.MonkeyPatch) -> None:
    store, bank = type(evening.bank.app.adapters.analytics), evening.bank
    ask, waiting = store.billed_by_campaign_day, []

    def asked(*args: Any) -> Any:
        hand = threading.Thread(target=lambda: bank.do(lambda services: services.nodes.enter([77])))
        hand.start()
        hand.join(5)
        waiting.append(hand.is_alive())
        return ask(*args)

    monkeypatch.setattr(store, "billed_by_campaign_day", asked)
    evening.night()
    assert waiting == [False]
