"""Serving nodes as the loops know them: how far each is settled, and until when it may spend."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from webapp.domain.delivery.models import ServingNode

_TABLE = cast(Table, ServingNode.__table__)
_COLUMNS = (
    ServingNode.node, ServingNode.fence_at, ServingNode.seen_at, ServingNode.settled_seq,
    ServingNode.settled_event_at, ServingNode.trimmed_seq,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownNode:
    """What is remembered of a node."""

    node: int
    fence_at: datetime | None = None
    seen_at: datetime | None = None
    settled_seq: int = 0
    settled_event_at: datetime | None = None
    trimmed_seq: int = 0


class NodeBook:
    """The rows of serving nodes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def every(self) -> dict[int, KnownNode]:
        """Return all nodes by number."""
        return {row[0]: KnownNode(*row) for row in self._session.execute(select(*_COLUMNS))}

    def enter(self, nodes: Collection[int]) -> None:
        """Make sure that each of these has a row."""
        for node in nodes:
            values = {"node": node, "settled_seq": 0, "trimmed_seq": 0}
            if self._session.get_bind().dialect.name == "sqlite":
                self._session.execute(sqlite.insert(_TABLE).values(values).on_conflict_do_nothing())
            else:
                query = mysql.insert(_TABLE).values(values)
                self._session.execute(query.on_duplicate_key_update(node=query.inserted.node))

    def lock(self, node: int) -> KnownNode:
        """Return a node, its row locked to the end of the transaction: whoever holds it alone settles its leases."""
        query = select(*_COLUMNS).where(ServingNode.node == node).with_for_update()
        row = self._session.execute(query).first()
        if row is None:
            self.enter([node])
            row = self._session.execute(query).one()
        return KnownNode(*row)

    def fence(self, nodes: Collection[int], until: datetime, now: datetime) -> None:
        """Remember until when these may spend: before they are told, so that no node may spend longer than we know."""
        self._change(nodes, fence_at=until, seen_at=now)

    def settled(self, node: int, seq: int, event_at: datetime) -> None:
        """Remember the last record whose charges are in the ledger."""
        self._change([node], settled_seq=seq, settled_event_at=event_at)

    def trimmed(self, node: int, seq: int) -> None:
        """Remember up to where a log was trimmed."""
        self._change([node], trimmed_seq=seq)

    def _change(self, nodes: Collection[int], **values: Any) -> None:
        self._session.execute(update(_TABLE).where(_TABLE.c.node.in_(nodes)).values(**values))
