"""What delivery needs from outside: serving nodes, and where a person comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from webapp.domain.delivery.types import (
    Counted,
    Decision,
    DecisionRequest,
    FunnelHour,
    IncomingEvent,
    LeaseGrant,
    LogRecord,
    NodeState,
    PublishedCampaign,
    PublishedPlacement,
    Recorded,
    Trace,
)


class Decider(Protocol):
    """Answers requests and takes events; each call is one round trip and one durable transaction."""

    def decide(self, request: DecisionRequest) -> Sequence[Decision]:
        """Choose an ad for each placement in order, hold its price and remember the decision."""

    def record(self, event: IncomingEvent) -> Recorded:
        """Judge an event, charge what it costs, append it to the log."""

    def claim_order(self, advertiser_id: int, order: str, key: int, now_ms: int) -> bool:
        """Keep an order for a decision, made by whatever node; False when another decision has it."""

    def release_order(self, advertiser_id: int, order: str, key: int) -> None:
        """Let go of an order this decision keeps: it did not count after all."""

    def trace(self, request: DecisionRequest) -> Sequence[Trace]:
        """Tell what `decide` would meet, changing nothing."""


class Snapshot(Protocol):
    """Holds what may be shown."""

    def publish(self, placements: Sequence[PublishedPlacement], campaigns: Sequence[PublishedCampaign]) -> None:
        """Put in these, each in place of what has its id."""

    def withdraw(self, placement_ids: Sequence[int], campaign_ids: Sequence[int]) -> None:
        """Take these out; their open decisions still end as they would."""

    def fingerprints(self) -> tuple[Mapping[int, str], Mapping[int, str]]:
        """Return `fingerprint()` of every placement and campaign that is in, by id."""


class Leases(Protocol):
    """Spends only what it was lent."""

    def grant(self, lease: LeaseGrant, fence_ms: int) -> None:
        """Take a lease; the same lease again changes nothing, also after it was closed."""

    def renew(self, fence_ms: int) -> None:
        """Let every lease be spent until this instant."""

    def revoke(self, lease_ids: Sequence[int]) -> None:
        """Spend no more of these; each ends with a LEASE_CLOSED record once nothing of it is held."""

    def state(self) -> NodeState:
        """Return all open leases, who is hungry since the last call, and the ends of the log."""

    def tick(self, now_ms: int) -> int:
        """Let go of holds, decisions and counters whose time is over; return how many. Closes leases of past days."""


class EventLog(Protocol):
    """Keeps every event until both readers have it."""

    def read(self, after: int, limit: int) -> Sequence[LogRecord]:
        """Return the records behind a sequence number, in order; the first has `after` + 1 unless it was trimmed."""

    def ends(self) -> tuple[int, int]:
        """Return the numbers of the first record that was not trimmed and of the last there is."""

    def trim(self, upto: int) -> None:
        """Forget records up to and with this number."""


class Accounts(Protocol):
    """What a node counted itself."""

    def counted(self, campaign_ids: Sequence[int], first_day: int, last_day: int) -> Sequence[Counted]:
        """Return the counts of these campaigns (all when empty) for the days."""

    def funnel(self, campaign_id: int, since: int) -> Sequence[FunnelHour]:
        """Return the quarter hours since an instant (seconds since 1970) in which the campaign could have had any."""

    def traffic(self, since: int) -> Mapping[int, int]:
        """Return requests by UTC hour (seconds since 1970), for the shape of a day; kept for eight days."""


class ServingStore(Decider, Snapshot, Leases, EventLog, Accounts, Protocol):
    """One serving node: Tarantool, or the same in this process."""

    #: Number of the node, from its address; part of every token.
    node: int

    def migrate(self) -> None:
        """Bring spaces and procedures up to date; safe to repeat."""

    def ping(self) -> None:
        """Raise Unavailable unless the node answers."""


class Geography(Protocol):
    """Knows where an address is."""

    def locate(self, ip: str) -> tuple[str, str]:
        """Return country and region (`LV`, `LV-RIX`), '' where unknown."""

    def is_datacenter(self, ip: str) -> bool:
        """Tell whether nobody browses from there."""
