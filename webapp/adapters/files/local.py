"""Files in a folder of this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from webapp.core.errors import NotFound
from webapp.core.files import check_key


class LocalFileStore:
    """Keeps each file at `root/key`; several processes may use one root."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def put(self, key: str, source: BinaryIO) -> int:
        """Write beside the target, flush to the disk, then rename: readers see the old file or the new one."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        # No key may begin with a dot, so an unfinished file can never be read under one.
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".put-", delete=False) as unfinished:
            try:
                shutil.copyfileobj(source, unfinished)
                size = unfinished.tell()
                unfinished.flush()
                os.fsync(unfinished.fileno())
                Path(unfinished.name).replace(target)
            except BaseException:
                Path(unfinished.name).unlink(missing_ok=True)
                raise
        _sync_folder(target.parent)
        return size

    def open(self, key: str) -> BinaryIO:
        """Return the file, open for reading at its start; raise NotFound when there is none."""
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound from error

    def delete(self, key: str) -> None:
        """Remove the file; nothing happens when there is none."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._path(key).unlink()

    def exists(self, key: str) -> bool:
        """Tell whether there is a file under this key."""
        return self._path(key).is_file()

    def _path(self, key: str) -> Path:
        path = (self._root / check_key(key)).resolve()
        if not path.is_relative_to(self._root):  # a link inside the folder that leads out of it
            raise ValueError(f"{key!r} leads out of the store")
        return path


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
