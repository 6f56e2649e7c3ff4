"""Rows of imports that figures have to know about."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.analytics.models import ImportState, StatisticsImport

#: Rows of these may be in the store without being anybody's figures: half written, failed, or half removed.
HIDDEN_STATES = (ImportState.QUEUED, ImportState.RUNNING, ImportState.FAILED, ImportState.REMOVING)


class HiddenImports:
    """Names the imports that are not, or no longer, part of any figure; asks once for each advertiser."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, tuple[int, ...]] = {}

    def __call__(self, advertiser_id: int) -> tuple[int, ...]:
        """Return the ids of the advertiser's hidden imports."""
        if advertiser_id not in self._known:
            query = select(StatisticsImport.id).where(
                StatisticsImport.advertiser_id == advertiser_id, StatisticsImport.state.in_(HIDDEN_STATES)
            )
            self._known[advertiser_id] = tuple(self._session.scalars(query))
        return self._known[advertiser_id]
