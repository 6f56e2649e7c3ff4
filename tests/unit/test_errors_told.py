"""What is told of a database's error names no value of the statement."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from jobs.loops.runner import LoopThread
from webapp.db.engines import engine_options, prepare_engine
from webapp.web.app import KabinetFlask


class Failing:
    """A loop whose step fails."""

    name = "failing"
    pause_seconds = 0.0

    def __init__(self, error: Exception) -> None:
        self.error = error

    def step(self) -> bool:
        raise self.error

    def lag(self) -> dict[str, float]:
        return {}


@pytest.mark.parametrize("url", ["sqlite://", "mysql+pymysql://root@127.0.0.1/kabinet"])
def test_no_engine_tells_values(url: str) -> None:
    assert engine_options(url)["hide_parameters"]


def test_a_failed_statement_is_told_without_its_values() -> None:
    engine = prepare_engine(create_engine("sqlite://", **engine_options("sqlite://")))
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:mail)"), {"mail": "ann@example.com"})
    assert "ann@example.com" not in str(caught.value)
    engine.dispose()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            IntegrityError("INSERT INTO users", {}, Exception(1062, "Duplicate entry 'ann@example.com' for key")),
            "IntegrityError 1062",
        ),
        (IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed: 'ann@example.com'")), "IntegrityError"),
        (ValueError("what was it"), "ValueError: what was it"),
    ],
)
def test_the_system_page_shows_what_kind_of_error_a_loop_had(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = KabinetFlask(__name__)
    monkeypatch.setattr("jobs.loops.runner.db", _NoDatabase)
    assert LoopThread(app, Failing(error))._step() == (False, told)


class _NoDatabase:
    class session:  # noqa: N801 - as the extension calls it
        @staticmethod
        def remove() -> None:
            """Nothing was opened."""
