from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from webapp.adapters.tables.csv_writer import CsvTableWriter, harmless, money_text
from webapp.adapters.tables.xlsx_writer import XlsxTableWriter, format_of, sheet_name
from webapp.core.tables import Cell, Column, Kind, Table

COLUMNS = (
    Column("Site"),
    Column("Day", Kind.DATE),
    Column("Clicks", Kind.INTEGER),
    Column("CTR", Kind.PERCENT),
    Column("Spend", Kind.MONEY, currency="USD"),
    Column("At", Kind.MOMENT),
)
MOMENT = datetime(2026, 11, 19, 14, 32, tzinfo=UTC)
ROWS: list[Sequence[Cell]] = [
    ("daily-harbor.example", date(2026, 11, 19), 6562, Decimal("0.0063"), 2_800_490_000, MOMENT),
    ('=HYPERLINK("http://x")', date(2026, 11, 20), 0, None, -5_000_000, None),
    ('a, "b"\r\nc', None, 1, Decimal(1) / 3, 770_400, None),
]
TABLE = Table("Sites", COLUMNS, ROWS, totals=("Total", None, 6563, Decimal("0.0062"), 2_796_260_400, None))


def as_csv(table: Table = TABLE, *, bom: bool = True) -> tuple[bytes, list[int]]:
    target, seen = io.BytesIO(), list[int]()
    CsvTableWriter(bom=bom).write(table, target, seen.append)
    return target.getvalue(), seen


def as_xlsx(table: Table = TABLE) -> bytes:
    target = io.BytesIO()
    XlsxTableWriter().write(table, target, lambda _: None)
    return target.getvalue()


def test_csv_says_the_same_in_every_country() -> None:
    data, seen = as_csv()
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert lines[0] == ["Site", "Day", "Clicks", "CTR, %", "Spend, USD", "At"]
    assert lines[1] == ["daily-harbor.example", "2026-11-19", "6562", "0.6300", "2800.49", "2026-11-19 14:32:00"]
    assert lines[3] == ['a, "b"\r\nc', "", "1", "33.3333", "0.7704", ""]
    assert lines[-1] == ["Total", "", "6563", "0.6200", "2796.2604", ""]
    assert seen == [3]


def test_csv_without_a_mark_for_excel_and_with_crlf() -> None:
    data, _ = as_csv(Table("T", (Column("A"),), [("x",)]), bom=False)
    assert data == b"A\r\nx\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_formulas_are_neutralised(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_plain_text_and_negative_numbers_stay() -> None:
    assert harmless("a=b") == "a=b"
    data, _ = as_csv()
    assert b",-5.00," in data
    assert b"'=HYPERLINK" in data


@pytest.mark.parametrize(
    ("micros", "text"), [(12_500_000, "12.50"), (770_400, "0.7704"), (1, "0.000001"), (-5, "-0.000005"), (0, "0.00")]
)
def test_money_is_exact(micros: int, text: str) -> None:
    assert money_text(micros) == text


def test_xlsx_holds_numbers_dates_and_no_formula() -> None:
    data = as_xlsx()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Site", "Day", "Clicks", "CTR", "Spend", "At"]
    assert rows[1] == [
        "daily-harbor.example", date(2026, 11, 19), 6562.0, 0.0063, 2800.49, MOMENT.replace(tzinfo=None)
    ]  # fmt: skip
    assert rows[2][0] == '=HYPERLINK("http://x")'
    assert rows[2][4] == -5.0
    assert rows[-1][0] == "Total"
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet


def test_an_empty_table_is_a_head_and_a_total() -> None:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(as_xlsx(Table("T", (Column("A"),), [])))).get_sheet_by_index(0)
    assert rows.to_python() == [["A"]]


def test_formats() -> None:
    assert format_of(COLUMNS[4]) == '"$"#,##0.00;-"$"#,##0.00'
    assert format_of(Column("Spend", Kind.MONEY, currency="CHF")) == '"CHF "#,##0.00;-"CHF "#,##0.00'
    assert [format_of(column) for column in COLUMNS[1:4]] == ["yyyy-mm-dd", "#,##0", "0.00%"]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Sites: a/b [c]", "Sites  a b  c"), ("'", "Table"), ("x" * 40, "x" * 31), ("", "Table"), ("a\tb", "a b")],
)
def test_sheet_names(title: str, name: str) -> None:
    assert sheet_name(title) == name
