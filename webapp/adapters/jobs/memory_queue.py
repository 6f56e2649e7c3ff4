"""A queue in memory: for tests and commands that do the work themselves."""

from __future__ import annotations

from webapp.core.errors import Unavailable
from webapp.core.ids import PublicId


class MemoryJobQueue:
    """Keeps the ids in a list; `broken` plays a server that is down."""

    def __init__(self) -> None:
        self.pushed: list[tuple[str, PublicId]] = []
        self.broken = False

    def push(self, kind: str, public_id: PublicId) -> None:
        """Remember a task's id; one that already waits is not added twice."""
        if self.broken:
            raise Unavailable
        if (kind, public_id) not in self.pushed:
            self.pushed.append((kind, public_id))
