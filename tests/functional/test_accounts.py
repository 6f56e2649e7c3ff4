"""Opening an account, confirming it, signing in and out, passwords."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from tests.support.apps import RecordingMailer
from tests.support.browser import Browser
from tests.support.people import PASSWORD, Person, new_member, new_owner, sign_in
from webapp.core.permissions import AdvertiserRole
from webapp.extensions import db
from webapp.web.app import KabinetFlask


def fresh_address() -> str:
    return f"mara-{secrets.token_hex(6)}@tallbrook.example"


def registration(email: str, **other: str) -> dict[str, str]:
    return {
        "email": email,
        "password": PASSWORD,
        "name": "Mara Lindholm",
        "advertiser_name": "Tallbrook Outdoor",
        "currency": "USD",
        "zone": "Europe/Riga",
        **other,
    }


def link_in(text: str) -> str:
    found = re.search(r"http://localhost(/\S+)", text)
    assert found
    return found.group(1)


def test_register_confirm_and_enter(visitor: Browser, letters: RecordingMailer, work: Callable[[], None]) -> None:
    email = fresh_address()
    answer = visitor.post("/register", registration(email), follow=True)
    assert email in answer.text
    work()
    link = link_in(letters.last_to(email).text)
    assert visitor.get(link).status_code == 200, "a visit alone (a mail scanner's) confirms nothing"
    answer = visitor.post(link)
    assert answer.status_code == 303
    assert visitor.get("/settings").text.count(email) == 1


def test_who_has_not_confirmed_is_sent_to_the_mail(visitor: Browser, work: Callable[[], None]) -> None:
    email = fresh_address()
    visitor.post("/register", registration(email))
    answer = visitor.post("/sign-in", {"email": email, "password": PASSWORD})
    assert answer.headers["Location"] == "/check-mail"
    assert visitor.get("/settings").status_code == 303


def test_a_taken_address_tells_a_stranger_nothing(
    visitor: Browser, app: KabinetFlask, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    email = fresh_address()
    visitor.post("/register", registration(email))
    work()
    visitor.post(link_in(letters.last_to(email).text))
    stranger = Browser(app.test_client())
    answer = stranger.post("/register", registration(email, password="another long one"))
    assert answer.headers["Location"] == "/check-mail"
    work()
    assert "has one already" in letters.last_to(email).text
    assert stranger.post("/sign-in", {"email": email, "password": "another long one"}).status_code == 422


def test_an_account_opened_by_a_stranger_is_not_confirmed_with_the_strangers_password(
    visitor: Browser, app: KabinetFlask, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    email, strangers = fresh_address(), "a password of the stranger"
    Browser(app.test_client()).post("/register", registration(email, password=strangers))
    work()
    first = link_in(letters.last_to(email).text)
    assert "/confirm/" in first
    visitor.post("/register", registration(email))
    work()
    second = link_in(letters.last_to(email).text)
    assert "/reset/" in second
    assert visitor.post(first).status_code == 404, "what the stranger began confirms nothing"
    assert visitor.post(second, {"password": "chosen by who reads the mail"}).status_code == 303
    assert visitor.get("/settings").status_code == 200
    again = Browser(app.test_client())
    assert again.post("/sign-in", {"email": email, "password": strangers}).status_code == 422


def test_registering_twice_sends_the_same_letter_twice(
    visitor: Browser, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    email = fresh_address()
    for _ in range(2):
        visitor.post("/register", registration(email))
    work()
    assert len([letter for letter in letters.sent if letter.to == email and "/confirm/" in letter.text]) == 2
    assert visitor.post(link_in(letters.last_to(email).text)).status_code == 303


def test_bad_input_is_named_beside_its_field(visitor: Browser) -> None:
    answer = visitor.post("/register", registration("not an address", password="short", zone="Mars/Olympus"))
    assert answer.status_code == 422
    assert "Write an e-mail address" in answer.text or "Not a valid choice" in answer.text
    assert 'aria-invalid="true"' in answer.text
    answer = visitor.post("/register", registration(fresh_address(), password="short"))
    assert "at least 10 characters" in answer.text


def test_wrong_password_and_unknown_address_read_the_same(visitor: Browser, owner: Person) -> None:
    first = visitor.post("/sign-in", {"email": "nobody@tallbrook.example", "password": "wrong wrong"})
    assert first.status_code == 422
    assert "do not belong together" in first.text


def test_forgotten_password(
    visitor: Browser, app: KabinetFlask, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    email = fresh_address()
    visitor.post("/register", registration(email))
    visitor.post("/forgot", {"email": email})
    work()
    link = link_in(letters.last_to(email).text)
    assert "/reset/" in link
    assert visitor.get(link).status_code == 200
    answer = visitor.post(link, {"password": "an entirely new phrase"})
    assert answer.status_code == 303
    assert visitor.get("/settings").status_code == 200
    again = Browser(app.test_client())
    assert again.get(link).status_code == 404, "a used link is dead"
    assert again.post("/sign-in", {"email": email, "password": PASSWORD}).status_code == 422
    assert again.post("/sign-in", {"email": email, "password": "an entirely new phrase"}).status_code == 303


def test_other_sessions_end_when_the_password_changes(app: KabinetFlask, owner: Person) -> None:
    assert owner.scope.actor.user_id is not None
    other = sign_in(app, owner.scope.actor.user_id)
    assert other.get("/settings").status_code == 200
    answer = owner.browser.post("/settings/password", {"current": PASSWORD, "new": "a brand new long phrase"})
    assert answer.status_code == 303
    assert owner.browser.get("/settings").status_code == 200, "this session goes on"
    assert other.get("/settings").status_code == 303, "the other one is sent to sign in"


def test_a_member_switches_between_own_advertisers_only(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    member = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    assert member.post("/switch", {"advertiser": owner.scope.advertiser_public_id}).status_code == 303
    assert member.post("/switch", {"advertiser": other_owner.scope.advertiser_public_id}).status_code == 404


def test_an_analyst_cannot_rename_the_advertiser(app: KabinetFlask, owner: Person) -> None:
    analyst = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    assert analyst.post("/settings/advertiser", {"advertiser_name": "Mine now"}).status_code == 403


def test_a_form_without_its_token_is_refused(app: KabinetFlask, owner: Person) -> None:
    assert owner.browser.client.post("/settings/profile", data={"name": "X"}).status_code == 403


def test_next_leads_nowhere_else(
    app: KabinetFlask, visitor: Browser, letters: RecordingMailer, work: Callable[[], None]
) -> None:
    email = fresh_address()
    visitor.post("/register", registration(email))
    work()
    visitor.post(link_in(letters.last_to(email).text))
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        browser = Browser(app.test_client())
        answer = browser.post(f"/sign-in?next={target}", {"email": email, "password": PASSWORD})
        assert answer.headers["Location"] == "/"
    browser = Browser(app.test_client())
    answer = browser.post("/sign-in?next=/settings", {"email": email, "password": PASSWORD})
    assert answer.headers["Location"] == "/settings"


def test_a_long_name_with_an_emoji_survives(app: KabinetFlask) -> None:
    person = new_owner(app, name="Ööö 🧥 " + "x" * 100)
    assert "🧥" in person.browser.get("/settings").text


def test_signing_out_also_forgets_who_stayed_signed_in(visitor: Browser, app: KabinetFlask, owner: Person) -> None:
    with app.app_context():
        email = app.adapters.services(db.session()).accounts.get_user(owner.scope.actor.user_id or 0).email
    visitor.post("/sign-in", {"email": email, "password": PASSWORD, "remember": "y"})
    assert visitor.client.get_cookie("kabinet_remember") is not None
    assert visitor.get("/settings").status_code == 200
    visitor.post("/sign-out")
    assert visitor.client.get_cookie("kabinet_remember") is None
    assert visitor.get("/settings").status_code == 303
