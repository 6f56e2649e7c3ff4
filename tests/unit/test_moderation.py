"""Moderation: the queue, verdicts, and what the advertiser gets to read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.campaigns import ad_input, add_campaign, ads_of
from tests.support.creatives import REFUSAL, creatives_of, detail, moderation_of, submitted
from tests.support.memory import SettableClock, add_advertiser, memory_session, staff_scope
from webapp.core.errors import Forbidden, Invalid, NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import STAFF_PERMISSIONS, StaffRole
from webapp.core.scope import Actor, Scope, StaffScope
from webapp.domain.ads.creative_policies import FIELDS, MAX_SENTENCE, REJECTION_REASONS
from webapp.domain.ads.creative_types import CreativeInput, Rejection
from webapp.domain.ads.models import CreativeKind, VersionState
from webapp.domain.ads.services.moderation import AlreadyDecided, Moderation
from webapp.domain.audit.models import AuditRecord

CLOCK = SettableClock()
OSKAR = staff_scope(StaffRole.MODERATOR)
INES = StaffScope(Actor(user_id=3, name="Ines Rocha"), STAFF_PERMISSIONS[StaffRole.MODERATOR])


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def scope(session: Session) -> Scope:
    return add_advertiser(session)


@pytest.fixture
def moderation(session: Session) -> Moderation:
    return moderation_of(session, CLOCK)


def test_the_oldest_stands_first(session: Session, scope: Scope, moderation: Moderation) -> None:
    ids = []
    for title in ("First", "Second", "Third"):
        CLOCK.move(minutes=5)
        ids.append(submitted(session, CLOCK, scope, title=title)[1])
    page = moderation.list_waiting(OSKAR, PageRequest(1, 2))
    assert [item.version.public_id for item in page.items] == ids[:2]
    assert page.total == 3
    assert page.items[0].advertiser_name == "Tallbrook Outdoor"
    state = moderation.queue_state(OSKAR)
    assert (state.waiting, state.oldest_at, state.decided) == (3, page.items[0].version.submitted_at, 0)


def test_approving_replaces_what_was_shown(session: Session, scope: Scope, moderation: Moderation) -> None:
    creative, first = submitted(session, CLOCK, scope)
    moderation.approve(OSKAR, first)
    creatives = creatives_of(session, CLOCK)
    asset = detail(session, CLOCK, scope, creative).latest.asset
    assert asset is not None
    creatives.save(
        scope, PublicId(creative.public_id), CreativeInput("", "Another title", "Text", PublicId(asset.public_id))
    )
    creatives.submit(scope, PublicId(creative.public_id))
    second = PublicId(detail(session, CLOCK, scope, creative).latest.version.public_id)
    review = moderation.get(OSKAR, second)
    assert review.approved is not None
    assert review.approved.version.public_id == first
    assert [change.field for change in review.row.changes] == ["title", "text"]
    moderation.approve(INES, second)
    shown = detail(session, CLOCK, scope, creative)
    assert [row.version.state for row in shown.versions] == [VersionState.APPROVED, VersionState.REPLACED]
    assert shown.creative.approved_version_id == shown.versions[0].version.id
    assert shown.versions[0].version.decided_by_name == "Ines Rocha"


def test_a_refusal_reaches_the_advertiser_and_nothing_stops_serving(
    session: Session, scope: Scope, moderation: Moderation
) -> None:
    creative, first = submitted(session, CLOCK, scope)
    moderation.reject(OSKAR, first, REFUSAL)
    version = detail(session, CLOCK, scope, creative).latest.version
    assert (version.state, version.reject_code, version.reject_field) == (
        VersionState.REJECTED,
        "claim.superlative",
        "title",
    )
    assert version.reject_sentence == "“The warmest” needs proof on the landing page."
    assert creative.approved_version_id is None
    row = session.scalars(select(AuditRecord).where(AuditRecord.action == "creative.reject")).one()
    assert (row.actor_name, row.reason, row.advertiser_id) == (
        "Oskar Tamm",
        version.reject_sentence,
        scope.advertiser_id,
    )
    assert moderation.queue_state(OSKAR).decided == 1
    assert moderation.queue_state(INES).decided == 0


@pytest.mark.parametrize("verdict", ["approved", "rejected"])
def test_the_second_verdict_is_told_who_was_first(
    session: Session, scope: Scope, moderation: Moderation, verdict: str
) -> None:
    _, version = submitted(session, CLOCK, scope)
    if verdict == "approved":
        moderation.approve(OSKAR, version)
    else:
        moderation.reject(OSKAR, version, REFUSAL)
    with pytest.raises(AlreadyDecided, match=f"Oskar Tamm has {verdict} this version already"):
        moderation.approve(INES, version)
    with pytest.raises(AlreadyDecided, match="Oskar Tamm"):
        moderation.reject(INES, version, REFUSAL)
    assert len(session.scalars(select(AuditRecord).where(AuditRecord.actor_name == "Ines Rocha")).all()) == 0


def test_what_was_withdrawn_or_archived_leaves_the_queue(
    session: Session, scope: Scope, moderation: Moderation
) -> None:
    creatives = creatives_of(session, CLOCK)
    withdrawn, first = submitted(session, CLOCK, scope)
    archived, second = submitted(session, CLOCK, scope)
    creatives.withdraw(scope, PublicId(withdrawn.public_id))
    creatives.archive(scope, PublicId(archived.public_id))
    assert moderation.list_waiting(OSKAR, PageRequest()).total == 0
    for version in (first, second):
        with pytest.raises(NotFound):
            moderation.approve(OSKAR, version)


def test_drafts_are_nobody_elses_business(session: Session, scope: Scope, moderation: Moderation) -> None:
    creative, version = submitted(session, CLOCK, scope)
    creatives_of(session, CLOCK).withdraw(scope, PublicId(creative.public_id))
    with pytest.raises(NotFound):
        moderation.get(OSKAR, version)


def test_a_refusal_needs_all_three(session: Session, scope: Scope, moderation: Moderation) -> None:
    _, version = submitted(session, CLOCK, scope)
    with pytest.raises(Invalid) as caught:
        moderation.reject(OSKAR, version, Rejection("nonsense", "price", "No."))
    assert set(caught.value.errors) == {"code", "field", "sentence"}
    with pytest.raises(Invalid) as caught:
        moderation.reject(OSKAR, version, Rejection("other", "title", "x" * (MAX_SENTENCE + 1)))
    assert set(caught.value.errors) == {"sentence"}


def test_a_banner_has_no_title_to_refuse(session: Session, scope: Scope, moderation: Moderation) -> None:
    creatives = creatives_of(session, CLOCK)
    _, native = submitted(session, CLOCK, scope)
    asset = moderation.get(OSKAR, native).row.asset
    assert asset is not None
    banner = creatives.create(scope, CreativeKind.IMAGE, CreativeInput(asset_id=PublicId(asset.public_id)))
    creatives.submit(scope, PublicId(banner.public_id))
    version = PublicId(detail(session, CLOCK, scope, banner).latest.version.public_id)
    with pytest.raises(Invalid, match="field"):
        moderation.reject(OSKAR, version, REFUSAL)
    moderation.reject(OSKAR, version, Rejection("image.quality", "picture", "The letters cannot be read."))


def test_moderators_see_where_the_ads_lead_and_who_advertises(
    session: Session, scope: Scope, moderation: Moderation
) -> None:
    creative, version = submitted(session, CLOCK, scope)
    campaign = add_campaign(session, CLOCK, scope)
    for _ in range(2):
        ads_of(session, CLOCK).create(scope, PublicId(campaign.public_id), ad_input(creative))
    review = moderation.get(OSKAR, version)
    assert review.landing_urls == ("https://tallbrook.example/jackets",)
    assert (review.advertiser.name, review.advertiser.creatives, review.advertiser.rejected) == (
        "Tallbrook Outdoor",
        1,
        0,
    )
    assert all(check.ok for check in review.checks)


def test_after_a_verdict_the_oldest_other_one_is_next(session: Session, scope: Scope, moderation: Moderation) -> None:
    _, first = submitted(session, CLOCK, scope)
    CLOCK.move(minutes=1)
    _, second = submitted(session, CLOCK, scope)
    decided = moderation.approve(OSKAR, first)
    assert moderation.next_waiting(OSKAR, decided) == second
    assert moderation.next_waiting(OSKAR, moderation.approve(OSKAR, second)) is None
    assert [item.version.public_id for item in moderation.list_decided(OSKAR, PageRequest()).items] == [second, first]


@pytest.mark.parametrize("role", [StaffRole.FINANCE, StaffRole.SUPPORT])
def test_only_moderators_moderate(session: Session, moderation: Moderation, role: StaffRole) -> None:
    staff = staff_scope(role)
    with pytest.raises(Forbidden):
        moderation.list_waiting(staff, PageRequest())
    with pytest.raises(Forbidden):
        moderation.approve(staff, PublicId("cv_0000000000000000"))


def test_there_are_eight_reasons_and_each_begins_a_sentence() -> None:
    assert len({reason.code for reason in REJECTION_REASONS}) == 8
    assert all(reason.field in FIELDS for reason in REJECTION_REASONS)
    assert [reason.code for reason in REJECTION_REASONS if not reason.sentence] == ["other"]
