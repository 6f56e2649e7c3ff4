"""Queries on sites and places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.db.likes import ESCAPE, anywhere
from webapp.domain.delivery.models import Placement, Site
from webapp.domain.delivery.types import PublishedPlacement

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site in a list, with how many places it has and how many of them are open."""

    site: Site
    placements: int
    open: int


@dataclass(frozen=True, slots=True)
class OfferedPlace:
    """A place anybody may ask for."""

    public_id: PublicId
    name: str
    site: str
    size: str
    floor_micros: int


class InventoryStore:
    """Sites and places in the system of record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sites(self, page: PageRequest, text: str) -> Page[SiteRow]:
        """Return a page of sites by name; two queries."""
        wanted = select(Site)
        if text:
            like = anywhere(text)
            wanted = wanted.where(
                or_(Site.name.like(like, escape=ESCAPE), Site.domain.like(like, escape=ESCAPE), Site.public_id == text)
            )
        total = self._session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        is_open = case((Placement.enabled.is_(True), 1))
        counted = (
            select(Placement.site_id, func.count().label("places"), func.count(is_open).label("open"))
            .group_by(Placement.site_id)
            .subquery()
        )
        query = wanted.outerjoin(counted, counted.c.site_id == Site.id).add_columns(counted.c.places, counted.c.open)
        rows = self._session.execute(query.order_by(Site.name, Site.id).offset(page.offset).limit(page.size))
        return Page([SiteRow(row[0], int(row[1] or 0), int(row[2] or 0)) for row in rows], total, page)

    def site(self, site_id: PublicId, *, lock: bool = False) -> Site:
        """Return a site or raise NotFound."""
        return self._one(select(Site).where(Site.public_id == site_id), lock=lock)

    def placements(self, site_id: int) -> Sequence[Placement]:
        """Return the places of a site, oldest first."""
        query = select(Placement).where(Placement.site_id == site_id)
        return self._session.scalars(query.order_by(Placement.id)).all()

    def placement(self, placement_id: PublicId, *, lock: bool = False) -> tuple[Placement, Site]:
        """Return a place and its site or raise NotFound."""
        placement = self._one(select(Placement).where(Placement.public_id == placement_id), lock=lock)
        return placement, self._session.get_one(Site, placement.site_id)

    def domain_taken(self, domain: str, known: Site | None) -> bool:
        """Tell whether another site has this domain."""
        found = self._session.scalar(select(Site.id).where(Site.domain == domain))
        return found is not None and (known is None or found != known.id)

    def offered(self) -> Sequence[OfferedPlace]:
        """Return every open place of open sites, by site and name."""
        query = _open_places(select(Placement, Site)).order_by(Site.domain, Placement.name, Placement.id)
        return [
            OfferedPlace(PublicId(place.public_id), place.name, site.domain, place.size, place.floor_micros)
            for place, site in self._session.execute(query)
        ]

    def published(self, site_id: int | None = None, placement_id: int | None = None) -> Sequence[PublishedPlacement]:
        """Return open places of open sites as the nodes hold them: all, those of a site, or one; in one query."""
        query = _open_places(select(Placement, Site)).order_by(Placement.id)
        if site_id is not None:
            query = query.where(Site.id == site_id)
        if placement_id is not None:
            query = query.where(Placement.id == placement_id)
        return [_published(place, site) for place, site in self._session.execute(query)]

    def placement_ids(self, site_id: int) -> Collection[int]:
        """Return the ids of all places of a site."""
        return self._session.scalars(select(Placement.id).where(Placement.site_id == site_id)).all()

    def add(self, row: Site | Placement) -> None:
        """Keep a new row; its id is known afterwards."""
        self._session.add(row)
        self._session.flush()

    def flush(self) -> None:
        """Send what was changed."""
        self._session.flush()

    def _one(self, query: Select[T], *, lock: bool) -> T:
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found = self._session.scalars(query).one_or_none()
        if found is None:
            raise NotFound
        return found


def _open_places(query: Select[Placement, Site]) -> Select[Placement, Site]:
    return query.join(Site, Site.id == Placement.site_id).where(Placement.enabled.is_(True), Site.enabled.is_(True))


def _published(place: Placement, site: Site) -> PublishedPlacement:
    return PublishedPlacement(
        id=place.id,
        public_id=place.public_id,
        site_id=site.id,
        site_public_id=site.public_id,
        site=site.domain,
        size=place.size,
        floor_micros=place.floor_micros,
        categories=tuple(sorted(place.categories)),
    )
