"""Queries on creatives, their versions and pictures."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.core.scope import Scope
from webapp.db.likes import ESCAPE, anywhere
from webapp.domain.ads.creative_types import GalleryQuery, GalleryRow, GalleryTab, UsedIn
from webapp.domain.ads.models import Ad, Asset, Campaign, Creative, CreativeVersion, VersionState

T = TypeVar("T")

_STATE_OF_TAB = {
    GalleryTab.DRAFT: VersionState.DRAFT,
    GalleryTab.IN_REVIEW: VersionState.IN_REVIEW,
    GalleryTab.APPROVED: VersionState.APPROVED,
    GalleryTab.REJECTED: VersionState.REJECTED,
}


class CreativeStore:
    """Creatives in the system of record; an advertiser's queries start from its scope."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, scope: Scope, creative_id: PublicId, *, lock: bool = False) -> Creative:
        """Return the advertiser's creative or raise NotFound."""
        query = select(Creative).where(Creative.advertiser_id == scope.advertiser_id, Creative.public_id == creative_id)
        return self._one(query, lock=lock)

    def get_asset(self, scope: Scope, asset_id: PublicId) -> Asset:
        """Return the advertiser's picture or raise NotFound."""
        query = select(Asset).where(Asset.advertiser_id == scope.advertiser_id, Asset.public_id == asset_id)
        return self._one(query)

    def find_asset(self, asset_id: PublicId) -> Asset | None:
        """Return any advertiser's picture: for serving, where the id itself is the key."""
        return self._session.scalar(select(Asset).where(Asset.public_id == asset_id))

    def find_same_asset(self, scope: Scope, sha256: str) -> Asset | None:
        """Return a picture of the advertiser with these very bytes."""
        query = select(Asset).where(Asset.advertiser_id == scope.advertiser_id, Asset.sha256 == sha256)
        return self._session.scalars(query.order_by(Asset.id).limit(1)).first()

    def versions(self, creative: Creative) -> list[tuple[CreativeVersion, Asset | None]]:
        """Return all versions with their pictures, newest first."""
        query = (
            select(CreativeVersion, Asset)
            .outerjoin(Asset, Asset.id == CreativeVersion.asset_id)
            .where(CreativeVersion.creative_id == creative.id)
            .order_by(CreativeVersion.number.desc())
        )
        return [(version, asset) for version, asset in self._session.execute(query)]

    def version(self, version_id: int | None) -> CreativeVersion | None:
        """Return a version by its internal id."""
        return None if version_id is None else self._session.get(CreativeVersion, version_id)

    def version_of(self, creative: Creative, version_id: PublicId) -> CreativeVersion:
        """Return one version of a creative or raise NotFound."""
        query = select(CreativeVersion).where(
            CreativeVersion.creative_id == creative.id, CreativeVersion.public_id == version_id
        )
        return self._one(query)

    def asset(self, asset_id: int | None) -> Asset | None:
        """Return a picture by its internal id."""
        return None if asset_id is None else self._session.get(Asset, asset_id)

    def used_in(self, scope: Scope, creative: Creative) -> list[UsedIn]:
        """Return the ads that show the creative, newest first."""
        query = (
            select(Ad, Campaign)
            .join(Campaign, Campaign.id == Ad.campaign_id)
            .where(Ad.advertiser_id == scope.advertiser_id, Ad.creative_id == creative.id, Ad.archived_at.is_(None))
            .order_by(Ad.id.desc())
        )
        return [UsedIn(ad, campaign) for ad, campaign in self._session.execute(query)]

    def gallery(self, scope: Scope, asked: GalleryQuery, page: PageRequest) -> Page[GalleryRow]:
        """Return a page of creatives, newest first; two queries whatever its size."""
        shown = _gallery(scope, asked)
        total = self._session.scalar(select(func.count()).select_from(shown.subquery())) or 0
        ads = (
            select(func.count())
            .where(Ad.creative_id == Creative.id, Ad.archived_at.is_(None))
            .correlate(Creative)
            .scalar_subquery()
        )
        latest = aliased(CreativeVersion)
        ids = shown.order_by(Creative.id.desc()).offset(page.offset).limit(page.size).subquery()
        query = (
            select(Creative, latest, Asset, ads)
            .join(ids, ids.c.id == Creative.id)
            .join(latest, latest.id == Creative.latest_version_id)
            .outerjoin(Asset, Asset.id == latest.asset_id)
            .order_by(Creative.id.desc())
        )
        return Page([GalleryRow(*row) for row in self._session.execute(query)], total, page)

    def tab_counts(self, scope: Scope) -> dict[GalleryTab, int]:
        """Return how many creatives stand on each tab."""
        archived = Creative.archived_at.is_not(None)
        query = (
            select(CreativeVersion.state, archived, func.count())
            .select_from(Creative)
            .join(CreativeVersion, CreativeVersion.id == Creative.latest_version_id)
            .where(Creative.advertiser_id == scope.advertiser_id)
            .group_by(CreativeVersion.state, archived)
        )
        counts = dict.fromkeys(GalleryTab, 0)
        for state, is_archived, count in self._session.execute(query):
            if is_archived:
                counts[GalleryTab.ARCHIVED] += count
                continue
            counts[GalleryTab.ALL] += count
            for tab, wanted in _STATE_OF_TAB.items():
                counts[tab] += count if state is wanted else 0
        return counts

    def names_like(self, scope: Scope, start: str) -> set[str]:
        """Return the creative names that begin with these words."""
        query = select(Creative.name).where(
            Creative.advertiser_id == scope.advertiser_id, Creative.name.startswith(start, autoescape=True)
        )
        return set(self._session.scalars(query))

    def add(self, row: Creative | CreativeVersion | Asset) -> None:
        """Keep a new row; its id is known afterwards."""
        self._session.add(row)
        self._session.flush()

    def remove(self, version: CreativeVersion) -> None:
        """Forget a version that never left its draft."""
        self._session.delete(version)
        self._session.flush()

    def flush(self) -> None:
        """Send what was changed, so that conflicts show."""
        self._session.flush()

    def _one(self, query: Select[T], *, lock: bool = False) -> T:
        if lock:
            # A row already in the session must show what the lock protects.
            query = query.with_for_update().execution_options(populate_existing=True)
        found = self._session.scalars(query).one_or_none()
        if found is None:
            raise NotFound
        return found


def _gallery(scope: Scope, asked: GalleryQuery) -> Select[int]:
    wanted: list[ColumnElement[bool]] = [Creative.advertiser_id == scope.advertiser_id]
    archived = asked.tab is GalleryTab.ARCHIVED
    wanted.append(Creative.archived_at.is_not(None) if archived else Creative.archived_at.is_(None))
    if asked.tab in _STATE_OF_TAB:
        wanted.append(CreativeVersion.state == _STATE_OF_TAB[asked.tab])
    if asked.kind is not None:
        wanted.append(Creative.kind == asked.kind)
    if asked.text:
        like = anywhere(asked.text)
        wanted.append(
            Creative.name.like(like, escape=ESCAPE)
            | CreativeVersion.title.like(like, escape=ESCAPE)
            | (Creative.public_id == asked.text)
        )
    joined = select(Creative.id).join(CreativeVersion, CreativeVersion.id == Creative.latest_version_id)
    return joined.where(*wanted)
