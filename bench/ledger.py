"""Ledger transactions on one hot balance against the least any database could do for one.

Eight writers, one row, the same private server (durable: every commit reaches the disk). The yardstick is what the
cheapest ledger imaginable needs, sent by the bare driver: `UPDATE` of the balance, `INSERT` of one row, commit. Ours
are whole transactions: lock, idempotency key, entries with their running balances, the campaign's day.

    python -m bench.ledger [--url mysql+pymysql://root@127.0.0.1:3306] [--seconds 3] [--rounds 3]
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pymysql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from tests.servers.mysql import start_mysql
from tests.support.memory import add_advertiser, import_all_models
from webapp.core.clock import SystemClock
from webapp.core.money import MICROS
from webapp.core.scope import SYSTEM, Scope
from webapp.db.base import Base
from webapp.db.engines import engine_options, prepare_engine
from webapp.db.transaction import run_in_transaction
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.models import Account
from webapp.domain.billing.services import Balances, Ledger
from webapp.domain.events.services import Outbox

WRITERS = 8
TARGET = 0.5
FUNDS = 1_000_000 * MICROS


def main() -> int:
    args = _arguments()
    with _server(args.url) as address:
        server, database = make_url(address), f"kabinet_bench_{secrets.token_hex(4)}"
        _execute(server, f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        try:
            return _compare(server.set(database=database), args.seconds, args.rounds)
        finally:
            _execute(server, f"DROP DATABASE {database}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a MariaDB or MySQL to use instead of a private one")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


@contextmanager
def _server(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="kabinet-bench-") as folder:
        server = start_mysql(Path(folder))
        try:
            server.wait()
            _execute(make_url(server.url), "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
            yield server.url
        finally:
            server.stop()


def _compare(url: URL, seconds: int, rounds: int) -> int:
    address = url.render_as_string(hide_password=False)
    scope = _prepare(address)
    bare, reserve, charge = [], [], []
    for _ in range(rounds):
        bare.append(_run(_bare_writer, address, scope, seconds))
        reserve.append(_run(_reserve_writer, address, scope, seconds))
        charge.append(_run(_charge_writer, address, scope, seconds))
    _prove(address, scope, sum(done for done, _ in reserve), sum(done for done, _ in charge))
    base = statistics.median(rate for _, rate in bare)
    print(f"{f'one hot balance, {WRITERS} writers':<44}{'per second':>12}{'ratio':>8}")
    print(f"{'bare UPDATE + INSERT + commit':<44}{base:>12,.0f}{1:>8.2f}")
    met = [
        _show(name, statistics.median(rate for _, rate in runs), base)
        for name, runs in (("ledger: reserve", reserve), ("ledger: charge with its spend day", charge))
    ]
    print("none lost, none double: every answered transaction is in the books once, and the books agree")
    return 0 if all(met) else 1


def _show(name: str, rate: float, base: float) -> bool:
    met = rate / base >= TARGET
    print(f"{name:<44}{rate:>12,.0f}{rate / base:>8.2f}  {'ok' if met else f'below {TARGET}'}")
    return met


def _execute(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _session(address: str) -> Session:
    """Return a session on a connection of its own, kept for its life as the yardstick keeps its own."""
    return Session(prepare_engine(create_engine(address, **engine_options(address))).connect(), expire_on_commit=False)


def _ledger(session: Session) -> Ledger:
    clock = SystemClock()
    return Ledger(session, clock, AuditLog(session, clock), Outbox(session, clock))


def _prepare(address: str) -> Scope:
    import_all_models()
    engine = create_engine(address)
    Base.metadata.create_all(engine)
    engine.dispose()
    with _session(address) as session:
        scope = add_advertiser(session, actor=SYSTEM)
        _ledger(session).top_up(scope, FUNDS, "funds")
        session.execute(text("CREATE TABLE bare_balances (id BIGINT PRIMARY KEY, micros BIGINT NOT NULL)"))
        session.execute(
            text(
                "CREATE TABLE bare_entries (id BIGINT PRIMARY KEY AUTO_INCREMENT, owner BIGINT NOT NULL,"
                " micros BIGINT NOT NULL, at DATETIME(6) NOT NULL) ENGINE=InnoDB"
            )
        )
        session.execute(text("INSERT INTO bare_balances VALUES (1, 0)"))
        session.commit()
    return scope


Writer = Callable[[str, Scope, int], Callable[[int], Any]]


def _bare_writer(address: str, _scope: Scope, _number: int) -> Callable[[int], Any]:
    url = make_url(address)
    connection = pymysql.connect(
        host=url.host or "127.0.0.1", port=url.port or 3306, user=url.username, password=url.password or "",
        database=url.database, charset="utf8mb4", autocommit=False,
    )  # fmt: skip
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def work(_: int) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        cursor.execute("UPDATE bare_balances SET micros = micros + 10 WHERE id = 1")
        cursor.execute("INSERT INTO bare_entries (owner, micros, at) VALUES (1, 10, %s)", (now,))
        connection.commit()

    return work


def _reserve_writer(address: str, scope: Scope, number: int) -> Callable[[int], Any]:
    session = _session(address)
    ledger, run = _ledger(session), secrets.token_hex(4)

    def work(turn: int) -> None:
        key = f"r:{run}:{number}:{turn}"
        run_in_transaction(session, lambda: ledger.reserve(scope, 10, key, campaign_id=number + 1))

    return work


def _charge_writer(address: str, scope: Scope, number: int) -> Callable[[int], Any]:
    session = _session(address)
    ledger, run, day = _ledger(session), secrets.token_hex(4), datetime.now(UTC).date()

    def work(turn: int) -> None:
        key = f"c:{run}:{number}:{turn}"
        run_in_transaction(
            session,
            lambda: ledger.charge(scope, 10, key, campaign_id=number + 1, budget_day=day, source=Account.AVAILABLE),
        )

    return work


def _run(writer: Writer, address: str, scope: Scope, seconds: int) -> tuple[int, float]:
    """Return how many transactions the writers had answered, and how many a second."""
    context = mp.get_context("fork")
    barrier, results = context.Barrier(WRITERS + 1), context.Queue()
    workers = [
        context.Process(target=_work, args=(writer, address, scope, number, seconds, barrier, results))
        for number in range(WRITERS)
    ]
    for worker in workers:
        worker.start()
    barrier.wait(timeout=30)
    counts = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(done for done, _ in counts), sum(done / took for done, took in counts)


def _work(
    writer: Writer, address: str, scope: Scope, number: int, seconds: int, barrier: Barrier, results: Any
) -> None:
    work = writer(address, scope, number)
    work(-1)
    barrier.wait(timeout=30)
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work(done)
        done += 1
    results.put((done, time.perf_counter() - began))


def _prove(address: str, scope: Scope, reserves: int, charges: int) -> None:
    with _session(address) as session:
        report = audit_ledger(session)
        assert not report.broken, "\n".join(report.lines())
        pockets = Balances(session, SystemClock()).balance(scope)
        warm = WRITERS * 10
        rounds_warm = (report.transactions - 1 - reserves - charges) // (2 * WRITERS)
        assert pockets.reserved_micros == 10 * reserves + warm * rounds_warm, "a reservation was lost or doubled"
        assert pockets.spent_micros == 10 * charges + warm * rounds_warm, "a charge was lost or doubled"


if __name__ == "__main__":
    sys.exit(main())
