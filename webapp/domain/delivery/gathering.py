"""Gathering what ledger, events and nodes say of campaigns' days: a few queries whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Unavailable
from webapp.core.periods import Period
from webapp.domain.analytics.events import BilledDay
from webapp.domain.analytics.types import from_unix_day
from webapp.domain.billing.services.purses import Purses
from webapp.domain.delivery.differences import DayFigures, Standing
from webapp.domain.delivery.models import ChargeHour, Lease
from webapp.domain.delivery.nodes import KnownNode, NodeBook
from webapp.domain.delivery.ports import Accounts, EventLog
from webapp.domain.delivery.settlement import FRESH_START
from webapp.domain.delivery.windows import unix_day

#: Nodes keep their counts for forty days; the oldest may be gone by the local clock.
COUNTED_DAYS = 39
Key = tuple[int, int, date]


class CountingNode(Accounts, EventLog, Protocol):
    """The part of a serving node that is asked."""

    node: int


class BilledEvents(Protocol):
    """The part of the store of events that is asked."""

    def last_seq(self, node: int) -> int:
        """Return the number up to which a node's log is in."""

    def billed_by_campaign_day(self, period: Period, advertiser_id: int | None = None) -> Sequence[BilledDay]:
        """Return what campaigns' days cost by their events."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the nodes counted by campaign and day, as far as that is known."""

    micros: Counter[tuple[int, date]]
    #: Days before this are not known.
    since: date
    #: Whether a node does not answer.
    silent: bool

    def of(self, campaign_id: int, day: date) -> int | None:
        """Return what a day cost; None when nobody counted it, or not everybody tells."""
        if self.silent or day < self.since:
            return None
        return self.micros.get((campaign_id, day))


class Gathering:
    """Reads all stores for the same days."""

    def __init__(
        self, session: Session, clock: Clock, purses: Purses, events: BilledEvents, nodes: Sequence[CountingNode]
    ) -> None:
        self._session = session
        self._clock = clock
        self._purses = purses
        self._events = events
        self._nodes = nodes

    def figures(self, period: Period, advertiser_id: int | None = None) -> tuple[list[DayFigures], Standing]:
        """Return every campaign's day that any store knows, of one advertiser or of all, and how far the readers are.

        How far they are is asked first: whoever is behind then explains a difference found later.
        """
        standing = self.standing()
        ledger = self._purses.charged_days(period, advertiser_id)
        hours = self._sums(ChargeHour, func.sum(ChargeHour.spent_micros), period, advertiser_id)
        forgiven = self._sums(Lease, func.sum(Lease.forgiven_micros), period, advertiser_id)
        events = {
            (row.advertiser_id, row.campaign_id, row.day): row.micros
            for row in self._events.billed_by_campaign_day(period, advertiser_id)
        }
        # A day that was lent money may be known to the nodes alone.
        keys = ledger.keys() | hours.keys() | events.keys() | forgiven.keys()
        counts = self.counts(period, {key[1] for key in keys} if advertiser_id is not None else ())
        found = [
            DayFigures(
                *key,
                ledger_micros=ledger[key].gross_micros if key in ledger else 0,
                hours_micros=hours.get(key, 0),
                events_micros=events.get(key, 0),
                counters_micros=counts.of(key[1], key[2]),
                forgiven_micros=forgiven.get(key, 0),
                credited_micros=ledger[key].credited_micros if key in ledger else 0,
            )
            for key in sorted(keys)
        ]
        return [row for row in found if row.is_charged], standing

    def standing(self) -> Standing:
        """Tell whether some log has records that a reader has not seen; a node that is silent may."""
        known = NodeBook(self._session).every()
        settling = ingesting = False
        for node in self._nodes:
            try:
                settling |= bool(node.read(known.get(node.node, KnownNode(node.node)).settled_seq, 1))
                ingesting |= bool(node.read(self._events.last_seq(node.node), 1))
            except Unavailable:
                return Standing(settling=True, ingesting=True)
        return Standing(settling, ingesting)

    def counts(self, period: Period, campaign_ids: Collection[int]) -> Counts:
        """Return what the nodes counted, of these campaigns or (none named) of all."""
        oldest = self._clock.now().astimezone(UTC).date() - timedelta(days=COUNTED_DAYS)
        since = max(oldest, self._complete_since())
        counts = Counts(Counter(), since, silent=False)
        first, last = max(period.first, since), period.last
        try:
            for node in self._nodes if first <= last else ():
                for row in node.counted(sorted(campaign_ids), unix_day(first), unix_day(last)):
                    if row.charged_micros:
                        counts.micros[row.campaign_id, from_unix_day(row.day)] += row.charged_micros
        except Unavailable:
            return Counts(Counter(), since, silent=True)
        return counts

    def _complete_since(self) -> date:
        """Return the first day all nodes have counted whole: one that lost its store begins anew.

        A store numbers its records from the second it was made at. What was lent before that second is known here; a
        node that nobody lent anything before has nothing to have lost.
        """
        found, own = date.min, {node.node for node in self._nodes}
        for known in NodeBook(self._session).every().values():
            born = datetime.fromtimestamp(known.settled_seq // FRESH_START, UTC)
            query = select(func.max(Lease.day)).where(Lease.node == known.node, Lease.created_at < born)
            lost = self._session.scalar(query) if known.node in own and known.settled_seq else None
            found = max(found, lost + timedelta(days=1)) if lost else found
        return found

    def _sums(
        self, model: type[ChargeHour | Lease], column: object, period: Period, owner: int | None
    ) -> dict[Key, int]:
        query = (
            select(model.advertiser_id, model.campaign_id, model.day, column)  # type: ignore[call-overload]
            .where(model.day.between(period.first, period.last))
            .group_by(model.advertiser_id, model.campaign_id, model.day)
        )
        if owner is not None:
            query = query.where(model.advertiser_id == owner)
        return {(row[0], row[1], row[2]): int(row[3]) for row in self._session.execute(query)}
