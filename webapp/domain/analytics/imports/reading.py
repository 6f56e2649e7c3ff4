"""Rows of a file, many at a time, each with its line as an editor or Excel shows it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Protocol

from webapp.domain.analytics.imports.ports import Workbook
from webapp.domain.analytics.imports.sentences import problem
from webapp.domain.analytics.imports.types import BATCH_ROWS, MAX_CELL_CHARACTERS, Cell

# The module's own limit is for the whole process; ours is lower than the default, so nobody else is surprised.
csv.field_size_limit(MAX_CELL_CHARACTERS)


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Some rows of a file: none is empty, and `lines` says where each begins."""

    rows: Sequence[Sequence[Cell]]
    lines: Sequence[int]


class Table(Protocol):
    """A file opened for reading rows; can be read once."""

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
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

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """Yield all rows; line ends inside cells become line feeds, so that files differing in them only are equal."""
        # A file cut in the middle of a letter still has its good rows.
        text = io.TextIOWrapper(self._file, self._encoding, errors="replace", newline=None)
        try:
            yield from self._batches(text, size)
        finally:
            text.detach()

    def _batches(self, text: io.TextIOWrapper, size: int) -> Iterator[RawBatch]:
        reader = csv.reader(text, delimiter=self._delimiter)
        while True:
            first = reader.line_num + 1
            try:
                rows = list(islice(reader, size))
            except csv.Error as error:
                raise problem("bad_quotes", line=reader.line_num) from error
            if not rows:
                return
            if reader.line_num - first + 1 == len(rows) and [] not in rows:
                yield RawBatch(rows, range(first, first + len(rows)))
            else:
                yield _uneven(rows, first)


def _uneven(rows: list[list[str]], line: int) -> RawBatch:
    """Number rows of which some are empty or take several lines; drop the empty ones."""
    kept, lines = [], []
    for row in rows:
        if row:
            kept.append(row)
            lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    return RawBatch(kept, lines)


class SheetTable:
    """One sheet of a workbook."""

    def __init__(self, workbook: Workbook, sheet: str) -> None:
        self._workbook = workbook
        self._sheet = sheet
        self.done = 0
        self.total = workbook.height(sheet)

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """Yield all rows that hold anything."""
        rows = self._workbook.rows(self._sheet)
        while chunk := list(islice(rows, size)):
            kept = [(row, line) for line, row in enumerate(chunk, self.done + 1) if any(cell != "" for cell in row)]
            self.done += len(chunk)
            yield RawBatch([row for row, _ in kept], [line for _, line in kept])
