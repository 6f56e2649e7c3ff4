"""Campaigns, ads and creatives for tests, made through the services where a service makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.ids import PublicId, new_public_id
from webapp.core.money import MICROS
from webapp.core.scope import Scope
from webapp.domain.ads.models import BidModel, Campaign, Creative, CreativeKind, CreativeVersion, VersionState
from webapp.domain.ads.services.ads import Ads
from webapp.domain.ads.services.campaigns import Campaigns
from webapp.domain.ads.types import AdInput, CampaignInput
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.types import CampaignSpend
from webapp.domain.events.services import Outbox


@dataclass
class FakeSpending:
    """Charges and money somebody made up."""

    spends: dict[int, CampaignSpend] = field(default_factory=dict)
    spendable: int = 1000 * MICROS

    def spend_of_campaigns(self, scope: Scope, ids: Sequence[int] | None = None) -> Mapping[int, CampaignSpend]:
        """Return the made-up charges."""
        return self.spends

    def spendable_micros(self, scope: Scope) -> int:
        """Return the made-up money."""
        return self.spendable


def units(amount: int, cents: int = 0) -> int:
    """Return 12, 50 as 12.50 in micros."""
    return amount * MICROS + cents * 10_000


def campaign_input(**changes: Any) -> CampaignInput:
    """Return good terms, some of them changed."""
    terms: dict[str, Any] = {
        "name": "Autumn jackets, prospecting",
        "bid_model": BidModel.CPM,
        "bid_micros": units(3, 20),
        "daily_budget_micros": units(120),
        "total_budget_micros": units(9000),
    }
    return CampaignInput(**(terms | changes))


def campaigns_of(session: Session, clock: Clock, spending: FakeSpending | None = None) -> Campaigns:
    """Return the service on a session."""
    return Campaigns(session, clock, AuditLog(session, clock), Outbox(session, clock), spending or FakeSpending())


def ads_of(session: Session, clock: Clock) -> Ads:
    """Return the service on a session."""
    return Ads(session, clock, AuditLog(session, clock), Outbox(session, clock))


def add_campaign(session: Session, clock: Clock, scope: Scope, *, launch: bool = True, **changes: Any) -> Campaign:
    """Add a campaign, launched unless told otherwise."""
    service = campaigns_of(session, clock)
    campaign = service.create(scope, campaign_input(**changes))
    return service.launch(scope, PublicId(campaign.public_id)) if launch else campaign


def add_creative(
    session: Session, clock: Clock, scope: Scope, state: VersionState = VersionState.APPROVED, name: str = "Jackets"
) -> Creative:
    """Add a native creative with one version in a state."""
    now = clock.now()
    creative = Creative(
        public_id=new_public_id("cr"),
        advertiser_id=scope.advertiser_id,
        kind=CreativeKind.NATIVE,
        name=name,
        created_at=now,
        updated_at=now,
    )
    session.add(creative)
    session.flush()
    add_version(session, clock, creative, state)
    return creative


def add_version(session: Session, clock: Clock, creative: Creative, state: VersionState, number: int = 1) -> None:
    """Add a newer version to a creative; an approved one becomes the one that serves."""
    version = CreativeVersion(
        public_id=new_public_id("cv"),
        creative_id=creative.id,
        advertiser_id=creative.advertiser_id,
        number=number,
        state=state,
        title="Three layers",
        text="One jacket.",
        created_at=clock.now(),
    )
    session.add(version)
    session.flush()
    creative.latest_version_id = version.id
    if state is VersionState.APPROVED:
        creative.approved_version_id = version.id
    session.flush()


def ad_input(creative: Creative | None, **changes: Any) -> AdInput:
    """Return a good ad, some of it changed."""
    values: dict[str, Any] = {
        "name": "Jackets for wet, windy days",
        "creative_id": PublicId(creative.public_id) if creative else None,
        "landing_url": "https://tallbrook.example/jackets",
    }
    return AdInput(**(values | changes))
