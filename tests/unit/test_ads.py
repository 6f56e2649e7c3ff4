from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Select, event
from sqlalchemy.orm import ORMExecuteState, Session

from tests.support.campaigns import ad_input, add_campaign, add_creative, add_version, ads_of
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.errors import Invalid, NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.scope import Scope
from webapp.domain.ads.errors import StaleVersion, WrongState
from webapp.domain.ads.models import Campaign, Creative, VersionState
from webapp.domain.ads.services.ads import Ads, ad_state
from webapp.domain.ads.types import AdState


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def scope(session: Session) -> Scope:
    return add_advertiser(session)


@pytest.fixture
def ads(session: Session, clock: SettableClock) -> Ads:
    return ads_of(session, clock)


@pytest.fixture
def campaign(session: Session, clock: SettableClock, scope: Scope) -> Campaign:
    return add_campaign(session, clock, scope)


@pytest.fixture
def creative(session: Session, clock: SettableClock, scope: Scope) -> Creative:
    return add_creative(session, clock, scope)


def test_an_ad_takes_its_creatives_name(ads: Ads, scope: Scope, campaign: Campaign, creative: Creative) -> None:
    ad = ads.create(scope, PublicId(campaign.public_id), ad_input(creative, name=""))
    assert ad.name == creative.name
    assert ads.get(scope, PublicId(ad.public_id)).creative is creative


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("creative", {"creative_id": None}),
        ("creative", {"creative_id": PublicId("cr_0000000000000000")}),
        ("name", {"name": "x" * 121}),
        ("landing_url", {"landing_url": "javascript:alert(1)"}),
        ("weight", {"weight": 0}),
        ("weight", {"weight": 101}),
    ],
)
def test_bad_ads_are_refused_beside_their_field(
    ads: Ads, scope: Scope, campaign: Campaign, creative: Creative, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as caught:
        ads.create(scope, PublicId(campaign.public_id), ad_input(creative, **changes))
    assert set(caught.value.errors) == {field}


def test_another_tenants_creative_is_unknown(
    session: Session, clock: SettableClock, ads: Ads, scope: Scope, campaign: Campaign
) -> None:
    other = add_advertiser(session, name="Other")
    foreign = add_creative(session, clock, other)
    with pytest.raises(Invalid) as caught:
        ads.create(scope, PublicId(campaign.public_id), ad_input(foreign))
    assert set(caught.value.errors) == {"creative"}
    with pytest.raises(NotFound):
        ads.create(other, PublicId(campaign.public_id), ad_input(foreign))


def test_an_ad_is_switched_changed_archived_and_restored(
    ads: Ads, scope: Scope, campaign: Campaign, creative: Creative
) -> None:
    ad = ads.create(scope, PublicId(campaign.public_id), ad_input(creative))
    ad_id = PublicId(ad.public_id)
    ads.set_enabled(scope, ad_id, enabled=False)
    version = ad.version
    ads.set_enabled(scope, ad_id, enabled=False)
    assert (ad.enabled, ad.version) == (False, version)
    ads.set_weight(scope, ad_id, 7)
    with pytest.raises(StaleVersion):
        ads.update(scope, ad_id, ad_input(creative), version=version)
    ads.archive(scope, ad_id)
    with pytest.raises(WrongState):
        ads.update(scope, ad_id, ad_input(creative))
    assert ads.list_of(scope, campaign, PageRequest()).total == 0
    ads.unarchive(scope, ad_id)
    assert [row.ad.weight for row in ads.list_of(scope, campaign, PageRequest()).items] == [7]


def test_the_approved_version_keeps_serving(
    session: Session, clock: SettableClock, ads: Ads, scope: Scope, campaign: Campaign, creative: Creative
) -> None:
    ad = ads.create(scope, PublicId(campaign.public_id), ad_input(creative))
    add_version(session, clock, creative, VersionState.REJECTED, number=2)
    row = ads.get(scope, PublicId(ad.public_id))
    assert ad_state(row) is AdState.APPROVED
    assert row.latest is not None
    assert row.latest.state is VersionState.REJECTED
    creative.approved_version_id = None
    assert ad_state(row) is AdState.REJECTED


def test_a_long_list_comes_in_pages(ads: Ads, scope: Scope, campaign: Campaign, creative: Creative) -> None:
    for number in range(30):
        ads.create(scope, PublicId(campaign.public_id), ad_input(creative, name=f"Ad {number}"))
    page = ads.list_of(scope, campaign, PageRequest(2, 25))
    assert (page.total, page.pages, page.first, page.last) == (30, 2, 26, 30)
    assert page.items[0].ad.name == "Ad 25"


def test_a_chosen_creative_is_locked_until_the_ad_is_saved(
    session: Session, ads: Ads, scope: Scope, campaign: Campaign, creative: Creative
) -> None:
    locked: list[bool] = []

    @event.listens_for(session, "do_orm_execute")
    def watch(state: ORMExecuteState) -> None:
        statement = state.statement
        if isinstance(statement, Select) and statement.column_descriptions[0]["entity"] is Creative:
            locked.append(statement._for_update_arg is not None)

    ad = ads.create(scope, PublicId(campaign.public_id), ad_input(creative))
    assert locked == [True]
    ads.update(scope, PublicId(ad.public_id), ad_input(creative, name="Other"))
    assert locked == [True, True]


def test_an_ad_does_not_come_back_with_an_archived_creative(
    session: Session, clock: SettableClock, ads: Ads, scope: Scope, campaign: Campaign, creative: Creative
) -> None:
    ad_id = PublicId(ads.create(scope, PublicId(campaign.public_id), ad_input(creative)).public_id)
    ads.archive(scope, ad_id)
    creative.archived_at = clock.now()
    with pytest.raises(WrongState):
        ads.unarchive(scope, ad_id)
    creative.archived_at = None
    assert ads.unarchive(scope, ad_id).archived_at is None
