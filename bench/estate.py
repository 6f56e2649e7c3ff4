"""Advertisers of a wanted size, written straight into the stores: prepared once for the benchmarks of pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import func, insert
from sqlalchemy.orm import Session

from tests.support.people import PASSWORD
from webapp.core.ids import new_public_id
from webapp.core.money import MICROS
from webapp.db.transaction import transaction
from webapp.domain.accounts.types import Registration
from webapp.domain.ads.models import (
    Ad,
    BidModel,
    Campaign,
    CampaignStatus,
    Creative,
    CreativeKind,
    CreativeVersion,
    VersionState,
)
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Settings
from webapp.web.app import KabinetFlask

DAYS = 90
SUMS = ("facts", "stats_15m", "stats_day", "stats_campaign_day", "stats_advertiser_day", "stats_advertiser_15m")
CHUNK = 1_000_000


def email_of(name: str) -> str:
    return f"{name}@bench.example"


def prepare() -> None:
    """Fill the instance of the environment: small, big and wide advertisers."""
    app = create_app(Settings.from_env())
    with app.app_context():
        upgrade()
        app.adapters.analytics.migrate()
        build(app, "small", campaigns=20, ads=2, events=10_000)
        build(app, "big", campaigns=1_000, ads=2, events=10_000_000)
        build(app, "wide", campaigns=1, ads=300, events=1_000_000)
        settle(app)
    app.adapters.close()


def settle(app: KabinetFlask) -> None:
    """Finish the merges that so many inserts at once leave to do, so that pages are not measured beside them."""
    run = app.adapters.analytics._engine.run  # type: ignore[attr-defined]
    for table in SUMS:
        run(f"OPTIMIZE TABLE {table} FINAL")


def build(app: KabinetFlask, name: str, *, campaigns: int, ads: int, events: int) -> None:
    """Add an advertiser with so many campaigns, ads in each, and events over 90 days."""
    now = datetime.now(UTC)
    with transaction(db.session()) as session:
        services = app.adapters.services(session)
        services.accounts.register(
            Registration(email_of(name), PASSWORD, f"The {name} one", "USD", "UTC", name=name.title())
        )
        user = services.accounts.authenticate(email_of(name), PASSWORD)
        user.email_confirmed_at = now
        scope = services.accounts.system_scope(services.accounts.memberships_of(user.id)[0].advertiser_public_id)
        services.ledger.top_up(scope, 10_000 * MICROS, f"bench-{name}")
        first_campaign = _add_campaigns(session, scope.advertiser_id, campaigns, now)
        first_ad = _add_ads(session, scope.advertiser_id, first_campaign, campaigns, ads, now)
    _add_events(app, scope.advertiser_id, first_campaign, first_ad, campaigns, ads, events, now.date())
    print(f"{name}: {campaigns} campaigns, {campaigns * ads} ads, {events:,} events", flush=True)


def _add_campaigns(session: Session, advertiser_id: int, count: int, now: datetime) -> int:
    rows = [
        {
            "public_id": new_public_id("c"), "advertiser_id": advertiser_id, "name": f"Campaign {number:04d}",
            "status": CampaignStatus.ACTIVE, "status_changed_at": now, "status_changed_by": "bench",
            "bid_model": BidModel.CPM, "bid_micros": 2 * MICROS, "daily_budget_micros": 50 * MICROS, "targeting": {},
            "labels": [], "created_at": now, "updated_at": now, "version": 1,
        }
        for number in range(count)
    ]  # fmt: skip
    session.execute(insert(Campaign), rows)
    return int(session.query(func.min(Campaign.id)).filter_by(advertiser_id=advertiser_id).scalar())


def _add_ads(session: Session, advertiser_id: int, first: int, campaigns: int, ads: int, now: datetime) -> int:
    creative = _approved_creative(session, advertiser_id, now)
    rows = [
        {
            "creative_id": creative,
            "public_id": new_public_id("ad"), "advertiser_id": advertiser_id, "campaign_id": first + campaign,
            "name": f"Ad {number}", "landing_url": "https://bench.example/", "created_at": now, "updated_at": now,
            "version": 1,
        }
        for campaign in range(campaigns)
        for number in range(ads)
    ]  # fmt: skip
    session.execute(insert(Ad), rows)
    return int(session.query(func.min(Ad.id)).filter_by(advertiser_id=advertiser_id).scalar())


def _approved_creative(session: Session, advertiser_id: int, now: datetime) -> int:
    """Add a creative that may be shown, so that the campaigns serve."""
    about: dict[str, Any] = {"advertiser_id": advertiser_id, "created_at": now}
    creative = Creative(
        public_id=new_public_id("cr"), kind=CreativeKind.NATIVE, name="Bench", updated_at=now, version=1, **about
    )
    session.add(creative)
    session.flush()
    version = CreativeVersion(
        public_id=new_public_id("cv"), creative_id=creative.id, number=1, state=VersionState.APPROVED, **about
    )
    session.add(version)
    session.flush()
    creative.approved_version_id = creative.latest_version_id = version.id
    session.flush()
    return creative.id


def _add_events(
    app: KabinetFlask, advertiser_id: int, campaign: int, ad: int, campaigns: int, ads: int, events: int, today: date
) -> None:
    """Write one fact an event, spread over the days, the campaigns and their ads."""
    start = int(datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), UTC).timestamp())
    seconds = DAYS * 86_400 - 1
    run = app.adapters.analytics._engine.run  # type: ignore[attr-defined]
    for offset in range(0, events, CHUNK):
        count = min(CHUNK, events - offset)
        run(
            "INSERT INTO facts (advertiser_id, source, import_id, ts, local_day, campaign_id, ad_id, "
            "country, device, site, "
            "impressions, clicks, conversions, sales, spend_micros, revenue_micros, filtered) "
            f"SELECT {advertiser_id}, 0, 0, toDateTime({start} + h % {seconds}, 'UTC') AS ts, toDate(ts, 'UTC'), "
            f"{campaign} + c, {ad} + c * {ads} + n % {ads}, "
            "['LV', 'LT', 'EE', 'FI'][h % 4 + 1], ['phone', 'desktop', 'tablet'][h % 3 + 1], "
            "concat('site', toString(h % 60)), "
            "1, h % 100 = 0, h % 2000 = 0, 0, 2000, 0, h % 50 = 0 "
            f"FROM (SELECT number + {offset} AS n, intHash32(n) AS h, intHash32(n + 7) % {campaigns} AS c "
            f"FROM numbers({count}))"
        )


if __name__ == "__main__":
    prepare()
