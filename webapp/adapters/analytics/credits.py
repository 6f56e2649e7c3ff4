"""Crediting events after the fact: they stay, no longer counted, with what they had cost beside them."""

from __future__ import annotations

# ruff: noqa: S608 (texts are put together from our own words only; every value from outside goes through bind)
import uuid

from webapp.adapters.analytics.engine import bind
from webapp.adapters.analytics.events import EVENTS, LISTED, event_of_row
from webapp.adapters.analytics.rollups import SqlRollups
from webapp.adapters.analytics.sql import Where
from webapp.domain.analytics.credits import Creditable, CreditQuery
from webapp.domain.analytics.events import AdvertiserDay
from webapp.domain.analytics.types import unix_day

_COUNTS = "sum(impressions), sum(clicks), sum(spend_micros)"


class SqlCredits(SqlRollups):
    """`CreditableEvents` over any engine that runs the dialect."""

    def creditable(self, query: CreditQuery, sample: int = 0) -> Creditable:
        """Return what charged events come to, and a few of them."""
        where = _charged(query)
        sums = f"SELECT node, max(seq), {_COUNTS} FROM facts WHERE {where.sql()} GROUP BY node ORDER BY node"
        rows = self._engine.rows(bind(sums, where.parameters))
        listed = f"SELECT {LISTED} FROM facts WHERE {where.sql()} ORDER BY happened_ms, node, seq LIMIT {int(sample)}"
        shown = self._engine.rows(bind(listed, where.parameters)) if sample and rows else ()
        impressions, clicks, micros = (int(sum(row[place] for row in rows)) for place in (2, 3, 4))
        upto = {int(row[0]): int(row[1]) for row in rows}
        return Creditable(impressions, clicks, micros, upto, tuple(event_of_row(row) for row in shown))

    def credit_events(self, query: CreditQuery, verdict: str) -> None:
        """Count these events as filtered and free; done again, nothing is left to do. Nobody may write meanwhile."""
        where = _charged(query)
        if self._engine.rows(bind(f"SELECT count() FROM facts WHERE {where.sql()}", where.parameters))[0][0]:
            change = (
                "ALTER TABLE facts UPDATE verdict = %(verdict)s, credited_micros = spend_micros, spend_micros = 0, "
                f"impressions = 0, clicks = 0, filtered = 1 WHERE {where.sql()}"
            )
            self._engine.run(bind(change, {**where.parameters, "verdict": verdict}), self._writing() + uuid.uuid4().hex)
            self.wait_for_mutations()
        self.repair([AdvertiserDay(query.advertiser_id, query.day)])

    def wait_for_mutations(self) -> None:
        """Return when every change of rows that was asked for is done."""
        raise NotImplementedError


def _charged(query: CreditQuery) -> Where:
    where = Where()
    where.add("advertiser_id = %(advertiser_id)s", advertiser_id=query.advertiser_id)
    where.add(f"local_day = toDate({unix_day(query.day)}) AND {EVENTS} AND verdict = '' AND spend_micros > 0")
    where.add("campaign_id = %(campaign_id)s", campaign_id=query.campaign_id)
    for name in ("site", "ip_prefix", "user_day"):
        if value := getattr(query, name):
            where.add(f"{name} = %({name})s", **{name: value})
    if query.starts_at is not None:
        where.add("toUInt32(ts) >= %(starts)s", starts=int(query.starts_at.timestamp()))
    if query.ends_at is not None:
        where.add("toUInt32(ts) < %(ends)s", ends=int(query.ends_at.timestamp()))
    if query.upto is not None:
        known = [f"(node = {int(node)} AND seq <= {int(seq)})" for node, seq in sorted(query.upto.items())]
        where.add(f"({' OR '.join(known) or '0'})")
    return where
