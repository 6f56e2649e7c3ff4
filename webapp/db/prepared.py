"""Statements rendered once a dialect and sent in the driver's own words.

SQLAlchemy's usual way from a statement to the wire costs several times what the driver needs. Where a lock is held
meanwhile that is what everybody else waits for; nowhere else is this worth it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.sql import ClauseElement

Convert = Callable[[Any], Any]


class Rendered:
    """A statement's text for one dialect, the order of its values and how each is written."""

    __slots__ = ("_constants", "_converts", "_order", "sql")

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql: str = str(compiled)
        self._order: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None
        self._converts: dict[str, Convert] = {}
        #: Values written in the statement itself.
        self._constants = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
        for name, parameter in compiled.binds.items():
            convert = parameter.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._converts[name] = convert

    def values(self, params: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver wants them."""
        converted = {**self._constants, **params}
        for name, convert in self._converts.items():
            converted[name] = convert(converted[name])
        return converted if self._order is None else tuple(converted[name] for name in self._order)


class Prepared:
    """A statement whose parameters are all named; answers with the driver's plain values."""

    def __init__(self, build: Callable[[str], ClauseElement]) -> None:
        """Take a function that makes the statement for a dialect's name."""
        self._build = build
        self._rendered: dict[str, Rendered] = {}

    def run(self, connection: Connection, params: Mapping[str, Any]) -> CursorResult[Any]:
        """Send the statement with these parameters."""
        dialect = connection.dialect
        rendered = self._rendered.get(dialect.name)
        if rendered is None:
            rendered = self._rendered[dialect.name] = Rendered(self._build(dialect.name), dialect)
        return connection.exec_driver_sql(rendered.sql, rendered.values(params))
