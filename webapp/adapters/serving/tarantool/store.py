"""A serving node on a Tarantool: its procedures do the work, one round trip a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from webapp.adapters.serving.tarantool import codec
from webapp.adapters.serving.tarantool.connection import Address, Connections
from webapp.adapters.serving.tarantool.sources import sources
from webapp.domain.delivery.types import (
    Counted,
    Decision,
    DecisionRequest,
    EventKind,
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

DEFAULT_PORT = 3301
#: Rows of one call: a node does nothing else meanwhile.
PUBLISHED_AT_ONCE = 200
READ_AT_ONCE = 5000
#: Campaigns whose counters are asked for in one call.
COUNTED_AT_ONCE = 1000


class TarantoolServingStore:
    """One serving node; any thread may call it."""

    def __init__(self, address: Address, node: int, limits: Limits) -> None:
        self.node = node
        self._limits = limits
        self._node = Connections(address)

    @classmethod
    def from_url(cls, url: str, limits: Limits) -> TarantoolServingStore:
        """Return the node of `tarantool://user:password@host:3301?node=1`."""
        parts = urlsplit(url)
        node = int(parse_qs(parts.query).get("node", ["1"])[0])
        user, password = unquote(parts.username or "kabinet"), unquote(parts.password or "")
        return cls(Address(parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORT, user, password), node, limits)

    def decide(self, request: DecisionRequest) -> Sequence[Decision]:
        """Choose an ad for each placement in order, hold its price and remember the decision."""
        answers = self._node.call("kabinet.decide", *codec.request_arguments(request))
        return [codec.decision(wanted, answer) for wanted, answer in zip(request.wanted, answers, strict=True)]

    def record(self, event: IncomingEvent) -> Recorded:
        """Judge an event, charge what it costs, append it to the log."""
        if event.kind is EventKind.LEASE_CLOSED:
            raise ValueError(f"{event.kind} is written by the node alone")
        return codec.recorded(event, self._node.call("kabinet.record", *codec.event_arguments(event)))

    def claim_order(self, advertiser_id: int, order: str, key: int, now_ms: int) -> bool:
        """Keep an order for a decision, made by whatever node; False when another decision has it."""
        return bool(self._node.call("kabinet.claim_order", advertiser_id, order, key, now_ms))

    def release_order(self, advertiser_id: int, order: str, key: int) -> None:
        """Let go of an order this decision keeps: it did not count after all."""
        self._node.call("kabinet.release_order", advertiser_id, order, key)

    def trace(self, request: DecisionRequest) -> Sequence[Trace]:
        """Tell what `decide` would meet, changing nothing."""
        return [codec.trace(answer) for answer in self._node.call("kabinet.trace", *codec.request_arguments(request))]

    def publish(self, placements: Sequence[PublishedPlacement], campaigns: Sequence[PublishedCampaign]) -> None:
        """Put in these, each in place of what has its id."""
        rows = map(codec.placement_row, placements), map(codec.campaign_row, campaigns)
        for some_placements, some_campaigns in zip_longest(*map(_pieces, rows), fillvalue=[]):
            self._node.call("kabinet.publish", some_placements, some_campaigns)

    def withdraw(self, placement_ids: Sequence[int], campaign_ids: Sequence[int]) -> None:
        """Take these out; their open decisions still end as they would."""
        self._node.call("kabinet.withdraw", list(placement_ids), list(campaign_ids))

    def fingerprints(self) -> tuple[Mapping[int, str], Mapping[int, str]]:
        """Return `fingerprint()` of every placement and campaign that is in, by id."""
        placements, campaigns = self._node.call("kabinet.fingerprints")
        return dict(placements), dict(campaigns)

    def grant(self, lease: LeaseGrant, fence_ms: int) -> None:
        """Take a lease; the same lease again changes nothing, also after it was closed."""
        self._node.call(
            "kabinet.grant", lease.lease_id, lease.campaign_id, lease.advertiser_id, lease.amount_micros, lease.day,
            lease.day_starts, lease.day_ends, fence_ms,
        )  # fmt: skip

    def renew(self, fence_ms: int) -> None:
        """Let every lease be spent until this instant."""
        self._node.call("kabinet.renew", fence_ms)

    def revoke(self, lease_ids: Sequence[int]) -> None:
        """Spend no more of these; each ends with a LEASE_CLOSED record once nothing of it is held."""
        self._node.call("kabinet.revoke", list(lease_ids))

    def state(self) -> NodeState:
        """Return all open leases, who is hungry since the last call, and the ends of the log."""
        return codec.node_state(self._node.call("kabinet.state"))

    def tick(self, now_ms: int) -> int:
        """Let go of holds, decisions and counters whose time is over; return how many. Closes leases of past days."""
        return int(self._node.call("kabinet.tick", now_ms))

    def read(self, after: int, limit: int) -> Sequence[LogRecord]:
        """Return the records behind a sequence number, in order."""
        records: list[LogRecord] = []
        while len(records) < limit:
            last = records[-1].seq if records else max(after, 0)
            asked = min(limit - len(records), READ_AT_ONCE)
            rows = self._node.call("kabinet.read", last, asked)
            records += (codec.log_record(row) for row in rows)
            if len(rows) < asked:
                break
        return records

    def ends(self) -> tuple[int, int]:
        """Return the numbers of the first record that was not trimmed and of the last there is."""
        first, last = self._node.call("kabinet.ends")
        return int(first), int(last)

    def trim(self, upto: int) -> None:
        """Forget records up to and with this number."""
        self._node.call("kabinet.trim", upto)

    def counted(self, campaign_ids: Sequence[int], first_day: int, last_day: int) -> Sequence[Counted]:
        """Return the counts of these campaigns (all when empty) for the days."""
        asked, rows = sorted(set(campaign_ids)), list[Sequence[Any]]()
        pieces = [asked[at : at + COUNTED_AT_ONCE] for at in range(0, len(asked), COUNTED_AT_ONCE)] or [[]]
        for piece in pieces:
            rows += self._counted(piece, first_day, last_day)
        return sorted(map(codec.counted, rows), key=lambda one: (one.campaign_id, one.day, one.kind, one.verdict))

    def _counted(self, campaign_ids: Sequence[int], first_day: int, last_day: int) -> Iterator[Sequence[Any]]:
        day: int | None = first_day
        while day is not None:
            rows, *following = self._node.call("kabinet.counted", campaign_ids, day, last_day)
            yield from rows
            day = following[0] if following else None

    def funnel(self, campaign_id: int, since: int) -> Sequence[FunnelHour]:
        """Return the quarter hours since an instant in which the campaign could have had any request."""
        return [codec.funnel_hour(campaign_id, row) for row in self._node.call("kabinet.funnel", campaign_id, since)]

    def traffic(self, since: int) -> Mapping[int, int]:
        """Return requests by UTC hour."""
        return dict(self._node.call("kabinet.traffic", since))

    def migrate(self) -> None:
        """Bring spaces, procedures and limits up to date; safe to repeat, also while the node serves."""
        self._node.call_patiently("kabinet.install", sources())
        self._node.call("kabinet.configure", codec.limits_row(self._limits))

    def ping(self) -> None:
        """Raise Unavailable unless the node answers."""
        self._node.call("kabinet.ping")

    def sizes(self) -> Mapping[str, tuple[int, int]]:
        """Return the bytes and rows of each space with its indexes, and the bytes of Lua, for those who measure."""
        rows: list[list[Any]] = self._node.call("kabinet.sizes")
        return {row[0]: (int(row[1]), int(row[2]) if len(row) > 2 else 0) for row in rows}

    def wipe(self) -> None:
        """Begin with an empty node, for tests."""
        self._node.call_patiently("kabinet.wipe")


def _pieces(rows: Iterable[list[Any]]) -> list[list[list[Any]]]:
    remaining = list(rows)
    return [remaining[first : first + PUBLISHED_AT_ONCE] for first in range(0, len(remaining), PUBLISHED_AT_ONCE)]
