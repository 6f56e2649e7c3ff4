"""Queries on campaigns and ads; every one starts from the advertiser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, select
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.core.scope import Scope
from webapp.domain.ads.light import LightCampaign, light_campaigns
from webapp.domain.ads.models import (
    Ad,
    Asset,
    Campaign,
    CampaignLabel,
    CampaignStatus,
    Creative,
    CreativeVersion,
    VersionState,
)
from webapp.domain.ads.types import AdCounts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AdRow:
    """An ad with what it shows: the creative, its latest version and that version's picture."""

    ad: Ad
    creative: Creative | None
    latest: CreativeVersion | None
    asset: Asset | None


@dataclass(frozen=True, slots=True)
class CreativeChoice:
    """A creative an ad may show."""

    creative: Creative
    latest: CreativeVersion | None
    asset: Asset | None


class AdsStore:
    """Campaigns and ads in the system of record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_campaign(self, scope: Scope, campaign_id: PublicId, *, lock: bool = False) -> Campaign:
        """Return the advertiser's campaign or raise NotFound."""
        query = select(Campaign).where(Campaign.advertiser_id == scope.advertiser_id, Campaign.public_id == campaign_id)
        return self._one(query, lock=lock)

    def get_ad(self, scope: Scope, ad_id: PublicId, *, lock: bool = False) -> Ad:
        """Return the advertiser's ad or raise NotFound."""
        query = select(Ad).where(Ad.advertiser_id == scope.advertiser_id, Ad.public_id == ad_id)
        return self._one(query, lock=lock)

    def get_creative(self, scope: Scope, creative_id: PublicId, *, lock: bool = False) -> Creative:
        """Return the advertiser's creative or raise NotFound."""
        query = select(Creative).where(Creative.advertiser_id == scope.advertiser_id, Creative.public_id == creative_id)
        return self._one(query, lock=lock)

    def creative_of(self, scope: Scope, ad: Ad, *, lock: bool = False) -> Creative:
        """Return the creative an ad shows, or raise NotFound."""
        query = select(Creative).where(Creative.advertiser_id == scope.advertiser_id, Creative.id == ad.creative_id)
        return self._one(query, lock=lock)

    def _one(self, query: Select[T], *, lock: bool = False) -> T:
        if lock:
            # A row already in the session must show what the lock protects.
            query = query.with_for_update().execution_options(populate_existing=True)
        found = self._session.scalars(query).one_or_none()
        if found is None:
            raise NotFound
        return found

    def campaigns_by_id(self, scope: Scope, ids: Iterable[int]) -> dict[int, Campaign]:
        """Return the advertiser's campaigns with these internal ids."""
        query = select(Campaign).where(Campaign.advertiser_id == scope.advertiser_id, Campaign.id.in_(list(ids)))
        return {row.id: row for row in self._session.scalars(query)}

    def light_campaigns(self, scope: Scope) -> Sequence[LightCampaign]:
        """Return what a list needs of every campaign of the advertiser, newest first."""
        return light_campaigns(self._session, scope)

    def nav_counts(self, scope: Scope) -> dict[str, int]:
        """Return how many campaigns and creatives are not in the archive, in one query."""
        campaigns = select(func.count()).where(
            Campaign.advertiser_id == scope.advertiser_id, Campaign.status != CampaignStatus.ARCHIVED
        )
        creatives = select(func.count()).where(
            Creative.advertiser_id == scope.advertiser_id, Creative.archived_at.is_(None)
        )
        row = self._session.execute(select(campaigns.scalar_subquery(), creatives.scalar_subquery())).one()
        return {"campaigns": row[0], "creatives": row[1]}

    def names_like(self, scope: Scope, prefix: str) -> set[str]:
        """Return the campaign names that begin with a prefix."""
        query = select(Campaign.name).where(
            Campaign.advertiser_id == scope.advertiser_id, Campaign.name.startswith(prefix, autoescape=True)
        )
        return set(self._session.scalars(query))

    def labels(self, scope: Scope) -> list[str]:
        """Return every label in use, in order."""
        query = select(CampaignLabel.label).where(CampaignLabel.advertiser_id == scope.advertiser_id)
        return sorted(set(self._session.scalars(query.distinct())), key=str.casefold)

    def set_labels(self, campaign: Campaign, labels: Sequence[str]) -> None:
        """Keep the label rows equal to the campaign's own list."""
        self._session.execute(delete(CampaignLabel).where(CampaignLabel.campaign_id == campaign.id))
        owner = {"campaign_id": campaign.id, "advertiser_id": campaign.advertiser_id}
        self._session.add_all(CampaignLabel(label=label, **owner) for label in labels)

    def ad_counts(self, scope: Scope, campaign_ids: Sequence[int] | None = None) -> Mapping[int, AdCounts]:
        """Return how the ads of campaigns stand (None: of all campaigns); one query whatever their number."""
        waiting = Creative.approved_version_id.is_(None)
        query = (
            select(
                Ad.campaign_id,
                func.count(),
                _count(_ready()),
                _count(and_(waiting, CreativeVersion.state == VersionState.IN_REVIEW)),
                _count(and_(waiting, CreativeVersion.state == VersionState.REJECTED)),
            )
            .outerjoin(Creative, Creative.id == Ad.creative_id)
            .outerjoin(CreativeVersion, CreativeVersion.id == Creative.latest_version_id)
            .where(Ad.advertiser_id == scope.advertiser_id, Ad.archived_at.is_(None))
            .group_by(Ad.campaign_id)
        )
        if campaign_ids is not None:
            query = query.where(Ad.campaign_id.in_(campaign_ids))
        # Most campaigns of an advertiser have as many ads as others: equal counts are made once.
        counts = cache(lambda numbers: AdCounts(*map(int, numbers)))
        return {row[0]: counts(row[1:]) for row in self._session.execute(query)}

    def ads_of(self, scope: Scope, campaign_id: int, page: PageRequest, *, archived: bool = False) -> Page[AdRow]:
        """Return a page of a campaign's ads, oldest first."""
        mine = (
            Ad.advertiser_id == scope.advertiser_id,
            Ad.campaign_id == campaign_id,
            Ad.archived_at.is_not(None) if archived else Ad.archived_at.is_(None),
        )
        total = self._session.scalar(select(func.count()).select_from(Ad).where(*mine)) or 0
        rows = self._session.execute(_with_creative().where(*mine).order_by(Ad.id).offset(page.offset).limit(page.size))
        return Page([AdRow(*row) for row in rows], total, page)

    def ad_row(self, scope: Scope, ad_id: PublicId) -> AdRow:
        """Return one ad with what it shows, or raise NotFound."""
        mine = (Ad.advertiser_id == scope.advertiser_id, Ad.public_id == ad_id)
        row = self._session.execute(_with_creative().where(*mine)).one_or_none()
        if row is None:
            raise NotFound
        return AdRow(*row)

    def live_ads(self, scope: Scope, campaign_id: int) -> list[Ad]:
        """Return all ads of a campaign that are not in the archive."""
        query = select(Ad).where(
            Ad.advertiser_id == scope.advertiser_id, Ad.campaign_id == campaign_id, Ad.archived_at.is_(None)
        )
        return list(self._session.scalars(query.order_by(Ad.id)))

    def history_ids(self, scope: Scope, campaign_id: int) -> list[str]:
        """Return the public ids of all ads a campaign ever had, and of the creatives they show."""
        query = (
            select(Ad.public_id, Creative.public_id)
            .outerjoin(Creative, Creative.id == Ad.creative_id)
            .where(Ad.advertiser_id == scope.advertiser_id, Ad.campaign_id == campaign_id)
        )
        return list(dict.fromkeys(id for row in self._session.execute(query) for id in row if id))

    def creatives_to_choose(self, scope: Scope, limit: int = 200) -> list[CreativeChoice]:
        """Return what an ad may show, newest first."""
        query = (
            select(Creative, CreativeVersion, Asset)
            .outerjoin(CreativeVersion, CreativeVersion.id == Creative.latest_version_id)
            .outerjoin(Asset, Asset.id == CreativeVersion.asset_id)
            .where(Creative.advertiser_id == scope.advertiser_id, Creative.archived_at.is_(None))
        )
        rows = self._session.execute(query.order_by(Creative.id.desc()).limit(limit))
        return [CreativeChoice(*row) for row in rows]

    def add(self, row: Campaign | Ad) -> None:
        """Keep a new row; its id is known afterwards."""
        self._session.add(row)
        self._session.flush()

    def flush(self) -> None:
        """Send what was changed, so that versions and conflicts show."""
        self._session.flush()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _ready() -> ColumnElement[bool]:
    return and_(
        Ad.enabled.is_(True),
        Ad.landing_url != "",
        Creative.approved_version_id.is_not(None),
        Creative.archived_at.is_(None),
    )


def has_ready_ad() -> ColumnElement[bool]:
    """Tell, beside a campaign's row, whether it has something to show."""
    ready = select(Ad.id).join(Creative, Creative.id == Ad.creative_id)
    return ready.where(Ad.campaign_id == Campaign.id, Ad.archived_at.is_(None), _ready()).exists()


def _with_creative() -> Select[Ad, Creative, CreativeVersion, Asset]:
    return (
        select(Ad, Creative, CreativeVersion, Asset)
        .outerjoin(Creative, Creative.id == Ad.creative_id)
        .outerjoin(CreativeVersion, CreativeVersion.id == Creative.latest_version_id)
        .outerjoin(Asset, Asset.id == CreativeVersion.asset_id)
    )
