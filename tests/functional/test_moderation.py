"""Moderation and the other staff pages in a browser."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.functional.test_creatives import address_of, composed, files
from tests.support.browser import Browser
from tests.support.creatives import picture_bytes
from tests.support.people import Person, new_staff
from webapp.core.permissions import StaffRole
from webapp.web.app import KabinetFlask

REFUSAL = {"code": "claim.superlative", "field": "title", "sentence": "“The warmest” needs proof on the landing page."}


def sent(owner: Person, title: str = "The warmest jacket") -> tuple[str, str]:
    """Send a native creative for review; return its address and its version's id as staff see it."""
    data = composed(owner, title=title, act="submit", **files("shell.png", picture_bytes()))
    return address_of(owner.browser.post("/creatives", data, content_type="multipart/form-data")), title


def review_of(staff: Browser, title: str) -> str:
    """Return the address of a waiting version, from the queue's pages."""
    for number in range(1, 20):
        page = staff.get(f"/admin/moderation?page={number}").text
        found = re.search(rf'href="(/admin/moderation/cv_\w+)[^"]*"[^>]*>(?:(?!</a>).)*{re.escape(title)}', page, re.S)
        if found:
            return found.group(1)
    raise AssertionError(f"{title} does not wait")


def test_the_whole_way_from_a_refusal_to_an_approval(owner: Person, staff: Browser) -> None:
    address, title = sent(owner, "The warmest jacket of all")
    review = review_of(staff, title)
    page = staff.get(review)
    assert "Tallbrook Outdoor" in page.text
    assert 'data-key="a"' in page.text
    staff.post(f"{review}/reject", REFUSAL)
    told = owner.browser.get(address)
    assert "“The warmest” needs proof on the landing page." in told.text
    assert "Superlative without proof" in told.text
    asset_id = told.text.split('name="asset_id" value="')[1].split('"')[0]
    owner.browser.post(address, composed(owner, title="A warm jacket, second try", asset_id=asset_id, act="submit"))
    again = review_of(staff, "A warm jacket, second try")
    staff.post(f"{again}/approve")
    assert "serving now" in owner.browser.get(address).text
    assert "A warm jacket, second try" in staff.get("/admin/moderation/decided").text


def test_a_change_is_shown_against_what_serves(owner: Person, staff: Browser) -> None:
    address, title = sent(owner, "Stoneware cup for slow mornings")
    staff.post(f"{review_of(staff, title)}/approve")
    asset_id = owner.browser.get(address).text.split('name="asset_id" value="')[1].split('"')[0]
    changed = composed(owner, title="The best cup for slow mornings", asset_id=asset_id, act="submit")
    owner.browser.post(address, changed)
    page = staff.get(review_of(staff, "The best cup for slow mornings"))
    assert re.search(r"<del[^>]*>Stoneware</del>\s+<ins[^>]*>The best</ins>\s+cup", page.text)
    assert "serving since" in page.text
    assert "keeps serving meanwhile" in owner.browser.get(address).text


def test_a_second_verdict_is_told_who_was_first(app: KabinetFlask, owner: Person, staff: Browser) -> None:
    _address, title = sent(owner, "Decided twice")
    review = review_of(staff, title)
    other = new_staff(app, StaffRole.MODERATOR)
    staff.post(f"{review}/approve")
    answer = other.post(f"{review}/reject", REFUSAL, follow=True)
    assert "Oskar Tamm has approved this version already." in answer.text
    assert "Approved" in other.get(review).text


def test_nobody_approves_words_they_have_not_seen(owner: Person, staff: Browser) -> None:
    address, title = sent(owner, "A decent jacket")
    review = review_of(staff, title)
    seen = re.findall(r'name="seen" value="([^"]+)"', staff.get(review).text)
    assert len(set(seen)) == 1
    owner.browser.post(f"{address}/withdraw")
    asset_id = owner.browser.get(address).text.split('name="asset_id" value="')[1].split('"')[0]
    owner.browser.post(address, composed(owner, title="A miracle cure", asset_id=asset_id, act="submit"))
    for verdict in ("approve", "reject"):
        answer = staff.post(f"{review}/{verdict}", {**REFUSAL, "seen": seen[0]}, follow=True)
        assert "Look at it once more" in answer.text
        assert "A miracle cure" in answer.text
    assert "serving now" not in owner.browser.get(address).text


