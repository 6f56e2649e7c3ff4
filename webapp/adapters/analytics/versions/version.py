"""One step of the analytics tables' history."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddColumns:
    """Columns of a table, in one statement; old servers know no IF NOT EXISTS here, so the runner looks first."""

    table: str
    #: Name → type, with a default if not the type's own.
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class DropColumns:
    """The same columns taken away again."""

    table: str
    columns: tuple[str, ...]


Statement = str | AddColumns | DropColumns


@dataclass(frozen=True, slots=True)
class Version:
    """Statements that build one version, and those that take it away again."""

    number: int
    up: tuple[Statement, ...]
    down: tuple[Statement, ...]
    #: The oldest server (year, release) that understands it; older ones do without.
    needs: tuple[int, int] = (0, 0)
