"""A table on its way into a file: what is in its columns, its rows, its totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from webapp.core.words import Message


class Kind(StrEnum):
    """How a column's cells are written."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    #: Cells are micros (int).
    MONEY = "money"
    #: Cells are ratios: 0.0062 is 0.62 %.
    PERCENT = "percent"
    DATE = "date"
    #: Cells are instants, already on the clock of the reader's zone.
    MOMENT = "moment"


#: None is an empty cell: nothing to divide by, nothing known.
Cell = str | int | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `title` is an English gettext key unless it came from data."""

    title: Message
    kind: Kind = Kind.TEXT
    #: Of MONEY.
    currency: str = ""
    #: Shown after the point; money keeps what more it has.
    digits: int = 2
    #: False for a title that came from somebody's file.
    translated: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows in order, and the sum of all rows."""

    title: Message
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    totals: Sequence[Cell] | None = None
    #: How many rows there are, 0 when not known before they are read.
    row_count: int = 0
