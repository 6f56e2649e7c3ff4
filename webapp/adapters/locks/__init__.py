"""Named locks: the database server's where there is one, else this process's."""

from __future__ import annotations

from webapp.core.locks import Locks


def locks_for(database_url: str) -> Locks:
    """Return a new holder of locks among all who use this database."""
    if database_url.startswith("sqlite"):
        from webapp.adapters.locks.process import ProcessLocks

        return ProcessLocks(database_url)
    from webapp.adapters.locks.mysql import MysqlLocks

    return MysqlLocks(database_url)
