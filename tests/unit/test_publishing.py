"""Published documents: which campaigns and ads, in which form, in how many queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.support.campaigns import ad_input, add_campaign, add_creative, add_version, ads_of, campaigns_of, units
from tests.support.creatives import add_asset
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.scope import Scope
from webapp.domain.accounts.directory import Directory
from webapp.domain.accounts.models import Advertiser
from webapp.domain.ads.models import Campaign, CapWindow, Creative, CreativeKind, CreativeVersion, VersionState
from webapp.domain.ads.services.servable import ServableAds
from webapp.domain.ads.types import BidModel, LocalMoment, Pacing, SiteMode, Targeting
from webapp.domain.delivery.fingerprints import fingerprint
from webapp.domain.delivery.publishing import Publishing, Share
from webapp.domain.delivery.rates import Rates
from webapp.domain.delivery.shape import FLAT
from webapp.domain.delivery.types import NATIVE, Charging, PublishedCampaign


@dataclass
class World:
    """A database with an advertiser, and the service at work on it."""

    session: Session
    clock: SettableClock
    scope: Scope
    service: Publishing

    def add(self, creative: Creative | None = None, **terms: Any) -> Campaign:
        """Add a launched campaign with an ad of this creative, of an approved one by default."""
        campaign = add_campaign(self.session, self.clock, self.scope, **terms)
        shown = creative or add_creative(self.session, self.clock, self.scope)
        ads_of(self.session, self.clock).create(self.scope, PublicId(campaign.public_id), ad_input(shown))
        return campaign

    def published(self) -> dict[int, PublishedCampaign]:
        """Return all documents."""
        return {document.id: document for document in self.service.campaigns(FLAT)}

    def document(self, **terms: Any) -> PublishedCampaign:
        """Return the document of a new campaign."""
        campaign = self.add(**terms)
        return self.published()[campaign.id]

    def banner(self, width: int, height: int) -> Creative:
        """Add an approved banner."""
        creative = add_creative(self.session, self.clock, self.scope)
        creative.kind = CreativeKind.IMAGE
        version = self.session.get_one(CreativeVersion, creative.approved_version_id)
        version.asset_id = add_asset(self.session, self.clock, self.scope, width=width, height=height).id
        return creative


@pytest.fixture
def world() -> Iterator[World]:
    with memory_session() as session:
        clock = SettableClock()
        rates = Rates.of("USD", "EUR=1.5")
        service = Publishing(session, clock, ServableAds(session), Directory(session), rates)
        yield World(session, clock, add_advertiser(session), service)


def test_a_launched_campaign_with_an_approved_ad_is_published(world: World) -> None:
    document = world.document(
        bid_micros=units(3, 20),
        daily_budget_micros=units(120),
        pacing=Pacing.EVEN,
        cap_count=3,
        cap_window=CapWindow.DAY,
        category="fashion",
        targeting=Targeting(
            countries=("LV", "EE"), sites=("news.example",), site_mode=SiteMode.EXCEPT, keywords=("Wool", "RAIN")
        ),
    )
    assert (document.charging, document.price_micros, document.rank_micros) == (Charging.IMPRESSION, 3200, 3_200_000)
    assert (document.even, document.daily_micros) == (True, 120_000_000)
    assert (document.cap_count, document.cap_window, document.category) == (3, "day", "fashion")
    assert (document.countries, document.site_mode, document.keywords) == (("LV", "EE"), "except", ("wool", "rain"))
    assert len(document.windows) == 3
    (ad,) = document.ads
    assert (ad.size, ad.title, ad.landing_url) == (NATIVE, "Three layers", "https://tallbrook.example/jackets")


def test_a_click_costs_its_bid_and_other_currencies_are_ranked_by_rates(world: World) -> None:
    world.scope = add_advertiser(world.session, currency="EUR")
    document = world.document(bid_model=BidModel.CPC, bid_micros=units(0, 40))
    assert (document.charging, document.price_micros, document.rank_micros) == (Charging.CLICK, 400_000, 600_000)


def test_paused_drafts_and_ended_campaigns_are_not_published(world: World) -> None:
    kept, draft = world.add(), world.add(launch=False)
    paused, ended = world.add(), world.add(ends=LocalMoment(date(2026, 11, 20)))
    later = world.add(starts=LocalMoment(date(2026, 12, 24)))
    campaigns_of(world.session, world.clock).pause(world.scope, PublicId(paused.public_id))
    world.clock.move(days=2)
    published = world.published()
    assert set(published) == {kept.id, later.id}
    assert published[later.id].windows == ()
    assert draft.id not in published
    assert ended.id not in published


def test_a_campaign_without_an_approved_ad_is_not_published(world: World) -> None:
    add_campaign(world.session, world.clock, world.scope)
    world.add(add_creative(world.session, world.clock, world.scope, VersionState.IN_REVIEW))
    off, gone = world.add(), world.add()
    ads = ads_of(world.session, world.clock)
    ads.set_enabled(world.scope, ad_of(world, off), enabled=False)
    ads.archive(world.scope, ad_of(world, gone))
    assert world.published() == {}


def ad_of(world: World, campaign: Campaign) -> PublicId:
    row = ads_of(world.session, world.clock).list_of(world.scope, campaign, PageRequest()).items[0]
    return PublicId(row.ad.public_id)


def test_an_advertiser_that_is_suspended_shows_nothing(world: World) -> None:
    world.add()
    world.session.get_one(Advertiser, world.scope.advertiser_id).suspended_at = world.clock.now()
    assert world.published() == {}


@pytest.mark.parametrize(("width", "height"), [(300, 250), (600, 500)])
def test_a_banner_has_the_size_of_its_slot(world: World, width: int, height: int) -> None:
    campaign = world.add(world.banner(width, height))
    (ad,) = world.published()[campaign.id].ads
    assert (ad.size, ad.width, ad.height) == ("300x250", 300, 250)
    assert ad.image.startswith("/media/as_")
    assert ad.image.endswith(".png")


def test_a_new_version_in_review_leaves_the_approved_one_in_force(world: World) -> None:
    creative = world.banner(300, 250)
    campaign = world.add(creative)
    before = fingerprint(world.published()[campaign.id])
    add_version(world.session, world.clock, creative, VersionState.IN_REVIEW, number=2)
    assert fingerprint(world.published()[campaign.id]) == before


def test_nodes_share_a_days_budget_to_the_micro(world: World) -> None:
    document = world.document(daily_budget_micros=100_000_001)
    shares = [Share(place, 3).of(document).daily_micros or 0 for place in range(3)]
    assert shares == [33_333_335, 33_333_333, 33_333_333]
    assert Share(1, 2).of(world.document(daily_budget_micros=None)).daily_micros is None


def test_queries_do_not_grow_with_campaigns(world: World) -> None:
    counts = []
    for size in (1, 12):
        for _ in range(size):
            world.add()
        world.session.commit()
        world.session.expire_all()
        with counted(world.session) as statements:
            world.published()
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4  # one of them begins the transaction


class counted:  # noqa: N801
    """Collects the statements a block sends."""

    def __init__(self, session: Session) -> None:
        self._engine = session.get_bind()
        self._statements: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._seen)
        return self._statements

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._seen)

    def _seen(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._statements.append(statement)
