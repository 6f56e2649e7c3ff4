"""Posting without looking first, for what delivery posts all day on a busy balance.

The money is moved by one conditional UPDATE, which takes the lock; the rows read what they need from the balance as
it was just moved. No answer is needed in between, so that MariaDB gets all of it in one trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, literal_column, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

from webapp.db.prepared import Compound, Prepared
from webapp.domain.billing.models import Account, Balance, Entry, Transaction
from webapp.domain.billing.policies import Move
from webapp.domain.billing.store import MORE_SPEND
from webapp.domain.billing.types import Posting

_B, _T, _E = (cast(Table, model.__table__) for model in (Balance, Transaction, Entry))
_HOLDER = bindparam("holder", type_=_B.c.advertiser_id.type)
_AMOUNT = bindparam("amount", type_=_E.c.amount_micros.type)
_TRANSACTION = tuple(column.name for column in _T.c if column.name != "id")
#: Where money comes from and where it goes.
Way = tuple[Account, Account]


def _pocket(account: Account) -> Any:
    return _B.c[f"{account.value}_micros"]


def _move(way: Way, *, with_promo: bool = False) -> Prepared:
    """Move money if there is enough; money that leaves available would leave promo first, if there were any."""
    source, target = (_pocket(account) for account in way)
    own = (_B.c.advertiser_id == _HOLDER, _B.c.currency == bindparam("currency", type_=_B.c.currency.type))
    promo = () if with_promo or way[0] is not Account.AVAILABLE else (_B.c.promo_micros == literal_column("0"),)
    values = {source: source - _AMOUNT, target: target + _AMOUNT, _B.c.updated_at: bindparam("at")}
    return Prepared(lambda _: update(_B).where(*own, source >= _AMOUNT, *promo).values(values))


def _now_holds(*accounts: Account) -> Any:
    """Read from the balance what the accounts hold together."""
    held = sum(map(_pocket, accounts[1:]), _pocket(accounts[0]))
    return select(held).where(_B.c.advertiser_id == _HOLDER).scalar_subquery()


def _add_transaction(_: str) -> ClauseElement:
    columns: dict[str, Any] = {name: bindparam(name) for name in _TRANSACTION}
    columns["available_after_micros"] = _now_holds(Account.AVAILABLE, Account.PROMO)
    return insert(_T).inline().values(columns)


def _add_entries(way: Way) -> Prepared:
    def build(dialect: str) -> ClauseElement:
        # SQLite's last_insert_rowid() would already mean the first entry when the second is read.
        own = select(_T.c.id).where(_T.c.public_id == bindparam("public_id", type_=_T.c.public_id.type))
        transaction = own.scalar_subquery() if dialect == "sqlite" else func.last_insert_id()
        rows = [
            {
                "transaction_id": transaction,
                "advertiser_id": _HOLDER,
                "account": literal_column(f"'{account.value}'"),
                "amount_micros": amount,
                "balance_after_micros": _now_holds(account),
            }
            for account, amount in zip(way, (-_AMOUNT, _AMOUNT), strict=True)
        ]
        return insert(_E).inline().values(rows)

    return Prepared(build)


class _Script:
    """The statements of one way."""

    def __init__(self, way: Way) -> None:
        rest = (Prepared(_add_transaction), _add_entries(way))
        self.move, self.rest = _move(way), (*rest, MORE_SPEND) if way[1] is Account.SPENT else rest
        self.at_once = Compound(self.move, self.rest)
        self.back = _move((way[1], way[0]), with_promo=True)


_SCRIPTS = {
    way: _Script(way)
    for way in (
        (Account.AVAILABLE, Account.RESERVED),
        (Account.RESERVED, Account.AVAILABLE),
        (Account.RESERVED, Account.SPENT),
        (Account.AVAILABLE, Account.SPENT),
    )
}


class ShiftStore:
    """Moves money from one pocket to another and writes the rows of it, without a look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, posting: Posting, row: Mapping[str, Any], entries: Sequence[Move], at: datetime) -> bool:
        """Write a posting; False, and nothing written, when it needs a look.

        A key that is taken raises IntegrityError; the money is moved then, see `take_back`.
        """
        self._session.flush()
        connection, script = self._session.connection(), _SCRIPTS[_way(entries)]
        spend = {"day": posting.budget_day, "spent_micros": posting.amount_micros}
        params = {**row, **_about(posting, at), **spend}
        if Compound.is_for(connection.dialect):
            return not script.at_once.run(connection, params).returns_rows
        if not script.move.run(connection, params).rowcount:
            return False
        for statement in script.rest:
            statement.run(connection, params)
        return True

    def take_back(self, posting: Posting, entries: Sequence[Move], at: datetime) -> None:
        """Undo the move of a posting whose key turned out to be taken; the balance is still locked by us."""
        _SCRIPTS[_way(entries)].back.run(self._session.connection(), _about(posting, at))


def _way(entries: Sequence[Move]) -> Way:
    return entries[0][0], entries[1][0]


def _about(posting: Posting, at: datetime) -> dict[str, Any]:
    holder = posting.holder
    return {
        "holder": holder.advertiser_id, "currency": holder.currency, "amount": posting.amount_micros, "at": at,
    }  # fmt: skip
