"""Notices: what happened reaches the right people, in the cabinet and by mail, in their language, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.functional.test_moderation import REFUSAL, review_of, sent
from tests.support.apps import RecordingMailer
from tests.support.browser import Browser
from tests.support.events import consume, forget_events, fresh_bus, record, relay, tell
from tests.support.facts import add_campaign
from tests.support.people import Person, new_member, new_staff, open_account, sign_in
from webapp.core.ids import PublicId
from webapp.core.permissions import AdvertiserRole, StaffRole
from webapp.db.transaction import transaction
from webapp.domain.accounts.models import User
from webapp.domain.accounts.ports import Message
from webapp.domain.events.models import OutboxEvent
from webapp.domain.events.ports import Bus
from webapp.domain.events.types import (
    BALANCE_EMPTY,
    BALANCE_LOW,
    BUDGET_SPENT,
    CAMPAIGN_ENDED,
    CREATIVE_DECIDED,
    RECONCILIATION_FAILED,
    Envelope,
)
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask

LOW = {"available_micros": 12_500_000}


@pytest.fixture(autouse=True)
def bus(app: KabinetFlask, request: pytest.FixtureRequest, tmp_path: Path, work: Callable[[], None]) -> Iterator[Bus]:
    """Give the application a bus of this test alone, and nothing that waits from before."""
    servers = None
    if app.settings.profile is Profile.STACK:
        servers = request.getfixturevalue("servers")
        servers.start_bus()
    work()
    forget_events(app)
    with fresh_bus(app, tmp_path, servers) as made:
        yield made


@pytest.fixture
def letters(bus: Bus, letters: RecordingMailer) -> RecordingMailer:
    """The letters of this test: those that waited from before are away."""
    letters.sent.clear()
    return letters


@pytest.fixture
def campaign(app: KabinetFlask, owner: Person) -> tuple[int, str]:
    """The inner and the public id of a campaign called Autumn jackets."""
    return add_campaign(app, owner.scope, "Autumn jackets")


def address_of(app: KabinetFlask, user_id: int | None) -> str:
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user is not None
        return user.email


def told(letters: RecordingMailer) -> list[Message]:
    """Return the letters but those that came with opening an account."""
    return [letter for letter in letters.sent if "/confirm/" not in letter.text]


def unread(page: str) -> int:
    """Read the figure at the bell."""
    found = re.search(r'aria-label="(\d+) unread notices?"', page)
    return int(found.group(1)) if found else 0


def test_a_verdict_is_told_in_the_cabinet_and_by_mail(
    app: KabinetFlask, owner: Person, staff: Browser, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    address, title = sent(owner, "The warmest jacket for a notice")
    assert unread(owner.browser.get("/").text) == 0
    staff.post(f"{review_of(staff, title)}/reject", REFUSAL)
    tell(app)
    work()
    page = owner.browser.get("/notices").text
    assert f"“{title}” was rejected" in page
    assert REFUSAL["sentence"] in page
    assert address in page
    assert unread(page) == 1
    (letter,) = told(letters)
    assert (letter.to, letter.subject) == (address_of(app, owner.scope.actor.user_id), f"“{title}” was rejected")
    assert REFUSAL["sentence"] in letter.text
    assert address in letter.text


def test_an_approval_is_told_too(app: KabinetFlask, owner: Person, staff: Browser) -> None:
    _address, title = sent(owner, "A jacket to be approved")
    staff.post(f"{review_of(staff, title)}/approve")
    tell(app)
    page = owner.browser.get("/notices").text
    assert f"“{title}” was approved" in page
    assert "Version 1 is shown from now on." in page


def test_an_event_that_comes_twice_is_told_once(
    app: KabinetFlask, owner: Person, bus: Bus, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    record(app, BALANCE_LOW, owner.scope.advertiser_id, LOW)
    with app.app_context():
        (_, event), *_ = app.adapters.services(db.session()).outbox.waiting(1)
    tell(app)
    bus.put_again([("notices", event)])
    assert consume(app, "notices") == 1
    work()
    assert owner.browser.get("/notices").text.count("is left on the balance") == 1
    assert len(told(letters)) == 1


def test_money_is_told_to_those_who_pay_and_hidden_from_those_who_may_not_see_it(
    app: KabinetFlask, owner: Person, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    roles = (AdvertiserRole.MANAGER, AdvertiserRole.BILLING, AdvertiserRole.ANALYST)
    people = {role: new_member(app, owner.scope, role) for role in roles}
    record(app, BALANCE_EMPTY, owner.scope.advertiser_id, {"available_micros": 900})
    record(app, BALANCE_LOW, owner.scope.advertiser_id, LOW)
    tell(app)
    work()
    assert len(told(letters)) == 2 * 3
    assert {letter.subject for letter in told(letters)} == {"The balance is empty", "$12.50 is left on the balance"}
    for role in (AdvertiserRole.MANAGER, AdvertiserRole.BILLING):
        assert unread(people[role].get("/notices").text) == 2
    analyst = people[AdvertiserRole.ANALYST].get("/notices").text
    assert (
        "balance" not in re.sub(r"<(nav|aside).*?</\1>", "", analyst, flags=re.S).lower() or "No notices yet" in analyst
    )
    assert unread(analyst) == 0


def test_of_a_campaign_owners_and_managers_get_letters(
    app: KabinetFlask, owner: Person, campaign: tuple[int, str], letters: RecordingMailer, work: Callable[[], None]
) -> None:
    for role in (AdvertiserRole.MANAGER, AdvertiserRole.BILLING, AdvertiserRole.ANALYST):
        new_member(app, owner.scope, role)
    work()
    letters.sent.clear()
    inner, public_id = campaign
    record(app, CAMPAIGN_ENDED, owner.scope.advertiser_id, {"campaign_id": inner})
    tell(app)
    work()
    assert [letter.subject for letter in told(letters)] == ["“Autumn jackets” came to its end"] * 2
    assert all(f"http://localhost/campaigns/{public_id}" in letter.text for letter in told(letters))


def test_a_daily_budget_that_is_used_up_is_no_reason_for_a_letter(
    app: KabinetFlask, owner: Person, campaign: tuple[int, str], letters: RecordingMailer, work: Callable[[], None]
) -> None:
    for budget in ("daily", "total"):
        about = {"campaign_id": campaign[0], "budget": budget, "day": "2026-11-03"}
        record(app, BUDGET_SPENT, owner.scope.advertiser_id, about)
    tell(app)
    work()
    page = owner.browser.get("/notices").text
    assert "“Autumn jackets” has used up its daily budget" in page
    assert "“Autumn jackets” has used up its total budget" in page
    assert [letter.subject for letter in told(letters)] == ["“Autumn jackets” has used up its total budget"]


def test_a_difference_in_the_books_is_for_staff_alone(
    app: KabinetFlask, owner: Person, campaign: tuple[int, str], letters: RecordingMailer, work: Callable[[], None]
) -> None:
    for role in (StaffRole.ADMIN, StaffRole.FINANCE, StaffRole.MODERATOR):
        new_staff(app, role)
    about = {"campaign_id": campaign[0], "day": "2026-11-03", "difference": "ledger 1.20, events 1.10"}
    record(app, RECONCILIATION_FAILED, owner.scope.advertiser_id, about)
    tell(app)
    work()
    assert "No notices yet" in owner.browser.get("/notices").text
    with app.app_context():
        roles = {user.email: user.staff_role for user in db.session.query(User).filter(User.staff_role.is_not(None))}
    assert {roles[letter.to] for letter in told(letters)} == {StaffRole.ADMIN, StaffRole.FINANCE}
    assert all("ledger 1.20, events 1.10" in letter.text for letter in told(letters))


def test_letters_and_notices_are_in_their_readers_language(
    app: KabinetFlask, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    scope = open_account(app, name="Мара")
    assert scope.actor.user_id is not None
    with app.app_context(), transaction(db.session()) as session:
        user = session.get(User, scope.actor.user_id)
        assert user is not None
        user.locale = "ru"
    record(app, BALANCE_LOW, scope.advertiser_id, LOW)
    tell(app)
    work()
    (letter,) = told(letters)
    assert letter.subject.replace("\xa0", " ") == "На балансе осталось 12,50 $"
    assert "Пополните баланс" in letter.text
    assert "На балансе осталось" in sign_in(app, scope.actor.user_id).get("/notices").text


def test_old_news_stand_in_the_cabinet_and_send_no_letter(
    app: KabinetFlask, owner: Person, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    record(app, BALANCE_LOW, owner.scope.advertiser_id, LOW)
    with app.app_context(), transaction(db.session()) as session:
        row = session.query(OutboxEvent).filter(OutboxEvent.relayed_at.is_(None)).one()
        row.created_at -= timedelta(days=2)
    tell(app)
    work()
    assert "is left on the balance" in owner.browser.get("/notices").text
    assert told(letters) == []


def test_what_is_gone_is_not_told(
    app: KabinetFlask, owner: Person, other_owner: Person, campaign: tuple[int, str]
) -> None:
    record(app, CAMPAIGN_ENDED, owner.scope.advertiser_id, {"campaign_id": 10**9})
    record(app, CAMPAIGN_ENDED, other_owner.scope.advertiser_id, {"campaign_id": campaign[0]})
    record(
        app, CREATIVE_DECIDED, owner.scope.advertiser_id, {"creative_id": 1, "version_id": 10**9, "verdict": "approved"}
    )
    tell(app)
    for person in (owner, other_owner):
        assert "No notices yet" in person.browser.get("/notices").text


def test_read_notices_leave_the_bell(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    for _ in range(3):
        record(app, BALANCE_LOW, owner.scope.advertiser_id, LOW)
    tell(app)
    page = owner.browser.get("/notices")
    assert unread(page.text) == 3
    one = re.findall(r"/notices/(n_\w+)/read", page.text)[0]
    part = owner.browser.post(f"/notices/{one}/read", htmx=True)
    assert f'id="notice-{one}"' in part.text
    assert "Mark as read" not in part.text
    assert unread(owner.browser.get("/campaigns").text) == 2
    assert one not in owner.browser.get("/notices?show=unread").text
    assert other_owner.browser.post(f"/notices/{one}/read").status_code == 404
    owner.browser.post("/notices/read")
    assert unread(owner.browser.get("/").text) == 0
    assert "All read" in owner.browser.get("/notices?show=unread").text
    assert "is left on the balance" in owner.browser.get("/notices").text


def test_there_are_pages_of_them(app: KabinetFlask, owner: Person) -> None:
    for number in range(27):
        record(app, BALANCE_LOW, owner.scope.advertiser_id, {"available_micros": (100 + number) * 1_000_000})
    tell(app)
    first, second = (owner.browser.get(f"/notices?page={number}").text for number in (1, 2))
    assert "1–25 of 27" in first
    assert first.count('id="notice-n_') == 25
    assert "$126.00 is left" in first
    assert second.count('id="notice-n_') == 2
    assert "$100.00 is left" in second
    assert "<html" not in owner.browser.get("/notices?page=2", htmx=True).text


def test_staff_pages_and_visitors_have_no_bell(staff: Browser, visitor: Browser) -> None:
    assert 'href="/notices"' not in staff.get("/admin/moderation").text
    assert 'href="/notices"' not in visitor.get("/sign-in").text


def test_an_event_of_another_kind_is_passed_over(app: KabinetFlask, owner: Person, bus: Bus) -> None:
    relay(app)
    strange = Envelope("ev_strange", "ads.something.new.v9", owner.scope.advertiser_id, {}, app.adapters.clock.now())
    bus.put_again([("notices", strange)])
    assert consume(app, "notices") == 1
    assert PublicId("ev_strange") not in owner.browser.get("/notices").text
