"""Settling: what a node's log says was charged becomes rows of the ledger, each record exactly once.

The node's row remembers the last record settled and is locked first, so that of two who settle the same node one
waits and then finds nothing left to do. A record is never skipped: a gap is an alarm for people, not a guess.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.domain.billing.postings import HOURLY, charge, give_back
from webapp.domain.billing.services import Ledger
from webapp.domain.billing.types import Posting
from webapp.domain.delivery.lease_store import LENT, HeldLease, LeaseStore
from webapp.domain.delivery.models import ChargeHour, LeaseStatus
from webapp.domain.delivery.nodes import NodeBook
from webapp.domain.delivery.types import EventKind, LogRecord

log = logging.getLogger(__name__)

#: A new store numbers its records from the second it was made at, times this: it can tell nobody where it stopped.
FRESH_START = 1_000_000
HOUR = timedelta(hours=1)
_HOURS = cast(Table, ChargeHour.__table__)


class BrokenLog(Exception):
    """A node's log does not go on where it was settled, or speaks of a lease nobody made; somebody must look."""


@dataclass(slots=True)
class Tally:
    """What a batch does to one lease."""

    lease: HeldLease
    #: Charged by the start of the hour: events and micros.
    hours: dict[datetime, list[int]] = field(default_factory=dict)
    charged_micros: int = 0
    #: Billable, and nobody's to pay.
    forgiven_micros: int = 0
    #: What the node says the lease spent in all; None before its last word.
    closed_micros: int | None = None

    def take(self, record: LogRecord) -> None:
        """Count a record: charge it as far as the lease reaches, and only while its money is lent."""
        lease = self.lease
        if record.kind is EventKind.LEASE_CLOSED:
            self.closed_micros = record.charged_micros
        elif lease.status not in LENT or record.charged_micros > self.rest_micros:
            self.forgiven_micros += record.charged_micros
        else:
            self.charged_micros += record.charged_micros
            hour = self.hours.setdefault(hour_of(record, lease), [0, 0])
            hour[0] += 1
            hour[1] += record.charged_micros

    @property
    def rest_micros(self) -> int:
        """Return what comes back at the end."""
        return self.lease.lent_micros - self.charged_micros


@dataclass(frozen=True, slots=True)
class Settled:
    """What a batch came to."""

    records: int = 0
    charged_micros: int = 0
    forgiven_micros: int = 0
    last_seq: int = 0


