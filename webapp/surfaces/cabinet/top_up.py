"""Adding money: the form, the provider's question, and what became of a payment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.core.errors import Conflict, Invalid, NotFound, Unavailable
from webapp.core.ids import PATTERN, PublicId
from webapp.core.periods import today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.billing.models import Payment, PaymentState
from webapp.domain.billing.types import Pockets
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.balance_forms import PRESETS, TopUpForm, form_for, fresh_form
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.filters import money
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.ledger_words import method
from webapp.web.tenancy import scope

#: A date further away than this is no forecast.
FAR_DAYS = 3650
FAILURES = {
    "card_declined": _l("The bank declined this card. Nothing was charged. Use another card or ask the bank."),
    "insufficient_funds": _l("There is not enough money on this card. Nothing was charged. Use another card."),
    "expired_card": _l("This card has expired. Nothing was charged. Use another card."),
    "processing_error": _l("The bank could not process the payment. Nothing was charged. Try again in a minute."),
    "confirmation_refused": _l("The payment was not confirmed. Nothing was charged."),
}
TEST_CARDS = {
    "succeeds": _l("succeeds"),
    "asks for confirmation": _l("asks for confirmation"),
    "is declined": _l("is declined"),
    "has no money left": _l("has no money left"),
    "fails at the bank": _l("fails at the bank"),
}


@bp.get("/balance/top-up")
@requires(Permission.BALANCE_TOP_UP)
def top_up_form() -> ResponseReturnValue:
    """Show the form alone, or for htmx its amount with how long it lasts."""
    context = top_up_context(scope(), asked_form(scope()), services().balances.balance(scope()))
    return page("cabinet/balance/top_up.html", fragment="cabinet/balance/_amount.html", **context)


@bp.post("/balance/top-up")
@requires(Permission.BALANCE_TOP_UP)
def top_up() -> ResponseReturnValue:
    """Ask the provider for the money; the same form sent twice is one payment."""
    form = TopUpForm()
    card = form.card(scope())
    if card is None:
        return _again(form)
    try:
        payment = services().payments.start(scope(), form.amount.data, card, form.idempotency_key.data or "")
    except Invalid as error:
        form.accept(error)
        return _again(form)
    except Conflict:
        form.form_errors = [_("This form had been used for another payment. Nothing was charged; send it once more.")]
        form.renew()
        return _again(form)
    except Unavailable:
        form.form_errors = [_("The payment provider does not answer. Send the form again: it is charged only once.")]
        return _again(form)
    return _next(payment)


@bp.get("/balance/payments/<public_id:payment_id>")
@requires(Permission.BALANCE_TOP_UP)
def payment_detail(payment_id: PublicId) -> ResponseReturnValue:
    """Ask the payer to confirm, as a bank's page does, or tell what became of the payment."""
    payment = services().payments.get(scope(), payment_id)
    return page("cabinet/balance/payment.html", payment=payment, failure=failure_text(payment), scope=scope())


@bp.post("/balance/payments/<public_id:payment_id>/confirm")
@requires(Permission.BALANCE_TOP_UP)
def payment_confirm(payment_id: PublicId) -> ResponseReturnValue:
    """Take the payer's answer."""
    approved = request.form.get("approved") == "1"
    return _next(services().payments.confirm(scope(), payment_id, approved=approved))


def _next(payment: Payment) -> ResponseReturnValue:
    """Go where a payment leads: its question, back to the form with the reason, or to the new balance."""
    if payment.state is PaymentState.NEEDS_CONFIRMATION:
        return go(url_for(".payment_detail", payment_id=payment.public_id))
    if payment.state is PaymentState.SUCCEEDED:
        toast(_("Topped up %(amount)s", amount=money(payment.amount_micros, payment.currency)))
        return go(url_for(".balance"))
    return go(url_for(".balance", payment=payment.public_id, _anchor="top-up"))


def _again(form: TopUpForm) -> ResponseReturnValue:
    context = top_up_context(scope(), form, services().balances.balance(scope()))
    return invalid("cabinet/balance/top_up.html", **context)


def failure_text(payment: Payment) -> str:
    """Return why a payment failed and what to do."""
    if payment.state is not PaymentState.FAILED:
        return ""
    return str(FAILURES.get(payment.failure_code, FAILURES["card_declined"]))


def asked_form(scope: Scope) -> TopUpForm:
    """Return a fresh form: with the amount of the address, or of a payment that failed and its reason."""
    failed = _failed(scope)
    if failed is None:
        return form_for(request.args.get("amount", "").strip()[:40], scope.currency)
    form = fresh_form(failed.amount_micros)
    form.card_number.errors = [failure_text(failed)]
    return form


def _failed(scope: Scope) -> Payment | None:
    text = request.args.get("payment", "")
    if not PATTERN.fullmatch(text):
        return None
    try:
        payment = services().payments.get(scope, PublicId(text))
    except NotFound:
        return None
    return payment if payment.state is PaymentState.FAILED else None


def top_up_context(scope: Scope, form: TopUpForm, pockets: Pockets) -> dict[str, Any]:
    """Return the form and what its amount would change."""
    amount = form.amount.data if form.amount.data and not form.amount.errors else None
    pace = services().balances.daily_pace(scope)
    return {
        "scope": scope,
        "form": form,
        "amount": amount,
        "presets": [(preset, preset == amount, url_for(".balance", amount=preset // 1_000_000)) for preset in PRESETS],
        "pace": pace,
        "lasts": _lasts(scope, pockets.left_micros, amount or 0, pace),
        "test_cards": [
            (_grouped(number), TEST_CARDS.get(what, what)) for number, what in services().payments.test_cards
        ],
    }


def _lasts(scope: Scope, left: int, amount: int, pace: int) -> tuple[date, date] | None:
    """Return until when the money would last, and until when it does; None when it makes no day's difference."""
    if pace <= 0 or not amount or (left + amount) // pace > FAR_DAYS:
        return None
    today = today_in(scope.zone, services().clock.now())
    later, now = (left + amount) // pace, left // pace
    return (today + timedelta(days=later), today + timedelta(days=now)) if later > now else None


def _grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


bp.add_app_template_filter(method, "payment_method")
