"""The ledger in words: kinds, accounts, what a transaction is about; shared by the cabinet and the staff pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.core.periods import today_in
from webapp.core.scope import Scope
from webapp.domain.ads.services.names import Named
from webapp.domain.billing.models import Account, TransactionKind
from webapp.domain.billing.types import Group, LedgerRow

_K = TransactionKind


@dataclass(frozen=True, slots=True)
class KindLook:
    """A kind's word and icon."""

    label: LazyString
    icon: str


KINDS = {
    _K.TOP_UP: KindLook(_l("Top-up"), icon="plus"),
    _K.REFUND: KindLook(_l("Refund"), icon="arrow-left"),
    _K.PROMO_CREDIT: KindLook(_l("Promo credit"), icon="gift"),
    _K.RESERVE: KindLook(_l("Reserve"), icon="lock"),
    _K.RELEASE: KindLook(_l("Release"), icon="lock-open"),
    _K.SPEND: KindLook(_l("Charge"), icon="receipt-text"),
    _K.CREDIT_NOTE: KindLook(_l("Credit note"), icon="undo-2"),
    _K.ADJUSTMENT: KindLook(_l("Adjustment"), icon="pencil"),
}
ACCOUNTS = {
    Account.AVAILABLE: _l("Available"),
    Account.RESERVED: _l("Reserved"),
    Account.PROMO: _l("Promo credit"),
    Account.SPENT: _l("Spent"),
    Account.CASH: _l("Paid in from outside"),
    Account.HOUSE: _l("Given by the house"),
}
GROUPS = {
    Group.ALL: _l("All"),
    Group.TOP_UPS: _l("Top-ups"),
    Group.CHARGES: _l("Charges"),
    Group.CREDITS: _l("Credits"),
    Group.RESERVES: _l("Reserves"),
}
#: Kinds that bring money: their amount is good news.
_GAINS = frozenset({_K.TOP_UP, _K.PROMO_CREDIT, _K.CREDIT_NOTE})
_CARD = re.compile(r"card (\d{4})")
#: "1,000" is a thousand to one reader and one to another.
_TWO_WAYS = re.compile(r"[^\d]*[1-9]\d{0,2}[.,]\d{3}[^\d]*")


@dataclass(frozen=True, slots=True)
class Line:
    """A transaction as a ledger shows it."""

    row: LedgerRow
    #: The local day it was posted on.
    day: date
    #: The campaign it belongs to, when it is still known.
    campaign: Named | None
    about: str

    @property
    def kind(self) -> str:
        """Return its kind in words."""
        return str(KINDS[self.row.kind].label)

    @property
    def icon(self) -> str:
        """Return the icon of its kind."""
        return KINDS[self.row.kind].icon

    @property
    def gains(self) -> bool:
        """Tell whether it brought money."""
        return self.row.kind in _GAINS

    @property
    def main_micros(self) -> int:
        """Return the one amount a narrow screen has room for: what was charged, else what may be spent more or less."""
        row = self.row
        return -row.spent_micros if row.kind is _K.SPEND else row.available_micros


def line_of(row: LedgerRow, scope: Scope, campaigns: Mapping[int, Named]) -> Line:
    """Return a transaction in the words and on the clock of its advertiser."""
    campaign = campaigns.get(row.campaign_id) if row.campaign_id is not None else None
    return Line(row, today_in(scope.zone, row.created_at), campaign, about(row))


def about(row: LedgerRow) -> str:
    """Return what a transaction is about, without its campaign."""
    return " ".join(part for part in (method(row.reason), _outer_reference(row)) if part)


def method(text: str) -> str:
    """Return how money came, or any other reason, in words."""
    if card := _CARD.fullmatch(text):
        return str(gettext("Card ending %(digits)s", digits=card[1]))
    known = {"bank transfer": gettext("Bank transfer"), "lease": gettext("lease")}
    return str(known.get(text, text))


def _outer_reference(row: LedgerRow) -> str:
    """Return a reference people know; a payment's own id says nothing to them."""
    return "" if row.reference.startswith("p_") else row.reference


def reads_two_ways(text: str) -> bool:
    """Tell whether an amount such as 1,000 could be a thousand as well as one."""
    return _TWO_WAYS.fullmatch(text.strip()) is not None


def exact_digits(*amounts: int) -> int:
    """Return with how many decimals (2 to 6) all of these amounts can be written exactly."""
    return next(digits for digits in range(2, 7) if all(amount % 10 ** (6 - digits) == 0 for amount in amounts))