def hour_of(record: LogRecord, lease: HeldLease) -> datetime:
    """Return the start of the hour a charge counts in: one of its lease's day, the last when the day was over."""
    at = datetime.fromtimestamp(record.at_ms // 1000, UTC)
    within = min(max(at, lease.day_starts_at), lease.day_ends_at - timedelta(seconds=1))
    return lease.day_starts_at + (within - lease.day_starts_at) // HOUR * HOUR


def unsettled(records: Sequence[LogRecord], settled_seq: int, node: int) -> list[LogRecord]:
    """Return the records behind the last one settled; raise BrokenLog where one is missing."""
    fresh = [record for record in records if record.seq > settled_seq]
    last = settled_seq
    for record in fresh:
        if record.seq != last + 1 and not (last == settled_seq and may_begin(settled_seq, record.seq)):
            raise BrokenLog(f"the log of node {node} goes on with record {record.seq} after {last}")
        last = record.seq
    return fresh


def check_end(last_seq: int, read_seq: int, node: int) -> None:
    """Raise BrokenLog when a log ends before what was read of it: a power cut took the end away.

    What the node writes next has numbers that were read before, and would be taken for old.
    """
    if last_seq < read_seq:
        raise BrokenLog(f"the log of node {node} ends with record {last_seq}, although {read_seq} was read before")


def may_begin(settled_seq: int, seq: int) -> bool:
    """Tell whether a log may begin here: a node that is new to us, for nothing is trimmed unsettled, or a new store."""
    return settled_seq == 0 or (seq > settled_seq and seq % FRESH_START <= 1)


class Settlement:
    """Writes a batch of a node's log into the books, within the caller's transaction."""

    def __init__(self, session: Session, clock: Clock, ledger: Ledger) -> None:
        self._session = session
        self._clock = clock
        self._ledger = ledger
        self._nodes = NodeBook(session)
        self._leases = LeaseStore(session)

    def settle(self, node: int, records: Sequence[LogRecord]) -> Settled:
        """Charge what is behind the node's last settled record; the same batch again changes nothing."""
        fresh = unsettled(records, self._nodes.lock(node).settled_seq, node)
        if not fresh:
            return Settled()
        tallies = self._tally(node, fresh)
        last = fresh[-1]
        self._post(tallies, f"{HOURLY}{node}:{last.seq}")
        for tally in tallies:
            self._write(tally)
        self._add_hours(tallies)
        self._nodes.settled(node, last.seq, datetime.fromtimestamp(last.at_ms // 1000, UTC))
        charged = sum(tally.charged_micros for tally in tallies)
        return Settled(len(fresh), charged, sum(tally.forgiven_micros for tally in tallies), last.seq)

    def _tally(self, node: int, records: Iterable[LogRecord]) -> list[Tally]:
        billed = [record for record in records if record.charged_micros > 0 or record.kind is EventKind.LEASE_CLOSED]
        leases = self._leases.by_id({record.lease_id for record in billed}, lock=True)
        tallies: dict[int, Tally] = {}
        for record in billed:
            lease = leases.get(record.lease_id)
            if lease is None or lease.node != node:
                raise BrokenLog(f"record {record.seq} of node {node} is paid from lease {record.lease_id}, not its own")
            tallies.setdefault(lease.id, Tally(lease)).take(record)
        return list(tallies.values())

    def _post(self, tallies: Sequence[Tally], key: str) -> None:
        """Write the ledger's rows: advertisers in order, so that two who settle never wait for each other."""
        by_owner: defaultdict[int, list[Tally]] = defaultdict(list)
        for tally in tallies:
            by_owner[tally.lease.advertiser_id].append(tally)
        for _, own in sorted(by_owner.items()):
            self._ledger.post_many([*_charges(own, key), *_returns(own)])

    def _write(self, tally: Tally) -> None:
        lease = tally.lease
        settled, forgiven = (
            lease.settled_micros + tally.charged_micros, lease.forgiven_micros + tally.forgiven_micros,
        )  # fmt: skip
        end: dict[str, object] = {}
        if tally.closed_micros is not None:
            end["closed_at"] = self._clock.now()
            if lease.status in LENT:
                end["status"] = LeaseStatus.CLOSED
            if tally.closed_micros != settled + forgiven:
                log.error(
                    "lease %s: its node spent %d micros, its log has %d",
                    lease.public_id, tally.closed_micros, settled + forgiven,
                )  # fmt: skip
        if tally.forgiven_micros:
            log.error("lease %s: %d micros of charges are forgiven", lease.public_id, tally.forgiven_micros)
        self._leases.settle(lease.id, settled_micros=settled, forgiven_micros=forgiven, **end)

    def _add_hours(self, tallies: Iterable[Tally]) -> None:
        sums: dict[tuple[int, datetime], list[int]] = {}
        about: dict[tuple[int, datetime], HeldLease] = {}
        for tally in tallies:
            for hour, (events, micros) in tally.hours.items():
                key = (tally.lease.campaign_id, hour)
                both = sums.setdefault(key, [0, 0])
                both[0] += events
                both[1] += micros
                about[key] = tally.lease
        for key, (events, micros) in sorted(sums.items()):
            self._add_hour(about[key], key[1], events, micros)

    def _add_hour(self, lease: HeldLease, hour: datetime, events: int, micros: int) -> None:
        values = {
            "campaign_id": lease.campaign_id, "hour_at": hour, "advertiser_id": lease.advertiser_id,
            "day": lease.day, "events": events, "spent_micros": micros,
        }  # fmt: skip
        counted = ("events", "spent_micros")
        if self._session.get_bind().dialect.name == "sqlite":
            lite = sqlite.insert(_HOURS).values(values)
            more = {name: _HOURS.c[name] + lite.excluded[name] for name in counted}
            self._session.execute(lite.on_conflict_do_update(index_elements=["campaign_id", "hour_at"], set_=more))
            return
        query = mysql.insert(_HOURS).values(values)
        more = {name: _HOURS.c[name] + query.inserted[name] for name in counted}
        self._session.execute(query.on_duplicate_key_update(more))


def _charges(tallies: Iterable[Tally], key: str) -> list[Posting]:
    """Return one charge a campaign and hour."""
    sums: defaultdict[tuple[int, datetime], int] = defaultdict(int)
    about: dict[tuple[int, datetime], HeldLease] = {}
    for tally in tallies:
        for hour, (_, micros) in tally.hours.items():
            sums[tally.lease.campaign_id, hour] += micros
            about[tally.lease.campaign_id, hour] = tally.lease
    return [
        charge(
            about[id, hour].holder, id, micros, f"{key}:{id}:{int(hour.timestamp())}", about[id, hour].day,
            hour.isoformat(),
        )
        for (id, hour), micros in sorted(sums.items())
    ]  # fmt: skip


def _returns(tallies: Iterable[Tally]) -> list[Posting]:
    """Return what goes back of leases that ended; of a lost one it went back before."""
    return [
        give_back(
            tally.lease.holder, tally.lease.campaign_id, tally.rest_micros, f"back:{tally.lease.public_id}",
            tally.lease.day,
        )
        for tally in tallies
        if tally.closed_micros is not None and tally.lease.status in LENT and tally.rest_micros
    ]  # fmt: skip
