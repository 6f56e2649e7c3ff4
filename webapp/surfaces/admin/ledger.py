"""The ledger as staff see it, and what finance may add to it."""

from __future__ import annotations

import secrets
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from webapp.core.errors import Conflict, InsufficientFunds, Invalid, NotFound
from webapp.core.ids import PATTERN, PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.accounts.directory import AdvertiserCard
from webapp.domain.billing.types import Group, Holder, LedgerFilter, Posted
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.filters import money
from webapp.web.forms import Form, MoneyField, error_text, trimmed
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.ledger_words import GROUPS, KINDS, about, exact_digits, reads_two_ways
from webapp.web.periods import here
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 50
#: How many advertisers are offered when several fit the words.
MATCHES = 8
PROMO, ADJUSTMENT = "promo", "adjustment"


class AdjustForm(Form):
    """What finance adds to an advertiser's ledger."""

    advertiser = StringField(_l("Advertiser"), filters=[trimmed])
    #: An adjustment, or promo credit.
    kind = StringField(default=ADJUSTMENT)
    amount = MoneyField(_l("Amount"))
    reason = StringField(_l("Reason"), filters=[trimmed])
    idempotency_key = HiddenField()

    def validate_amount(self, field: MoneyField) -> None:
        """Refuse no amount, and one that could be meant in two ways."""
        if field.data is None and field.raw == "":
            raise ValidationError(_("Enter an amount; with a minus it is taken off."))
        if reads_two_ways(field.raw):
            raise ValidationError(_("Write the amount as 1000 or 1000.00."))

    def validate_reason(self, field: StringField) -> None:
        """Ask why: the advertiser reads it in the ledger."""
        if not field.data:
            raise ValidationError(_("Say why the balance is corrected."))
        if len(field.data) > 500:
            raise ValidationError(_("A reason has at most 500 characters."))


@bp.get("/ledger")
@requires(Permission.STAFF_LEDGER_READ)
def ledger() -> ResponseReturnValue:
    """Show the ledger of everybody or of one advertiser, newest first."""
    return page("admin/ledger/index.html", fragment="admin/ledger/_table.html", **_context())


@bp.get("/ledger/adjust")
@requires(Permission.STAFF_LEDGER_ADJUST)
def ledger_adjust_form() -> ResponseReturnValue:
    """Show the form of a correction or a promo credit."""
    form = AdjustForm(formdata=None, advertiser=request.args.get("advertiser", ""), idempotency_key=_new_key())
    return page("admin/ledger/adjust.html", form=form, **_about(form))


@bp.post("/ledger/adjust")
@requires(Permission.STAFF_LEDGER_ADJUST)
def ledger_adjust() -> ResponseReturnValue:
    """Post it; the same form sent twice counts once."""
    form = AdjustForm()
    card = _named(form)
    if not form.validate() or card is None:
        if card is None and not form.advertiser.errors:
            form.advertiser.errors = [_("No advertiser has this id or exactly this name.")]
        return invalid("admin/ledger/adjust.html", form=form, **_about(form))
    micros = form.amount.data or 0
    try:
        _post(form, card, micros)
    except Invalid as error:
        form.accept(error)
    except InsufficientFunds as error:
        form.amount.errors = [error_text(error)]
    except Conflict as error:
        form.form_errors, form.idempotency_key.data = [error_text(error)], _new_key()
    if form.error_count():
        return invalid("admin/ledger/adjust.html", form=form, **_about(form))
    amount = money(micros, card.currency, exact_digits(micros), sign=True)
    toast(_("%(amount)s for %(name)s is in the ledger.", amount=amount, name=card.name))
    return go(url_for(".ledger", advertiser=card.public_id))


def _post(form: AdjustForm, card: AdvertiserCard, micros: int) -> Posted:
    """Write the transaction through the one writer."""
    post = services().ledger.grant_promo if form.kind.data == PROMO else services().ledger.adjust
    holder, key = Holder(card.id, card.currency), form.idempotency_key.data or ""
    return post(staff_scope(), holder, micros, key, reason=form.reason.data or "")


def _about(form: AdjustForm) -> dict[str, Any]:
    """Return whom the form is about and what they have, once that is clear."""
    card = _named(form)
    balance = services().balances.staff_balance(staff_scope(), card.id) if card else None
    return {"card": card, "balance": balance}


def _named(form: AdjustForm) -> AdvertiserCard | None:
    """Return whom the form names without a doubt: money goes nowhere by half a name."""
    return services().directory.find_exactly(staff_scope(), form.advertiser.data or "")


def _matching(text: str) -> list[AdvertiserCard]:
    """Return the advertisers an id, a name or a member's address may mean, a few at most."""
    staff = staff_scope()
    if PATTERN.fullmatch(text):
        try:
            return [services().directory.get_advertiser(staff, PublicId(text))]
        except NotFound:
            return []
    return list(services().directory.search_advertisers(staff, PageRequest(1, MATCHES), text).items) if text else []


def _context() -> dict[str, Any]:
    """Read the address; return the page of the ledger it means."""
    staff, text = staff_scope(), request.args.get("q", "").strip()[:100]
    chosen = _chosen_advertiser()
    matches = [] if chosen else _matching(text)
    if len(matches) == 1:
        chosen = matches[0]
    group = _group()
    one = chosen.id if chosen else None
    found = None
    if chosen or not text:
        found = services().balances.staff_statement(
            staff, LedgerFilter(group), advertiser_id=one, before=_before(), size=PAGE_SIZE
        )
    shown = found.rows if found else ()
    return {
        "text": text,
        "chosen": chosen,
        "matches": matches if found is None else [],
        "balance": services().balances.staff_balance(staff, chosen.id) if chosen else None,
        "found": found,
        "names": services().directory.names({row.advertiser_id for row in shown}),
        "kinds": KINDS,
        "about": about,
        "groups": [
            (str(name), _url(group=None if key is Group.ALL else key.value), key is group)
            for key, name in GROUPS.items()
        ],
        "urls": {
            "everybody": _url(advertiser=None, q=None),
            "older": _url(before=found.older) if found and found.older else "",
            "newest": "" if found is None or found.is_first else _url(),
        },
        "match_url": lambda card: _url(advertiser=card.public_id, q=None),
    }


def _chosen_advertiser() -> AdvertiserCard | None:
    text = request.args.get("advertiser", "")
    if not PATTERN.fullmatch(text):
        return None
    return services().directory.get_advertiser(staff_scope(), PublicId(text))


def _group() -> Group:
    text = request.args.get("group", "")
    return Group(text) if text in tuple(Group) else Group.ALL


def _before() -> PublicId | None:
    text = request.args.get("before", "")
    return PublicId(text) if PATTERN.fullmatch(text) else None


def _url(**changes: str | None) -> str:
    own: dict[str, str | int | None] = {"before": None, **changes}
    return here(**own)


def _new_key() -> str:
    return f"staff:{secrets.token_urlsafe(18)}"
