"""Queries of the moderators, over all advertisers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.domain.ads.models import Ad, Asset, Creative, CreativeVersion, VersionState

Row = tuple[CreativeVersion, Creative, Asset | None]
Rows = Select[CreativeVersion, Creative, Asset]
DECIDED = (VersionState.APPROVED, VersionState.REJECTED, VersionState.REPLACED)


class ModerationStore:
    """Creative versions of every advertiser: for staff only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def waiting(self, page: PageRequest) -> Page[Row]:
        """Return a page of the queue, the oldest first."""
        query = _rows().where(CreativeVersion.state == VersionState.IN_REVIEW, Creative.archived_at.is_(None))
        return self._page(query, (CreativeVersion.submitted_at, CreativeVersion.id), page)

    def decided(self, page: PageRequest) -> Page[Row]:
        """Return a page of what was decided, the newest first."""
        query = _rows().where(CreativeVersion.state.in_(DECIDED), CreativeVersion.decided_at.is_not(None))
        return self._page(query, (CreativeVersion.decided_at.desc(), CreativeVersion.id.desc()), page)

    def queue_length(self) -> tuple[int, datetime | None]:
        """Return how many versions wait and since when the oldest does."""
        query = (
            select(func.count(), func.min(CreativeVersion.submitted_at))
            .join(Creative, Creative.id == CreativeVersion.creative_id)
            .where(CreativeVersion.state == VersionState.IN_REVIEW, Creative.archived_at.is_(None))
        )
        count, oldest = self._session.execute(query).one()
        return count, oldest

    def decided_by(self, user_id: int | None, since: datetime) -> int:
        """Return how many versions somebody decided since an instant."""
        query = select(func.count()).where(CreativeVersion.decided_by == user_id, CreativeVersion.decided_at >= since)
        return self._session.scalar(query) or 0

    def get(self, version_id: PublicId) -> Row:
        """Return a version that was ever sent for review, or raise NotFound."""
        query = _rows().where(CreativeVersion.public_id == version_id, CreativeVersion.state != VersionState.DRAFT)
        found = self._session.execute(query).one_or_none()
        if found is None:
            raise NotFound
        return found

    def lock(self, version_id: PublicId) -> tuple[CreativeVersion, Creative]:
        """Return a version and its creative under the creative's lock, as they stand now; raise NotFound."""
        # The creative is locked first, as everybody does who changes one of its versions.
        mine = select(CreativeVersion.creative_id).where(CreativeVersion.public_id == version_id).scalar_subquery()
        fresh = {"populate_existing": True}
        locked = select(Creative).where(Creative.id == mine).with_for_update().execution_options(**fresh)
        creative = self._session.scalars(locked).one_or_none()
        query = select(CreativeVersion).where(CreativeVersion.public_id == version_id).execution_options(**fresh)
        version = self._session.scalars(query).one_or_none()
        if creative is None or version is None or version.state is VersionState.DRAFT:
            raise NotFound
        return version, creative

    def version(self, version_id: int | None) -> tuple[CreativeVersion, Asset | None] | None:
        """Return a version with its picture by the internal id."""
        if version_id is None:
            return None
        query = (
            select(CreativeVersion, Asset)
            .outerjoin(Asset, Asset.id == CreativeVersion.asset_id)
            .where(CreativeVersion.id == version_id)
        )
        return self._session.execute(query).one_or_none()

    def landing_urls(self, creative: Creative, limit: int = 10) -> list[str]:
        """Return where the ads with this creative lead to, each address once."""
        query = (
            select(Ad.landing_url)
            .where(Ad.creative_id == creative.id, Ad.archived_at.is_(None), Ad.landing_url != "")
            .group_by(Ad.landing_url)
            .order_by(func.min(Ad.id))
            .limit(limit)
        )
        return list(self._session.scalars(query))

    def record_of(self, advertiser_id: int) -> tuple[int, int]:
        """Return how many creatives an advertiser has, and how many of its versions were ever rejected."""
        creatives = select(func.count()).select_from(Creative).where(Creative.advertiser_id == advertiser_id)
        rejected = select(func.count()).where(
            CreativeVersion.advertiser_id == advertiser_id, CreativeVersion.state == VersionState.REJECTED
        )
        return self._session.scalar(creatives) or 0, self._session.scalar(rejected) or 0

    def next_waiting(self, after: CreativeVersion) -> str | None:
        """Return the public id of the oldest version that still waits, other than this one."""
        query = (
            select(CreativeVersion.public_id)
            .join(Creative, Creative.id == CreativeVersion.creative_id)
            .where(
                CreativeVersion.state == VersionState.IN_REVIEW,
                Creative.archived_at.is_(None),
                CreativeVersion.id != after.id,
            )
            .order_by(CreativeVersion.submitted_at, CreativeVersion.id)
            .limit(1)
        )
        return self._session.scalars(query).first()

    def flush(self) -> None:
        """Send what was changed."""
        self._session.flush()

    def _page(self, query: Rows, order: tuple[object, ...], page: PageRequest) -> Page[Row]:
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = self._session.execute(query.order_by(*order).offset(page.offset).limit(page.size))  # type: ignore[arg-type]
        return Page(rows.all(), total, page)


def _rows() -> Rows:
    return (
        select(CreativeVersion, Creative, Asset)
        .join(Creative, Creative.id == CreativeVersion.creative_id)
        .outerjoin(Asset, Asset.id == CreativeVersion.asset_id)
    )
