"""Workbooks through calamine."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from webapp.domain.analytics.imports.sentences import problem
from webapp.domain.analytics.imports.types import Cell

#: Unpacked size up to which a workbook is opened: a bomb is far larger, a full sheet of figures smaller.
MAX_UNPACKED_BYTES = 512 * 1024**2


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
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise problem("broken_workbook") from error
    if not any(part.filename.startswith("xl/") for part in parts):
        raise problem("archive")
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise problem("huge_workbook")


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
