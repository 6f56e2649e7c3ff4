"""What background work needs from the outside."""

from __future__ import annotations

from typing import Protocol

from webapp.core.ids import PublicId


class JobQueue(Protocol):
    """Carries the ids of waiting tasks to the workers; the tasks themselves stay in the database."""

    def push(self, kind: str, public_id: PublicId) -> None:
        """Hand over a task's id; one that already waits is not added twice. Raise Unavailable without a queue."""


class Progress(Protocol):
    """Tells how far a piece of work is."""

    def report(self, done: int, total: int) -> None:
        """Say that `done` of `total` steps are behind us (total 0: not known yet)."""


class Silent:
    """Progress that nobody watches: for commands and tests."""

    def report(self, done: int, total: int) -> None:
        """Do nothing."""
