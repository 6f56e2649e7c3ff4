"""The daily budgets in force on each day: a ceiling over the spend, read back from the log of changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from webapp.core.periods import Period, today_in
from webapp.domain.ads.types import ALL_HOURS, CampaignStatus, ListedCampaign, StatusCode
from webapp.domain.audit.types import AuditRecord
from webapp.domain.billing.types import CampaignSpend

#: Codes of campaigns that run on the days their hours allow.
RUNNING = frozenset(
    {StatusCode.SERVING, StatusCode.DAILY_BUDGET_SPENT, StatusCode.OUTSIDE_HOURS, StatusCode.BALANCE_EMPTY}
)
#: Codes of campaigns that stopped without anybody's wish: after the last day they were charged for.
_STOPPED = frozenset(
    {StatusCode.REJECTED, StatusCode.NO_APPROVED_ADS, StatusCode.IN_REVIEW, StatusCode.TOTAL_BUDGET_SPENT}
)
_ACTIVE = CampaignStatus.ACTIVE
_AN_HOUR = timedelta(hours=1)
Span = tuple[date, date, str]


class Terms(NamedTuple):
    """A campaign with what is known of its present."""

    campaign: ListedCampaign
    code: StatusCode
    spend: CampaignSpend


def runs_on(hours: str, day: date) -> bool:
    """Tell whether a week's grid has any hour on this day."""
    return hours == ALL_HOURS or "1" in hours[day.weekday() * 24 : day.weekday() * 24 + 24]


def daily_budgets(
    campaigns: Iterable[Terms], log: Sequence[AuditRecord], period: Period, zone: ZoneInfo, now: datetime
) -> dict[date, int] | None:
    """Return the sum of daily budgets of each day up to today; None when a campaign that ran had no daily budget.

    `log` is everything that was done since the period began, newest first.
    """
    today = today_in(zone, now)
    last = min(period.last, today)
    deeds: defaultdict[str, list[AuditRecord]] = defaultdict(list)
    for record in log:
        deeds[record.subject_id].append(record)
    spans: Counter[Span] = Counter()
    for terms in campaigns:
        for first, end, budget in _spans(terms, deeds.get(terms.campaign.public_id, ()), period.first, last, zone):
            if budget is None:
                return None
            spans[first, end, terms.campaign.hours] += budget
    return _summed(spans, Period(period.first, last)) if last >= period.first else {}


def _spans(
    terms: Terms, deeds: Sequence[AuditRecord], first: date, last: date, zone: ZoneInfo
) -> Iterable[tuple[date, date, int | None]]:
    """Return the days on which a campaign was on, with its budget then."""
    if not deeds and terms.campaign.status is not _ACTIVE:
        return ()
    first, last = _within(terms, first, last, zone)
    if deeds:
        return _walked_back(terms.campaign, deeds, first, last, zone)
    return ((first, last, terms.campaign.daily_budget_micros),) if first <= last else ()


def _walked_back(
    campaign: ListedCampaign, deeds: Sequence[AuditRecord], first: date, end: date, zone: ZoneInfo
) -> Iterable[tuple[date, date, int | None]]:
    """Walk a campaign's deeds backwards; give the days between two of them in which it was on."""
    status, budget = campaign.status, campaign.daily_budget_micros
    for record in deeds:
        changes = {change["field"]: change for change in record.changes}
        if not changes.keys() & {"status", "daily_budget"}:
            continue
        day = today_in(zone, record.at)
        if status == _ACTIVE and max(day, first) <= end:
            yield max(day, first), end, budget
            end = day - timedelta(days=1)
        elif "status" in changes and changes["status"]["before"] == _ACTIVE:
            # It was on for a part of the day it was switched off, unless that was right after midnight.
            end = min(end, today_in(zone, record.at - _AN_HOUR))
        status = _before(changes, "status", status)
        budget = _before(changes, "daily_budget", budget)
    if status == _ACTIVE and first <= end:
        yield first, end, budget


def _within(terms: Terms, first: date, last: date, zone: ZoneInfo) -> tuple[date, date]:
    """Return the days on which it could run at all."""
    campaign = terms.campaign
    if campaign.starts_at is not None:
        first = max(first, today_in(zone, campaign.starts_at))
    if campaign.ends_at is not None:
        last = min(last, today_in(zone, campaign.ends_at - timedelta(microseconds=1)))
    if terms.code in _STOPPED:
        last = min(last, terms.spend.last_day or date.min)
    return first, last


def _before(changes: Mapping[str, dict[str, Any]], field: str, now: Any) -> Any:
    return changes[field]["before"] if field in changes else now


def _summed(spans: Mapping[Span, int], period: Period) -> dict[date, int]:
    sums = dict.fromkeys(period.dates(), 0)
    for (first, end, hours), budget in spans.items():
        for day in Period(first, end).dates():
            if runs_on(hours, day):
                sums[day] += budget
    return sums
