from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.campaigns import (
    FakeSpending,
    ad_input,
    add_campaign,
    add_creative,
    ads_of,
    campaign_input,
    campaigns_of,
    units,
)
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.errors import Forbidden, Invalid, NotFound
from webapp.core.ids import PublicId
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Actor, Scope
from webapp.domain.ads.errors import StaleVersion, WrongState
from webapp.domain.ads.models import Ad, Campaign, CampaignLabel, CampaignStatus, Origin
from webapp.domain.ads.services.campaigns import terms_of
from webapp.domain.ads.types import LocalMoment, Targeting
from webapp.domain.audit.models import AuditRecord
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.types import CampaignSpend


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


def history(session: Session, clock: SettableClock, scope: Scope, campaign: Campaign) -> list[AuditRecord]:
    subjects = campaigns_of(session, clock).subjects(scope, campaign)
    return AuditLog(session, clock).history(scope, subjects)


def pid(campaign: Campaign) -> PublicId:
    return PublicId(campaign.public_id)


def test_a_draft_is_filled_step_by_step_and_launched(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    draft = service.create(scope, campaign_input(bid_micros=None, daily_budget_micros=None, total_budget_micros=None))
    assert (draft.status, draft.draft_step, draft.version) == (CampaignStatus.DRAFT, 1, 1)
    with pytest.raises(Invalid) as caught:
        service.launch(scope, pid(draft))
    assert set(caught.value.errors) == {"bid", "daily_budget"}
    service.update(scope, pid(draft), campaign_input(), version=1, step=2)
    service.update(scope, pid(draft), campaign_input(), version=2, step=1)
    assert draft.draft_step == 2
    launched = service.launch(scope, pid(draft))
    assert launched.status is CampaignStatus.ACTIVE
    with pytest.raises(WrongState):
        service.launch(scope, pid(draft))


def test_a_campaign_comes_back_as_the_form_that_made_it(session: Session, clock: SettableClock, scope: Scope) -> None:
    given = campaign_input(
        starts=LocalMoment(date(2026, 12, 1)),
        ends=LocalMoment(date(2026, 12, 31)),
        targeting=Targeting(countries=("LV",)),
        labels=("outdoor",),
        notes="For the sale",
        category="fashion",
    )
    assert terms_of(campaigns_of(session, clock).create(scope, given), scope) == given


def test_history_keeps_before_and_after(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    clock.move(hours=1)
    service.edit_field(scope, pid(campaign), "bid", units(3, 60), version=campaign.version)
    clock.move(hours=1)
    changed = campaign_input(bid_micros=units(3, 60), targeting=Targeting(countries=("LV", "FI")))
    service.update(scope, pid(campaign), changed, version=campaign.version)
    newest, bid, *_ = history(session, clock, scope, campaign)
    assert bid.changes == [{"field": "bid", "before": units(3, 20), "after": units(3, 60)}]
    assert newest.changes == [{"field": "countries", "before": [], "after": ["LV", "FI"]}]
    assert newest.actor_name == "Mara Lindholm"


def test_saving_what_is_there_leaves_no_trace(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    before = (campaign.version, len(history(session, clock, scope, campaign)))
    service.update(scope, pid(campaign), campaign_input(), version=campaign.version)
    assert (campaign.version, len(history(session, clock, scope, campaign))) == before


def test_an_older_form_is_refused_and_told_whose_work_it_would_undo(
    session: Session, clock: SettableClock, scope: Scope
) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    old = campaign.version
    service.edit_field(scope, pid(campaign), "name", "New name", version=old)
    with pytest.raises(StaleVersion) as caught:
        service.update(scope, pid(campaign), campaign_input(), version=old)
    assert caught.value.values["by"] == "Mara Lindholm"
    assert campaign.name == "New name"


def test_inline_edits_keep_the_rules_of_the_form(session: Session, clock: SettableClock, scope: Scope) -> None:
    spending = FakeSpending()
    service = campaigns_of(session, clock, spending)
    campaign = add_campaign(session, clock, scope)
    spending.spends[campaign.id] = CampaignSpend(units(25, 5), units(2660, 40))
    for field, value in [
        ("daily_budget", units(25)),
        ("daily_budget", units(9001)),
        ("total_budget", units(2660)),
        ("total_budget", units(100)),
        ("bid", None),
        ("bid", units(0, 0)),
        ("name", ""),
    ]:
        with pytest.raises(Invalid) as caught:
            service.edit_field(scope, pid(campaign), field, value)
        assert set(caught.value.errors) == {field}
    service.edit_field(scope, pid(campaign), "daily_budget", units(75))
    service.edit_field(scope, pid(campaign), "total_budget", None)
    assert (campaign.daily_budget_micros, campaign.total_budget_micros) == (units(75), None)
    with pytest.raises(Invalid):
        service.edit_field(scope, pid(campaign), "daily_budget", None)


def test_an_imported_campaign_can_be_renamed(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    campaign.origin, campaign.bid_micros = Origin.IMPORT, 0
    campaign.daily_budget_micros = campaign.total_budget_micros = None
    session.flush()
    service.edit_field(scope, pid(campaign), "name", "From the old account")
    service.edit_field(scope, pid(campaign), "daily_budget", units(5))
    service.pause(scope, pid(campaign))
    with pytest.raises(Invalid) as caught:
        service.resume(scope, pid(campaign))
    assert set(caught.value.errors) == {"bid"}


def test_pause_resume_archive_and_back(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    clock.move(hours=1)
    service.pause(scope, pid(campaign))
    service.pause(scope, pid(campaign))
    assert (campaign.status, campaign.status_changed_by) == (CampaignStatus.PAUSED, "Mara Lindholm")
    assert campaign.status_changed_at == clock.now()
    service.archive(scope, pid(campaign))
    for refused in (service.pause, service.resume, service.archive, service.launch):
        with pytest.raises(WrongState):
            refused(scope, pid(campaign))
    with pytest.raises(WrongState):
        service.edit_field(scope, pid(campaign), "name", "x")
    service.unarchive(scope, pid(campaign))
    assert campaign.status == "paused"
    service.resume(scope, pid(campaign))
    assert campaign.status == "active"
    deeds = [row.action for row in history(session, clock, scope, campaign)]
    assert deeds[:4] == ["campaign.resume", "campaign.unarchive", "campaign.archive", "campaign.pause"]


def test_a_copy_is_a_draft_with_its_own_ads_and_name(session: Session, clock: SettableClock, scope: Scope) -> None:
    service, ads = campaigns_of(session, clock), ads_of(session, clock)
    campaign = add_campaign(session, clock, scope, labels=("outdoor",), ends=LocalMoment(date(2026, 11, 20)))
    creative = add_creative(session, clock, scope)
    kept = ads.create(scope, pid(campaign), ad_input(creative, weight=3))
    gone = ads.create(scope, pid(campaign), ad_input(creative))
    ads.archive(scope, PublicId(gone.public_id))
    clock.move(days=30)
    first, second = service.duplicate(scope, pid(campaign)), service.duplicate(scope, pid(campaign))
    assert (first.name, second.name) == (f"Copy of {campaign.name}", f"Copy of {campaign.name} (2)")
    assert (first.status, first.draft_step, first.ends_at) == (CampaignStatus.DRAFT, 4, None)
    copies = session.scalars(select(Ad).where(Ad.campaign_id == first.id)).all()
    assert [(ad.weight, ad.landing_url) for ad in copies] == [(3, kept.landing_url)]
    assert copies[0].public_id != kept.public_id
    labels = session.scalars(select(CampaignLabel.label).where(CampaignLabel.campaign_id == first.id)).all()
    assert labels == ["outdoor"]


def test_the_longest_name_can_be_copied(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope, name="x" * 120)
    names = {service.duplicate(scope, pid(campaign)).name for _ in range(3)}
    assert len(names) == 3
    assert max(map(len, names)) <= 120


def test_labels_are_found_again(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope, labels=("b", "A"))
    assert service.labels(scope) == ["A", "b"]
    service.update(scope, pid(campaign), campaign_input(labels=("c",)), version=None)
    assert service.labels(scope) == ["c"]


def test_other_tenants_and_readers(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    other = add_advertiser(session, name="Other", actor=Actor(9, "Eve"))
    analyst = add_advertiser(session, name="Third", role=AdvertiserRole.ANALYST)
    for deed in (service.get, service.pause, service.archive, service.duplicate, service.launch):
        with pytest.raises(NotFound):
            deed(other, pid(campaign))
    with pytest.raises(NotFound):
        service.edit_field(other, pid(campaign), "name", "mine")
    with pytest.raises(Forbidden):
        service.pause(analyst, pid(campaign))
    assert campaign.status is CampaignStatus.ACTIVE


def test_an_untouched_start_in_the_doubled_hour_stays(session: Session, clock: SettableClock, scope: Scope) -> None:
    service = campaigns_of(session, clock)
    campaign = add_campaign(session, clock, scope)
    second_half_past_three = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    campaign.starts_at = second_half_past_three
    session.flush()
    service.update(scope, pid(campaign), terms_of(campaign, scope), version=None)
    assert campaign.starts_at == second_half_past_three
