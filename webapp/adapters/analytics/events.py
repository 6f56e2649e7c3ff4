"""Events in the dialect that ClickHouse 18.16 and all later ones share."""

from __future__ import annotations

# ruff: noqa: S608 (texts are put together from our own words only; every value from outside goes through bind)
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from webapp.adapters.analytics.engine import Row, bind
from webapp.adapters.analytics.rollups import SqlRollups
from webapp.adapters.analytics.sql import Where, conditions, day_condition
from webapp.core.paging import Page, PageRequest
from webapp.core.periods import Period
from webapp.domain.analytics.events import (
    BATCH,
    AdvertiserDay,
    BilledDay,
    Event,
    EventBatch,
    EventPage,
    EventQuery,
    ReceivedConversion,
    VerdictCount,
    days_of,
)
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.analytics.types import FACT_COLUMNS, FactRow, from_unix_day, unix_day

#: A batch is written with few rows of its own, so its own are found without reading any event.
_BATCHES = f"advertiser_id = 0 AND import_id = 0 AND kind = '{BATCH}'"
EVENTS = "import_id = 0 AND kind NOT IN ('', 'batch')"
#: What an event cost, also once that was given back.
COST = "(spend_micros + credited_micros)"
LISTED = f"node, seq, kind, verdict, happened_ms, {COST}, decision, ad_id, placement_id, site, country, device"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqlEvents(SqlRollups):
    """`EventStore` and `RollupKeeper` over any engine that runs the dialect."""

    def insert_events(self, node: int, after: int, upto: int, events: EventBatch) -> None:
        """Write what a node's log holds behind `after` up to `upto`, all of it or nothing, and remember `upto`."""
        touched = days_of(events)
        whole = EventBatch(**{name: list(getattr(events, name)) for name in events.columns()})
        _append_batch(whole, node, after, upto, touched)
        self._engine.insert(whole, f"{self._writing()}{node}-{uuid.uuid4()}")

    def last_seq(self, node: int) -> int:
        """Return the number up to which a node's log is in, 0 for nothing; exact when `is_quiet`."""
        rows = self._engine.rows(
            bind(f"SELECT max(seq) FROM facts WHERE {_BATCHES} AND node = %(node)s", {"node": node})
        )
        return int(rows[0][0]) if rows else 0

    def events_of(self, query: EventQuery, page: PageRequest) -> EventPage:
        """Return a page of events in the order they happened."""
        where = _of_campaign(query)
        sums = f"SELECT count(), countIf({COST} > 0), sum({COST}) FROM facts WHERE {where.sql()}"
        count, charged, micros = self._engine.rows(bind(sums, where.parameters))[0]
        listed = (
            f"SELECT {LISTED} FROM facts WHERE {where.sql()} "
            f"ORDER BY happened_ms, node, seq LIMIT {int(page.offset)}, {int(page.size)}"
        )
        items = [event_of_row(row) for row in self._engine.rows(bind(listed, where.parameters))]
        return EventPage(Page(items, int(count), page), int(charged), int(micros))

    def verdicts(self, query: FigureQuery) -> Sequence[VerdictCount]:
        """Return how many events of which kind got which verdict."""
        where = conditions(query)
        where.add(EVENTS)
        sql = (
            "SELECT kind, verdict, count(), countIf(spend_micros > 0), sum(spend_micros) FROM facts "
            f"WHERE {where.sql()} GROUP BY kind, verdict ORDER BY kind, verdict"
        )
        return [
            VerdictCount(str(row[0]), str(row[1]), *row[2:]) for row in self._engine.rows(bind(sql, where.parameters))
        ]

    def last_conversions(self, advertiser_id: int, period: Period, limit: int) -> Sequence[ReceivedConversion]:
        """Return an advertiser's conversions of these days, the newest first, with what became of each."""
        where = Where()
        where.add("advertiser_id = %(advertiser_id)s", advertiser_id=advertiser_id)
        where.add(f"{day_condition(period)} AND import_id = 0 AND kind = 'conversion'")
        sql = (
            "SELECT happened_ms, verdict, campaign_id, sales, revenue_micros, decision FROM facts "
            f"WHERE {where.sql()} ORDER BY happened_ms DESC, node DESC, seq DESC LIMIT {int(limit)}"
        )
        return [
            ReceivedConversion(_instant(at), str(verdict), campaign_id, bool(sales), value, decision)
            for at, verdict, campaign_id, sales, value, decision in self._engine.rows(bind(sql, where.parameters))
        ]

    def billed_by_campaign_day(self, period: Period, advertiser_id: int | None = None) -> Sequence[BilledDay]:
        """Return what campaigns' days cost by their events, of one advertiser or of all.

        Days from before events were kept one by one count by their figures: those are delivery's too.
        """
        where = Where()
        where.only("advertiser_id", None if advertiser_id is None else (advertiser_id,))
        where.add(day_condition(period))
        where.add(f"import_id = 0 AND kind != 'batch' AND {COST} > 0")
        sql = (
            f"SELECT advertiser_id, campaign_id, toUInt16(local_day) AS day, count(), sum({COST}) FROM facts "
            f"WHERE {where.sql()} GROUP BY advertiser_id, campaign_id, day ORDER BY advertiser_id, campaign_id, day"
        )
        rows = self._engine.rows(bind(sql, where.parameters))
        return [BilledDay(owner, campaign, from_unix_day(day), *sums) for owner, campaign, day, *sums in rows]

    def suspects(self, node: int) -> Sequence[AdvertiserDay]:
        """Return the days that a node's latest batches touched: what a crash may have left half done."""
        select = f"SELECT touched FROM facts WHERE {_BATCHES} AND node = %(node)s ORDER BY seq DESC LIMIT 20"
        rows = self._engine.rows(bind(select, {"node": node}))
        return sorted({AdvertiserDay.of(number) for (touched,) in rows for number in touched})


def _append_batch(events: EventBatch, node: int, after: int, upto: int, touched: Sequence[AdvertiserDay]) -> None:
    """Add the batch's own row, which no figure sees: it belongs to nobody."""
    now = int(time.time())
    events.append(FactRow(0, datetime.fromtimestamp(now, UTC), from_unix_day(now // 86_400), campaign_id=0))
    own = {"node": node, "seq": upto, "after": after, "kind": BATCH, "touched": [day.number for day in touched]}
    others = {"verdict": "", "ip_prefix": "", "user_day": ""}
    for name in EVENT_COLUMNS:
        getattr(events, name).append({**others, **own}.get(name, 0))


#: What an event has beyond a fact.
EVENT_COLUMNS = EventBatch.columns()[len(FACT_COLUMNS) :]


def _of_campaign(query: EventQuery) -> Where:
    where = Where()
    where.add("advertiser_id = %(advertiser_id)s", advertiser_id=query.advertiser_id)
    where.add(f"local_day = toDate({unix_day(query.day)}) AND {EVENTS}")
    where.add("campaign_id = %(campaign_id)s", campaign_id=query.campaign_id)
    if query.starts_at is not None:
        where.add("toUInt32(ts) >= %(starts)s", starts=int(query.starts_at.timestamp()))
    if query.ends_at is not None:
        where.add("toUInt32(ts) < %(ends)s", ends=int(query.ends_at.timestamp()))
    if query.charged_only:
        where.add(f"{COST} > 0")
    return where


def event_of_row(row: Row) -> Event:
    """Return a row of LISTED as an event."""
    node, seq, kind, verdict, happened_ms, *rest = row
    return Event(node, seq, str(kind), str(verdict), _instant(happened_ms), *rest)


def _instant(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
