"""XLSX: real numbers, dates and formats, a frozen head, the total under a double rule; constant memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter

from webapp.core.money import CURRENCIES, to_decimal
from webapp.core.tables import Cell, Column, Kind, Table

MAX_ROWS = 1_048_576 - 2
MAX_TEXT = 32_767
REPORT_EVERY = 500
HEAD = {"bold": True, "bottom": 1, "valign": "vcenter"}
TOTAL = {"bold": True, "top": 6}
WIDTH = {Kind.TEXT: 32, Kind.DATE: 12, Kind.MOMENT: 18, Kind.MONEY: 15}
#: Kept as numbers by every program up to here; a longer whole number would lose digits.
EXACT = 10**15


class XlsxTableWriter:
    """Writes one sheet."""

    suffix = "xlsx"
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def write(self, table: Table, target: BinaryIO, on_row: Callable[[int], None]) -> int:
        """Write the whole table, tell after rows how many are done, and return their number."""
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(target, options)
        sheet = book.add_worksheet(sheet_name(table.title))
        _write_head(book, sheet, table.columns)
        plain = [book.add_format({"num_format": format_of(column)}) for column in table.columns]
        count = 0
        for count, row in enumerate(table.rows, start=1):
            _write_row(sheet, count, table.columns, row, plain)
            if count % REPORT_EVERY == 0:
                on_row(count)
            if count == MAX_ROWS:
                break
        if table.totals is not None:
            bold = [book.add_format({"num_format": format_of(column), **TOTAL}) for column in table.columns]
            _write_row(sheet, count + 1, table.columns, table.totals, bold)
        book.close()
        on_row(count)
        return count


def _write_head(book: Any, sheet: Any, columns: Sequence[Column]) -> None:
    left, right = book.add_format(HEAD), book.add_format({**HEAD, "align": "right"})
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, WIDTH.get(column.kind, 13))
        sheet.write_string(0, index, column.title, left if column.kind is Kind.TEXT else right)


def _write_row(sheet: Any, at: int, columns: Sequence[Column], row: Sequence[Cell], formats: Sequence[Any]) -> None:
    for index, (column, cell, look) in enumerate(zip(columns, row, formats, strict=True)):
        if cell is None:
            sheet.write_blank(at, index, None, look)
        elif isinstance(cell, str):
            sheet.write_string(at, index, cell.replace("\x00", "")[:MAX_TEXT], look)
        elif isinstance(cell, date):
            sheet.write_datetime(at, index, _naive(cell), look)
        else:
            _write_number(sheet, at, index, column.kind, cell, look)


def _write_number(sheet: Any, at: int, index: int, kind: Kind, cell: int | Decimal, look: Any) -> None:
    number = to_decimal(int(cell)) if kind is Kind.MONEY else cell
    if not -EXACT < number < EXACT:
        sheet.write_string(at, index, str(number), look)
    else:
        sheet.write_number(at, index, number, look)


def _naive(value: date) -> date:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def format_of(column: Column) -> str:
    """Return the cell format: 1,234 · $1,234.50 · 0.62% · 2026-11-19."""
    decimals = "." + "0" * column.digits if column.digits else ""
    if column.kind is Kind.MONEY:
        sign = CURRENCIES.get(column.currency, column.currency).replace('"', "")
        figure = f'"{sign}{" " if sign[-1:].isalpha() else ""}"#,##0{decimals}'
        return f"{figure};-{figure}"
    return {
        Kind.INTEGER: "#,##0",
        Kind.DECIMAL: f"#,##0{decimals}",
        Kind.PERCENT: f"0{decimals}%",
        Kind.DATE: "yyyy-mm-dd",
        Kind.MOMENT: "yyyy-mm-dd hh:mm",
    }.get(column.kind, "@")


def sheet_name(title: str) -> str:
    """Return a name Excel takes: 31 characters, none of []:*?/\\, no apostrophe at either end."""
    name = "".join(" " if ch in "[]:*?/\\" or ord(ch) < ord(" ") else ch for ch in title)
    return name.strip(" '")[:31].strip(" '") or "Table"
