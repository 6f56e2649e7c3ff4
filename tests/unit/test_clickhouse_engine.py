"""The driver's ways of failing, in our words; no server is needed to refuse."""

from __future__ import annotations

from typing import Any

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ErrorCodes, NetworkError, ServerException

from webapp.adapters.analytics.clickhouse import AUTHENTICATION_FAILED, ClickHouseEngine
from webapp.core.errors import Unavailable


@pytest.mark.parametrize(
    ("query", "connect", "answer"),
    [("", 3, 30), ("?compression=0&connect_timeout=1", 1, 30), ("?send_receive_timeout=120", 3, 120)],
)
def test_a_server_that_is_gone_is_not_waited_for(query: str, connect: float, answer: float) -> None:
    connection = ClickHouseEngine(f"clickhouse://default:p%40ss@127.0.0.1:9/kabinet{query}")._client().connection
    assert (connection.connect_timeout, connection.send_receive_timeout) == (connect, answer)
    assert (connection.password, connection.database) == ("p@ss", "kabinet")


@pytest.mark.parametrize(
    "failure",
    [
        ServerException("Authentication failed", AUTHENTICATION_FAILED),
        ServerException("Database kabinet does not exist", ErrorCodes.UNKNOWN_DATABASE),
        ServerException("Too many queries", ErrorCodes.TOO_MANY_SIMULTANEOUS_QUERIES),
        NetworkError("gone"),
    ],
    ids=["authentication", "unknown database", "busy", "network"],
)
def test_a_refusing_server_is_unavailable(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise failure

    monkeypatch.setattr(Client, "execute", refuse)
    with pytest.raises(Unavailable):
        ClickHouseEngine("clickhouse://127.0.0.1:9/kabinet").rows("SELECT 1")


def test_a_fault_of_ours_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise ServerException("Syntax error", ErrorCodes.SYNTAX_ERROR)

    monkeypatch.setattr(Client, "execute", refuse)
    with pytest.raises(ServerException):
        ClickHouseEngine("clickhouse://127.0.0.1:9/kabinet").rows("SELEKT 1")
