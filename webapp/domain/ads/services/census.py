"""How much of everything advertisers have, for staff."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.permissions import Permission
from webapp.core.scope import StaffScope
from webapp.domain.ads.models import Ad, Campaign, CampaignStatus, Creative


@dataclass(frozen=True, slots=True)
class Counts:
    """What one advertiser has."""

    campaigns: dict[CampaignStatus, int] = field(default_factory=dict)
    ads: int = 0
    creatives: int = 0

    @property
    def all_campaigns(self) -> int:
        """Return the number of campaigns that are not archived."""
        return sum(count for status, count in self.campaigns.items() if status is not CampaignStatus.ARCHIVED)


class Census:
    """Counts over all advertisers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, staff: StaffScope, advertiser_id: int) -> Counts:
        """Return what one advertiser has."""
        staff.require(Permission.STAFF_ADVERTISERS)
        by_status = (
            select(Campaign.status, func.count())
            .where(Campaign.advertiser_id == advertiser_id)
            .group_by(Campaign.status)
        )
        ads = select(func.count()).where(Ad.advertiser_id == advertiser_id, Ad.archived_at.is_(None))
        creatives = select(func.count()).where(Creative.advertiser_id == advertiser_id, Creative.archived_at.is_(None))
        return Counts(
            {row[0]: row[1] for row in self._session.execute(by_status)},
            self._session.scalar(ads) or 0,
            self._session.scalar(creatives) or 0,
        )

    def campaigns_of(self, staff: StaffScope, advertiser_ids: Collection[int]) -> dict[int, int]:
        """Return the number of campaigns that are not archived, by advertiser."""
        staff.require(Permission.STAFF_ADVERTISERS)
        query = (
            select(Campaign.advertiser_id, func.count())
            .where(Campaign.advertiser_id.in_(advertiser_ids), Campaign.status != CampaignStatus.ARCHIVED)
            .group_by(Campaign.advertiser_id)
        )
        return {row[0]: row[1] for row in self._session.execute(query)} if advertiser_ids else {}
