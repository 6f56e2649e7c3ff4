"""The port to what writes a table into a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol

from webapp.core.tables import Table


class TableWriter(Protocol):
    """One file format."""

    #: The end of the file's name, without a dot.
    suffix: str
    mime: str

    def write(self, table: Table, target: BinaryIO, on_row: Callable[[int], None]) -> int:
        """Write the whole table, tell after rows how many are done, and return their number."""
