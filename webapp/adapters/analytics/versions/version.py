"""One step of the analytics tables' history."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """Statements that build one version, and those that take it away again."""

    number: int
    up: tuple[str, ...]
    down: tuple[str, ...]
    #: The oldest server (year, release) that understands it; older ones do without.
    needs: tuple[int, int] = (0, 0)
