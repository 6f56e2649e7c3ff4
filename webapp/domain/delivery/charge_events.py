"""The events behind a charge: what an hour of a campaign cost, and each event of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.core.paging import PageRequest
from webapp.core.periods import local_midnight
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.analytics.events import EventPage, EventQuery
from webapp.domain.analytics.ports import EventStore
from webapp.domain.delivery.models import ChargeHour


@dataclass(frozen=True, slots=True)
class ChargedHour:
    """What the ledger says of an hour of a campaign."""

    campaign_id: int
    starts_at: datetime
    ends_at: datetime
    day: date
    events: int
    spent_micros: int


class ChargeEvents:
    """Opens charges into their events, within one advertiser."""

    def __init__(self, session: Session, events: EventStore) -> None:
        self._session = session
        self._events = events

    def hour(self, scope: Scope, campaign_id: int, hour_at: datetime) -> ChargedHour:
        """Return what an hour cost, or raise NotFound: also for an hour in which nothing was charged."""
        scope.require(Permission.BALANCE_READ)
        row = self._session.scalar(
            select(ChargeHour).where(
                ChargeHour.advertiser_id == scope.advertiser_id,
                ChargeHour.campaign_id == campaign_id,
                ChargeHour.hour_at == hour_at,
            )
        )
        if row is None:
            raise NotFound
        midnight = local_midnight(row.day + timedelta(days=1), scope.zone)
        ends_at = min(hour_at + timedelta(hours=1), midnight)
        return ChargedHour(campaign_id, hour_at, ends_at, row.day, row.events, row.spent_micros)

    def events(self, scope: Scope, hour: ChargedHour, page: PageRequest, *, charged_only: bool = True) -> EventPage:
        """Return a page of the hour's events: those that were charged, or all with what became of each."""
        scope.require(Permission.BALANCE_READ)
        query = EventQuery(
            scope.advertiser_id, hour.campaign_id, hour.day, hour.starts_at, hour.ends_at, charged_only=charged_only
        )
        return self._events.events_of(query, page)
