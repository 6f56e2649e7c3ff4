"""Campaigns and ads that may be shown, over all advertisers: what the serving nodes are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.ads.models import (
    Ad,
    Asset,
    BidModel,
    Campaign,
    CampaignStatus,
    CapWindow,
    Creative,
    CreativeKind,
    CreativeVersion,
    Pacing,
)
from webapp.domain.ads.pictures import EXTENSIONS
from webapp.domain.ads.policies import price_micros
from webapp.domain.ads.sizes import AdSize, find_fit
from webapp.domain.ads.types import Targeting


@dataclass(frozen=True, slots=True)
class ServableAd:
    """An ad that is switched on, with the approved version of its creative."""

    id: int
    public_id: str
    campaign_id: int
    creative_id: int
    creative_public_id: str
    #: The standard slot its banner fits; None for a native one.
    slot: AdSize | None
    weight: int
    landing_url: str
    #: Path of the picture, '' for none.
    image: str
    width: int
    height: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ServableCampaign:
    """A campaign its owner wants to run, whatever its hours and money say at the moment."""

    id: int
    public_id: str
    advertiser_id: int
    bid_model: BidModel
    bid_micros: int
    pacing: Pacing
    daily_budget_micros: int | None
    total_budget_micros: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    hours: str
    cap_count: int | None
    cap_window: CapWindow | None
    category: str
    targeting: Targeting

    @property
    def price_micros(self) -> int:
        """Return what one impression (CPM) or one click (CPC) costs."""
        return price_micros(self.bid_model, self.bid_micros)


_COLUMNS = [getattr(Campaign, name) for name in ServableCampaign.__dataclass_fields__]


class ServableAds:
    """Reads what may be shown; one query for campaigns and one for ads, whatever their number."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def campaigns(self, now: datetime, ids: Collection[int] | None = None) -> Sequence[ServableCampaign]:
        """Return campaigns that are on and not over, in order: all of them, or those of `ids`."""
        query = select(*_COLUMNS).where(
            Campaign.status == CampaignStatus.ACTIVE,
            Campaign.bid_micros > 0,
            or_(Campaign.ends_at.is_(None), Campaign.ends_at > now),
        )
        if ids is not None:
            query = query.where(Campaign.id.in_(ids))
        rows = self._session.execute(query.order_by(Campaign.id))
        return [_campaign(row._mapping) for row in rows]

    def ads(self, now: datetime, ids: Collection[int] | None = None) -> Mapping[int, Sequence[ServableAd]]:
        """Return the ads to show of such campaigns by campaign; those whose picture fits no slot are left out."""
        query = (
            select(Ad, Creative, CreativeVersion, Asset)
            .join(Campaign, Campaign.id == Ad.campaign_id)
            .join(Creative, Creative.id == Ad.creative_id)
            .join(CreativeVersion, CreativeVersion.id == Creative.approved_version_id)
            .outerjoin(Asset, Asset.id == CreativeVersion.asset_id)
            .where(
                Campaign.status == CampaignStatus.ACTIVE,
                or_(Campaign.ends_at.is_(None), Campaign.ends_at > now),
                Ad.enabled.is_(True),
                Ad.archived_at.is_(None),
                Ad.landing_url != "",
                Creative.archived_at.is_(None),
            )
        )
        if ids is not None:
            query = query.where(Campaign.id.in_(ids))
        found: dict[int, list[ServableAd]] = {}
        for row in self._session.execute(query.order_by(Ad.id)):
            ad = _servable(*row)
            if ad is not None:
                found.setdefault(ad.campaign_id, []).append(ad)
        return found

    def campaigns_showing(self, creative_id: int) -> Sequence[int]:
        """Return the ids of campaigns that have an ad with a creative."""
        return self._session.scalars(select(Ad.campaign_id).where(Ad.creative_id == creative_id).distinct()).all()


def _campaign(row: Mapping[Any, Any]) -> ServableCampaign:
    return ServableCampaign(**{**row, "targeting": Targeting.from_json(row["targeting"])})


def _servable(ad: Ad, creative: Creative, version: CreativeVersion, asset: Asset | None) -> ServableAd | None:
    native = creative.kind is CreativeKind.NATIVE
    fit = None if native or asset is None else find_fit(asset.width, asset.height)
    if not native and fit is None:
        return None
    width, height = (asset.width, asset.height) if asset else (0, 0)
    return ServableAd(
        id=ad.id,
        public_id=ad.public_id,
        campaign_id=ad.campaign_id,
        creative_id=creative.id,
        creative_public_id=creative.public_id,
        slot=fit.size if fit else None,
        weight=ad.weight,
        landing_url=ad.landing_url,
        # As webapp/surfaces/ops/media.py serves it.
        image=f"/media/{asset.public_id}.{EXTENSIONS[asset.mime]}" if asset else "",
        width=fit.size.width if fit else width,
        height=fit.size.height if fit else height,
        title=version.title,
        text=version.text,
    )
