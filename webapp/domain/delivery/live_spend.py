"""Today's spend to this second: the ledger's, and what nodes have charged that is not settled yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Unavailable
from webapp.core.periods import today_in
from webapp.core.scope import Scope
from webapp.domain.billing.services import Balances
from webapp.domain.delivery.charges import Charges
from webapp.domain.delivery.models import Lease
from webapp.domain.delivery.nodes import NodeBook
from webapp.domain.delivery.ports import Accounts
from webapp.domain.delivery.types import EventKind
from webapp.domain.delivery.windows import unix_day


class CountingNode(Accounts, Protocol):
    """The part of a serving node that is asked."""

    node: int


@dataclass(frozen=True, slots=True)
class LiveSpend:
    """What today costs so far."""

    day: date
    #: In the ledger, net of credit notes.
    settled_micros: int
    #: Charged by the nodes, on its way into the ledger.
    waiting_micros: int
    #: The nodes that do not answer: what they charged since is not known.
    silent: tuple[int, ...]
    #: Up to when everything is counted.
    as_of: datetime

    @property
    def micros(self) -> int:
        """Return both."""
        return self.settled_micros + self.waiting_micros


class LiveSpending:
    """Asks ledger and nodes."""

    def __init__(
        self, session: Session, clock: Clock, balances: Balances, charges: Charges, nodes: Sequence[CountingNode]
    ) -> None:
        self._session = session
        self._clock = clock
        self._balances = balances
        self._charges = charges
        self._nodes = nodes

    def today(self, scope: Scope) -> LiveSpend:
        """Return today's spend; nodes are asked only for campaigns that were lent money today."""
        now = self._clock.now()
        day = today_in(scope.zone, now)
        # The ledger's two figures are of one moment; what nodes charge until they are asked is waiting, not missing.
        settled, spent = self._charges.settled_on(scope, day), self._balances.spent_today(scope)
        counted, silent = self._counted(self._lent(scope, day), day)
        waiting = sum(max(0, micros - settled.get(id, 0)) for id, micros in counted.items())
        as_of = self._settled_until(silent, now) if silent else now
        return LiveSpend(day, spent, waiting, silent, as_of)

    def _lent(self, scope: Scope, day: date) -> list[int]:
        query = select(Lease.campaign_id).where(Lease.advertiser_id == scope.advertiser_id, Lease.day == day)
        return list(self._session.scalars(query.distinct()))

    def _counted(self, campaign_ids: Sequence[int], day: date) -> tuple[Counter[int], tuple[int, ...]]:
        found: Counter[int] = Counter()
        silent: list[int] = []
        number = unix_day(day)
        for node in self._nodes if campaign_ids else ():
            try:
                rows = node.counted(campaign_ids, number, number)
            except Unavailable:
                silent.append(node.node)
                continue
            for row in rows:
                if row.kind is not EventKind.LEASE_CLOSED:
                    found[row.campaign_id] += row.charged_micros
        return found, tuple(silent)

    def _settled_until(self, silent: Sequence[int], now: datetime) -> datetime:
        """Return up to when the silent nodes' charges are in the ledger."""
        known = NodeBook(self._session).every()
        moments = [node.seen_at for number in silent if (node := known.get(number)) and node.seen_at]
        return min([*moments, now])
