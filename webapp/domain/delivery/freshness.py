"""How old figures are: up to when every event that was recorded is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Unavailable
from webapp.domain.delivery.nodes import KnownNode, NodeBook
from webapp.domain.delivery.ports import EventLog

LATE_SECONDS, STOPPED_SECONDS = 60, 300


class Tone(StrEnum):
    """How an age is shown."""

    LIVE = "live"
    LATE = "late"
    STOPPED = "stopped"


class ReadLog(EventLog, Protocol):
    """The log of a numbered node."""

    node: int


class Ingested(Protocol):
    """The part of the store of figures that is asked."""

    def last_seq(self, node: int) -> int:
        """Return the number up to which a node's log is in."""


@dataclass(frozen=True, slots=True)
class FigureAge:
    """Up to when figures are complete, seen at an instant."""

    as_of: datetime
    now: datetime

    @property
    def seconds(self) -> int:
        """Return how old they are."""
        return max(0, int((self.now - self.as_of).total_seconds()))

    @property
    def tone(self) -> Tone:
        """Return how that is shown."""
        if self.seconds >= STOPPED_SECONDS:
            return Tone.STOPPED
        return Tone.LATE if self.seconds >= LATE_SECONDS else Tone.LIVE


class Freshness:
    """Holds the figures against the nodes' logs: nothing unread means they are of this moment, however quiet it is."""

    def __init__(self, session: Session, clock: Clock, figures: Ingested, nodes: Sequence[ReadLog]) -> None:
        self._session = session
        self._clock = clock
        self._figures = figures
        self._nodes = nodes

    def of_figures(self) -> FigureAge:
        """Return the age of figures: since the oldest event that is not in them yet, or since a node fell silent."""
        now = self._clock.now()
        return FigureAge(min([now, *(moment for node in self._nodes if (moment := self._behind_since(node)))]), now)

    def _behind_since(self, node: ReadLog) -> datetime | None:
        try:
            unread = node.read(self._figures.last_seq(node.node), 1)
        except Unavailable:
            return NodeBook(self._session).every().get(node.node, KnownNode(node.node)).seen_at
        return datetime.fromtimestamp(unread[0].at_ms / 1000, UTC) if unread else None
