"""What named locks must do: one holder at a time, gone with the holder."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, text

from webapp.adapters.locks import locks_for
from webapp.adapters.locks.mysql import MysqlLocks
from webapp.core.errors import Unavailable


@pytest.fixture(params=["sqlite", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.node.name}"
    address: str = request.getfixturevalue("servers").mysql_url
    return address


def test_one_holder_at_a_time(url: str) -> None:
    ours, theirs = locks_for(url), locks_for(url)
    assert not ours.holds("a")
    assert ours.acquire("a")
    assert ours.acquire("a")
    assert ours.holds("a")
    assert not theirs.holds("a")
    assert not theirs.acquire("a")
    assert theirs.acquire("b")
    ours.release("a")
    assert not ours.holds("a")
    assert theirs.acquire("a")
    for name in ("a", "b"):
        theirs.release(name)
    ours.release("never held")


def test_who_waits_gets_it(url: str) -> None:
    ours, theirs = locks_for(url), locks_for(url)
    assert ours.acquire("waited")
    timer = threading.Timer(0.2, lambda: ours.release("waited"))
    timer.start()
    assert theirs.acquire("waited", 10)
    timer.join()
    theirs.release("waited")


def test_a_broken_connection_has_no_locks(servers: object) -> None:
    url = servers.mysql_url  # type: ignore[attr-defined]
    ours, theirs = MysqlLocks(url), MysqlLocks(url)
    assert ours.acquire("broken")
    assert ours._connection is not None
    number = ours._connection.execute(text("SELECT CONNECTION_ID()")).scalar()
    with create_engine(url).connect() as other:
        other.execute(text(f"KILL {number}"))
    with pytest.raises(Unavailable):
        ours.holds("broken")
    assert not ours.holds("broken")
    assert theirs.acquire("broken", 5)
    assert not ours.acquire("broken")


def test_nobody_answers() -> None:
    with pytest.raises(Unavailable):
        locks_for("mysql+pymysql://root@127.0.0.1:1/none").acquire("a")
