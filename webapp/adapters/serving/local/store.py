"""The local serving store: what Tarantool does, in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

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
    """One serving node over one SQLite file, for one process."""

    def __init__(self, folder: Path, node: int, limits: Limits | None = None) -> None:
        self.node = node
        self.limits = limits or Limits()
        self._folder = folder

    @classmethod
    def from_url(cls, url: str, limits: Limits | None = None) -> LocalServingStore:
        """Return the node of `local:///absolute/folder?node=1`."""
        parts = urlsplit(url)
        node = int(parse_qs(parts.query).get("node", ["1"])[0])
        return cls(Path(unquote(parts.path)), node, limits)

    def decide(self, request: DecisionRequest) -> Sequence[Decision]:
        """Choose an ad for each placement in order, hold its price and remember the decision."""
        raise NotImplementedError

    def record(self, event: IncomingEvent) -> Recorded:
        """Judge an event, charge what it costs, append it to the log."""
        raise NotImplementedError

    def trace(self, request: DecisionRequest) -> Sequence[Trace]:
        """Tell what `decide` would meet, changing nothing."""
        raise NotImplementedError

    def publish(self, placements: Sequence[PublishedPlacement], campaigns: Sequence[PublishedCampaign]) -> None:
        """Put in these, each in place of what has its id."""
        raise NotImplementedError

    def withdraw(self, placement_ids: Sequence[int], campaign_ids: Sequence[int]) -> None:
        """Take these out; their open decisions still end as they would."""
        raise NotImplementedError

    def fingerprints(self) -> tuple[Mapping[int, str], Mapping[int, str]]:
        """Return `fingerprint()` of every placement and campaign that is in, by id."""
        raise NotImplementedError

    def grant(self, lease: LeaseGrant, fence_ms: int) -> None:
        """Take a lease; the same lease again changes nothing, also after it was closed."""
        raise NotImplementedError

    def renew(self, fence_ms: int) -> None:
        """Let every lease be spent until this instant."""
        raise NotImplementedError

    def revoke(self, lease_ids: Sequence[int]) -> None:
        """Spend no more of these; each ends with a LEASE_CLOSED record once nothing of it is held."""
        raise NotImplementedError

    def state(self) -> NodeState:
        """Return all open leases, who is hungry since the last call, and the ends of the log."""
        raise NotImplementedError

    def tick(self, now_ms: int) -> int:
        """Let go of holds, decisions and counters whose time is over; return how many. Closes leases of past days."""
        raise NotImplementedError

    def read(self, after: int, limit: int) -> Sequence[LogRecord]:
        """Return the records behind a sequence number, in order."""
        raise NotImplementedError

    def trim(self, upto: int) -> None:
        """Forget records up to and with this number."""
        raise NotImplementedError

    def counted(self, campaign_ids: Sequence[int], first_day: int, last_day: int) -> Sequence[Counted]:
        """Return the counts of these campaigns (all when empty) for the days."""
        raise NotImplementedError

    def funnel(self, campaign_id: int, since: int) -> Sequence[FunnelHour]:
        """Return the quarter hours since an instant in which the campaign could have had any request."""
        raise NotImplementedError

    def traffic(self, since: int) -> Mapping[int, int]:
        """Return requests by UTC hour."""
        raise NotImplementedError

    def migrate(self) -> None:
        """Bring the file's tables up to date."""
        raise NotImplementedError

    def ping(self) -> None:
        """Raise Unavailable unless the node answers."""
        raise NotImplementedError
