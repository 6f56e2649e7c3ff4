"""The ledger's lines: transactions, and between them the charges of each campaign's hour as one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from webapp.core.ids import PATTERN, PublicId
from webapp.core.scope import Scope
from webapp.domain.ads.services.names import Named, ObjectNames
from webapp.domain.billing.types import Group, LedgerFilter, LedgerRow
from webapp.domain.delivery.charges import ChargedHour, ChargeFilter, Cursor
from webapp.web.app import services, session
from webapp.web.ledger_words import Line, line_of

#: Groups in which charges are.
_CHARGED = (Group.ALL, Group.CHARGES)
HOUR = timedelta(hours=1)
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class HourLine:
    """All charges of a campaign's hour."""

    hour: ChargedHour
    #: The campaign, when it is still known.
    campaign: Named | None

    @property
    def day(self) -> date:
        """Return the budget day, which every charge of the hour counts against."""
        return self.hour.day


@dataclass(frozen=True, slots=True)
class Place:
    """From where a page of lines goes on: in the transactions, and in the hours."""

    transaction: PublicId | None = None
    hour: Cursor | None = None

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Place:
        """Read `before=t_…&hour=1790000000.17`; what is no place is the beginning."""
        before = params.get("before", "")
        return cls(PublicId(before) if PATTERN.fullmatch(before) else None, read_cursor(params.get("hour", "")))

    def params(self) -> dict[str, str | None]:
        """Return the words of an address."""
        return {"before": self.transaction, "hour": write_cursor(self.hour) if self.hour else None}


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of lines, newest first."""

    days: Sequence[tuple[date, Sequence[Line | HourLine]]]
    shown: int
    total: int
    #: None at the end.
    older: Place | None
    is_first: bool


def lines_of(scope: Scope, chosen: LedgerFilter, start: Place, size: int) -> LinePage:
    """Return a page of the ledger; as many queries whatever there is."""
    found = services().balances.statement(scope, replace(chosen, hourly=False), before=start.transaction, size=size)
    hours: Sequence[ChargedHour] = ()
    total, more = found.total or 0, found.older is not None
    if chosen.group in _CHARGED:
        wanted = ChargeFilter(chosen.campaign_id, period=chosen.period)
        charged = services().charges.page(scope, wanted, before=start.hour, size=size)
        hours, total, more = charged.rows, total + charged.total, more or charged.older is not None
    merged = _merged(found.rows, hours)
    shown = merged[:size]
    more = more or len(merged) > size
    names = _names(scope, shown)
    lines = [_line(item, scope, names) for item in shown]
    days = [(day, list(group)) for day, group in groupby(lines, key=lambda line: line.day)]
    return LinePage(days, len(shown), total, _after(start, shown) if more else None, start == Place())


def _merged(rows: Sequence[LedgerRow], hours: Sequence[ChargedHour]) -> list[LedgerRow | ChargedHour]:
    """Put both in one order, the newest first: an hour stands where it ends, each kind keeps its own order."""
    merged: list[LedgerRow | ChargedHour] = []
    at = 0
    for row in rows:
        while at < len(hours) and hours[at].hour_at + HOUR > row.created_at:
            merged.append(hours[at])
            at += 1
        merged.append(row)
    return [*merged, *hours[at:]]


def _after(start: Place, shown: Sequence[LedgerRow | ChargedHour]) -> Place:
    """Return where the next page begins in both."""
    rows = [item for item in shown if isinstance(item, LedgerRow)]
    hours = [item for item in shown if isinstance(item, ChargedHour)]
    return Place(rows[-1].public_id if rows else start.transaction, hours[-1].cursor if hours else start.hour)


def _line(item: LedgerRow | ChargedHour, scope: Scope, names: Mapping[int, Named]) -> Line | HourLine:
    if isinstance(item, ChargedHour):
        return HourLine(item, names.get(item.campaign_id))
    return line_of(item, scope, names)


def _names(scope: Scope, items: Sequence[LedgerRow | ChargedHour]) -> dict[int, Named]:
    ids = {item.campaign_id for item in items if item.campaign_id is not None}
    return dict(ObjectNames(session()).named(scope, "campaign", ids)) if ids else {}


def read_cursor(text: str) -> Cursor | None:
    """Read from where a page of hours goes on: `1790000000.17`, None for what is no such place."""
    seconds, _, campaign_id = text.partition(".")
    if not (text.isascii() and seconds.isdigit() and campaign_id.isdigit() and len(text) <= _LONGEST):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC), int(campaign_id)
    except (OverflowError, ValueError, OSError):
        return None


def write_cursor(cursor: Cursor) -> str:
    """Return it as a word of an address."""
    return f"{int(cursor[0].timestamp())}.{cursor[1]}"
