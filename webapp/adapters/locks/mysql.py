"""Locks of a MySQL or MariaDB server, on a connection of their own: it ends, and they are free."""

from __future__ import annotations

import hashlib
from typing import Any

import pymysql
from sqlalchemy.engine import make_url

from webapp.core.errors import Unavailable

#: The server's own limit.
LONGEST_NAME = 64
#: Longer than any wait for a lock; a server that is gone is noticed after this. A transaction left open would keep old
#: rows alive for as long as the lock, so there is none.
OPTIONS = {"connect_timeout": 5, "read_timeout": 60, "write_timeout": 10, "autocommit": True}


class MysqlLocks:
    """`Locks` by GET_LOCK; names belong to the database, so installations on one server do not meet."""

    def __init__(self, url: str) -> None:
        address = make_url(url)
        _, self._address = address.get_dialect()().create_connect_args(address)
        self._database = address.database or ""
        self._connection: Any = None

    def acquire(self, name: str, wait_seconds: int = 0) -> bool:
        """Take a lock that this holder does not have; tell whether it has it now, or raise Unavailable."""
        return self.holds(name) or self._ask("SELECT GET_LOCK(%s, %s)", name, wait_seconds)

    def holds(self, name: str) -> bool:
        """Tell whether this holder still has a lock; a broken connection has none."""
        return self._connection is not None and self._ask("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", name)

    def release(self, name: str) -> None:
        """Let go of a lock; of one that is not held too."""
        if self._connection is not None:
            self._ask("SELECT RELEASE_LOCK(%s)", name)

    def close(self) -> None:
        """Let go of everything."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection.close()

    def _ask(self, sql: str, name: str, *values: int) -> bool:
        try:
            if self._connection is None:
                self._connection = pymysql.connect(**{**self._address, **OPTIONS})
            with self._connection.cursor() as cursor:
                cursor.execute(sql, (self._named(name), *values))
                return bool(cursor.fetchone()[0])
        except (pymysql.MySQLError, OSError) as error:
            self._forget()
            raise Unavailable("The database does not answer at the moment.") from error

    def _forget(self) -> None:
        """Drop a broken connection and with it every lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection._force_close()

    def _named(self, name: str) -> str:
        full = f"kabinet:{self._database}:{name}"
        return full if len(full) <= LONGEST_NAME else hashlib.sha256(full.encode()).hexdigest()
