"""Top-ups: a payment asked from the provider, and the transaction it becomes when it succeeds."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.ids import PublicId, new_public_id
from webapp.core.money import MICROS, Money, to_decimal
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.models import Payment, PaymentState
from webapp.domain.billing.policies import MAX_KEY_LENGTH
from webapp.domain.billing.ports import Card, PaymentProvider, PaymentRequest, PaymentResult
from webapp.domain.billing.services.ledger import Ledger

MIN_TOP_UP_MICROS = 1 * MICROS
MAX_TOP_UP_MICROS = 100_000 * MICROS
#: Payments are made to the hundredth; a card cannot pay less.
CENT_MICROS = MICROS // 100


class Payments:
    """Asks the provider for money and books what arrived."""

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, ledger: Ledger, provider: PaymentProvider
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._ledger = ledger
        self._provider = provider

    @property
    def test_cards(self) -> tuple[tuple[str, str], ...]:
        """Return the cards to try with; empty when payments are real."""
        return self._provider.test_cards

    def start(self, scope: Scope, amount_micros: int | None, card: Card, idempotency_key: str) -> Payment:
        """Ask for a payment; the same key and amount give the same payment, charged once."""
        scope.require(Permission.BALANCE_TOP_UP)
        amount = check_amount(amount_micros, scope.currency)
        if not idempotency_key or len(idempotency_key) > MAX_KEY_LENGTH:
            raise Invalid({"idempotency_key": "An idempotency key has 1 to 128 characters."})
        payment, created = self._open(scope, amount, card, idempotency_key)
        if created:
            # The provider gets a key of its own making from ours: if this transaction is lost after the answer, the
            # form sent again asks for the same payment, not for a second one.
            key = f"{scope.advertiser_public_id}:{idempotency_key}"
            description = f"Kabinet {scope.advertiser_public_id}"
            result = self._provider.create_payment(PaymentRequest(amount, card, key, description))
            self._settle(scope, payment, result)
        return payment

    def confirm(self, scope: Scope, payment_id: PublicId, *, approved: bool) -> Payment:
        """Take the payer's answer; a payment that is already finished stays as it is."""
        scope.require(Permission.BALANCE_TOP_UP)
        payment = self._one(scope, Payment.public_id == payment_id, lock=True)
        if payment.state is PaymentState.NEEDS_CONFIRMATION:
            self._settle(scope, payment, self._provider.confirm_payment(payment.provider_reference, approved=approved))
        return payment

    def get(self, scope: Scope, payment_id: PublicId) -> Payment:
        """Return one payment of the advertiser."""
        scope.require(Permission.BALANCE_TOP_UP)
        return self._one(scope, Payment.public_id == payment_id)

    def _open(self, scope: Scope, amount: Money, card: Card, key: str) -> tuple[Payment, bool]:
        payment = self._find(scope, key)
        if payment is None:
            try:
                with self._session.begin_nested():
                    return self._add(scope, amount, card, key), True
            except IntegrityError:
                # The same form was sent twice at once; the other one has it.
                payment = self._find(scope, key)
                if payment is None:
                    raise
        if (payment.amount_micros, payment.method) != (amount.micros, _method(card)):
            raise Conflict("This idempotency key was used for another request.")
        return payment, False

    def _find(self, scope: Scope, key: str) -> Payment | None:
        # Locked, so that a second click waits for the first one's answer.
        return self._session.scalar(self._owned(scope).where(Payment.idempotency_key == key).with_for_update())

    def _add(self, scope: Scope, amount: Money, card: Card, key: str) -> Payment:
        payment = Payment(
            public_id=new_public_id("p"),
            advertiser_id=scope.advertiser_id,
            provider=self._provider.name,
            provider_reference="",
            idempotency_key=key,
            amount_micros=amount.micros,
            currency=amount.currency,
            state=PaymentState.CREATED,
            failure_code="",
            method=_method(card),
            created_by=scope.actor.user_id,
            created_by_name=scope.actor.name[:120],
            created_at=self._clock.now(),
        )
        self._session.add(payment)
        self._session.flush()
        return payment

    def _settle(self, scope: Scope, payment: Payment, result: PaymentResult) -> None:
        payment.provider_reference = result.reference
        payment.state = result.state
        payment.failure_code = result.failure_code
        if result.state is PaymentState.NEEDS_CONFIRMATION:
            return
        payment.finished_at = self._clock.now()
        if result.state is PaymentState.SUCCEEDED:
            self._book(scope, payment)

    def _book(self, scope: Scope, payment: Payment) -> None:
        key, about = f"payment:{payment.public_id}", payment.public_id
        posted = self._ledger.top_up(scope, payment.amount_micros, key, reference=about, reason=payment.method)
        if posted.created:
            change = {"field": "amount_micros", "before": None, "after": payment.amount_micros}
            self._audit.record(
                scope.actor, "balance.top_up", advertiser_id=scope.advertiser_id, subject_type="transaction",
                subject_id=posted.public_id, subject_name=payment.method, changes=[change],
            )  # fmt: skip

    def _one(self, scope: Scope, condition: object, *, lock: bool = False) -> Payment:
        query = self._owned(scope).where(condition)  # type: ignore[arg-type]
        payment = self._session.scalar(query.with_for_update() if lock else query)
        if payment is None:
            raise NotFound
        return payment

    def _owned(self, scope: Scope) -> Select[Payment]:
        query = select(Payment).where(Payment.advertiser_id == scope.advertiser_id)
        return query.execution_options(populate_existing=True)


def check_amount(amount_micros: int | None, currency: str) -> Money:
    """Return the amount of a top-up; raise Invalid with the sentence that says what is allowed."""
    if amount_micros is None:
        raise Invalid({"amount": "Enter the amount to add."})
    if not MIN_TOP_UP_MICROS <= amount_micros <= MAX_TOP_UP_MICROS:
        limits = {"low": _plain(MIN_TOP_UP_MICROS), "high": _plain(MAX_TOP_UP_MICROS), "currency": currency}
        raise Invalid({"amount": FieldError("A top-up is between %(low)s and %(high)s %(currency)s.", **limits)})
    if amount_micros % CENT_MICROS:
        raise Invalid({"amount": "A payment has at most two decimals."})
    return Money(amount_micros, currency)


def _plain(micros: int) -> str:
    return f"{to_decimal(micros):,.2f}"


def _method(card: Card) -> str:
    return f"card {card.last_four}"
