"""Figures for tests: facts of an advertiser, written straight into the analytics store."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from webapp.core.ids import new_public_id
from webapp.core.periods import local_midnight
from webapp.core.scope import Scope
from webapp.db.transaction import transaction
from webapp.domain.ads.models import BidModel, Campaign, CampaignStatus
from webapp.domain.analytics.types import FactRow, batches
from webapp.extensions import db
from webapp.web.app import KabinetFlask


def today_of(app: KabinetFlask, scope: Scope) -> date:
    """Return today in the advertiser's zone."""
    return app.adapters.clock.now().astimezone(scope.zone).date()


def add_campaign(app: KabinetFlask, scope: Scope, name: str) -> tuple[int, str]:
    """Add a running campaign; return its inner and its public id."""
    now = app.adapters.clock.now()
    with app.app_context(), transaction(db.session()) as session:
        row = Campaign(
            public_id=new_public_id("c"),
            advertiser_id=scope.advertiser_id,
            name=name,
            status=CampaignStatus.ACTIVE,
            status_changed_at=now,
            bid_model=BidModel.CPC,
            bid_micros=400_000,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        return row.id, row.public_id


def fact(scope: Scope, day: date, campaign_id: int, **values: Any) -> FactRow:
    """Return one fact at the beginning of a local day."""
    ts = local_midnight(day, scope.zone)
    return FactRow(advertiser_id=scope.advertiser_id, ts=ts, local_day=day, campaign_id=campaign_id, **values)


def write_facts(app: KabinetFlask, *rows: FactRow) -> None:
    """Put facts into the store."""
    for batch in batches(rows):
        app.adapters.analytics.insert(batch)


def days_before(day: date, count: int) -> date:
    """Return an earlier day."""
    return day - timedelta(days=count)
