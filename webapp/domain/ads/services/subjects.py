"""What events are about: names by inner ids, for telling people."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.ids import PublicId
from webapp.domain.ads.models import Campaign, Creative, CreativeVersion
from webapp.domain.ads.services.names import Named


@dataclass(frozen=True, slots=True)
class Decision:
    """A creative's version a moderator decided on."""

    creative: Named
    number: int
    sentence: str


class EventSubjects:
    """Looks up one advertiser's things for the system; None when there is no such thing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def campaign(self, advertiser_id: int, campaign_id: int) -> Named | None:
        """Return a campaign's id and name."""
        query = select(Campaign.public_id, Campaign.name).where(
            Campaign.id == campaign_id, Campaign.advertiser_id == advertiser_id
        )
        row = self._session.execute(query).one_or_none()
        return Named(PublicId(row.public_id), row.name) if row else None

    def decision(self, advertiser_id: int, version_id: int) -> Decision | None:
        """Return what was decided about a version."""
        query = (
            select(Creative.public_id, Creative.name, CreativeVersion.number, CreativeVersion.reject_sentence)
            .join(CreativeVersion, CreativeVersion.creative_id == Creative.id)
            .where(CreativeVersion.id == version_id, Creative.advertiser_id == advertiser_id)
        )
        row = self._session.execute(query).one_or_none()
        return Decision(Named(PublicId(row[0]), row[1]), row[2], row[3]) if row else None
