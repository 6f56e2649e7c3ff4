"""Names of campaigns and ads for figures, which know only their inner ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.ids import PublicId
from webapp.core.scope import Scope
from webapp.domain.ads.models import Ad, Campaign


@dataclass(frozen=True, slots=True)
class Named:
    """A campaign or an ad as a report shows it."""

    public_id: PublicId
    name: str


class ObjectNames:
    """Translates between inner ids, public ids and names, within one advertiser."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def named(self, scope: Scope, kind: str, ids: Iterable[int]) -> Mapping[int, Named]:
        """Return what is known of these campaigns or ads; others' and unknown ids are left out."""
        model = _MODELS[kind]
        query = select(model.id, model.public_id, model.name).where(
            model.advertiser_id == scope.advertiser_id, model.id.in_(list(ids))
        )
        return {id_: Named(PublicId(public_id), name) for id_, public_id, name in self._session.execute(query)}

    def ids(self, scope: Scope, kind: str, public_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the inner ids of public ids; others' and unknown ones are left out."""
        model = _MODELS[kind]
        query = select(model.public_id, model.id).where(
            model.advertiser_id == scope.advertiser_id, model.public_id.in_(list(public_ids))
        )
        return {row.public_id: row.id for row in self._session.execute(query)}


_MODELS: dict[str, type[Campaign] | type[Ad]] = {"campaign": Campaign, "ad": Ad}
