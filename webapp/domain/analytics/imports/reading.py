"""Rows of a file, many at a time, each with its line as an editor or Excel shows it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, Protocol

from webapp.domain.analytics.imports.ports import Workbook
from webapp.domain.analytics.imports.sentences import problem
from webapp.domain.analytics.imports.types import BATCH_ROWS, MAX_CELL_CHARACTERS, MAX_COLUMNS, Cell

# The module's own limit is for the whole process; ours is lower than the default, so nobody else is surprised.
csv.field_size_limit(MAX_CELL_CHARACTERS)
#: Text at work at once: little enough for the processor's cache.
_CHUNK_CHARACTERS = 96 * 1024
_MAX_LINE_CHARACTERS = MAX_CELL_CHARACTERS * MAX_COLUMNS


class RawBatch:
    """Some rows of a file: none is empty, and `lines` says where each begins.

    Plain text comes as columns of one length, which saves making rows of it; everything else comes as rows.
    """

    __slots__ = ("_rows", "columns", "lines")

    def __init__(
        self,
        lines: Sequence[int],
        rows: Sequence[Sequence[Cell]] | None = None,
        columns: Sequence[Sequence[Cell]] | None = None,
    ) -> None:
        self.lines = lines
        self.columns = columns
        self._rows = rows

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """Return the rows."""
        if self._rows is None:
            self._rows = list(zip(*self.columns or (), strict=True))
        return self._rows

    def column(self, index: int, after_line: int) -> Sequence[Cell]:
        """Return the cells of a column below a line; rows that are too short have none."""
        if self.columns is not None and self.lines[0] > after_line:
            return self.columns[index] if index < len(self.columns) else ()
        pairs = zip(self.rows, self.lines, strict=True)
        return [row[index] for row, line in pairs if line > after_line and index < len(row)]


class Table(Protocol):
    """A file opened for reading rows; can be read once."""

    def batches(self) -> Iterator[RawBatch]:
        """Yield all rows from the top."""

    @property
    def done(self) -> int:
        """Return how much is read, in units of `total`."""

    @property
    def total(self) -> int:
        """Return how much there is: bytes or rows."""


class TextTable:
    """CSV in any encoding and with any line ends, quoted ones included."""

    def __init__(self, file: BinaryIO, encoding: str, delimiter: str) -> None:
        self._file = file
        self._encoding = encoding
        self._delimiter = delimiter
        self.total = file.seek(0, io.SEEK_END)
        file.seek(0)

    @property
    def done(self) -> int:
        """Return the bytes read."""
        return self._file.tell()

    def batches(self) -> Iterator[RawBatch]:
        """Yield all rows; line ends inside cells become line feeds, so that files differing in them only are equal."""
        # A file cut in the middle of a letter still has its good rows.
        text = io.TextIOWrapper(self._file, self._encoding, errors="replace", newline=None)
        try:
            yield from self._batches(text)
        finally:
            text.detach()

    def _batches(self, text: io.TextIOWrapper) -> Iterator[RawBatch]:
        line = 1
        while chunk := text.read(_CHUNK_CHARACTERS):
            if not chunk.endswith("\n"):
                chunk += text.readline(_MAX_LINE_CHARACTERS)
            columns = _plain_columns(chunk, self._delimiter)
            if columns is not None:
                count = len(columns[0])
                yield RawBatch(range(line, line + count), columns=columns)
                line += count
            else:
                rows, taken = self._quoted(chunk, text, line)
                yield _numbered(rows, line, taken)
                line += taken

    def _quoted(self, chunk: str, text: io.TextIOWrapper, line: int) -> tuple[list[list[str]], int]:
        """Read a chunk, and what a cell left open at its end takes from the next; return the rows and their lines."""
        count = chunk.count("\n") + (not chunk.endswith("\n"))
        reader = csv.reader(chain(io.StringIO(chunk, newline="\n"), text), delimiter=self._delimiter)
        rows: list[list[str]] = []
        try:
            for row in reader:
                rows.append(row)
                if reader.line_num >= count:
                    break
        except csv.Error as error:
            raise problem("bad_quotes", line=line + reader.line_num - 1) from error
        return rows, reader.line_num


def _plain_columns(chunk: str, delimiter: str) -> list[list[str]] | None:
    """Return the columns of text without quotes whose lines are equally long; None for any other.

    Each line end becomes a cell of its own, so that all of them stand in one column exactly when no line is longer or
    shorter than the first.
    """
    if '"' in chunk:
        return None
    body = chunk.removesuffix("\n")
    first = body.find("\n")
    width = body.count(delimiter, 0, first if first >= 0 else len(body)) + 1
    cells = body.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    ends = cells[width :: width + 1]
    count = body.count("\n") + 1
    if width == 1 or len(cells) != count * (width + 1) - 1 or ends.count("\n") != count - 1:
        return None
    return [cells[index :: width + 1] for index in range(width)]


def _numbered(rows: list[list[str]], first: int, taken: int) -> RawBatch:
    """Number the rows; drop the empty ones."""
    if taken == len(rows) and [] not in rows:
        return RawBatch(range(first, first + taken), rows)
    kept, lines, line = [], [], first
    for row in rows:
        if row:
            kept.append(row)
            lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    return RawBatch(lines, kept)


class SheetTable:
    """One sheet of a workbook."""

    def __init__(self, workbook: Workbook, sheet: str) -> None:
        self._workbook = workbook
        self._sheet = sheet
        self.done = 0
        self.total = workbook.height(sheet)

    def batches(self) -> Iterator[RawBatch]:
        """Yield all rows that hold anything."""
        rows = self._workbook.rows(self._sheet)
        while chunk := list(islice(rows, BATCH_ROWS)):
            kept = [(row, line) for line, row in enumerate(chunk, self.done + 1) if any(cell != "" for cell in row)]
            self.done += len(chunk)
            yield RawBatch([line for _, line in kept], [row for row, _ in kept])
