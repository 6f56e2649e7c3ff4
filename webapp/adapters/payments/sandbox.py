"""A provider that moves no money: its answer depends on the card number alone."""

from __future__ import annotations

import hashlib

from webapp.core.errors import NotFound
from webapp.domain.billing.models import PaymentState
from webapp.domain.billing.ports import PaymentRequest, PaymentResult

SUCCEEDS = "4242424242424242"
DECLINED = "4000000000000002"
INSUFFICIENT = "4000000000009995"
ASKS = "4000002500003155"
BREAKS = "4000000000000119"

_FAILURES = {DECLINED: "card_declined", INSUFFICIENT: "insufficient_funds", BREAKS: "processing_error"}
_PREFIX = "sandbox_"


class SandboxPaymentProvider:
    """Answers at once, keeps nothing: a payment's reference is worked out from its idempotency key."""

    name = "sandbox"
    test_cards = (
        (SUCCEEDS, "succeeds"),
        (ASKS, "asks for confirmation"),
        (DECLINED, "is declined"),
        (INSUFFICIENT, "has no money left"),
        (BREAKS, "fails at the bank"),
    )

    def create_payment(self, request: PaymentRequest) -> PaymentResult:
        """Answer by the card's number; any other card that checks succeeds."""
        reference = _PREFIX + hashlib.sha256(request.idempotency_key.encode()).hexdigest()[:32]
        number = request.card.number
        if number in _FAILURES:
            return PaymentResult(reference, PaymentState.FAILED, failure_code=_FAILURES[number])
        state = PaymentState.NEEDS_CONFIRMATION if number == ASKS else PaymentState.SUCCEEDED
        return PaymentResult(reference, state)

    def confirm_payment(self, reference: str, *, approved: bool) -> PaymentResult:
        """Do as the payer said."""
        if not reference.startswith(_PREFIX):
            raise NotFound
        if approved:
            return PaymentResult(reference, PaymentState.SUCCEEDED)
        return PaymentResult(reference, PaymentState.FAILED, failure_code="confirmation_refused")
