"""Traffic quality: what was received, what was filtered and why, what was billed."""

from __future__ import annotations

from collections.abc import Callable

from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.analytics.events import TrafficQuality, traffic_quality
from webapp.domain.analytics.ports import EventStore
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.analytics.services import Selection


class Quality:
    """Answers for one advertiser; the compared days of a selection are left out."""

    def __init__(self, events: EventStore, hidden_imports: Callable[[int], tuple[int, ...]] = lambda _: ()) -> None:
        self._events = events
        self._hidden_imports = hidden_imports

    def of(self, scope: Scope, selection: Selection) -> TrafficQuality:
        """Return what came of the events of a selection."""
        scope.require(Permission.CAMPAIGN_READ)
        query = FigureQuery(
            advertiser_id=scope.advertiser_id,
            period=selection.period,
            campaign_ids=selection.campaign_ids,
            ad_ids=selection.ad_ids,
            filters=selection.filters,
            hidden_imports=self._hidden_imports(scope.advertiser_id),
        )
        return traffic_quality(self._events.verdicts(query))
