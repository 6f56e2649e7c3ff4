"""Who may do what only one may do at a time."""

from __future__ import annotations

from typing import Protocol


class Locks(Protocol):
    """Named locks of one holder; they are gone when the holder is, however it ended."""

    def acquire(self, name: str, wait_seconds: int = 0) -> bool:
        """Take a lock that this holder does not have; tell whether it has it now, or raise Unavailable."""

    def holds(self, name: str) -> bool:
        """Tell whether this holder still has a lock, asking who keeps it."""

    def release(self, name: str) -> None:
        """Let go of a lock; of one that is not held too."""

    def close(self) -> None:
        """Let go of everything."""
