"""Many hands on one balance: nothing lost, nothing double, never below zero."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.support.books import HANDS, Store, Till
from tests.support.memory import staff_scope
from webapp.core.errors import Conflict, InsufficientFunds
from webapp.core.money import MICROS
from webapp.core.scope import Scope
from webapp.domain.billing.models import Account, Payment, PaymentState, Transaction
from webapp.domain.billing.ports import Card
from webapp.domain.billing.types import Holder, Posted

DAY = date(2026, 11, 19)
CARD = Card("4242424242424242", 12, 2030, "123")


def transactions(store: Store, scope: Scope) -> int:
    query = select(func.count()).select_from(Transaction).where(Transaction.advertiser_id == scope.advertiser_id)
    with store.till() as till:
        return till.session.scalar(query) or 0


def campaign(scope: Scope, number: int = 0) -> int:
    """Return the id of one of the advertiser's campaigns; no two advertisers share one."""
    return scope.advertiser_id * 1000 + number


def funded(store: Store, amount: int) -> Scope:
    scope = store.advertiser()
    store.do(lambda till: till.ledger.top_up(scope, amount, "funds"))
    return scope


def with_promo(store: Store, cash: int, promo: int) -> Scope:
    scope = funded(store, cash)
    store.do(lambda till: till.ledger.grant_promo(staff_scope(), Holder.of(scope), promo, "promo", reason="Welcome"))
    return scope


def test_one_key_from_64_hands_is_one_transaction(store: Store) -> None:
    scope = store.advertiser()
    answers = store.at_once(lambda till, _: till.ledger.top_up(scope, 5 * MICROS, "once"))
    assert {answer.public_id for answer in answers} == {answers[0].public_id}
    assert sum(answer.created for answer in answers) == 1
    assert transactions(store, scope) == 1
    assert store.pockets(scope).available_micros == 5 * MICROS
    store.prove()


def test_one_key_from_64_hands_is_one_reservation(store: Store) -> None:
    scope = funded(store, 8 * MICROS)
    answers = store.at_once(lambda till, _: till.ledger.reserve(scope, 5 * MICROS, "once", campaign_id=campaign(scope)))
    assert {answer.public_id for answer in answers} == {answers[0].public_id}
    assert sum(answer.created for answer in answers) == 1
    assert (store.pockets(scope).available_micros, store.pockets(scope).reserved_micros) == (3 * MICROS, 5 * MICROS)
    store.prove()


def test_one_key_for_many_requests_is_one_transaction_and_many_conflicts(store: Store) -> None:
    scope = funded(store, 1000 * MICROS)
    own = campaign(scope)
    answers = store.at_once(lambda till, hand: till.ledger.reserve(scope, MICROS + hand, "mine", campaign_id=own))
    assert Counter(type(answer) for answer in answers) == {Posted: 1, Conflict: HANDS - 1}
    assert transactions(store, scope) == 2
    store.prove()


def test_64_first_transactions_open_one_balance(store: Store) -> None:
    scope = store.advertiser()
    store.at_once(lambda till, hand: till.ledger.top_up(scope, MICROS, f"first {hand}"))
    assert store.pockets(scope).available_micros == HANDS * MICROS
    store.prove()


def test_64_reservations_never_take_a_balance_below_zero(store: Store) -> None:
    scope = funded(store, 40 * MICROS)
    own = campaign(scope)
    answers = store.at_once(lambda till, hand: till.ledger.reserve(scope, MICROS, f"r {hand}", campaign_id=own))
    assert Counter(type(answer) for answer in answers) == {Posted: 40, InsufficientFunds: HANDS - 40}
    assert store.pockets(scope).available_micros == 0
    store.prove()


def test_64_charges_use_up_promo_and_cash_and_stop_at_zero(store: Store) -> None:
    scope = with_promo(store, 30 * MICROS, 10 * MICROS + 1)

    def charge(till: Till, hand: int) -> Posted:
        about = {"campaign_id": campaign(scope), "budget_day": DAY, "source": Account.AVAILABLE}
        return till.ledger.charge(scope, MICROS, f"c {hand}", **about)  # type: ignore[arg-type]

    answers = store.at_once(charge)
    assert Counter(type(answer) for answer in answers) == {Posted: 40, InsufficientFunds: HANDS - 40}
    pockets = store.pockets(scope)
    assert (pockets.spendable_micros, pockets.spent_micros) == (1, 40 * MICROS)
    store.prove()


def test_everything_at_once_leaves_books_that_agree(store: Store) -> None:
    scope = with_promo(store, 500 * MICROS, 50 * MICROS)

    def several(till: Till, hand: int) -> None:
        dice, ledger = random.Random(hand), till.ledger
        amount, own = dice.randint(1, 9) * MICROS // 3, campaign(scope, hand % 3)
        ledger.reserve(scope, 3 * amount, f"r {hand}", campaign_id=own)
        ledger.charge(scope, amount, f"c {hand}", campaign_id=own, budget_day=DAY)
        ledger.release(scope, 2 * amount, f"b {hand}", campaign_id=own)
        if hand % 8 == 0:
            about = {"campaign_id": own, "budget_day": DAY, "reason": "bots"}
            ledger.credit(staff_scope(), Holder.of(scope), amount, f"n {hand}", **about)  # type: ignore[arg-type]

    answers = store.at_once(several)
    assert answers == [None] * HANDS
    spent = sum(random.Random(hand).randint(1, 9) * MICROS // 3 for hand in range(HANDS) if hand % 8)
    pockets = store.pockets(scope)
    assert (pockets.reserved_micros, pockets.spent_micros) == (0, spent)
    assert pockets.came_in_micros == 550 * MICROS
    store.prove()


def test_64_submits_of_one_form_are_one_payment(store: Store) -> None:
    scope = store.advertiser()
    answers = store.at_once(lambda till, _: till.payments.start(scope, 25 * MICROS, CARD, "form").public_id)
    assert len(set(answers)) == 1, set(answers)
    with store.till() as till:
        rows = till.session.scalars(select(Payment).where(Payment.advertiser_id == scope.advertiser_id)).all()
    assert [row.state for row in rows] == [PaymentState.SUCCEEDED]
    assert store.pockets(scope).available_micros == 25 * MICROS
    store.prove()


@pytest.mark.parametrize("table", ["transactions", "entries"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET advertiser_id = advertiser_id", "DELETE FROM {}"])
def test_rows_of_the_ledger_cannot_be_changed_or_removed(store: Store, table: str, deed: str) -> None:
    funded(store, MICROS)
    with store.engine.connect() as connection, pytest.raises(DBAPIError, match=f"{table} is append-only"):
        connection.execute(text(deed.format(table)))


def test_a_pocket_below_zero_is_refused_by_the_database_itself(store: Store) -> None:
    scope = funded(store, MICROS)
    for pocket in ("available", "reserved", "promo", "spent"):
        with store.engine.connect() as connection, pytest.raises(DBAPIError, match="not_negative"):
            connection.execute(
                text(f"UPDATE balances SET {pocket}_micros = -1 WHERE advertiser_id = {scope.advertiser_id}")
            )
