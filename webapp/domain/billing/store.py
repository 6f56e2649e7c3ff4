"""The writer's statements: few round trips, the balance row locked first, little done while it is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, and_, bindparam, insert, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

from webapp.core.errors import Conflict
from webapp.core.ids import PublicId
from webapp.db.prepared import Prepared
from webapp.domain.billing.models import Account, Balance, Entry, SpendDay, Transaction
from webapp.domain.billing.policies import POCKETS
from webapp.domain.billing.types import Holder, Posted

#: How many keys or ids one `IN` list carries.
CHUNK = 500

_B, _T, _E, _S = (cast(Table, model.__table__) for model in (Balance, Transaction, Entry, SpendDay))
_POCKET_COLUMNS = {account: f"{account.value}_micros" for account in POCKETS}
_POSTED = (
    _T.c.public_id, _T.c.kind, _T.c.request_hash, _T.c.idempotency_key, _T.c.created_at,
)  # fmt: skip
_HOLDER = bindparam("holder", type_=_B.c.advertiser_id.type)
_BALANCE = tuple(_B.c[name] for name in _POCKET_COLUMNS.values())
_OF_ADVERTISER = (_B.c.advertiser_id == _HOLDER, _B.c.currency == bindparam("currency", type_=_B.c.currency.type))
_KEY_TAKEN = and_(_T.c.advertiser_id == _B.c.advertiser_id, _T.c.idempotency_key == bindparam("key"))

#: The lock, the pockets and the answer to "was this key used?" in one trip.
_LOCK_AND_FIND = Prepared(
    lambda _: (
        select(*_BALANCE, _T.c.id).select_from(_B.outerjoin(_T, _KEY_TAKEN)).where(*_OF_ADVERTISER).with_for_update()
    )
)
_LOCK = Prepared(lambda _: select(*_BALANCE).where(*_OF_ADVERTISER).with_for_update())
_FIND = select(*_POSTED).where(
    _T.c.advertiser_id == _HOLDER, _T.c.idempotency_key.in_(bindparam("keys", expanding=True))
)
_IDS = select(_T.c.public_id, _T.c.id).where(_T.c.public_id.in_(bindparam("public_ids", expanding=True)))
_LAST_AFTER = (
    select(_E.c.balance_after_micros)
    .where(_E.c.advertiser_id == _HOLDER, _E.c.account == bindparam("account"))
    .order_by(_E.c.id.desc())
    .limit(1)
)
_TRANSACTION_COLUMNS = tuple(column.name for column in _T.c if column.name != "id")
_ADD_TRANSACTION = Prepared(
    lambda _: insert(_T).inline().values({name: bindparam(name) for name in _TRANSACTION_COLUMNS})
)
_SAVE_BALANCE = Prepared(
    lambda _: (
        update(_B)
        .where(_B.c.advertiser_id == _HOLDER)
        .values({name: bindparam(f"new_{name}") for name in _POCKET_COLUMNS.values()} | {"updated_at": bindparam("at")})
    )
)
_THAT_DAY = (
    _S.c.campaign_id == bindparam("campaign"), _S.c.day == bindparam("on"), _S.c.advertiser_id == _HOLDER,
)  # fmt: skip
_SPENT_ON = select(_S.c.spent_micros).where(*_THAT_DAY)
_LESS_SPEND = (
    update(_S)
    .where(*_THAT_DAY)
    .values(
        spent_micros=_S.c.spent_micros - bindparam("amount"), credited_micros=_S.c.credited_micros + bindparam("amount")
    )
)
_CHARGED = (_S.c.campaign_id, _S.c.day, _S.c.advertiser_id, _S.c.spent_micros)
_ENTRY_COLUMNS = tuple(column.name for column in _E.c if column.name != "id")


def _open(dialect: str) -> ClauseElement:
    if dialect == "sqlite":
        return sqlite.insert(_B).on_conflict_do_nothing()
    # A no-op update instead of IGNORE: it takes the exclusive lock at once, so that two openings cannot deadlock.
    return mysql.insert(_B).on_duplicate_key_update(currency=_B.c.currency)


def _more_spend(dialect: str) -> ClauseElement:
    values: dict[str, Any] = {column.name: bindparam(column.name) for column in _CHARGED}
    if dialect == "sqlite":
        lite = sqlite.insert(_S).values(values)
        added = {"spent_micros": _S.c.spent_micros + lite.excluded.spent_micros}
        return lite.on_conflict_do_update(index_elements=["campaign_id", "day"], set_=added)
    query = mysql.insert(_S).values(values)
    return query.on_duplicate_key_update(spent_micros=_S.c.spent_micros + query.inserted.spent_micros)


def _entries(count: int) -> Prepared:
    rows: Any = [{name: bindparam(f"{name}_{place}") for name in _ENTRY_COLUMNS} for place in range(count)]
    return Prepared(lambda _: insert(_E).inline().values(rows))


_OPEN, MORE_SPEND = Prepared(_open), Prepared(_more_spend)
#: A transaction has two entries, three when promo money is used up in between.
_ADD_ENTRIES = {count: _entries(count) for count in (2, 3)}


class Found:
    """A transaction with the key that was asked for."""

    __slots__ = ("posted", "request_hash")

    def __init__(self, row: Any) -> None:
        self.request_hash: str = row.request_hash
        self.posted = Posted(PublicId(row.public_id), row.kind, row.created_at, created=False)


class LedgerStore:
    """Locks a balance and writes the rows of transactions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _connection(self) -> Connection:
        # What the caller has pending may be what these rows refer to.
        self._session.flush()
        return self._session.connection()

    def lock_and_find(self, holder: Holder, key: str, at: datetime) -> tuple[dict[Account, int], Found | None]:
        """Lock the balance, opening it if need be; return the pockets and the transaction that has the key."""
        params = {"holder": holder.advertiser_id, "currency": holder.currency, "key": key}
        row = self._locked(_LOCK_AND_FIND, params, holder, at)
        found = self.find_many(holder, [key])[key] if row[-1] is not None else None
        return dict(zip(POCKETS, row, strict=False)), found

    def lock(self, holder: Holder, at: datetime) -> dict[Account, int]:
        """Lock the balance, opening it if need be, and return its pockets."""
        params = {"holder": holder.advertiser_id, "currency": holder.currency}
        return dict(zip(POCKETS, self._locked(_LOCK, params, holder, at), strict=True))

    def _locked(self, query: Prepared, params: Mapping[str, Any], holder: Holder, at: datetime) -> Sequence[Any]:
        connection = self._connection()
        row = query.run(connection, params).fetchone()
        if row is None:
            self._open(connection, holder, at)
            row = query.run(connection, params).fetchone()
        if row is None:
            raise Conflict("The balance is kept in another currency.")
        return row

    def _open(self, connection: Connection, holder: Holder, at: datetime) -> None:
        zeros = dict.fromkeys(_POCKET_COLUMNS.values(), 0)
        values = {"advertiser_id": holder.advertiser_id, "currency": holder.currency, "updated_at": at}
        _OPEN.run(connection, {**values, **zeros})

    def find_many(self, holder: Holder, keys: Sequence[str]) -> dict[str, Found]:
        """Return the transactions that already have these keys."""
        connection = self._connection()
        found = {}
        for chunk in _chunks(keys):
            for row in connection.execute(_FIND, {"holder": holder.advertiser_id, "keys": chunk}):
                found[row.idempotency_key] = Found(row)
        return found

    def last_after(self, holder: Holder, account: Account) -> int:
        """Return what an account outside the pockets holds after its last entry."""
        params = {"holder": holder.advertiser_id, "account": account}
        return self._connection().scalar(_LAST_AFTER, params) or 0

    def add_transaction(self, values: Mapping[str, Any]) -> int:
        """Insert one transaction and return its id; a key that is taken raises IntegrityError, nothing else is lost."""
        return int(_ADD_TRANSACTION.run(self._session.connection(), values).lastrowid)

    def add_transactions(self, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
        """Insert many transactions in order and return the id of each public id."""
        connection = self._session.connection()
        ids: dict[str, int] = {}
        for chunk in _chunks(rows):
            connection.execute(insert(_T), chunk)
            public_ids = [row["public_id"] for row in chunk]
            ids.update((row.public_id, row.id) for row in connection.execute(_IDS, {"public_ids": public_ids}))
        return ids

    def add_entries(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert the entries, in order, with one statement a chunk."""
        connection = self._session.connection()
        if prepared := _ADD_ENTRIES.get(len(rows)):
            values = {f"{name}_{place}": row[name] for place, row in enumerate(rows) for name in _ENTRY_COLUMNS}
            prepared.run(connection, values)
            return
        for chunk in _chunks(rows):
            connection.execute(insert(_E), chunk)

    def save_balance(self, holder: Holder, holdings: Mapping[Account, int], at: datetime) -> None:
        """Write the pockets of the locked row."""
        values: dict[str, Any] = {f"new_{name}": holdings[account] for account, name in _POCKET_COLUMNS.items()}
        _SAVE_BALANCE.run(self._session.connection(), {"holder": holder.advertiser_id, "at": at, **values})

    def add_spend(self, holder: Holder, campaign_id: int, day: date, amount_micros: int) -> None:
        """Count a charge (or, negative, a credit note) for a campaign's day."""
        connection = self._session.connection()
        if amount_micros >= 0:
            values = {"campaign_id": campaign_id, "day": day, "advertiser_id": holder.advertiser_id}
            MORE_SPEND.run(connection, {**values, "spent_micros": amount_micros})
            return
        less = {"holder": holder.advertiser_id, "campaign": campaign_id, "on": day, "amount": -amount_micros}
        connection.execute(_LESS_SPEND, less)

    def spent_on(self, holder: Holder, campaign_id: int, day: date) -> int:
        """Return what a campaign was charged for a day."""
        params = {"holder": holder.advertiser_id, "campaign": campaign_id, "on": day}
        return self._connection().scalar(_SPENT_ON, params) or 0


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
