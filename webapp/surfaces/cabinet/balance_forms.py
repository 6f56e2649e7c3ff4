"""The top-up form: an amount and a card, checked together so that everything wrong is said at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from webapp.core.errors import Invalid
from webapp.core.money import MICROS
from webapp.core.periods import today_in
from webapp.core.scope import Scope
from webapp.domain.billing.cards import read_card
from webapp.domain.billing.ports import Card
from webapp.domain.billing.services.payments import check_amount
from webapp.web.app import services
from webapp.web.filters import amount as amount_text
from webapp.web.forms import Form, MoneyField, trimmed
from webapp.web.ledger_words import reads_two_ways

PRESETS = (1_000 * MICROS, 2_500 * MICROS, 5_000 * MICROS)
DEFAULT = PRESETS[1]


class TopUpForm(Form):
    """What is typed; the card's number and code are never written back into a page."""

    amount = MoneyField(_l("Amount"))
    card_number = StringField(_l("Card number"), filters=[trimmed])
    card_expiry = StringField(_l("Expiry"), filters=[trimmed])
    card_code = StringField(_l("Security code"), filters=[trimmed])
    idempotency_key = HiddenField()

    def validate_amount(self, field: MoneyField) -> None:
        """Refuse an amount that could be meant in two ways: it is somebody's money."""
        if reads_two_ways(field.raw):
            raise ValidationError(gettext("Write the amount as 1000 or 1000.00."))

    def card(self, scope: Scope) -> Card | None:
        """Return the card when form and card are right; otherwise each field says what is wrong."""
        self.validate()
        if not self.amount.errors:
            self.attempt(lambda: check_amount(self.amount.data, scope.currency))
        cards: list[Card] = []
        typed = (self.card_number.data or "", self.card_expiry.data or "", self.card_code.data or "")
        today = today_in(scope.zone, services().clock.now())
        self.attempt(lambda: cards.append(read_card(*typed, today=today)))
        return cards[0] if cards and not self.error_count() else None

    def attempt(self, check: Callable[[], object]) -> None:
        """Put what a check of the domain refuses beside its field."""
        try:
            check()
        except Invalid as error:
            self.accept(error)

    def renew(self) -> None:
        """Give the form a key of its own: what is sent next is another payment."""
        self.idempotency_key.data = new_key()


def new_key() -> str:
    """Return a key that makes sending one form twice the same as sending it once."""
    return secrets.token_urlsafe(18)


def fresh_form(amount_micros: int) -> TopUpForm:
    """Return the form before anything is typed."""
    form = TopUpForm(formdata=None, idempotency_key=new_key())
    form.amount.data = amount_micros
    form.amount.raw = amount_text(amount_micros)
    return form


def form_for(text: str, currency: str) -> TopUpForm:
    """Return the form with an amount from an address: as it was typed, with what is wrong about it."""
    form = fresh_form(DEFAULT)
    if not text:
        return form
    try:
        form.amount.errors = []
        form.amount.process_formdata([text])
        form.validate_amount(form.amount)
        form.attempt(lambda: check_amount(form.amount.data, currency))
    except ValueError as error:
        form.amount.errors = [str(error)]
    return form
