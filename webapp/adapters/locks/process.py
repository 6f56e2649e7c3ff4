"""Locks between threads: enough where all that works with a folder is one process."""

from __future__ import annotations

import threading
import time

_guard = threading.Condition()
#: (whose stores, name) → holder.
_held: dict[tuple[str, str], ProcessLocks] = {}


class ProcessLocks:
    """`Locks` of this process; two holders with the same address compete."""

    def __init__(self, address: str) -> None:
        self._address = address

    def acquire(self, name: str, wait_seconds: int = 0) -> bool:
        """Take a lock that this holder does not have; tell whether it has it now."""
        key, ends = (self._address, name), time.monotonic() + wait_seconds
        with _guard:
            while _held.get(key, self) is not self:
                left = ends - time.monotonic()
                if left <= 0:
                    return False
                _guard.wait(left)
            _held[key] = self
            return True

    def holds(self, name: str) -> bool:
        """Tell whether this holder has a lock."""
        with _guard:
            return _held.get((self._address, name)) is self

    def release(self, name: str) -> None:
        """Let go of a lock; of one that is not held too."""
        with _guard:
            if _held.get((self._address, name)) is self:
                del _held[self._address, name]
                _guard.notify_all()

    def close(self) -> None:
        """Let go of everything."""
        with _guard:
            names = [name for (_, name), holder in _held.items() if holder is self]
        for name in names:
            self.release(name)
