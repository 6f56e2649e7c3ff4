"""What named locks must do: one holder at a time, gone with the holder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.servers import Servers
from webapp.adapters.locks import locks_for
from webapp.adapters.locks.mysql import MysqlLocks
from webapp.core.errors import Unavailable
from webapp.core.locks import Locks


@pytest.fixture(params=["sqlite", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.node.name}"
    address: str = request.getfixturevalue("servers").mysql_url
    return address


@pytest.fixture
def holder() -> Iterator[Callable[[str], Locks]]:
    """Give what makes holders; they let go at the end."""
    made: list[Locks] = []

    def make(url: str) -> Locks:
        made.append(locks_for(url))
        return made[-1]

    yield make
    for locks in made:
        locks.close()


def test_one_holder_at_a_time(url: str, holder: Callable[[str], Locks]) -> None:
    ours, theirs = holder(url), holder(url)
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


def test_who_waits_gets_it(url: str, holder: Callable[[str], Locks]) -> None:
    ours, theirs = holder(url), holder(url)
    assert ours.acquire("waited")
    timer = threading.Timer(0.2, lambda: ours.release("waited"))
    timer.start()
    assert theirs.acquire("waited", 10)
    timer.join()
    theirs.release("waited")


def test_who_closes_lets_go_of_everything(url: str, holder: Callable[[str], Locks]) -> None:
    ours, theirs = holder(url), holder(url)
    assert ours.acquire("one")
    assert ours.acquire("two")
    ours.close()
    assert theirs.acquire("one", 5)
    assert theirs.acquire("two", 5)


def test_a_broken_connection_has_no_locks(servers: Servers, holder: Callable[[str], Locks]) -> None:
    url = servers.mysql_url
    ours, theirs = holder(url), holder(url)
    assert isinstance(ours, MysqlLocks)
    assert ours.acquire("broken")
    assert ours._connection is not None
    number = ours._connection.thread_id()
    with create_engine(url, poolclass=NullPool).connect() as other:
        other.execute(text(f"KILL {number}"))
    with pytest.raises(Unavailable):
        ours.holds("broken")
    assert not ours.holds("broken")
    assert theirs.acquire("broken", 5)
    assert not ours.acquire("broken")


def test_nobody_answers() -> None:
    with pytest.raises(Unavailable):
        locks_for("mysql+pymysql://root@127.0.0.1:1/none").acquire("a")
