"""The writer's statements: built once, few round trips, the balance row locked first.

They are Core statements on purpose: a hot balance is held only for as long as these take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table, and_, bindparam, insert, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from webapp.core.errors import Conflict
from webapp.core.ids import PublicId
from webapp.domain.billing.models import Account, Balance, Entry, SpendDay, Transaction, TransactionKind
from webapp.domain.billing.policies import POCKETS
from webapp.domain.billing.types import Holder, Posted

#: How many keys or ids one `IN` list carries.
CHUNK = 500

_B, _T, _E, _S = (cast(Table, model.__table__) for model in (Balance, Transaction, Entry, SpendDay))
_POCKET_COLUMNS = {account: f"{account.value}_micros" for account in POCKETS}
_POSTED = (
    _T.c.id, _T.c.public_id, _T.c.kind, _T.c.request_hash, _T.c.idempotency_key, _T.c.available_after_micros,
    _T.c.created_at,
)  # fmt: skip
_BALANCE = (_B.c.currency, *(_B.c[name] for name in _POCKET_COLUMNS.values()))
_OF_ADVERTISER = _B.c.advertiser_id == bindparam("holder")

#: The lock, the pockets and the answer to "was this key used?" in one trip.
_LOCK_AND_FIND = (
    select(*_BALANCE, *_POSTED)
    .select_from(
        _B.outerjoin(_T, and_(_T.c.advertiser_id == _B.c.advertiser_id, _T.c.idempotency_key == bindparam("key")))
    )
    .where(_OF_ADVERTISER)
    .with_for_update()
)
_LOCK = select(*_BALANCE).where(_OF_ADVERTISER).with_for_update()
_FIND_MANY = select(*_POSTED).where(
    _T.c.advertiser_id == bindparam("holder"), _T.c.idempotency_key.in_(bindparam("keys", expanding=True))
)
_IDS = select(_T.c.public_id, _T.c.id).where(_T.c.public_id.in_(bindparam("public_ids", expanding=True)))
_LAST_AFTER = (
    select(_E.c.balance_after_micros)
    .where(_E.c.advertiser_id == bindparam("holder"), _E.c.account == bindparam("account"))
    .order_by(_E.c.id.desc())
    .limit(1)
)
_INSERT_TRANSACTION = insert(_T).inline()
_INSERT_ENTRY = insert(_E).inline()
_SAVE_BALANCE = (
    update(_B)
    .where(_OF_ADVERTISER)
    .values({name: bindparam(f"new_{name}") for name in _POCKET_COLUMNS.values()} | {"updated_at": bindparam("at")})
)
_THAT_DAY = (
    _S.c.campaign_id == bindparam("campaign"), _S.c.day == bindparam("on"), _S.c.advertiser_id == bindparam("holder"),
)  # fmt: skip
_SPENT_ON = select(_S.c.spent_micros).where(*_THAT_DAY)
_LESS_SPEND = update(_S).where(*_THAT_DAY).values(spent_micros=_S.c.spent_micros - bindparam("amount"))


def _mysql_open() -> Executable:
    query = mysql.insert(_B)
    # A no-op update instead of IGNORE: it takes the exclusive lock at once, so that two openings cannot deadlock.
    return query.on_duplicate_key_update(currency=_B.c.currency)


def _mysql_spend() -> Executable:
    query = mysql.insert(_S)
    return query.on_duplicate_key_update(spent_micros=_S.c.spent_micros + query.inserted.spent_micros)


def _sqlite_spend() -> Executable:
    query = sqlite.insert(_S)
    return query.on_conflict_do_update(
        index_elements=["campaign_id", "day"], set_={"spent_micros": _S.c.spent_micros + query.excluded.spent_micros}
    )


_OPEN: dict[str, Executable] = {"sqlite": sqlite.insert(_B).on_conflict_do_nothing(), "mysql": _mysql_open()}
_SPEND: dict[str, Executable] = {"sqlite": _sqlite_spend(), "mysql": _mysql_spend()}
# SQLAlchemy calls MariaDB by either name, depending on the URL.
_OPEN["mariadb"], _SPEND["mariadb"] = _OPEN["mysql"], _SPEND["mysql"]


class Found:
    """A transaction with the key that was asked for."""

    __slots__ = ("key", "posted", "request_hash")

    def __init__(self, row: Any) -> None:
        self.key: str = row.idempotency_key
        self.request_hash: str = row.request_hash
        public_id, kind = PublicId(row.public_id), TransactionKind(row.kind)
        self.posted = Posted(row.id, public_id, kind, row.available_after_micros, row.created_at, created=False)


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
        params = {"holder": holder.advertiser_id, "key": key}
        connection = self._connection()
        row = connection.execute(_LOCK_AND_FIND, params).first()
        if row is None:
            self._open(connection, holder, at)
            row = connection.execute(_LOCK_AND_FIND, params).one()
        return _pockets(row, holder), Found(row) if row.id is not None else None

    def lock(self, holder: Holder, at: datetime) -> dict[Account, int]:
        """Lock the balance, opening it if need be, and return its pockets."""
        connection = self._connection()
        row = connection.execute(_LOCK, {"holder": holder.advertiser_id}).first()
        if row is None:
            self._open(connection, holder, at)
            row = connection.execute(_LOCK, {"holder": holder.advertiser_id}).one()
        return _pockets(row, holder)

    def _open(self, connection: Connection, holder: Holder, at: datetime) -> None:
        zeros = dict.fromkeys(_POCKET_COLUMNS.values(), 0)
        values = {"advertiser_id": holder.advertiser_id, "currency": holder.currency, "updated_at": at, **zeros}
        connection.execute(_OPEN[connection.dialect.name], values)

    def find_many(self, holder: Holder, keys: Sequence[str]) -> dict[str, Found]:
        """Return the transactions that already have these keys."""
        connection = self._connection()
        found = {}
        for chunk in _chunks(keys):
            for row in connection.execute(_FIND_MANY, {"holder": holder.advertiser_id, "keys": chunk}):
                found[row.idempotency_key] = Found(row)
        return found

    def last_after(self, holder: Holder, account: Account) -> int:
        """Return what an account outside the pockets holds after its last entry."""
        params = {"holder": holder.advertiser_id, "account": account}
        return self._connection().scalar(_LAST_AFTER, params) or 0

    def add_transaction(self, values: Mapping[str, Any]) -> int:
        """Insert one transaction and return its id; a key that is taken raises IntegrityError, nothing else is lost."""
        result = self._session.connection().execute(_INSERT_TRANSACTION, dict(values))
        return int(result.lastrowid)

    def add_transactions(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Insert many transactions in order and return the id of each public id."""
        connection = self._session.connection()
        ids: dict[str, int] = {}
        for chunk in _chunks(rows):
            connection.execute(_INSERT_TRANSACTION, [dict(row) for row in chunk])
            public_ids = [row["public_id"] for row in chunk]
            ids.update(tuple(row) for row in connection.execute(_IDS, {"public_ids": public_ids}))
        return ids

    def add_entries(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert the entries, in order, with one statement a chunk."""
        connection = self._session.connection()
        for chunk in _chunks(rows):
            connection.execute(_INSERT_ENTRY, chunk)

    def save_balance(self, holder: Holder, holdings: Mapping[Account, int], at: datetime) -> None:
        """Write the pockets of the locked row."""
        values: dict[str, Any] = {f"new_{name}": holdings[account] for account, name in _POCKET_COLUMNS.items()}
        self._session.connection().execute(_SAVE_BALANCE, {"holder": holder.advertiser_id, "at": at, **values})

    def add_spend(self, holder: Holder, campaign_id: int, day: date, amount_micros: int) -> None:
        """Count a charge (or, negative, a credit note) for a campaign's day."""
        connection = self._session.connection()
        if amount_micros >= 0:
            values = {"campaign_id": campaign_id, "day": day, "advertiser_id": holder.advertiser_id}
            connection.execute(_SPEND[connection.dialect.name], {**values, "spent_micros": amount_micros})
            return
        less = {"holder": holder.advertiser_id, "campaign": campaign_id, "on": day, "amount": -amount_micros}
        connection.execute(_LESS_SPEND, less)

    def spent_on(self, holder: Holder, campaign_id: int, day: date) -> int:
        """Return what a campaign was charged for a day."""
        params = {"holder": holder.advertiser_id, "campaign": campaign_id, "on": day}
        return self._connection().scalar(_SPENT_ON, params) or 0


def _pockets(row: Any, holder: Holder) -> dict[Account, int]:
    if row.currency != holder.currency:
        raise Conflict("The balance is kept in another currency.")
    return {account: getattr(row, name) for account, name in _POCKET_COLUMNS.items()}


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
