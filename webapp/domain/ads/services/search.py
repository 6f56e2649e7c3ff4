"""Finding an advertiser's things by a few letters."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.core.ids import PublicId
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.db.likes import ESCAPE, anywhere
from webapp.domain.ads.models import Ad, Campaign, Creative

HITS_A_KIND = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found."""

    kind: str
    public_id: PublicId
    name: str


class Search:
    """Campaigns, ads and creatives by a part of the name or the whole id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, scope: Scope, text: str) -> list[Hit]:
        """Return up to eight hits of each kind the reader may see, newest first."""
        scope.require(Permission.CAMPAIGN_READ)
        kinds: list[tuple[str, type[Campaign] | type[Ad] | type[Creative]]] = [("campaign", Campaign), ("ad", Ad)]
        if scope.can(Permission.CREATIVE_READ):
            kinds.append(("creative", Creative))
        return [
            Hit(kind, PublicId(public_id), name)
            for kind, model in kinds
            for public_id, name in self._session.execute(self._query(scope, model, text))
        ]

    @staticmethod
    def _query(scope: Scope, model: type[Campaign] | type[Ad] | type[Creative], text: str) -> Select[str, str]:
        like = anywhere(text)
        return (
            select(model.public_id, model.name)
            .where(model.advertiser_id == scope.advertiser_id)
            .where(model.name.like(like, escape=ESCAPE) | (model.public_id == text))
            .order_by(model.id.desc())
            .limit(HITS_A_KIND)
        )
