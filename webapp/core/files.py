"""The port to a place that keeps files by key: uploads, exports, thumbnails."""

from __future__ import annotations

import re
from typing import BinaryIO, Protocol

#: Folders and a name; no part may begin with a dot, so that no key can climb out of the store.
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){0,6}")
MAX_KEY_LENGTH = 128
KILOBYTE, MEGABYTE = 1 << 10, 1 << 20


class ByteSize(int):
    """A file's weight in bytes, for sentences; the edge writes it in the reader's language."""

    def __str__(self) -> str:
        """Return it in English: 812 KB, 1 MB, 3.4 MB."""
        if self < MEGABYTE:
            return f"{max(1, (self + KILOBYTE // 2) // KILOBYTE)} KB"
        tenths = (self * 10 + MEGABYTE // 2) // MEGABYTE
        return f"{tenths // 10}.{tenths % 10} MB".replace(".0 ", " ")


class FileStore(Protocol):
    """Keeps files under keys such as `creatives/1f/1f08….webp`.

    A file appears whole or not at all; putting a key again replaces it.
    A key that `check_key` refuses raises ValueError.
    """

    def put(self, key: str, source: BinaryIO) -> int:
        """Store everything `source` still holds; return the number of bytes."""

    def open(self, key: str) -> BinaryIO:
        """Return the file, open for reading at its start; raise NotFound when there is none."""

    def delete(self, key: str) -> None:
        """Remove the file; nothing happens when there is none."""

    def exists(self, key: str) -> bool:
        """Tell whether there is a file under this key."""


def check_key(key: str) -> str:
    """Return the key; raise ValueError unless it is plain names between slashes."""
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a file key")
    return key
