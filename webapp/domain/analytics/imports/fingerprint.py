"""One number for the rows as understood, whatever the file's encoding, line ends or order of columns."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Sequence

#: Rows hashed together; fixed, so that the size of batches does not matter.
_CHUNK = 65_536


class Fingerprint:
    """Hashes columns piece by piece."""

    def __init__(self, names: Sequence[str]) -> None:
        self._hash = hashlib.sha256("\x1f".join(["kabinet-rows-1", *names]).encode())
        self._waiting: list[array[int] | list[str]] | None = None

    def add(self, columns: Sequence[Sequence[int] | Sequence[str]]) -> None:
        """Take more rows: columns of one length, of whole numbers or of texts, in the order of the names."""
        if not columns or not columns[0]:
            return
        if self._waiting is None:
            self._waiting = [array("q") if isinstance(column[0], int) else [] for column in columns]
        for waiting, column in zip(self._waiting, columns, strict=True):
            waiting.extend(column)  # type: ignore[arg-type]
        while len(self._waiting[0]) >= _CHUNK:
            self._take(_CHUNK)

    def hexdigest(self) -> str:
        """Return the number after the last row."""
        if self._waiting and self._waiting[0]:
            self._take(len(self._waiting[0]))
        return self._hash.hexdigest()

    def _take(self, count: int) -> None:
        assert self._waiting is not None
        for column in self._waiting:
            self._hash.update(_bytes(column[:count]))
            del column[:count]


def _bytes(column: array[int] | list[str]) -> bytes:
    if isinstance(column, list):
        return ("\x1f".join(column) + "\x1e").encode("utf-8", "surrogatepass")
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()
