"""What a technology has to offer for the SQL of the store to run on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clickhouse_driver.util.escape import escape_params

from webapp.domain.analytics.types import FactBatch

#: Answers hold whole numbers and strings only, so that every driver gives the same.
Row = Sequence[Any]
Parameter = int | str | Sequence[int] | Sequence[str]


class Engine(Protocol):
    """Runs statements; raises Unavailable when nobody answers."""

    def rows(self, sql: str) -> Sequence[Row]:
        """Return the answer of a SELECT."""

    def run(self, sql: str, query_id: str = "") -> None:
        """Run a statement that answers nothing; the id names it among those at work."""

    def insert(self, batch: FactBatch, query_id: str = "") -> None:
        """Write a batch into `facts` as one block; the id names the statement among those at work."""


def bind(sql: str, parameters: Mapping[str, Parameter]) -> str:
    """Fill `%(name)s` places; the one way a value gets into a statement."""
    for name, value in parameters.items():
        _ensure_plain(name, value)
    escaped: dict[str, Any] = escape_params(dict(parameters), None)
    return sql % escaped


def _ensure_plain(name: str, value: object) -> None:
    """Let through whole numbers, strings and lists of them: what escapes the same way on every server."""
    items = value if isinstance(value, (list, tuple)) else (value,)
    if not all(isinstance(item, (int, str)) for item in items):
        raise TypeError(f"{name} is {type(value).__name__}, not a number, a string or a list of these")
