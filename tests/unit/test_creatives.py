"""Creatives: versions, drafts, what goes to review, what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.campaigns import ad_input, add_campaign, ads_of
from tests.support.creatives import (
    REFUSAL,
    add_asset,
    add_native,
    creatives_of,
    detail,
    moderation_of,
    native_input,
    submitted,
)
from tests.support.memory import SettableClock, add_advertiser, memory_session, staff_scope
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.ads.creative_types import CreativeInput, GalleryQuery, GalleryTab
from webapp.domain.ads.errors import StaleVersion, WrongState
from webapp.domain.ads.models import Creative, CreativeKind, VersionState
from webapp.domain.ads.services.creatives import Creatives
from webapp.domain.audit.models import AuditRecord

CLOCK = SettableClock()


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def scope(session: Session) -> Scope:
    return add_advertiser(session)


@pytest.fixture
def creatives(session: Session) -> Creatives:
    return creatives_of(session, CLOCK)


def ident(creative: Creative) -> PublicId:
    return PublicId(creative.public_id)


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)))


def states(session: Session, scope: Scope, creative: Creative) -> dict[int, VersionState]:
    rows = detail(session, CLOCK, scope, creative).versions
    return {row.version.number: row.version.state for row in rows}


def test_a_creative_begins_as_a_draft(session: Session, scope: Scope) -> None:
    shown = detail(session, CLOCK, scope, add_native(session, CLOCK, scope))
    assert shown.creative.name == "Jackets for wet, windy days"
    assert (shown.latest.version.number, shown.latest.version.state) == (1, VersionState.DRAFT)
    assert shown.open is shown.latest
    assert shown.approved is None
    assert actions(session) == ["creative.create"]


def test_words_are_cleaned(session: Session, scope: Scope) -> None:
    shown = detail(
        session, CLOCK, scope, add_native(session, CLOCK, scope, title="  Shell\t\n jacket\x00 ", text="e\u0301")
    )
    assert shown.latest.version.title == "Shell jacket"
    assert shown.latest.version.text == "é"


def test_words_that_are_too_long_say_how_long(scope: Scope, creatives: Creatives) -> None:
    with pytest.raises(Invalid) as caught:
        creatives.create(scope, CreativeKind.NATIVE, CreativeInput(title="x" * 61, text="y" * 141))
    assert {field: str(text) for field, text in caught.value.errors.items()} == {
        "title": "61 characters; 60 fit. Shorten it.",
        "text": "141 characters; 140 fit. Shorten it.",
    }


def test_sixty_and_a_hundred_and_forty_fit(scope: Scope, creatives: Creatives) -> None:
    assert creatives.create(scope, CreativeKind.NATIVE, CreativeInput(title="ё" * 60, text="😀" * 140)).public_id


def test_a_name_comes_from_the_file_where_nothing_else_says_one(
    session: Session, scope: Scope, creatives: Creatives
) -> None:
    asset = add_asset(session, CLOCK, scope, name="C:\\fakepath\\coast.orange.png")
    creative = creatives.create(scope, CreativeKind.IMAGE, CreativeInput(asset_id=PublicId(asset.public_id)))
    assert creative.name == "coast.orange"


def test_nothing_at_all_is_no_creative(scope: Scope, creatives: Creatives) -> None:
    with pytest.raises(Invalid, match="name"):
        creatives.create(scope, CreativeKind.NATIVE, CreativeInput())


def test_a_draft_is_written_over(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative = add_native(session, CLOCK, scope)
    creatives.save(scope, ident(creative), CreativeInput("Autumn", "Shell", "Dry."))
    shown = detail(session, CLOCK, scope, creative)
    assert [row.version.number for row in shown.versions] == [1]
    assert (shown.creative.name, shown.latest.version.title, shown.latest.asset) == ("Autumn", "Shell", None)


def test_saving_the_same_again_is_not_a_change(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative = add_native(session, CLOCK, scope)
    asset = detail(session, CLOCK, scope, creative).latest.asset
    creatives.save(scope, ident(creative), native_input(asset))
    assert actions(session) == ["creative.create"]


def test_a_form_filled_from_an_older_state_is_refused(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative = add_native(session, CLOCK, scope)
    seen = creative.version
    CLOCK.move(seconds=1)
    creatives.save(scope, ident(creative), CreativeInput(title="Mine"), seen_version=seen)
    with pytest.raises(StaleVersion):
        creatives.save(scope, ident(creative), CreativeInput(title="Yours"), seen_version=seen)


def test_an_approved_version_keeps_serving_while_the_next_one_waits(
    session: Session, scope: Scope, creatives: Creatives
) -> None:
    creative, first = submitted(session, CLOCK, scope)
    moderation_of(session, CLOCK).approve(staff_scope(), first)
    creatives.save(scope, ident(creative), CreativeInput(title="Another", text="Text", asset_id=None))
    assert states(session, scope, creative) == {2: VersionState.DRAFT, 1: VersionState.APPROVED}
    shown = detail(session, CLOCK, scope, creative)
    assert shown.approved is not None
    assert shown.approved.version.number == 1
    changes = {change.field: (change.before, change.after) for change in shown.latest.changes}
    assert changes["title"] == ("Jackets for wet, windy days", "Another")
    assert changes["picture"] == ("shell.png", "")


def test_saving_an_approved_version_unchanged_makes_no_version(
    session: Session, scope: Scope, creatives: Creatives
) -> None:
    creative, first = submitted(session, CLOCK, scope)
    moderation_of(session, CLOCK).approve(staff_scope(), first)
    asset = detail(session, CLOCK, scope, creative).latest.asset
    creatives.save(scope, ident(creative), native_input(asset, name="Only the name"))
    assert states(session, scope, creative) == {1: VersionState.APPROVED}
    assert creative.name == "Only the name"


def test_what_is_in_review_must_be_withdrawn_to_be_changed(
    session: Session, scope: Scope, creatives: Creatives
) -> None:
    creative, _ = submitted(session, CLOCK, scope)
    with pytest.raises(WrongState, match="Version 1 is in review"):
        creatives.save(scope, ident(creative), CreativeInput(title="Another"))
    creatives.withdraw(scope, ident(creative))
    assert detail(session, CLOCK, scope, creative).latest.version.submitted_at is None
    creatives.save(scope, ident(creative), CreativeInput(title="Another"))
    with pytest.raises(WrongState, match="not in review"):
        creatives.withdraw(scope, ident(creative))


def test_sending_twice_is_like_sending_once(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative, _ = submitted(session, CLOCK, scope)
    creatives.submit(scope, ident(creative))
    assert actions(session).count("creative.submit") == 1


def test_a_native_creative_needs_words_and_a_picture(scope: Scope, creatives: Creatives) -> None:
    creative = creatives.create(scope, CreativeKind.NATIVE, CreativeInput(name="Empty"))
    with pytest.raises(Invalid) as caught:
        creatives.submit(scope, ident(creative))
    assert set(caught.value.errors) == {"title", "text", "picture"}


@pytest.mark.parametrize(("width", "height"), [(128, 128), (100, 100), (1600, 1067)])
def test_any_picture_from_a_hundred_pixels_serves_a_native_creative(
    session: Session, scope: Scope, creatives: Creatives, width: int, height: int
) -> None:
    asset = add_asset(session, CLOCK, scope, width=width, height=height)
    creative = creatives.create(scope, CreativeKind.NATIVE, native_input(asset))
    creatives.submit(scope, ident(creative))
    assert states(session, scope, creative) == {1: VersionState.IN_REVIEW}


def test_a_native_picture_below_that_is_refused(session: Session, scope: Scope, creatives: Creatives) -> None:
    asset = add_asset(session, CLOCK, scope, width=300, height=50)
    creative = creatives.create(scope, CreativeKind.NATIVE, native_input(asset))
    with pytest.raises(Invalid, match=r"shell\.png is 300 × 50\. A native picture needs 100 × 100"):
        creatives.submit(scope, ident(creative))


@pytest.mark.parametrize(("width", "height"), [(300, 250), (600, 500), (320, 50)])
def test_a_banner_has_a_size_that_sites_sell(
    session: Session, scope: Scope, creatives: Creatives, width: int, height: int
) -> None:
    asset = add_asset(session, CLOCK, scope, width=width, height=height)
    creative = creatives.create(scope, CreativeKind.IMAGE, CreativeInput(asset_id=PublicId(asset.public_id)))
    creatives.submit(scope, ident(creative))
    assert states(session, scope, creative) == {1: VersionState.IN_REVIEW}


def test_a_banner_of_another_size_is_told_the_nearest(session: Session, scope: Scope, creatives: Creatives) -> None:
    asset = add_asset(session, CLOCK, scope, name="hopper.png", width=128, height=128)
    creative = creatives.create(scope, CreativeKind.IMAGE, CreativeInput(asset_id=PublicId(asset.public_id)))
    with pytest.raises(Invalid) as caught:
        creatives.submit(scope, ident(creative))
    assert "hopper.png is 128 × 128, no size that sites sell. The nearest are 125 × 125, 180 × 150, 200 × 200" in str(
        caught.value.errors["picture"]
    )


def test_a_rejected_version_is_fixed_and_sent_again(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative, first = submitted(session, CLOCK, scope)
    moderation_of(session, CLOCK).reject(staff_scope(), first, REFUSAL)
    with pytest.raises(WrongState, match="Change something"):
        creatives.submit(scope, ident(creative))
    creatives.edit_copy(scope, ident(creative), first)
    shown = detail(session, CLOCK, scope, creative)
    assert (shown.latest.version.number, shown.latest.version.title) == (2, "Jackets for wet, windy days")
    creatives.save(scope, ident(creative), native_input(shown.latest.asset, title="Stoneware"))
    creatives.submit(scope, ident(creative))
    assert states(session, scope, creative) == {1: VersionState.REJECTED, 2: VersionState.IN_REVIEW}
    with pytest.raises(WrongState, match="not finished"):
        creatives.edit_copy(scope, ident(creative), first)


def test_a_draft_can_be_discarded(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative, first = submitted(session, CLOCK, scope)
    moderation_of(session, CLOCK).approve(staff_scope(), first)
    creatives.save(scope, ident(creative), CreativeInput(title="Another"))
    creatives.discard(scope, ident(creative))
    assert states(session, scope, creative) == {1: VersionState.APPROVED}
    with pytest.raises(WrongState):
        creatives.discard(scope, ident(creative))


def test_the_only_version_cannot_be_discarded(session: Session, scope: Scope, creatives: Creatives) -> None:
    with pytest.raises(WrongState, match="Archive"):
        creatives.discard(scope, ident(add_native(session, CLOCK, scope)))


def test_a_rename_is_no_version(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative, _ = submitted(session, CLOCK, scope)
    creatives.rename(scope, ident(creative), "  Autumn 2026 ")
    assert creative.name == "Autumn 2026"
    assert states(session, scope, creative) == {1: VersionState.IN_REVIEW}
    with pytest.raises(Invalid):
        creatives.rename(scope, ident(creative), " ")


def test_copies_get_free_names(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative = add_native(session, CLOCK, scope, name="Shell")
    names = [creatives.duplicate(scope, ident(creative)).name for _ in range(3)]
    assert names == ["Shell 2", "Shell 3", "Shell 4"]
    copied = detail(session, CLOCK, scope, creatives.duplicate(scope, ident(creative)))
    assert copied.latest.version.state is VersionState.DRAFT
    assert copied.latest.asset == detail(session, CLOCK, scope, creative).latest.asset


def test_the_archive_and_back(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative, _ = submitted(session, CLOCK, scope)
    creatives.archive(scope, ident(creative))
    creatives.archive(scope, ident(creative))
    assert states(session, scope, creative) == {1: VersionState.DRAFT}
    assert creatives.tab_counts(scope)[GalleryTab.ARCHIVED] == 1
    with pytest.raises(WrongState, match="archive"):
        creatives.submit(scope, ident(creative))
    creatives.restore(scope, ident(creative))
    assert creatives.tab_counts(scope)[GalleryTab.DRAFT] == 1
    assert actions(session)[-2:] == ["creative.archive", "creative.restore"]


def test_what_ads_show_cannot_go_to_the_archive(session: Session, scope: Scope, creatives: Creatives) -> None:
    creative, _ = submitted(session, CLOCK, scope)
    campaign = add_campaign(session, CLOCK, scope)
    ads_of(session, CLOCK).create(scope, PublicId(campaign.public_id), ad_input(creative))
    shown = detail(session, CLOCK, scope, creative)
    assert [used.campaign.name for used in shown.used_in] == ["Autumn jackets, prospecting"]
    with pytest.raises(Conflict, match="used in 1 ads"):
        creatives.archive(scope, ident(creative))


def test_the_gallery_is_narrowed(session: Session, scope: Scope, creatives: Creatives) -> None:
    draft = add_native(session, CLOCK, scope, title="Shell 100%")
    waiting, _ = submitted(session, CLOCK, scope, title="Fleece")
    asset = add_asset(session, CLOCK, scope)
    banner = creatives.create(scope, CreativeKind.IMAGE, CreativeInput("Banner", asset_id=PublicId(asset.public_id)))

    def found(**asked: object) -> list[str]:
        page = creatives.list_gallery(scope, GalleryQuery(**asked), PageRequest())  # type: ignore[arg-type]
        return [row.creative.public_id for row in page.items]

    assert found() == [banner.public_id, waiting.public_id, draft.public_id]
    assert found(tab=GalleryTab.IN_REVIEW) == [waiting.public_id]
    assert found(kind=CreativeKind.IMAGE) == [banner.public_id]
    assert found(text="0%") == [draft.public_id]
    assert found(text=waiting.public_id) == [waiting.public_id]
    assert creatives.tab_counts(scope)[GalleryTab.ALL] == 3


def test_pages_of_the_gallery(session: Session, scope: Scope, creatives: Creatives) -> None:
    for _ in range(5):
        add_native(session, CLOCK, scope)
    page = creatives.list_gallery(scope, GalleryQuery(), PageRequest(2, 2))
    assert (page.total, page.pages, len(page.items)) == (5, 3, 2)


def test_anothers_creative_and_picture_are_not_there(session: Session, scope: Scope, creatives: Creatives) -> None:
    other = add_advertiser(session, name="Farwood Camps")
    creative = add_native(session, CLOCK, scope)
    asset = detail(session, CLOCK, scope, creative).latest.asset
    for act in (creatives.get, creatives.submit, creatives.archive, creatives.duplicate, creatives.withdraw):
        with pytest.raises(NotFound):
            act(other, ident(creative))
    with pytest.raises(NotFound):
        creatives.create(other, CreativeKind.NATIVE, native_input(asset))
    assert creatives.list_gallery(other, GalleryQuery(), PageRequest()).total == 0


def test_an_analyst_reads_and_does_not_write(session: Session) -> None:
    analyst = add_advertiser(session, role=AdvertiserRole.ANALYST)
    creatives = creatives_of(session, CLOCK)
    assert creatives.tab_counts(analyst)[GalleryTab.ALL] == 0
    with pytest.raises(Forbidden):
        creatives.create(analyst, CreativeKind.NATIVE, CreativeInput(name="x"))
    with pytest.raises(Forbidden):
        creatives.list_gallery(add_advertiser(session, role=AdvertiserRole.BILLING), GalleryQuery(), PageRequest())
