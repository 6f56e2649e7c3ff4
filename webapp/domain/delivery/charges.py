"""Charges by the hour: what an hour of a campaign cost, kept by settlement beside the ledger's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.core.periods import Period
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.delivery.models import ChargeHour

#: How many hours are read at a time when all of them are wanted.
CHUNK = 1000
#: Start of an hour and the campaign's id: from where a page goes on.
Cursor = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class ChargeFilter:
    """Which hours are looked at."""

    campaign_id: int | None = None
    #: A budget day.
    day: date | None = None
    #: Days by the clock, as the ledger's months are.
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class ChargedHour:
    """An hour of a campaign."""

    campaign_id: int
    hour_at: datetime
    day: date
    #: Events that were charged.
    events: int
    spent_micros: int

    @property
    def cursor(self) -> Cursor:
        """Return from where older ones are asked for."""
        return self.hour_at, self.campaign_id


@dataclass(frozen=True, slots=True)
class ChargePage:
    """One page of hours, newest first, and the sums of all that the filter has."""

    rows: Sequence[ChargedHour]
    total: int
    events: int
    spent_micros: int
    older: Cursor | None
    is_first: bool


class Charges:
    """An advertiser's charges by the hour."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(self, scope: Scope, chosen: ChargeFilter, *, before: Cursor | None = None, size: int = 50) -> ChargePage:
        """Return a page of hours, continuing before one, in two queries."""
        scope.require(Permission.BALANCE_READ)
        sums = select(func.count(), func.sum(ChargeHour.events), func.sum(ChargeHour.spent_micros))
        total, events, micros = self._session.execute(_filtered(sums, scope, chosen)).one()
        found = self._read(scope, chosen, before, size + 1)
        rows = found[:size]
        older = rows[-1].cursor if len(found) > size else None
        return ChargePage(rows, int(total), int(events or 0), int(micros or 0), older, before is None)

    def rows(self, scope: Scope, chosen: ChargeFilter) -> Iterator[ChargedHour]:
        """Return every hour of a filter, newest first, read a chunk at a time."""
        scope.require(Permission.BALANCE_READ)
        found = self._read(scope, chosen, None, CHUNK)
        while found:
            yield from found
            found = self._read(scope, chosen, found[-1].cursor, CHUNK)

    def campaigns(self, scope: Scope, limit: int = 30) -> list[int]:
        """Return the campaigns that were charged last, the latest first."""
        query = (
            select(ChargeHour.campaign_id)
            .where(ChargeHour.advertiser_id == scope.advertiser_id)
            .group_by(ChargeHour.campaign_id)
            .order_by(func.max(ChargeHour.hour_at).desc(), ChargeHour.campaign_id.desc())
        )
        return list(self._session.scalars(query.limit(limit)))

    def settled_on(self, scope: Scope, day: date) -> dict[int, int]:
        """Return what the hours of a budget day cost by campaign."""
        query = (
            select(ChargeHour.campaign_id, func.sum(ChargeHour.spent_micros))
            .where(ChargeHour.advertiser_id == scope.advertiser_id, ChargeHour.day == day)
            .group_by(ChargeHour.campaign_id)
        )
        return {id: int(micros) for id, micros in self._session.execute(query)}

    def _read(self, scope: Scope, chosen: ChargeFilter, before: Cursor | None, size: int) -> list[ChargedHour]:
        query = _filtered(
            select(
                ChargeHour.campaign_id, ChargeHour.hour_at, ChargeHour.day, ChargeHour.events, ChargeHour.spent_micros
            ),
            scope,
            chosen,
        )
        if before is not None:
            at, campaign_id = before
            same = and_(ChargeHour.hour_at == at, ChargeHour.campaign_id < campaign_id)
            query = query.where(or_(ChargeHour.hour_at < at, same))
        ordered = query.order_by(ChargeHour.hour_at.desc(), ChargeHour.campaign_id.desc()).limit(size)
        return [ChargedHour(*row) for row in self._session.execute(ordered)]


def _filtered(query: Select[*tuple[Any, ...]], scope: Scope, chosen: ChargeFilter) -> Select[*tuple[Any, ...]]:
    query = query.where(ChargeHour.advertiser_id == scope.advertiser_id)
    if chosen.campaign_id is not None:
        query = query.where(ChargeHour.campaign_id == chosen.campaign_id)
    if chosen.day is not None:
        query = query.where(ChargeHour.day == chosen.day)
    if chosen.period is not None:
        start, end = chosen.period.instants(scope.zone)
        query = query.where(ChargeHour.hour_at >= start, ChargeHour.hour_at < end)
    return query
