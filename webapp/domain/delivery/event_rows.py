"""From the records of a node's log to rows of events: days of the advertiser's zone, and what each counts as."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.core.periods import local_midnight
from webapp.domain.analytics.events import EventBatch
from webapp.domain.analytics.types import Source, from_unix_day, unix_day
from webapp.domain.delivery.types import EventKind, LogRecord

#: Returns the zone names of advertisers; those nobody knows are left out.
Zones = Callable[[Collection[int]], Mapping[int, str]]
QUARTER = 900
#: The zone of what cannot be attributed to anybody.
NOWHERE = "UTC"


class LocalTime:
    """Days and instants of one zone, remembered: the same few come again with every event."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._days: dict[int, int] = {}
        self._spans: dict[int, tuple[int, int]] = {}

    def place(self, at: int, day: int) -> tuple[int, int]:
        """Return the day and the second an event counts in: its budget day, or the day it happened on without one.

        An event that was charged to a day which had ended counts in that day's last second, so that days and hours
        agree with the ledger.
        """
        happened = self._day_of(at)
        if not day or day == happened:
            return happened, at
        starts, ends = self._span(day)
        return day, min(max(at, starts), ends - 1)

    def _day_of(self, at: int) -> int:
        """Return the local day of an instant; in every zone midnight lies on a quarter of an hour."""
        quarter = at // QUARTER
        found = self._days.get(quarter)
        if found is None:
            local = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
            found = self._days[quarter] = unix_day(local.date())
        return found

    def _span(self, day: int) -> tuple[int, int]:
        found = self._spans.get(day)
        if found is None:
            first = from_unix_day(day)
            ends = local_midnight(first + timedelta(days=1), self._zone)
            found = self._spans[day] = (int(local_midnight(first, self._zone).timestamp()), int(ends.timestamp()))
        return found


class EventRows:
    """Makes rows of records; an advertiser's zone is for good, so it is asked for once."""

    def __init__(self, node: int, zones: Zones) -> None:
        self._node = node
        self._zones = zones
        self._times: dict[int, LocalTime] = {}
        self._by_zone: dict[str, LocalTime] = {}

    def of(self, records: Sequence[LogRecord]) -> EventBatch:
        """Return the rows of records; what is no event (a lease's last word) has none."""
        events = [record for record in records if record.kind is not EventKind.LEASE_CLOSED]
        self._learn({record.advertiser_id for record in events})
        times = self._times
        placed = [times[record.advertiser_id].place(record.at_ms // 1000, record.day) for record in events]
        return _columns(self._node, events, [day for day, _ in placed], [second for _, second in placed])

    def _learn(self, advertiser_ids: set[int]) -> None:
        fresh = advertiser_ids - self._times.keys()
        if not fresh:
            return
        known = self._zones(fresh)
        for advertiser_id in fresh:
            name = known.get(advertiser_id, NOWHERE)
            self._times[advertiser_id] = self._by_zone.setdefault(name, LocalTime(ZoneInfo(name)))


def _columns(node: int, events: Sequence[LogRecord], days: list[int], seconds: list[int]) -> EventBatch:
    """Return the columns; each is one pass over the records, which is the quickest way to them."""
    count = len(events)
    good = [not record.verdict.value for record in events]
    kinds = [record.kind.value for record in events]
    nothing, words, none = [0] * count, [""] * count, [()] * count
    return EventBatch(
        advertiser_id=[record.advertiser_id for record in events],
        source=[int(Source.DELIVERY)] * count,
        import_id=nothing,
        ts=seconds,
        local_day=days,
        campaign_id=[record.campaign_id for record in events],
        ad_id=[record.ad_id for record in events],
        country=[record.country for record in events],
        region=[record.region for record in events],
        device=[record.device for record in events],
        os=[record.os for record in events],
        browser=[record.browser for record in events],
        site=[record.site for record in events],
        age=words,
        gender=words,
        interest=words,
        dim_names=list(none),
        dim_values=list(none),
        impressions=_ones(kinds, good, EventKind.IMPRESSION),
        clicks=_ones(kinds, good, EventKind.CLICK),
        conversions=_ones(kinds, good, EventKind.CONVERSION),
        sales=[
            int(record.sale and ok and record.kind is EventKind.CONVERSION)
            for record, ok in zip(events, good, strict=True)
        ],
        spend_micros=[record.charged_micros for record in events],
        revenue_micros=[
            record.value_micros if ok and record.kind is EventKind.CONVERSION else 0
            for record, ok in zip(events, good, strict=True)
        ],
        filtered=[int(not ok and kind != "view") for kind, ok in zip(kinds, good, strict=True)],
        node=[node] * count,
        seq=[record.seq for record in events],
        kind=kinds,
        verdict=[record.verdict.value for record in events],
        decision=[record.key for record in events],
        placement_id=[record.placement_id for record in events],
        decided_ms=[record.decided_ms for record in events],
        happened_ms=[record.at_ms for record in events],
        lease_id=[record.lease_id for record in events],
        ip_prefix=[record.ip_prefix for record in events],
        user_day=[record.user_day for record in events],
        after=nothing,
        touched=list(none),
    )


def _ones(kinds: Sequence[str], good: Sequence[bool], kind: EventKind) -> list[int]:
    wanted = kind.value
    return [int(ok and found == wanted) for found, ok in zip(kinds, good, strict=True)]
