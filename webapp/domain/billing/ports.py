"""The port to whoever takes payments for us."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from webapp.core.money import Money
from webapp.domain.billing.models import PaymentState


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it was typed; never stored, never written to a log."""

    number: str = field(repr=False)
    expiry_month: int = field(repr=False)
    expiry_year: int = field(repr=False)
    security_code: str = field(repr=False)

    @property
    def last_four(self) -> str:
        """Return the only digits that are kept."""
        return self.number[-4:]


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What the provider is asked for; the same key asks for the same payment, however often."""

    amount: Money
    card: Card
    idempotency_key: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """The provider's answer."""

    #: The provider's own id of the payment.
    reference: str
    #: SUCCEEDED, FAILED or NEEDS_CONFIRMATION.
    state: PaymentState
    #: Why it failed: `card_declined`, `insufficient_funds`, `expired_card`, `processing_error` …
    failure_code: str = ""
    #: Where the payer confirms; empty when our own page asks (see `confirm_payment`).
    confirmation_url: str = ""


class PaymentProvider(Protocol):
    """Takes money from a card.

    A refused card is an answer, not an error; a provider that does not answer raises Unavailable, and asking again with
    the same key is safe.
    """

    @property
    def name(self) -> str:
        """Return the name that is kept with a payment, such as `sandbox`."""

    @property
    def test_cards(self) -> tuple[tuple[str, str], ...]:
        """Return (number, what it does) of the cards that move no real money; empty at a real provider."""

    def create_payment(self, request: PaymentRequest) -> PaymentResult:
        """Ask for a payment, once per idempotency key."""

    def confirm_payment(self, reference: str, *, approved: bool) -> PaymentResult:
        """Return what became of a payment that asked for confirmation, given the payer's answer on our page.

        A provider with a page of its own ignores `approved` and tells what it knows. Repeating gives the same answer.
        An unknown reference raises NotFound.
        """
