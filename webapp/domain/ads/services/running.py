"""Campaigns of all advertisers that may run now, for the loops of delivery: one query each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.domain.ads.models import BidModel, Campaign, CampaignStatus
from webapp.domain.ads.policies import price_micros
from webapp.domain.ads.store import has_ready_ad


class RunningCampaign(NamedTuple):
    """What money needs to know of a campaign that may run."""

    id: int
    advertiser_id: int
    bid_model: BidModel
    bid_micros: int
    daily_budget_micros: int | None
    total_budget_micros: int | None

    @property
    def price_micros(self) -> int:
        """Return what its charged event costs, never less than a micro."""
        return max(1, price_micros(self.bid_model, self.bid_micros))


class EndedCampaign(NamedTuple):
    """A campaign whose end has come."""

    id: int
    advertiser_id: int
    ends_at: datetime


class RunningCampaigns:
    """Knows which campaigns are on, started, not over, and have something to show."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def every(self) -> Sequence[RunningCampaign]:
        """Return all of them, in order of age."""
        return self._found(self._query().order_by(Campaign.id))

    def among(self, ids: Collection[int]) -> dict[int, RunningCampaign]:
        """Return those of these campaigns that may run, as they are at this moment."""
        if not ids:
            return {}
        return {row.id: row for row in self._found(self._query().where(Campaign.id.in_(ids)))}

    def ended_since(self, since: datetime) -> Sequence[EndedCampaign]:
        """Return the campaigns still wanted whose end came after an instant."""
        query = select(Campaign.id, Campaign.advertiser_id, Campaign.ends_at).where(
            Campaign.status == CampaignStatus.ACTIVE, Campaign.ends_at > since, Campaign.ends_at <= self._clock.now()
        )
        return [EndedCampaign(row[0], row[1], row[2]) for row in self._session.execute(query) if row[2]]

    def _query(self) -> Select[int, int, BidModel, int, int | None, int | None]:
        on = (Campaign.status == CampaignStatus.ACTIVE, Campaign.bid_micros > 0, self._is_on(), has_ready_ad())
        return select(
            Campaign.id, Campaign.advertiser_id, Campaign.bid_model, Campaign.bid_micros,
            Campaign.daily_budget_micros, Campaign.total_budget_micros,
        ).where(*on)  # fmt: skip

    def _is_on(self) -> ColumnElement[bool]:
        now = self._clock.now()
        begun = or_(Campaign.starts_at.is_(None), Campaign.starts_at <= now)
        return and_(begun, or_(Campaign.ends_at.is_(None), Campaign.ends_at > now))

    def _found(self, query: Select[int, int, BidModel, int, int | None, int | None]) -> list[RunningCampaign]:
        return [RunningCampaign(*row) for row in self._session.execute(query)]
