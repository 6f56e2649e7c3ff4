"""Engines: pragmas, modes and honest transactions for each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, make_url

#: Whether the transaction that begins next is going to write. SQLite then takes its lock at once
#: (BEGIN IMMEDIATE) instead of failing half way with "database is locked".
_writing: ContextVar[bool] = ContextVar("kabinet_writing", default=True)


@contextmanager
def reading() -> Iterator[None]:
    """Mark transactions begun inside as read-only."""
    token = _writing.set(False)
    try:
        yield
    finally:
        _writing.reset(token)


def engine_options(url: str) -> dict[str, Any]:
    """Return the options `create_engine` needs for this database.

    What a statement failed with is written into logs and shown to staff: never with the values in it.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return {"hide_parameters": True, "connect_args": {"timeout": 30, "check_same_thread": False}}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_size": 10,
        "max_overflow": 20,
        "isolation_level": "READ COMMITTED",
        "connect_args": {
            "charset": "utf8mb4",
            "init_command": "SET SESSION sql_mode='TRADITIONAL', time_zone='+00:00'",
        },
    }


def prepare_engine(engine: Engine) -> Engine:
    """Attach what this engine's database needs; returns the engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not send its own BEGIN
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
