"""Top-ups by card: what is asked, what is charged, what is booked, and what is never kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.adapters.payments.sandbox import ASKS, BREAKS, DECLINED, INSUFFICIENT, SUCCEEDS, SandboxPaymentProvider
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.core.money import MICROS
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.audit.models import AuditRecord
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.cards import passes_luhn, read_card
from webapp.domain.billing.models import Payment, PaymentState, Transaction
from webapp.domain.billing.ports import Card
from webapp.domain.billing.services import Balances, Ledger, Payments
from webapp.domain.events.services import Outbox

TODAY = date(2026, 11, 19)


@dataclass
class Desk:
    session: Session
    scope: Scope
    payments: Payments
    balances: Balances

    def pay(self, number: str = SUCCEEDS, amount: int | None = 2500 * MICROS, key: str = "form 1") -> Payment:
        return self.payments.start(self.scope, amount, Card(number, 12, 2030, "123"), key)

    @property
    def available(self) -> int:
        return self.balances.balance(self.scope).available_micros


@pytest.fixture
def desk() -> Iterator[Desk]:
    with memory_session() as session:
        clock = SettableClock()
        audit = AuditLog(session, clock)
        payments = Payments(
            session, clock, audit, Ledger(session, clock, audit, Outbox(session, clock)), SandboxPaymentProvider()
        )
        yield Desk(session, add_advertiser(session), payments, Balances(session, clock))


def test_a_good_card_tops_the_balance_up(desk: Desk) -> None:
    payment = desk.pay()
    assert (payment.state, payment.method, payment.provider) == (PaymentState.SUCCEEDED, "card 4242", "sandbox")
    assert desk.available == 2500 * MICROS
    transaction = desk.session.scalars(select(Transaction)).one()
    assert (transaction.idempotency_key, transaction.reference) == (f"payment:{payment.public_id}", payment.public_id)
    assert desk.session.scalars(select(AuditRecord.action)).all() == ["balance.top_up"]


def test_a_form_sent_twice_is_one_payment(desk: Desk) -> None:
    assert desk.pay().public_id == desk.pay().public_id
    assert desk.available == 2500 * MICROS


def test_a_form_sent_again_with_another_amount_or_card_is_a_conflict(desk: Desk) -> None:
    desk.pay()
    with pytest.raises(Conflict):
        desk.pay(amount=2600 * MICROS)
    with pytest.raises(Conflict):
        desk.pay(number=DECLINED)
    assert desk.available == 2500 * MICROS


@pytest.mark.parametrize(
    ("number", "code"),
    [(DECLINED, "card_declined"), (INSUFFICIENT, "insufficient_funds"), (BREAKS, "processing_error")],
)
def test_a_refused_card_leaves_a_failed_payment_and_no_money(desk: Desk, number: str, code: str) -> None:
    payment = desk.pay(number)
    assert (payment.state, payment.failure_code) == (PaymentState.FAILED, code)
    assert payment.finished_at is not None
    assert desk.available == 0


def test_a_card_that_asks_is_booked_when_the_payer_confirms(desk: Desk) -> None:
    payment = desk.pay(ASKS)
    assert (payment.state, desk.available) == (PaymentState.NEEDS_CONFIRMATION, 0)
    for _ in range(2):
        done = desk.payments.confirm(desk.scope, payment.public_id, approved=True)  # type: ignore[arg-type]
        assert done.state is PaymentState.SUCCEEDED
    assert desk.available == 2500 * MICROS


def test_a_payment_the_payer_refused_stays_failed(desk: Desk) -> None:
    payment = desk.pay(ASKS)
    desk.payments.confirm(desk.scope, payment.public_id, approved=False)  # type: ignore[arg-type]
    desk.payments.confirm(desk.scope, payment.public_id, approved=True)  # type: ignore[arg-type]
    assert (payment.state, payment.failure_code) == (PaymentState.FAILED, "confirmation_refused")
    assert desk.available == 0


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        (None, "Enter the amount"),
        (0, "between 1.00 and 100,000.00 USD"),
        (-5 * MICROS, "between"),
        (MICROS - 1, "between"),
        (100_000 * MICROS + 1, "between"),
        (5 * MICROS + 1, "two decimals"),
    ],
)
def test_an_amount_outside_the_limits_is_refused_with_a_sentence(desk: Desk, amount: int | None, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        desk.pay(amount=amount)


@pytest.mark.parametrize("amount", [MICROS, 100_000 * MICROS])
def test_the_limits_themselves_are_allowed(desk: Desk, amount: int) -> None:
    assert desk.pay(amount=amount).state is PaymentState.SUCCEEDED


def test_only_who_may_top_up_does(desk: Desk) -> None:
    manager = add_advertiser(desk.session, role=AdvertiserRole.MANAGER)
    with pytest.raises(Forbidden):
        desk.payments.start(manager, MICROS, Card(SUCCEEDS, 12, 2030, "123"), "k")


def test_a_payment_of_another_advertiser_is_not_found(desk: Desk) -> None:
    payment, other = desk.pay(ASKS), add_advertiser(desk.session, name="Other")
    with pytest.raises(NotFound):
        desk.payments.get(other, payment.public_id)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        desk.payments.confirm(other, payment.public_id, approved=True)  # type: ignore[arg-type]


def test_the_number_is_kept_nowhere(desk: Desk) -> None:
    for number in (SUCCEEDS, DECLINED, ASKS):
        desk.pay(number, key=number[-4:])
    desk.session.commit()
    tables = desk.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
    kept = "".join(str(row) for table in tables for row in desk.session.execute(text(f"SELECT * FROM {table}")))
    assert "4242" in kept
    assert not any(number in kept for number in (SUCCEEDS, DECLINED, ASKS))


def test_a_card_is_read_as_people_type_it() -> None:
    card = read_card(" 4242 4242-4242 4242", "1 / 27", " 123 ", today=TODAY)
    assert (card.number, card.expiry_month, card.expiry_year, card.security_code) == (SUCCEEDS, 1, 2027, "123")
    assert read_card(SUCCEEDS, "11/2026", "1234", today=TODAY).expiry_month == 11


@pytest.mark.parametrize(
    ("number", "expiry", "code", "field", "sentence"),
    [
        ("", "12/30", "123", "card_number", "Enter the card number"),
        ("4242", "12/30", "123", "card_number", "12 to 19 digits"),
        ("4242 4242 4242 4241", "12/30", "123", "card_number", "typing error"),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "12/30", "123", "card_number", "12 to 19 digits"),
        (SUCCEEDS, "10/26", "123", "card_expiry", "expired"),
        (SUCCEEDS, "13/30", "123", "card_expiry", "MM/YY"),
        (SUCCEEDS, "soon", "123", "card_expiry", "MM/YY"),
        (SUCCEEDS, "12/99", "123", "card_expiry", "MM/YY"),
        (SUCCEEDS, "12/30", "12", "card_code", "3 or 4 digits"),
        (SUCCEEDS, "12/30", "12a", "card_code", "3 or 4 digits"),
    ],
)
def test_a_wrong_card_says_which_field_and_why(number: str, expiry: str, code: str, field: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_card(number, expiry, code, today=TODAY)
    assert list(refused.value.errors) == [field]
    assert sentence in str(refused.value.errors[field])


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_card("1", "x", "y", today=TODAY)
    assert set(refused.value.errors) == {"card_number", "card_expiry", "card_code"}


NUMBERS = [SUCCEEDS, DECLINED, INSUFFICIENT, ASKS, BREAKS, "378282246310005", "5555555555554444"]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_checksum_of_real_numbers_is_right_and_one_digit_off_is_wrong(number: str) -> None:
    assert passes_luhn(number)
    assert not passes_luhn(number[:-1] + str((int(number[-1]) + 1) % 10))
