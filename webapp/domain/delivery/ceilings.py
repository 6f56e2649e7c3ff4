"""Daily budgets as they were in force: today's terms, with what was changed since taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

FIELD = "daily_budget"


class Deed(Protocol):
    """What the log of who did what keeps of a change."""

    subject_id: Any
    at: Any
    changes: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A budget that was in force until an instant; None for no limit."""

    until: datetime
    micros: int | None


class Ceilings:
    """What campaigns might spend on days gone by."""

    def __init__(self, now: Mapping[str, int | None], records: Iterable[Deed]) -> None:
        """`now`: today's budgets by public id; `records`: changes since the first day asked for, newest first."""
        self._now = now
        self._changes: defaultdict[str, list[Change]] = defaultdict(list)
        for record in records:
            for change in record.changes:
                if change.get("field") == FIELD:
                    self._changes[record.subject_id].append(Change(record.at, change.get("before")))

    def on(self, public_id: str, starts: datetime, ends: datetime) -> int | None:
        """Return the highest budget in force on a day; None where there was no limit for a while."""
        at_end, within = self._now.get(public_id), list[int | None]()
        for change in self._changes[public_id]:
            if change.until >= ends:
                at_end = change.micros
            elif change.until >= starts:
                within.append(change.micros)
        known = [micros for micros in (at_end, *within) if micros is not None]
        return max(known) if len(known) == 1 + len(within) else None
