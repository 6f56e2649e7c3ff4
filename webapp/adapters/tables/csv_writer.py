"""CSV by RFC 4180: UTF-8 with a mark for Excel, CRLF, figures as plain decimals."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import BinaryIO

from webapp.core.money import to_decimal
from webapp.core.tables import Cell, Column, Kind, Table

BOM = "\ufeff"
#: A program that opens the file would take a cell beginning so for a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
PERCENT_DIGITS = Decimal("0.0001")
REPORT_EVERY = 500


class CsvTableWriter:
    """Writes one row a line, the total last."""

    suffix = "csv"
    mime = "text/csv"

    def __init__(self, *, bom: bool = True) -> None:
        self._bom = bom

    def write(self, table: Table, target: BinaryIO, on_row: Callable[[int], None]) -> int:
        """Write the whole table, tell after rows how many are done, and return their number."""
        text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=False)
        text.write(BOM if self._bom else "")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([harmless(head_of(column)) for column in table.columns])
        count = 0
        for count, row in enumerate(table.rows, start=1):
            writer.writerow(line_of(table.columns, row))
            if count % REPORT_EVERY == 0:
                on_row(count)
        if table.totals is not None:
            writer.writerow(line_of(table.columns, table.totals))
        text.flush()
        text.detach()
        on_row(count)
        return count


def head_of(column: Column) -> str:
    """Return a column's name with its unit, for its cells carry none."""
    if column.kind is Kind.MONEY and column.currency:
        return f"{column.title}, {column.currency}"
    return f"{column.title}, %" if column.kind is Kind.PERCENT else column.title


def line_of(columns: Sequence[Column], row: Sequence[Cell]) -> list[str]:
    """Return the cells of a row as text."""
    return [text_of(column.kind, cell) for column, cell in zip(columns, row, strict=True)]


def text_of(kind: Kind, cell: Cell) -> str:
    """Return a cell as text that means the same in every country."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if not isinstance(cell, int | Decimal):
        return cell.isoformat()
    if kind is Kind.MONEY:
        return money_text(int(cell))
    if kind is Kind.PERCENT:
        return f"{(Decimal(cell) * 100).quantize(PERCENT_DIGITS, rounding=ROUND_HALF_EVEN):f}"
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def money_text(micros: int) -> str:
    """Return an amount to the cent, or to what it has beyond: 12.50, 0.7704."""
    whole, _, cents = f"{to_decimal(micros):.6f}".partition(".")
    return f"{whole}.{cents.rstrip('0'):0<2}"


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe goes before = + - @, tab and line ends."""
    text = text.replace("\x00", "")
    return f"'{text}" if text.startswith(DANGEROUS) else text
