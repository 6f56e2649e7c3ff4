"""Books on a real database: tables, triggers, and many hands at once."""

from __future__ import annotations

import importlib.util
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from tests.support.memory import add_advertiser, import_all_models
from webapp.adapters.payments.sandbox import SandboxPaymentProvider
from webapp.core.clock import SystemClock
from webapp.core.errors import KabinetError
from webapp.core.scope import Scope
from webapp.db.base import Base
from webapp.db.engines import engine_options, prepare_engine
from webapp.db.transaction import run_in_transaction
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.services import Balances, Ledger, Payments
from webapp.domain.billing.types import Pockets
from webapp.domain.events.services import Outbox

HANDS = 64
MIGRATION = Path(__file__).parents[2] / "migrations" / "versions" / "0002_ledger_is_append_only.py"


@dataclass
class Till:
    """The services of money in one session."""

    session: Session
    ledger: Ledger
    balances: Balances
    payments: Payments

    @classmethod
    def of(cls, session: Session) -> Till:
        clock = SystemClock()
        audit = AuditLog(session, clock)
        ledger = Ledger(session, clock, audit, Outbox(session, clock))
        payments = Payments(session, clock, audit, ledger, SandboxPaymentProvider())
        return cls(session, ledger, Balances(session, clock), payments)


@dataclass
class Store:
    """A database with the books in it."""

    engine: Engine

    @property
    def url(self) -> str:
        return self.engine.url.render_as_string(hide_password=False)

    @contextmanager
    def till(self) -> Iterator[Till]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield Till.of(session)

    def advertiser(self) -> Scope:
        with Session(self.engine, expire_on_commit=False) as session:
            scope = add_advertiser(session)
            session.commit()
        return scope

    def do(self, work: Callable[[Till], Any]) -> Any:
        """Do something in a transaction of its own, again after a deadlock, as an entry point does."""
        with self.till() as till:
            return run_in_transaction(till.session, lambda: work(till))

    def pockets(self, scope: Scope) -> Pockets:
        with self.till() as till:
            return till.balances.balance(scope)

    def prove(self) -> None:
        with Session(self.engine) as session:
            report = audit_ledger(session)
        assert not report.broken, "\n".join(report.lines())

    def at_once(self, work: Callable[[Till, int], Any], hands: int = HANDS) -> list[Any]:
        """Let as many hands as that do it at the same moment; return their answers, a refusal as the error itself."""
        answers: list[Any] = [None] * hands
        start = threading.Barrier(hands)

        def hand(number: int) -> None:
            start.wait()
            try:
                answers[number] = self.do(lambda till: work(till, number))
            except KabinetError as error:
                answers[number] = error

        threads = [threading.Thread(target=hand, args=(number,)) for number in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


def trigger_statements(dialect: str) -> list[str]:
    """Return what the migration runs; it is not a module, its name begins with a digit."""
    spec = importlib.util.spec_from_file_location("append_only", MIGRATION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.create_statements(dialect))


@contextmanager
def store_at(url: str) -> Iterator[Store]:
    """Give the books on this database, with room for every hand."""
    engine = prepare_engine(create_engine(url, **{**engine_options(url), "pool_size": HANDS, "pool_timeout": 120}))
    try:
        yield Store(engine)
    finally:
        engine.dispose()


def build(store: Store) -> None:
    """Make the tables and the triggers."""
    import_all_models()
    Base.metadata.create_all(store.engine)
    with store.engine.begin() as connection:
        for statement in trigger_statements(connection.dialect.name):
            connection.execute(text(statement))


@contextmanager
def scratch_database(server_url: str) -> Iterator[str]:
    """Give the URL of an empty database on a server, dropped at the end."""
    url, name = make_url(server_url), f"books_{secrets.token_hex(4)}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        server.dispose()


@contextmanager
def books_on(kind: str, folder: Path, server_url: Callable[[], str]) -> Iterator[Store]:
    """Give empty books on SQLite (a file) or on the server."""
    if kind == "sqlite":
        with store_at(f"sqlite:///{folder / 'books.sqlite3'}") as store:
            build(store)
            yield store
        return
    with scratch_database(server_url()) as url, store_at(url) as store:
        build(store)
        yield store
