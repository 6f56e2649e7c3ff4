"""The top-up form: an amount and a card, checked together so that everything wrong is said at once."""

from __future__ import annotations

import secrets

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from webapp.core.errors import Invalid
from webapp.core.money import MICROS, MoneyError, parse_micros
from webapp.core.periods import today_in
from webapp.core.scope import Scope
from webapp.domain.billing.cards import read_card
from webapp.domain.billing.ports import Card
from webapp.domain.billing.services.payments import MAX_TOP_UP_MICROS, check_amount
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
            self._try(lambda: check_amount(self.amount.data, scope.currency))
        cards: list[Card] = []
        typed = (self.card_number.data or "", self.card_expiry.data or "", self.card_code.data or "")
        today = today_in(scope.zone, services().clock.now())
        self._try(lambda: cards.append(read_card(*typed, today=today)))
        return cards[0] if cards and not self.error_count() else None

    def _try(self, check: object) -> None:
        try:
            check()  # type: ignore[operator]
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


def asked_amount(text: str) -> int:
    """Read the amount of an address; anything that cannot be paid is the usual one."""
    try:
        micros = parse_micros(text) if text and not reads_two_ways(text) else DEFAULT
    except MoneyError:
        return DEFAULT
    return micros if 0 < micros <= MAX_TOP_UP_MICROS else DEFAULT
