"""Names of placements for figures, which know only their inner ids; every advertiser may know them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.ids import PublicId
from webapp.domain.ads.services.names import Named
from webapp.domain.delivery.models import Placement, Site


class PlaceNames:
    """Translates between inner ids, public ids and names of placements."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def named(self, ids: Iterable[int]) -> Mapping[int, Named]:
        """Return what is known of these placements: the site, then the place on it."""
        query = (
            select(Placement.id, Placement.public_id, Placement.name, Site.domain)
            .join(Site, Site.id == Placement.site_id)
            .where(Placement.id.in_(list(ids)))
        )
        rows = self._session.execute(query)
        return {id_: Named(PublicId(public_id), f"{domain}, {name}") for id_, public_id, name, domain in rows}

    def ids(self, public_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the inner ids of public ids; unknown ones are left out."""
        query = select(Placement.public_id, Placement.id).where(Placement.public_id.in_(list(public_ids)))
        return {row.public_id: row.id for row in self._session.execute(query)}
