"""Events: written with their deed, matched by patterns, claimed in order, kept for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.campaigns import ad_input, add_creative, ads_of, campaign_input, campaigns_of
from tests.support.creatives import REFUSAL, creatives_of, moderation_of, submitted
from tests.support.memory import SettableClock, add_advertiser, memory_session, staff_scope
from webapp.core.ids import PublicId
from webapp.core.money import MICROS
from webapp.core.scope import Scope
from webapp.domain.audit.models import AuditRecord
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.services import Ledger
from webapp.domain.billing.types import Holder
from webapp.domain.events.models import OutboxEvent
from webapp.domain.events.services import Consumption, Outbox
from webapp.domain.events.topics import matches
from webapp.domain.events.types import BALANCE_CHANGED, CAMPAIGN_CHANGED, CREATIVE_CHANGED, CREATIVE_DECIDED, Envelope

CLOCK = SettableClock()


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def scope(session: Session) -> Scope:
    return add_advertiser(session)


@pytest.fixture
def outbox(session: Session) -> Outbox:
    return Outbox(session, CLOCK)


def told(session: Session, name: str) -> list[dict[str, object]]:
    """Return what the events of a name carry, in order."""
    query = select(OutboxEvent.payload).where(OutboxEvent.name == name).order_by(OutboxEvent.id)
    return list(session.scalars(query))


@pytest.mark.parametrize(
    ("pattern", "name", "is_match"),
    [
        ("ads.#", "ads.campaign.changed.v1", True),
        ("ads.#", "ads", True),
        ("ads.*.changed.*", "ads.campaign.changed.v1", True),
        ("ads.*.changed.v1", "ads.campaign.ended.v1", False),
        ("ads.*", "ads.campaign.changed.v1", False),
        ("#.v1", "ads.campaign.changed.v1", True),
        ("#.changed.#", "ads.campaign.changed.v1", True),
        ("billing.#", "ads.billing.v1", False),
        ("", "ads", False),
    ],
)
def test_patterns_are_those_of_a_topic_exchange(pattern: str, name: str, is_match: bool) -> None:
    assert matches(pattern, name) is is_match


def test_every_deed_on_a_campaign_or_its_ads_is_told(session: Session, scope: Scope) -> None:
    campaigns, ads = campaigns_of(session, CLOCK), ads_of(session, CLOCK)
    creative = add_creative(session, CLOCK, scope)
    campaign = campaigns.create(scope, campaign_input())
    id = PublicId(campaign.public_id)
    campaigns.update(scope, id, campaign_input(name="Winter jackets"), version=None)
    campaigns.launch(scope, id)
    ad = PublicId(ads.create(scope, id, ad_input(creative)).public_id)
    ads.update(scope, ad, ad_input(creative, name="Another"))
    ads.set_enabled(scope, ad, enabled=False)
    ads.set_weight(scope, ad, 7)
    ads.archive(scope, ad)
    ads.unarchive(scope, ad)
    campaigns.edit_field(scope, id, "bid", 5 * MICROS)
    campaigns.pause(scope, id)
    campaigns.resume(scope, id)
    campaigns.archive(scope, id)
    campaigns.unarchive(scope, id)
    copy = campaigns.duplicate(scope, id)
    session.flush()
    logged = session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)).all()
    assert len(logged) == 15
    assert told(session, CAMPAIGN_CHANGED) == [{"campaign_id": campaign.id}] * 14 + [{"campaign_id": copy.id}]


def test_a_deed_that_changes_nothing_tells_nothing(session: Session, scope: Scope) -> None:
    campaigns = campaigns_of(session, CLOCK)
    campaign = campaigns.create(scope, campaign_input())
    campaigns.update(scope, PublicId(campaign.public_id), campaign_input(), version=None)
    session.flush()
    assert told(session, CAMPAIGN_CHANGED) == [{"campaign_id": campaign.id}]


def test_a_verdict_is_told_and_an_approval_changes_what_is_shown(session: Session, scope: Scope) -> None:
    moderation, moderator = moderation_of(session, CLOCK), staff_scope()
    first, good = submitted(session, CLOCK, scope, title="Good")
    second, bad = submitted(session, CLOCK, scope, title="Bad")
    approved = moderation.approve(moderator, good)
    rejected = moderation.reject(moderator, bad, REFUSAL)
    session.flush()
    assert told(session, CREATIVE_DECIDED) == [
        {"creative_id": first.id, "version_id": approved.id, "verdict": "approved"},
        {"creative_id": second.id, "version_id": rejected.id, "verdict": "rejected"},
    ]
    assert told(session, CREATIVE_CHANGED) == [{"creative_id": first.id}]


def test_putting_a_creative_away_is_told(session: Session, scope: Scope) -> None:
    creatives = creatives_of(session, CLOCK)
    creative, _ = submitted(session, CLOCK, scope)
    creatives.archive(scope, PublicId(creative.public_id))
    creatives.restore(scope, PublicId(creative.public_id))
    session.flush()
    assert told(session, CREATIVE_CHANGED) == [{"creative_id": creative.id}] * 2


def test_money_moved_by_hand_is_told_once_with_what_is_left(session: Session, scope: Scope, outbox: Outbox) -> None:
    ledger, staff = Ledger(session, CLOCK, AuditLog(session, CLOCK), outbox), staff_scope()
    ledger.top_up(scope, 50 * MICROS, "first")
    ledger.top_up(scope, 50 * MICROS, "first")
    ledger.grant_promo(staff, Holder.of(scope), 10 * MICROS, "gift", reason="welcome")
    ledger.reserve(scope, 20 * MICROS, "lease", campaign_id=1)
    ledger.adjust(staff, Holder.of(scope), -5 * MICROS, "less", reason="mistake")
    session.flush()
    assert [event["available_micros"] for event in told(session, BALANCE_CHANGED)] == [
        50 * MICROS,
        60 * MICROS,
        35 * MICROS,
    ]


def test_events_are_claimed_in_order_until_they_are_told(session: Session, outbox: Outbox) -> None:
    for number in range(5):
        outbox.record("ads.test.changed.v1", None, {"number": number})
    first = outbox.claim(3)
    assert [event.payload["number"] for _, event in first] == [0, 1, 2]
    outbox.mark_relayed([id for id, _ in first])
    assert [event.payload["number"] for _, event in outbox.claim(3)] == [3, 4]
    assert outbox.backlog()[0] == 2


def test_an_id_given_out_early_and_committed_late_is_told_too(session: Session, outbox: Outbox) -> None:
    """The lower id appears when the higher was told already."""
    outbox.record("ads.test.changed.v1", None, {"number": 1})
    session.flush()
    late = session.scalars(select(OutboxEvent)).one()
    late.id = 900
    session.flush()
    outbox.mark_relayed([900])
    outbox.record("ads.test.changed.v1", None, {"number": 2})
    session.flush()
    session.scalars(select(OutboxEvent).where(OutboxEvent.id != 900)).one().id = 899
    session.flush()
    assert [id for id, _ in outbox.claim(10)] == [899]


def test_what_was_told_long_ago_is_forgotten_what_waits_never(session: Session, outbox: Outbox) -> None:
    clock = SettableClock()
    old, consumption = Outbox(session, clock), Consumption(session, clock)
    for number in range(2):
        old.record("ads.test.changed.v1", None, {"number": number})
    (id, event), _ = old.claim(2)
    old.mark_relayed([id])
    consumption.done("notices", event)
    session.flush()
    before = clock.now() + timedelta(days=1)
    assert (old.prune(before), consumption.prune(before)) == (1, 1)
    assert [event.payload["number"] for _, event in old.waiting(10)] == [1]
    assert not consumption.is_done("notices", event)


def test_a_consumer_has_done_what_it_noted_and_nobody_else_has(session: Session) -> None:
    consumption = Consumption(session, CLOCK)
    event = Envelope("ev_1", "ads.test.changed.v1", None, {}, CLOCK.now())
    consumption.done("notices", event)
    session.flush()
    assert consumption.is_done("notices", event)
    assert not consumption.is_done("publisher", event)
    consumption.forget("notices", event.id)
    assert not consumption.is_done("notices", event)
