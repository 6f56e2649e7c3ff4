"""The private servers start, answer as their real selves, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clickhouse_driver import Client
from redis import Redis
from sqlalchemy import create_engine, text

from tests.servers import (
    ANALYTICS_VARIABLE,
    BUS_VARIABLE,
    DATABASE_VARIABLE,
    REDIS_VARIABLE,
    SERVING_VARIABLE,
    running_servers,
)
from tests.servers.process import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Start servers for this module alone, whatever the environment names."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in (DATABASE_VARIABLE, REDIS_VARIABLE, ANALYTICS_VARIABLE, SERVING_VARIABLE):
            patch.delenv(variable, raising=False)
        with running_servers(tmp_path_factory.mktemp("servers")) as servers:
            yield servers


def test_mysql_takes_tables_rows_and_triggers(private: Servers) -> None:
    engine = create_engine(private.mysql_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (id INT PRIMARY KEY, note VARCHAR(40)) ENGINE=InnoDB"))
        connection.execute(text("INSERT INTO kept VALUES (1, 'деньги 💶')"))
        refuse = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'append only'"
        connection.execute(text(f"CREATE TRIGGER kept_stays BEFORE DELETE ON kept FOR EACH ROW {refuse}"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT note FROM kept")).scalar_one() == "деньги 💶"
        with pytest.raises(Exception, match="append only"):
            connection.execute(text("DELETE FROM kept"))
    engine.dispose()


def test_redis_keeps_and_expires_a_key(private: Servers) -> None:
    with Redis.from_url(private.redis_url, decode_responses=True) as client:
        client.set("kabinet", "1", px=60_000)
        assert client.get("kabinet") == "1"
        assert int(str(client.pttl("kabinet"))) > 0


def test_clickhouse_sums_rows_of_a_merge_tree(private: Servers) -> None:
    client = Client.from_url(private.clickhouse_url)
    client.execute("CREATE TABLE facts (day Date, n UInt64) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY day")
    client.execute("INSERT INTO facts SELECT toDate('2026-01-01') + number % 90, number FROM numbers(1000)")
    assert client.execute("SELECT sum(n), count() FROM facts") == [(499500, 1000)]
    assert client.execute("SELECT toString(toDateTime(86400))") == [("1970-01-02 00:00:00",)]
    client.disconnect()


def test_a_named_server_is_used_instead_of_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATABASE_VARIABLE, "mysql+pymysql://elsewhere/kabinet")
    monkeypatch.setenv(REDIS_VARIABLE, "redis://elsewhere/0")
    monkeypatch.setenv(ANALYTICS_VARIABLE, "clickhouse://elsewhere/default")
    monkeypatch.setenv(SERVING_VARIABLE, "tarantool://elsewhere:1?node=1,tarantool://elsewhere:2?node=2")
    monkeypatch.setenv(BUS_VARIABLE, "amqp://elsewhere/")
    with running_servers(tmp_path) as servers:
        assert servers.mysql_url == "mysql+pymysql://elsewhere/kabinet"
        assert servers.redis_url == "redis://elsewhere/0"
        assert servers.clickhouse_url == "clickhouse://elsewhere/default"
        assert servers.serving_urls == ("tarantool://elsewhere:1?node=1", "tarantool://elsewhere:2?node=2")
        assert servers.bus_url == "amqp://elsewhere/"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    server = start(["sh", "-c", "echo the disk is full; exit 3"], tmp_path, "", probe=_refused)
    with pytest.raises(RuntimeError, match=r"ended with 3:\nthe disk is full"):
        server.wait(seconds=20)
    server.stop()


def test_a_silent_server_is_given_up_in_time(tmp_path: Path) -> None:
    server = start(["sleep", "60"], tmp_path, "", probe=_refused)
    with pytest.raises(TimeoutError, match="silent after"):
        server.wait(seconds=0.3)
    server.stop()
    assert server.process.returncode == -signal.SIGKILL


OWNER = """
import os, signal, sys, time
from pathlib import Path
from tests.servers.process import start
server = start(["sh", "-c", "sleep 61 & wait"], Path(sys.argv[1]), "", probe=lambda: None)
print(server.process.pid, flush=True)
time.sleep(60 if sys.argv[2] == "wait" else 0)
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, None])
def test_servers_end_with_the_process_that_started_them(tmp_path: Path, ending: signal.Signals | None) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path), "wait" if ending else "leave"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as owner:
        assert owner.stdout is not None
        group = int(owner.stdout.readline())
        if ending:
            owner.send_signal(ending)
        owner.wait(timeout=30)
    assert _ends(group), "a server outlived the tests"


def _refused() -> None:
    raise ConnectionRefusedError


def _ends(group: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
