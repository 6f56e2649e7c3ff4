"""An event log that needs no store: every record follows from its number, and so does what should come of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from webapp.domain.analytics.types import Metrics, total, unix_day
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict

#: Advertiser → zone.
ZONES = {1: "Asia/Kathmandu", 2: "Europe/Riga", 3: "America/New_York"}
FIRST_MS = 1_792_879_207_000
STEP_MS = 3_100
KINDS = (
    (EventKind.IMPRESSION, Verdict.OK),
    (EventKind.IMPRESSION, Verdict.OK),
    (EventKind.IMPRESSION, Verdict.DUPLICATE),
    (EventKind.VIEW, Verdict.OK),
    (EventKind.CLICK, Verdict.OK),
    (EventKind.IMPRESSION, Verdict.OK),
    (EventKind.CLICK, Verdict.TOO_FAST),
    (EventKind.LEASE_CLOSED, Verdict.OK),
    (EventKind.CONVERSION, Verdict.OK),
)
COUNTRIES = ("", "LV", "US", "DE", "NP")


def record(seq: int, node: int = 1) -> LogRecord:
    """Return the record of this number."""
    kind, verdict = KINDS[seq % len(KINDS)]
    advertiser = 1 + seq // 7 % len(ZONES)
    at_ms = FIRST_MS + seq * STEP_MS
    charged = 1000 + seq % 17 if kind is EventKind.IMPRESSION and not verdict else 0
    return LogRecord(
        seq=seq, kind=kind, verdict=verdict, at_ms=at_ms, decided_ms=at_ms - 300, key=seq * 1000 + node,
        advertiser_id=advertiser, campaign_id=advertiser * 10 + seq % 3, ad_id=advertiser * 100 + seq % 5,
        placement_id=1 + seq % 4, site="news.example", charged_micros=charged, lease_id=5 if charged else 0,
        day=unix_day(local_day(at_ms, advertiser)) if charged else 0, country=COUNTRIES[seq % len(COUNTRIES)],
        device="phone", os="android", browser="chrome", ip_prefix="192.0.2.0", user_day=f"u{seq % 50}",
        value_micros=50 if kind is EventKind.CONVERSION else 0, sale=seq % 2 == 0,
    )  # fmt: skip


def local_day(at_ms: int, advertiser: int) -> date:
    """Return the day of an instant where the advertiser is."""
    return datetime.fromtimestamp(at_ms // 1000, ZoneInfo(ZONES[advertiser])).date()


class ScriptedLog:
    """`EventLog` of so many records."""

    def __init__(self, last: int, node: int = 1) -> None:
        self.last = last
        self.node = node
        self.reads = 0

    def read(self, after: int, limit: int) -> Sequence[LogRecord]:
        """Return the records behind a number."""
        self.reads += 1
        return [record(seq, self.node) for seq in range(after + 1, min(after + limit, self.last) + 1)]

    def ends(self) -> tuple[int, int]:
        """Return the first number and the last."""
        return 1, self.last

    def trim(self, upto: int) -> None:
        """Forget nothing."""


def counted(item: LogRecord) -> Metrics:
    """Return what a record should count as."""
    good = not item.verdict
    conversion = good and item.kind is EventKind.CONVERSION
    event = item.kind in (EventKind.IMPRESSION, EventKind.CLICK, EventKind.CONVERSION)
    return Metrics(
        impressions=int(good and item.kind is EventKind.IMPRESSION),
        clicks=int(good and item.kind is EventKind.CLICK),
        conversions=int(conversion),
        sales=int(conversion and item.sale),
        spend_micros=item.charged_micros,
        revenue_micros=item.value_micros if conversion else 0,
        filtered=int(event and not good),
    )


def truth(last: int, advertiser: int) -> Metrics:
    """Return the sums of an advertiser's events up to a number."""
    return total(counted(record(seq)) for seq in range(1, last + 1) if record(seq).advertiser_id == advertiser)


def hours_of_truth(last: int, advertiser: int) -> dict[int, Metrics]:
    """Return them by the second at which the local hour they happened in began."""
    zone, found = ZoneInfo(ZONES[advertiser]), dict[int, Metrics]()
    for seq in range(1, last + 1):
        item = record(seq)
        if item.advertiser_id == advertiser:
            second = item.at_ms // 1000
            local = datetime.fromtimestamp(second, zone)
            hour = second - local.minute * 60 - local.second
            found[hour] = found.get(hour, Metrics()) + counted(item)
    return found
