"""The local serving store: what Tarantool does, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from webapp.adapters.serving.local import caps, orders
from webapp.adapters.serving.local.closing import close_if_done
from webapp.adapters.serving.local.decide import decide, trace
from webapp.adapters.serving.local.log import counted
from webapp.adapters.serving.local.node import Node
from webapp.adapters.serving.local.record import record
from webapp.adapters.serving.local.shown import Shown
from webapp.adapters.serving.local.tick import tick
from webapp.domain.delivery.types import (
    Counted,
    Decision,
    DecisionRequest,
    FunnelHour,
    IncomingEvent,
    LeaseGrant,
    Limits,
    LogRecord,
    NodeState,
    PublishedCampaign,
    PublishedPlacement,
    Recorded,
    Trace,
)


class LocalServingStore:
    """One serving node over one SQLite file, opened when first used; any thread may call it."""

    def __init__(self, folder: Path, node: int, limits: Limits | None = None) -> None:
        self.node = node
        self._desk = Node(folder, limits or Limits())
        self._synced_seq = 0

    @classmethod
    def from_url(cls, url: str, limits: Limits | None = None) -> LocalServingStore:
        """Return the node of `local:///absolute/folder?node=1`."""
        parts = urlsplit(url)
        node = int(parse_qs(parts.query).get("node", ["1"])[0])
        return cls(Path(unquote(parts.path)), node, limits)

    def decide(self, request: DecisionRequest) -> Sequence[Decision]:
        """Choose an ad for each placement in order, hold its price and remember the decision."""
        with self._desk.transaction():
            return decide(self._desk, request)

    def record(self, event: IncomingEvent) -> Recorded:
        """Judge an event, charge what it costs, append it to the log."""
        with self._desk.transaction():
            return record(self._desk, event)

    def claim_order(self, advertiser_id: int, order: str, key: int, now_ms: int) -> bool:
        """Keep an order for a decision, made by whatever node; False when another decision has it."""
        with self._desk.transaction():
            ends_ms = now_ms + self._desk.limits.click_window_seconds * 1000
            return orders.claim(self._desk.connection, advertiser_id, order, key, now_ms, ends_ms)

    def release_order(self, advertiser_id: int, order: str, key: int) -> None:
        """Let go of an order this decision keeps: it did not count after all."""
        with self._desk.transaction():
            orders.release(self._desk.connection, advertiser_id, order, key)

    def trace(self, request: DecisionRequest) -> Sequence[Trace]:
        """Tell what `decide` would meet, changing nothing."""
        with self._desk.transaction():
            return trace(self._desk, request)

    def publish(self, placements: Sequence[PublishedPlacement], campaigns: Sequence[PublishedCampaign]) -> None:
        """Put in these, each in place of what has its id."""
        with self._changed_snapshot() as shown:
            shown.publish(placements, campaigns)
            caps.campaigns_came(self._desk.connection, [campaign.id for campaign in campaigns])

    def withdraw(self, placement_ids: Sequence[int], campaign_ids: Sequence[int]) -> None:
        """Take these out; their open decisions still end as they would."""
        with self._changed_snapshot() as shown:
            gone = [id for id in campaign_ids if id in shown.campaigns]
            shown.withdraw(placement_ids, campaign_ids)
            caps.campaigns_went(self._desk.connection, gone, self._desk.seen_ms)

    def fingerprints(self) -> tuple[Mapping[int, str], Mapping[int, str]]:
        """Return `fingerprint()` of every placement and campaign that is in, by id."""
        with self._desk.transaction():
            shown = self._desk.shown
            return shown.fingerprints("placements"), shown.fingerprints("campaigns")

    def grant(self, lease: LeaseGrant, fence_ms: int) -> None:
        """Take a lease; the same lease again changes nothing, also after it was closed."""
        with self._desk.transaction():
            self._desk.leases.grant(lease)
            self._fence(fence_ms)
        self._desk.reach_disk()

    def renew(self, fence_ms: int) -> None:
        """Let every lease be spent until this instant."""
        with self._desk.transaction():
            self._fence(fence_ms)

    def revoke(self, lease_ids: Sequence[int]) -> None:
        """Spend no more of these; each ends with a LEASE_CLOSED record once nothing of it is held."""
        with self._desk.transaction():
            for lease_id in lease_ids:
                self._revoke(lease_id)
        self._desk.reach_disk()

    def state(self) -> NodeState:
        """Return all open leases, who is hungry since the last call, and the ends of the log."""
        desk = self._desk
        with desk.transaction():
            leases = tuple(lent.as_state() for lent in desk.leases.all())
            hungry = frozenset(desk.hungry)
            desk.hungry.clear()
            count = int(desk.connection.execute("SELECT COUNT(*) FROM decisions").fetchone()[0])
            return NodeState(leases, hungry, desk.log.first_seq, desk.log.last_seq, count, desk.seen_ms)

    def tick(self, now_ms: int) -> int:
        """Let go of holds, decisions and counters whose time is over; return how many. Closes leases of past days."""
        with self._desk.transaction():
            return tick(self._desk, now_ms)

    def read(self, after: int, limit: int) -> Sequence[LogRecord]:
        """Return the records behind a sequence number, in order."""
        with self._desk.transaction():
            records = self._desk.log.after(after, limit)
        if records and records[-1].seq > self._synced_seq:
            # A reader's own offset outlives a power cut, so what it was given must too.
            self._desk.reach_disk()
            self._synced_seq = records[-1].seq
        return records

    def ends(self) -> tuple[int, int]:
        """Return the numbers of the first record that was not trimmed and of the last there is."""
        with self._desk.transaction():
            return self._desk.log.first_seq, self._desk.log.last_seq

    def trim(self, upto: int) -> None:
        """Forget records up to and with this number."""
        with self._desk.transaction():
            self._desk.set_meta("first_seq", self._desk.log.trim(upto))

    def counted(self, campaign_ids: Sequence[int], first_day: int, last_day: int) -> Sequence[Counted]:
        """Return the counts of these campaigns (all when empty) for the days."""
        with self._desk.transaction():
            return counted(self._desk.connection, campaign_ids, first_day, last_day)

    def funnel(self, campaign_id: int, since: int) -> Sequence[FunnelHour]:
        """Return the quarter hours since an instant in which the campaign could have had any request."""
        with self._desk.transaction():
            return self._desk.requests.funnel(self._desk.connection, campaign_id, since)

    def traffic(self, since: int) -> Mapping[int, int]:
        """Return requests by UTC hour."""
        with self._desk.transaction():
            return self._desk.requests.traffic(self._desk.connection, since)

    def migrate(self) -> None:
        """Bring the file's tables up to date."""
        self.ping()

    def ping(self) -> None:
        """Raise Unavailable unless the node answers."""
        with self._desk.transaction():
            self._desk.meta("first_seq")

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._desk.close()

    def wipe(self) -> None:
        """Begin with an empty node, for tests."""
        self._desk.wipe()

    @contextmanager
    def _changed_snapshot(self) -> Iterator[Shown]:
        desk = self._desk
        with desk.transaction():
            desk.requests.settle()
            yield desk.shown
            desk.snapshot_changed()

    def _fence(self, fence_ms: int) -> None:
        leases = self._desk.leases
        if fence_ms > leases.fence_ms:
            leases.fence_ms = fence_ms
            self._desk.set_meta("fence_ms", fence_ms)

    def _revoke(self, lease_id: int) -> None:
        if lent := self._desk.leases.get(lease_id):
            lent.closing = True
            self._desk.leases.write(lent)
            close_if_done(self._desk, lent)
