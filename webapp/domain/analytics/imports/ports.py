"""What imports need from the outside besides the store of figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

from webapp.domain.analytics.imports.types import Cell


class Workbook(Protocol):
    """An opened XLSX file."""

    @property
    def sheet_names(self) -> Sequence[str]:
        """Return the names of the sheets that have cells, in their order."""

    def height(self, sheet: str) -> int:
        """Return the number of rows, those above the first filled one included."""

    def rows(self, sheet: str) -> Iterator[list[Cell]]:
        """Yield every row from the first of the sheet; an empty cell is ''."""


class Workbooks(Protocol):
    """Opens workbooks."""

    def open(self, file: BinaryIO) -> Workbook:
        """Open an XLSX file; raise Invalid with a sentence when it is none, is locked, or unpacks to too much."""
