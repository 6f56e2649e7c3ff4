"""Workbooks through calamine."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from webapp.domain.analytics.imports.sentences import problem
from webapp.domain.analytics.imports.types import Cell

#: Unpacked size up to which a workbook is opened: a bomb is far larger, a full sheet of figures smaller.
MAX_UNPACKED_BYTES = 512 * 1024**2
#: The reader keeps a sheet as a rectangle: two cells in opposite corners would be 17 billion, and the process dead.
MAX_CELLS = 40_000_000
#: So many cells of the rectangle may be empty for each that is there, beyond what is always allowed.
EMPTY_A_CELL, EMPTY_AT_LEAST = 32, 5_000_000
_CHUNK_BYTES = 1 << 20
#: An empty cell with a style is no cell for the reader.
_STYLED = re.compile(rb'<c(?:\s+\w+="\w*")*\s*/>')
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")


class CalamineWorkbooks:
    """Opens XLSX files."""

    def open(self, file: BinaryIO) -> _Workbook:
        """Check what the archive holds before it is unpacked, then open it."""
        _check_archive(file)
        file.seek(0)
        try:
            return _Workbook(CalamineWorkbook.from_filelike(file))
        except PasswordError as error:
            raise problem("locked_workbook") from error
        except (CalamineError, OSError, ValueError) as error:
            raise problem("broken_workbook") from error


def _check_archive(file: BinaryIO) -> None:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if not any(part.filename.startswith("xl/") for part in parts):
                raise problem("archive")
            if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise problem("huge_workbook")
            left = MAX_UNPACKED_BYTES
            for part in parts:
                left -= _check_part(archive, part, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise problem("broken_workbook") from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> int:
    """Unpack a part without keeping it; return its true size, whatever the archive says of it."""
    extent = _measure(archive, part, most)
    # Styled empty cells are rare enough to be left out only where they decide.
    if extent.is_scattered and _measure(archive, part, most, but=_STYLED).is_scattered:
        raise problem("scattered_workbook")
    return extent.size


def _measure(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int, but: re.Pattern[bytes] | None = None
) -> _Extent:
    part.file_size = most + 2 * _CHUNK_BYTES  # where reading would stop
    extent, rest = _Extent(), b""
    with archive.open(part) as source:
        while chunk := source.read(_CHUNK_BYTES):
            extent.size += len(chunk)
            if extent.size > most:
                raise problem("huge_workbook")
            # No tag is cut: in XML "<" stands nowhere else.
            whole, mark, tail = (rest + chunk).rpartition(b"<")
            rest = mark + tail
            if len(rest) > _CHUNK_BYTES:
                raise problem("broken_workbook")
            extent.see(but.sub(b"", whole) if but else whole)
    extent.see(rest)
    return extent


class _Extent:
    """How large a part is, how many places its cells name, and the furthest row and column of them."""

    def __init__(self) -> None:
        self.size = self.places = self.rows = self.columns = 0
        self._is_sheet = False

    @property
    def is_scattered(self) -> bool:
        """Tell whether its rectangle holds more than there is room for, or hardly anything."""
        most = min(MAX_CELLS, EMPTY_AT_LEAST + EMPTY_A_CELL * self.places)
        return self._is_sheet and self.rows * self.columns > most

    def see(self, xml: bytes) -> None:
        """Look at a piece of the part."""
        self._is_sheet = self._is_sheet or b"sheetData" in xml
        places = _PLACE.findall(xml)
        if places:
            self.places += len(places)
            self.rows = max(self.rows, *(int(row[:9]) for _, row in places))
            self.columns = max(self.columns, *map(_column_number, {letters for letters, _ in places}))


def _column_number(letters: bytes) -> int:
    """Return 1 for A (and for a row, which names none), 28 for AB."""
    number = 0
    for letter in letters.upper()[:6]:
        number = number * 26 + letter - ord("A") + 1
    return max(number, 1)


class _Workbook:
    """An open workbook; sheets are read when they are asked for."""

    def __init__(self, book: CalamineWorkbook) -> None:
        self._book = book
        self._open: dict[str, Any] = {}

    @property
    def sheet_names(self) -> Sequence[str]:
        """Return the names of the sheets with cells."""
        return [name for name in self._book.sheet_names if self.height(name)]

    def height(self, sheet: str) -> int:
        """Return the number of rows from the top of the sheet."""
        return int(self._sheet(sheet).total_height)

    def rows(self, sheet: str) -> Iterator[list[Cell]]:
        """Yield the rows; what Excel keeps as a number stays one."""
        for row in self._sheet(sheet).iter_rows():
            yield [cell if type(cell) is str else _cell(cell) for cell in row]

    def _sheet(self, name: str) -> Any:
        if name not in self._open:
            try:
                self._open[name] = self._book.get_sheet_by_name(name)
            except (CalamineError, ValueError) as error:
                raise problem("broken_workbook") from error
        return self._open[name]


def _cell(value: Any) -> Cell:
    """Return a cell without the needless fraction every Excel number has."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, int | str | date):
        return value
    return str(value) if isinstance(value, time | timedelta) else ""
