"""The rules of money: which pockets a transaction moves, and what it may never do.

kind          entries (they sum to zero)
top_up        cash −            available +
refund        available −       cash +          never more than was paid in
promo_credit  house −           promo +
reserve       promo −, then available −   reserved +
release       reserved −        available +
spend         reserved −        spent +         or, without a lease: promo −, then available −, spent +
credit_note   spent −           available +
adjustment    house −           available +     or the other way round when negative; a reason is required

Promo money is used first, and comes back from a reservation as available. It still cannot be cashed out: a refund is
bound by what was paid in, so that the cash account never passes zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webapp.core.errors import Conflict, InsufficientFunds, Invalid
from webapp.core.money import MAX_MICROS
from webapp.domain.billing.models import Account, TransactionKind
from webapp.domain.billing.types import Posting

#: What each account of one advertiser holds; cash and house run below zero by what they gave.
Holdings = Mapping[Account, int]
Move = tuple[Account, int]

POCKETS = (Account.AVAILABLE, Account.RESERVED, Account.PROMO, Account.SPENT)
#: The kinds that reach outside the advertiser's pockets, with the account on the other side.
OUTSIDE: dict[TransactionKind, Account] = {
    TransactionKind.TOP_UP: Account.CASH,
    TransactionKind.REFUND: Account.CASH,
    TransactionKind.PROMO_CREDIT: Account.HOUSE,
    TransactionKind.ADJUSTMENT: Account.HOUSE,
}
MAX_KEY_LENGTH = 128
#: The kinds that delivery posts all day long.
_BUSY = frozenset({TransactionKind.RESERVE, TransactionKind.RELEASE, TransactionKind.SPEND})


def check(posting: Posting) -> None:
    """Refuse a posting that is wrong whatever the balance holds."""
    amount, kind = posting.amount_micros, posting.kind
    if type(amount) is not int or amount == 0 or (amount < 0 and kind is not TransactionKind.ADJUSTMENT):
        raise Invalid({"amount": "Enter an amount above zero."})
    if abs(amount) > MAX_MICROS:
        raise Invalid({"amount": "This amount is too large."})
    if not posting.idempotency_key or len(posting.idempotency_key) > MAX_KEY_LENGTH:
        raise Invalid({"idempotency_key": "An idempotency key has 1 to 128 characters."})
    if kind is TransactionKind.ADJUSTMENT and not posting.reason.strip():
        raise Invalid({"reason": "Say why the balance is corrected."})
    if kind is TransactionKind.SPEND and (posting.campaign_id is None or posting.budget_day is None):
        raise Invalid({"campaign": "A charge belongs to a campaign and its budget day."})
    if (posting.campaign_id is None) is not (posting.budget_day is None) and kind is TransactionKind.CREDIT_NOTE:
        raise Invalid({"campaign": "A credit note names both the campaign and the day, or neither."})


def moves(posting: Posting, holdings: Holdings) -> tuple[Move, ...]:
    """Return the entries of a posting, zero ones left out; they sum to zero."""
    return tuple(move for move in _MOVES[posting.kind](posting, holdings) if move[1])


def settled_moves(posting: Posting) -> tuple[Move, ...] | None:
    """Return the entries of a kind that needs no look at the pockets, provided there is no promo money; else None."""
    if posting.kind not in _BUSY:
        return None
    return moves(posting, {Account.PROMO: 0})


def apply(holdings: Holdings, entries: tuple[Move, ...]) -> dict[Account, int]:
    """Return the holdings after the entries; raise when a pocket would go below zero or cash above it."""
    after = dict(holdings)
    for account, amount in entries:
        after[account] = after.get(account, 0) + amount
    if after.get(Account.CASH, 0) > 0:
        raise InsufficientFunds("A refund cannot be more than was paid in.")
    if after[Account.SPENT] < 0:
        raise Conflict("A credit note cannot be more than was charged.")
    if min(after[account] for account in POCKETS) < 0:
        raise InsufficientFunds
    return after


def _use(amount: int, holdings: Holdings) -> tuple[Move, Move]:
    promo = min(amount, holdings[Account.PROMO])
    return (Account.PROMO, -promo), (Account.AVAILABLE, promo - amount)


def _top_up(posting: Posting, _: Holdings) -> tuple[Move, ...]:
    return (Account.CASH, -posting.amount_micros), (Account.AVAILABLE, posting.amount_micros)


def _refund(posting: Posting, _: Holdings) -> tuple[Move, ...]:
    return (Account.AVAILABLE, -posting.amount_micros), (Account.CASH, posting.amount_micros)


def _promo_credit(posting: Posting, _: Holdings) -> tuple[Move, ...]:
    return (Account.HOUSE, -posting.amount_micros), (Account.PROMO, posting.amount_micros)


def _reserve(posting: Posting, holdings: Holdings) -> tuple[Move, ...]:
    return *_use(posting.amount_micros, holdings), (Account.RESERVED, posting.amount_micros)


def _release(posting: Posting, _: Holdings) -> tuple[Move, ...]:
    return (Account.RESERVED, -posting.amount_micros), (Account.AVAILABLE, posting.amount_micros)


def _spend(posting: Posting, holdings: Holdings) -> tuple[Move, ...]:
    spent = (Account.SPENT, posting.amount_micros)
    if posting.source is Account.RESERVED:
        return (Account.RESERVED, -posting.amount_micros), spent
    return *_use(posting.amount_micros, holdings), spent


def _credit_note(posting: Posting, _: Holdings) -> tuple[Move, ...]:
    return (Account.SPENT, -posting.amount_micros), (Account.AVAILABLE, posting.amount_micros)


def _adjustment(posting: Posting, _: Holdings) -> tuple[Move, ...]:
    return (Account.HOUSE, -posting.amount_micros), (Account.AVAILABLE, posting.amount_micros)


_MOVES: dict[TransactionKind, Callable[[Posting, Holdings], tuple[Move, ...]]] = {
    TransactionKind.TOP_UP: _top_up,
    TransactionKind.REFUND: _refund,
    TransactionKind.PROMO_CREDIT: _promo_credit,
    TransactionKind.RESERVE: _reserve,
    TransactionKind.RELEASE: _release,
    TransactionKind.SPEND: _spend,
    TransactionKind.CREDIT_NOTE: _credit_note,
    TransactionKind.ADJUSTMENT: _adjustment,
}
