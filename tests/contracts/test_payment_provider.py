"""What every payment provider must do; a real one joins with the test cards of its own sandbox."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from webapp.adapters.payments import provider_from_name
from webapp.core.errors import NotFound
from webapp.core.money import MICROS, Money
from webapp.domain.billing.models import PaymentState
from webapp.domain.billing.ports import Card, PaymentProvider, PaymentRequest, PaymentResult

AMOUNT = Money(2500 * MICROS, "USD")


@dataclass(frozen=True)
class Candidate:
    """A provider and the cards its sandbox answers to."""

    provider: PaymentProvider
    succeeds: str
    asks: str
    refusals: dict[str, str]

    def pay(self, number: str, key: str | None = None, amount: Money = AMOUNT) -> PaymentResult:
        card = Card(number, 12, 2040, "123")
        return self.provider.create_payment(PaymentRequest(amount, card, key or secrets.token_hex(8), "Kabinet"))


def sandbox() -> Candidate:
    return Candidate(
        provider_from_name("sandbox"),
        succeeds="4242424242424242",
        asks="4000002500003155",
        refusals={
            "4000000000000002": "card_declined",
            "4000000000009995": "insufficient_funds",
            "4000000000000119": "processing_error",
        },
    )


@pytest.fixture(params=[sandbox], ids=["sandbox"])
def candidate(request: pytest.FixtureRequest) -> Candidate:
    make: Callable[[], Candidate] = request.param
    return make()


def test_it_has_a_name_to_be_kept_with_the_payment(candidate: Candidate) -> None:
    assert 0 < len(candidate.provider.name) <= 32


def test_a_good_card_succeeds_at_once(candidate: Candidate) -> None:
    result = candidate.pay(candidate.succeeds)
    assert result.state is PaymentState.SUCCEEDED
    assert 0 < len(result.reference) <= 128
    assert result.failure_code == ""


def test_a_refused_card_is_an_answer_with_a_code(candidate: Candidate) -> None:
    for number, code in candidate.refusals.items():
        result = candidate.pay(number)
        assert (result.state, result.failure_code) == (PaymentState.FAILED, code)


def test_the_same_key_is_the_same_payment(candidate: Candidate) -> None:
    first, second = candidate.pay(candidate.succeeds, "key 1"), candidate.pay(candidate.succeeds, "key 1")
    assert first == second
    assert candidate.pay(candidate.succeeds, "key 2").reference != first.reference


def test_a_card_that_asks_waits_for_the_payer(candidate: Candidate) -> None:
    assert candidate.pay(candidate.asks).state is PaymentState.NEEDS_CONFIRMATION


def test_a_confirmed_payment_succeeds_however_often_it_is_asked_for(candidate: Candidate) -> None:
    reference = candidate.pay(candidate.asks).reference
    for _ in range(2):
        result = candidate.provider.confirm_payment(reference, approved=True)
        assert (result.reference, result.state) == (reference, PaymentState.SUCCEEDED)


def test_a_confirmation_that_is_refused_fails_with_a_code(candidate: Candidate) -> None:
    result = candidate.provider.confirm_payment(candidate.pay(candidate.asks).reference, approved=False)
    assert result.state is PaymentState.FAILED
    assert result.failure_code


def test_an_unknown_reference_is_not_found(candidate: Candidate) -> None:
    with pytest.raises(NotFound):
        candidate.provider.confirm_payment("somebody-elses", approved=True)


def test_a_request_does_not_show_the_card_when_it_is_printed(candidate: Candidate) -> None:
    card = Card(candidate.succeeds, 12, 2040, "987")
    shown = repr(PaymentRequest(AMOUNT, card, "key", "Kabinet"))
    assert candidate.succeeds not in shown
    assert "987" not in shown


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(ValueError, match="PAYMENTS is 'coins'"):
        provider_from_name("coins")
