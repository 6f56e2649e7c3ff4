"""Posting without looking first, for what delivery posts all day on a busy balance.

The pockets are moved by one conditional UPDATE, which takes the lock; the rows read what they need from the balance as
it was just moved. No answer is needed in between, so that MariaDB gets all of it in one trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, func, insert, literal_column, select, union_all, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

from webapp.db.prepared import Compound, Prepared
from webapp.domain.billing.models import Account, Balance, Entry, Transaction
from webapp.domain.billing.policies import POCKETS, Move
from webapp.domain.billing.store import MORE_SPEND
from webapp.domain.billing.types import Holder, Posting

_B, _T, _E = (cast(Table, model.__table__) for model in (Balance, Transaction, Entry))
_POCKETS = tuple(f"{account.value}_micros" for account in POCKETS)
_HOLDER = bindparam("holder", type_=_B.c.advertiser_id.type)
_TRANSACTION = tuple(column.name for column in _T.c if column.name != "id")
_ENTRY = tuple(column.name for column in _E.c if column.name != "id")


def _move(_: str) -> ClauseElement:
    """Move the pockets, if that leaves none below zero and no promo money has a say."""
    added = {name: bindparam(f"add_{name}", type_=_B.c[name].type) for name in _POCKETS}
    enough = (_B.c[name] + amount >= 0 for name, amount in added.items())
    no_promo = (_B.c.promo_micros == 0) | (bindparam("any_promo", type_=Integer) == 1)
    own = (_B.c.advertiser_id == _HOLDER, _B.c.currency == bindparam("currency", type_=_B.c.currency.type))
    values = {name: _B.c[name] + amount for name, amount in added.items()}
    return update(_B).where(*own, no_promo, *enough).values({**values, "updated_at": bindparam("at")})


def _add_transaction(_: str) -> ClauseElement:
    columns: dict[str, Any] = {name: bindparam(name, type_=_T.c[name].type) for name in _TRANSACTION}
    columns["available_after_micros"] = _B.c.available_micros + _B.c.promo_micros
    found = select(*columns.values()).where(_B.c.advertiser_id == _HOLDER)
    return insert(_T).inline().from_select(list(columns), found)


def _add_entries(accounts: Sequence[Account]) -> Prepared:
    def build(dialect: str) -> ClauseElement:
        # SQLite's last_insert_rowid() would already mean the first entry when the second is read.
        own = select(_T.c.id).where(_T.c.public_id == bindparam("public_id", type_=_T.c.public_id.type))
        transaction = own.scalar_subquery() if dialect == "sqlite" else func.last_insert_id()
        rows = [
            select(
                transaction, _HOLDER, literal_column(f"'{account.value}'"),
                bindparam(f"amount_{place}", type_=_E.c.amount_micros.type), _B.c[f"{account.value}_micros"],
            ).where(_B.c.advertiser_id == _HOLDER)
            for place, account in enumerate(accounts)
        ]  # fmt: skip
        return insert(_E).inline().from_select(list(_ENTRY), union_all(*rows))

    return Prepared(build)


_MOVE, _ADD_TRANSACTION = Prepared(_move), Prepared(_add_transaction)
_ADD_ENTRIES = {
    pair: _add_entries(pair)
    for pair in (
        (Account.AVAILABLE, Account.RESERVED),
        (Account.RESERVED, Account.AVAILABLE),
        (Account.RESERVED, Account.SPENT),
        (Account.AVAILABLE, Account.SPENT),
    )
}


_ONE_TRIP = {
    **{pair: Compound(_MOVE, (_ADD_TRANSACTION, entries)) for pair, entries in _ADD_ENTRIES.items()},
    **{
        pair: Compound(_MOVE, (_ADD_TRANSACTION, entries, MORE_SPEND))
        for pair, entries in _ADD_ENTRIES.items()
        if pair[1] is Account.SPENT
    },
}


class ShiftStore:
    """Moves pockets and writes the rows of it, without a look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, posting: Posting, row: Mapping[str, Any], entries: Sequence[Move], at: datetime) -> bool:
        """Write a posting; False, and nothing written, when it needs a look.

        A key that is taken raises IntegrityError; the pockets are moved then, see `take_back`.
        """
        self._session.flush()
        connection = self._session.connection()
        amounts = {"amount_0": entries[0][1], "amount_1": entries[1][1]}
        spend = {"day": posting.budget_day, "spent_micros": posting.amount_micros}
        params = {**row, **_change(posting.holder, entries, at), **amounts, **spend}
        pair = (entries[0][0], entries[1][0])
        if Compound.is_for(connection.dialect):
            return not _ONE_TRIP[pair].run(connection, params).returns_rows
        if not _MOVE.run(connection, params).rowcount:
            return False
        _ADD_TRANSACTION.run(connection, params)
        _ADD_ENTRIES[pair].run(connection, params)
        if pair[1] is Account.SPENT:
            MORE_SPEND.run(connection, params)
        return True

    def take_back(self, holder: Holder, entries: Sequence[Move], at: datetime) -> None:
        """Undo the move of a posting whose key turned out to be taken; the balance is still locked by us."""
        back = [(account, -amount) for account, amount in entries]
        _MOVE.run(self._session.connection(), {**_change(holder, back, at), "any_promo": 1})


def _change(holder: Holder, entries: Sequence[Move], at: datetime) -> dict[str, Any]:
    change: dict[str, Any] = {f"add_{name}": 0 for name in _POCKETS}
    change |= {f"add_{account.value}_micros": amount for account, amount in entries}
    # What is taken out of available would have been taken from promo first, if there is any.
    any_promo = int(change["add_available_micros"] >= 0)
    about = {"holder": holder.advertiser_id, "currency": holder.currency, "any_promo": any_promo, "at": at}
    return {**change, **about}
