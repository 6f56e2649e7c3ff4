"""Finding out how a file is laid out: kind, encoding, delimiter, and the line of the headings."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from webapp.domain.analytics.imports.dates import looks_like_day
from webapp.domain.analytics.imports.encodings import detect_encoding
from webapp.domain.analytics.imports.headers import meaning_of
from webapp.domain.analytics.imports.numbers import ANY_CURRENCY, BadValue, parse_decimal
from webapp.domain.analytics.imports.ports import Workbooks
from webapp.domain.analytics.imports.reading import RawBatch, SheetTable, Table, TextTable
from webapp.domain.analytics.imports.sentences import problem
from webapp.domain.analytics.imports.types import MAX_COLUMNS, Cell, ImportOptions

DELIMITERS = (",", ";", "\t", "|")
#: Rows looked at for the layout and for the guesses.
SAMPLE_ROWS = 1000
_HEAD_BYTES = 256 * 1024
_HEADING_SEARCH_ROWS = 40
_SIGNATURES = (
    (b"%PDF", "not_a_table"),
    (b"\x89PNG", "not_a_table"),
    (b"\xff\xd8\xff", "not_a_table"),
    (b"GIF8", "not_a_table"),
    (b"\xd0\xcf\x11\xe0", "old_excel"),
    (b"\x1f\x8b", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out; `header` is where the headings are among `sample`, -1 for nowhere."""

    options: ImportOptions
    sample: RawBatch
    header: int


def open_table(file: BinaryIO, options: ImportOptions, workbooks: Workbooks) -> Table:
    """Open a file as the options say."""
    file.seek(0)
    if options.kind == "workbook":
        workbook = workbooks.open(file)
        sheet = options.sheet or next(iter(workbook.sheet_names), "")
        if sheet not in workbook.sheet_names:
            raise problem("no_sheet", sheet=sheet)
        return SheetTable(workbook, sheet)
    return TextTable(file, options.encoding, options.delimiter)


def sniff(file: BinaryIO, workbooks: Workbooks) -> ImportOptions:
    """Return kind, encoding and delimiter (or sheet); raise Invalid for what is no table."""
    head = file.read(8)
    file.seek(0)
    if not head:
        raise problem("empty_file")
    for signature, code in _SIGNATURES:
        if head.startswith(signature):
            raise problem(code)
    if head.startswith(b"PK\x03\x04"):
        return ImportOptions(kind="workbook", encoding="", delimiter="", sheet=_first_sheet(file, workbooks))
    encoding = detect_encoding(file)
    return ImportOptions(encoding=encoding, delimiter=_delimiter(file, encoding))


def _first_sheet(file: BinaryIO, workbooks: Workbooks) -> str:
    names = workbooks.open(file).sheet_names
    if not names:
        raise problem("empty_file")
    return names[0]


def _delimiter(file: BinaryIO, encoding: str) -> str:
    """Return the delimiter under which most headings are known and most rows are equally long."""
    file.seek(0)
    head = io.StringIO(file.read(_HEAD_BYTES).decode(encoding, errors="replace"), newline=None).read()
    file.seek(0)
    if sum(letter < " " and letter not in "\t\n\r" for letter in head) > len(head) // 50:
        raise problem("not_a_table")
    first = head.lstrip("\ufeff").split("\n", 1)[0].strip()
    if first.startswith("sep=") and len(first) == 5:
        return first[4]
    return max(DELIMITERS, key=lambda delimiter: _score(head, delimiter))


def _score(head: str, delimiter: str) -> tuple[int, float]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(head), delimiter=delimiter):
            rows.append(row)
            if len(rows) == 200:
                break
    except csv.Error:
        return 0, 0.0
    widths = Counter(len(row) for row in rows if row)
    if not widths or max(widths) < 2:
        return 0, 0.0
    known = max((_known(row) for row in rows[:_HEADING_SEARCH_ROWS]), default=0)
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    return known, count / widths.total() * min(width, 10)


def _known(row: Sequence[Cell]) -> int:
    """Return how many different things the cells of a row name as headings."""
    meanings = {meaning for cell in row if isinstance(cell, str) and cell.strip() and (meaning := meaning_of(cell))}
    return len(meanings)


def layout(file: BinaryIO, options: ImportOptions, workbooks: Workbooks) -> Layout:
    """Return the first rows and where the headings are; raise Invalid when there are no rows at all."""
    sample = _sample(open_table(file, options, workbooks))
    file.seek(0)
    if not sample.rows:
        raise problem("empty_file")
    width = max(len(row) for row in sample.rows)
    if width > MAX_COLUMNS:
        raise problem("too_many_columns", count=width)
    header = find_header(sample.rows)
    return Layout(options.with_changes(header_line=sample.lines[header] if header >= 0 else 0), sample, header)


def _sample(table: Table) -> RawBatch:
    rows: list[Sequence[Cell]] = []
    lines: list[int] = []
    for batch in table.batches():
        rows += batch.rows
        lines += batch.lines
        if len(rows) >= SAMPLE_ROWS:
            break
    return RawBatch(lines[:SAMPLE_ROWS], rows[:SAMPLE_ROWS])


def find_header(rows: Sequence[Sequence[Cell]]) -> int:
    """Return which of the first rows holds the headings, -1 when it seems to be none."""
    top = rows[:_HEADING_SEARCH_ROWS]
    known = [_known(row) if _could_be_headings(row) else 0 for row in top]
    best = max(range(len(top)), key=lambda position: (known[position], -position))
    if known[best] >= 2 or (known[best] == 1 and len(top[best]) <= 3):
        return best
    usual = Counter(len(row) for row in rows).most_common(1)[0][0]
    first = next((position for position, row in enumerate(top) if len(row) == usual), 0)
    return first if _could_be_headings(top[first]) else -1


def _could_be_headings(row: Sequence[Cell]) -> bool:
    """Tell whether no cell is a figure or a day; the preamble of one cell is no heading either."""
    filled = [cell for cell in row if cell != ""]
    return bool(filled) and not any(
        not isinstance(cell, str) or is_figure(cell) or looks_like_day(cell) for cell in filled
    )


def is_figure(cell: Cell) -> bool:
    """Tell whether a cell holds a figure, with either decimal mark; a rate is one too."""
    if isinstance(cell, int | float):
        return True
    if not isinstance(cell, str):
        return False
    for mark in ".,":
        try:
            return parse_decimal(cell.strip().removesuffix("%"), mark, ANY_CURRENCY) is not None
        except BadValue:
            continue
    return False


def headings(found: Layout, header_line: int) -> list[str]:
    """Return the headings, one for every column; a column without one gets its number."""
    lines = list(found.sample.lines)
    row: Sequence[Cell] = found.sample.rows[lines.index(header_line)] if header_line in lines else ()
    lengths = [len(cells) for cells, line in zip(found.sample.rows, lines, strict=True) if line > header_line]
    # As long as most rows are: a single longer one is a mistake to be told about.
    width = max(len(row), Counter(lengths).most_common(1)[0][0] if lengths else 0)
    texts = [" ".join(str(cell).replace("\ufeff", "").split()) for cell in row]
    texts += [""] * (width - len(texts))
    return [text or f"{number}" for number, text in enumerate(texts, start=1)]
