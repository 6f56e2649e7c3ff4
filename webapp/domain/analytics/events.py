"""Events as the store of figures keeps them: rows of facts that also say what happened, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from webapp.core.paging import Page
from webapp.domain.analytics.types import FactBatch, from_unix_day, unix_day

#: Kinds of rows that no figure and no page sees: what a batch was. They belong to advertiser 0.
BATCH = "batch"
#: What can be received, in the order it is shown; views count in no figure.
COUNTED_KINDS = ("impression", "click", "conversion")
#: The kind that stands beside the figures.
VIEW = "view"
_DAYS = 1 << 16


@dataclass(slots=True)
class EventBatch(FactBatch):
    """Events of one node as columns of one length: a fact each, and where it came from."""

    node: list[int] = field(default_factory=list)
    #: Number in the node's log.
    seq: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    #: Why it does not count; '' when it does.
    verdict: list[str] = field(default_factory=list)
    decision: list[int] = field(default_factory=list)
    placement_id: list[int] = field(default_factory=list)
    #: Milliseconds since 1970. `ts` is within the budget day; this is when it really was.
    decided_ms: list[int] = field(default_factory=list)
    happened_ms: list[int] = field(default_factory=list)
    lease_id: list[int] = field(default_factory=list)
    ip_prefix: list[str] = field(default_factory=list)
    user_day: list[str] = field(default_factory=list)
    #: Of a batch's own row: the number it was written after, and the days of advertisers it touched.
    after: list[int] = field(default_factory=list)
    touched: list[Sequence[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, order=True)
class AdvertiserDay:
    """A local day of an advertiser: what rollups are compared and put right by."""

    advertiser_id: int
    day: date

    @property
    def number(self) -> int:
        """Return both as one number, as a batch remembers them."""
        return self.advertiser_id * _DAYS + unix_day(self.day)

    @classmethod
    def of(cls, number: int) -> AdvertiserDay:
        """Return what a number stands for."""
        return cls(number // _DAYS, from_unix_day(number % _DAYS))


def days_of(batch: FactBatch) -> list[AdvertiserDay]:
    """Return the days of advertisers a batch touches."""
    pairs = set(zip(batch.advertiser_id, batch.local_day, strict=True))
    return [AdvertiserDay(advertiser_id, from_unix_day(day)) for advertiser_id, day in sorted(pairs)]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events of a campaign: of a local day, or of a stretch of it; all of them or those that were charged."""

    advertiser_id: int
    campaign_id: int
    day: date
    starts_at: datetime | None = None
    #: Exclusive.
    ends_at: datetime | None = None
    charged_only: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a page lists it."""

    node: int
    seq: int
    kind: str
    verdict: str
    happened_at: datetime
    price_micros: int
    decision: int
    ad_id: int
    placement_id: int
    site: str
    country: str
    device: str


@dataclass(frozen=True, slots=True)
class ReceivedConversion:
    """A conversion as it came in: what it was worth is known of those that count."""

    happened_at: datetime
    verdict: str
    campaign_id: int
    sale: bool
    value_micros: int
    decision: int


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, and what all of them cost."""

    page: Page[Event]
    charged: int
    charged_micros: int


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """Events of one kind and verdict."""

    kind: str
    verdict: str
    events: int
    charged: int
    charged_micros: int


@dataclass(frozen=True, slots=True)
class BilledDay:
    """What a campaign's day cost by its events."""

    advertiser_id: int
    campaign_id: int
    day: date
    events: int
    micros: int


@dataclass(frozen=True, slots=True)
class KindQuality:
    """What was received of one kind: received = filtered + counted, and some of the counted were charged."""

    kind: str
    received: int
    filtered: int
    charged: int
    charged_micros: int

    @property
    def counted(self) -> int:
        """Return how many were good."""
        return self.received - self.filtered


@dataclass(frozen=True, slots=True)
class TrafficQuality:
    """Received, filtered by reason, billed."""

    kinds: tuple[KindQuality, ...]
    #: Verdict → filtered events by kind, the most frequent first.
    reasons: tuple[tuple[str, dict[str, int]], ...]
    views: int = 0

    @property
    def total(self) -> KindQuality:
        """Return all kinds together."""
        return KindQuality(
            "",
            sum(item.received for item in self.kinds),
            sum(item.filtered for item in self.kinds),
            sum(item.charged for item in self.kinds),
            sum(item.charged_micros for item in self.kinds),
        )


def traffic_quality(counts: Iterable[VerdictCount]) -> TrafficQuality:
    """Put counts together as they are shown."""
    rows = list(counts)
    kinds = tuple(_of_kind(kind, [row for row in rows if row.kind == kind]) for kind in COUNTED_KINDS)
    reasons: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.verdict and row.kind in COUNTED_KINDS:
            by_kind = reasons.setdefault(row.verdict, {})
            by_kind[row.kind] = by_kind.get(row.kind, 0) + row.events
    ordered = sorted(reasons.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    views = sum(row.events for row in rows if row.kind == VIEW and not row.verdict)
    return TrafficQuality(kinds, tuple(ordered), views)


def _of_kind(kind: str, rows: Sequence[VerdictCount]) -> KindQuality:
    return KindQuality(
        kind,
        sum(row.events for row in rows),
        sum(row.events for row in rows if row.verdict),
        sum(row.charged for row in rows),
        sum(row.charged_micros for row in rows),
    )