def test_of_simultaneous_verdicts_one_counts(app: KabinetFlask, owner: Person, staff: Browser) -> None:
    address, title = sent(owner, "Decided at once")
    review = review_of(staff, title)
    people = [new_staff(app, StaffRole.MODERATOR) for _ in range(4)]
    tokens = [person.csrf_token() for person in people]

    def decide(number: int) -> int:
        verdict = "approve" if number % 2 else "reject"
        form = {"csrf_token": tokens[number], **REFUSAL}
        return people[number].client.post(f"{review}/{verdict}", data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(decide, range(4))) == {303}
    log = staff.get(f"/admin/audit?q={address.rsplit('/', 1)[-1]}").text
    assert log.count("creative.approve</td>") + log.count("creative.reject</td>") == 1


def test_a_refusal_without_a_sentence_is_given_one(owner: Person, staff: Browser) -> None:
    _address, title = sent(owner, "No sentence")
    review = review_of(staff, title)
    answer = staff.post(f"{review}/reject", {"code": "landing.down"})
    assert answer.status_code == 422
    assert "The landing page did not open when we looked." in answer.text
    answer = staff.post(f"{review}/reject", {})
    assert answer.status_code == 422
    assert "Choose a reason." in answer.text


PAGES = {
    "/admin/moderation": {StaffRole.ADMIN, StaffRole.MODERATOR},
    "/admin/moderation/decided": {StaffRole.ADMIN, StaffRole.MODERATOR},
    "/admin/advertisers": {StaffRole.ADMIN, StaffRole.MODERATOR, StaffRole.FINANCE, StaffRole.SUPPORT},
    "/admin/users": {StaffRole.ADMIN, StaffRole.SUPPORT},
    "/admin/audit": {StaffRole.ADMIN, StaffRole.FINANCE},
}


@pytest.mark.parametrize("role", list(StaffRole))
def test_each_role_opens_its_own_pages(app: KabinetFlask, role: StaffRole) -> None:
    person = new_staff(app, role)
    answers = {address: person.get(address).status_code for address in PAGES}
    assert answers == {address: 200 if role in roles else 403 for address, roles in PAGES.items()}


def test_no_advertiser_comes_near(owner: Person) -> None:
    assert {owner.browser.get(address).status_code for address in PAGES} == {403}
    assert owner.browser.post("/admin/moderation/cv_0000000000000000/approve").status_code == 403


def test_an_advertiser_is_found_and_shown(owner: Person, staff: Browser) -> None:
    public_id = owner.scope.advertiser_public_id
    page = staff.get(f"/admin/advertisers?q={public_id}")
    assert page.text.count("Tallbrook Outdoor") >= 1
    fragment = staff.get("/admin/advertisers?q=nobody-at-all", htmx=True)
    assert "Nobody found" in fragment.text
    detail = staff.get(f"/admin/advertisers/{public_id}")
    assert detail.status_code == 200
    for shown in ("Mara Lindholm", "Owner", "Available", "USD", "Europe/Riga"):
        assert shown in detail.text
    assert staff.get("/admin/advertisers/a_0000000000000000").status_code == 404


def test_an_account_is_closed_and_opened_with_a_reason(app: KabinetFlask, owner: Person, staff: Browser) -> None:
    with app.app_context():
        from webapp.domain.accounts.models import User
        from webapp.extensions import db

        person = db.session.get(User, owner.scope.actor.user_id)
        assert person is not None
        user_id, email = person.public_id, person.email
    assert email in staff.get(f"/admin/users?q={email}").text
    refused = staff.post(f"/admin/users/{user_id}/disable", {"reason": " "})
    assert refused.status_code == 422
    assert "Write why" in refused.text
    assert owner.browser.get("/creatives").status_code == 200
    staff.post(f"/admin/users/{user_id}/disable", {"reason": "Stolen card"})
    assert owner.browser.get("/creatives").status_code == 303
    page = staff.get("/admin/audit?q=user.disable")
    assert "Stolen card" in page.text
    staff.post(f"/admin/users/{user_id}/enable", {"reason": "It was not"})
    assert "It was not" in staff.get(f"/admin/audit?q={user_id}").text


def test_the_log_is_searched(owner: Person, staff: Browser) -> None:
    address, _title = sent(owner, "Seen in the log")
    public_id = address.rsplit("/", 1)[-1]
    page = staff.get(f"/admin/audit?q={public_id}")
    assert "creative.submit" in page.text
    assert "creative.create" in page.text
    assert "Nothing found" in staff.get("/admin/audit?q=no-such-deed-anywhere", htmx=True).text
