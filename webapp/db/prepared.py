"""Statements rendered once a dialect and sent in the driver's own words.

SQLAlchemy's usual way from a statement to the wire costs several times what the driver needs. Where a lock is held
meanwhile, that is what everybody else waits for; nowhere else is this worth it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.sql import ClauseElement

Convert = Callable[[Any], Any]


class Rendered:
    """A statement's text for one dialect, the order of its values and how each is written."""

    __slots__ = ("_constants", "_converts", "_names", "_order", "sql")

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        #: The names in the order of their question marks; None where the driver takes names.
        self._order: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None
        self._names = tuple(name for name, bound in compiled.binds.items() if bound.required)
        #: Values written in the statement itself.
        self._constants = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
        self._converts: dict[str, Convert] = {
            name: convert
            for name, bound in compiled.binds.items()
            if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def values(self, params: Mapping[str, Any]) -> Any:
        """Return those of the parameters that the statement names, as the driver wants them."""
        converted = dict(self._constants)
        for name in self._names:
            converted[name] = params[name]
        for name, convert in self._converts.items():
            converted[name] = convert(converted[name])
        return converted if self._order is None else tuple(converted[name] for name in self._order)


class Prepared:
    """A statement whose parameters are all named; answers with the driver's plain values."""

    def __init__(self, build: Callable[[str], ClauseElement]) -> None:
        """Take a function that makes the statement for a dialect's name."""
        self._build = build
        self._rendered: dict[str, Rendered] = {}

    def rendered(self, dialect: Dialect) -> Rendered:
        """Return the statement as this dialect wants it."""
        found = self._rendered.get(dialect.name)
        if found is None:
            found = self._rendered[dialect.name] = Rendered(self._build(dialect.name), dialect)
        return found

    def run(self, connection: Connection, params: Mapping[str, Any]) -> CursorResult[Any]:
        """Send the statement with these parameters."""
        rendered = self.rendered(connection.dialect)
        return connection.exec_driver_sql(rendered.sql, rendered.values(params))


class Compound:
    """Statements that MariaDB runs in one trip: the rest only if the first changed a row.

    It keeps them parsed for each connection. Answers with no rows when they ran, with one when they did not.
    """

    #: The first MariaDB that can prepare a compound statement. MySQL cannot.
    SINCE = (10, 6, 2)
    _PARAMETER = re.compile(r"%\((\w+)\)s")
    _count = itertools.count(1)

    def __init__(self, first: Prepared, rest: Sequence[Prepared]) -> None:
        self._parts = (first, *rest)
        self._name = f"kabinet_{next(self._count)}"
        self._rendered: list[Rendered] = []
        self._order: list[tuple[int, str]] = []
        self._sql = ""

    @classmethod
    def is_for(cls, dialect: Dialect) -> bool:
        """Tell whether this server can do it."""
        return getattr(dialect, "is_mariadb", False) and (dialect.server_version_info or ()) >= cls.SINCE

    def run(self, connection: Connection, params: Mapping[str, Any]) -> CursorResult[Any]:
        """Send the statements with these parameters."""
        if not self._sql:
            self._write(connection.dialect)
        known = connection.info.setdefault("kabinet_prepared", set())
        if self._name not in known:
            connection.exec_driver_sql(f"PREPARE {self._name} FROM %s", (self._sql,))
            known.add(self._name)
        values = [part.values(params) for part in self._rendered]
        places = ", ".join(["%s"] * len(self._order))
        sent = tuple(values[part][name] for part, name in self._order)
        return connection.exec_driver_sql(f"EXECUTE {self._name} USING {places}", sent)

    def _write(self, dialect: Dialect) -> None:
        self._rendered = [part.rendered(dialect) for part in self._parts]
        for place, part in enumerate(self._rendered):
            self._order += [(place, name) for name in self._PARAMETER.findall(part.sql)]
        first, *rest = (self._PARAMETER.sub("?", part.sql).replace("%%", "%") for part in self._rendered)
        self._sql = f"BEGIN NOT ATOMIC {first}; IF ROW_COUNT() = 0 THEN SELECT 0; ELSE {'; '.join(rest)}; END IF; END"
