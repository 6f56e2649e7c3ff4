"""Light rows of all of an advertiser's campaigns, kept while nothing changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.scope import Scope
from webapp.domain.ads.models import BidModel, Campaign, CampaignStatus


class LightCampaign(NamedTuple):
    """What a list knows of a campaign."""

    id: int
    public_id: str
    name: str
    status: CampaignStatus
    status_changed_at: datetime
    status_changed_by: str
    bid_model: BidModel
    bid_micros: int
    daily_budget_micros: int | None
    total_budget_micros: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    hours: str
    draft_step: int
    labels: list[str]
    version: int


_COLUMNS = [getattr(Campaign, name) for name in LightCampaign._fields]
#: So many advertisers' rows are kept; each is about a kilobyte a campaign.
KEPT = 64


class _Kept:
    """The rows of the advertisers last asked for, each with the stamp they were read at."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Any, tuple[Any, Sequence[LightCampaign]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Any, stamp: Any) -> Sequence[LightCampaign] | None:
        with self._lock:
            found = self._rows.get(key)
            if found is None or found[0] != stamp:
                return None
            self._rows.move_to_end(key)
            return found[1]

    def put(self, key: Any, stamp: Any, rows: Sequence[LightCampaign]) -> None:
        with self._lock:
            self._rows[key] = (stamp, rows)
            self._rows.move_to_end(key)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)


_kept = _Kept()


def light_campaigns(session: Session, scope: Scope) -> Sequence[LightCampaign]:
    """Return every campaign of the advertiser, newest first.

    The database is asked for a stamp that moves with every change (each adds one to a version and sets a time);
    the rows themselves are read again only when it has moved.
    """
    mine = Campaign.advertiser_id == scope.advertiser_id
    stamp_query = select(
        func.count(), func.sum(Campaign.version), func.max(Campaign.id), func.max(Campaign.updated_at)
    ).where(mine)
    stamp = tuple(session.execute(stamp_query).one())
    key = (str(session.get_bind().engine.url), scope.advertiser_public_id)
    rows = _kept.get(key, stamp)
    if rows is None:
        found = session.execute(select(*_COLUMNS).where(mine).order_by(Campaign.id.desc()))
        rows = [LightCampaign(*row) for row in found]
        _kept.put(key, stamp, rows)
    return rows
