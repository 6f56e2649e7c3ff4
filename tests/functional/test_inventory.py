"""Sites and places: kept by administrators, read by support, closed to everybody else; their tags can be copied."""

from __future__ import annotations

import re
import secrets
from html import unescape

import pytest
from sqlalchemy import select

from tests.support.browser import Browser
from tests.support.people import Person, new_staff
from webapp.core.permissions import StaffRole
from webapp.domain.audit.models import AuditRecord
from webapp.domain.events.models import OutboxEvent
from webapp.domain.events.types import INVENTORY_CHANGED
from webapp.extensions import db
from webapp.web.app import KabinetFlask

PLACE = {"name": "Article, right column", "size": "300x250", "floor": "0.50", "categories": ["food", "travel"]}


def add_site(staff: Browser, **typed: str) -> str:
    """Add a site through its form; return its address."""
    form = {"name": "Daily Harbor", "domain": f"{secrets.token_hex(6)}.example", **typed}
    answer = staff.post("/admin/sites/new", form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def add_place(staff: Browser, site: str, **typed: object) -> str:
    """Add a place to a site; return its address."""
    answer = staff.post(f"{site}/placements/new", PLACE | typed)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def public_id(address: str) -> str:
    return address.rsplit("/", 1)[-1]


def test_a_search_that_finds_no_site_says_so(staff: Browser) -> None:
    page = staff.get("/admin/sites?q=nothing-has-this-name")
    assert "No site found" in page.text


def test_a_site_and_its_places_are_added_changed_and_closed(app: KabinetFlask, staff: Browser) -> None:
    site = add_site(staff, domain="  Bücher.example ")
    assert "xn--bcher-kva.example" in staff.get(site).text
    assert "No places yet" in staff.get(site).text
    place = add_place(staff, site)
    shown = staff.get(place).text
    assert "300 × 250, Medium rectangle" in shown
    assert "$0.50 for 1,000" in shown
    assert "Food and drink, Travel" in shown
    second = add_place(staff, site)
    assert "2 of 2" in staff.get(f"/admin/sites?q={public_id(site)}").text
    staff.post(f"{second}/switch", {"on": "0"})
    assert "1 of 2" in staff.get(f"/admin/sites?q={public_id(site)}").text
    version = re.search(r'name="version"[^>]*value="(\d+)"', staff.get(f"{place}/edit").text)
    assert version
    changed = {"name": "Under the article", "size": "native", "floor": "", "version": version[1]}
    assert staff.post(f"{place}/edit", changed).status_code == 303
    assert "Under the article" in staff.get(site).text
    stale = staff.post(f"{place}/edit", {**changed, "name": "Late"})
    assert stale.status_code == 422
    assert "Somebody else changed this meanwhile." in stale.text
    staff.post(f"{place}/switch", {"on": "0"})
    assert "This place is closed." in staff.get(place).text
    staff.post(f"{site}/switch", {"on": "0"})
    assert "This site is closed." in staff.get(site).text
    assert deeds_of(app, public_id(place)) == ["placement.create", "placement.update", "placement.disable"]
    assert deeds_of(app, public_id(site)) == ["site.create", "site.disable"]


def deeds_of(app: KabinetFlask, subject: str) -> list[str]:
    with app.app_context():
        query = select(AuditRecord.action).where(AuditRecord.subject_id == subject).order_by(AuditRecord.id)
        return list(db.session.scalars(query))


def test_every_change_is_told_to_others_and_none_is_told_of_nothing(app: KabinetFlask, staff: Browser) -> None:
    before = told(app)
    site = add_site(staff)
    place = add_place(staff, site)
    staff.post(f"{place}/switch", {"on": "1"})
    staff.post(f"{site}/switch", {"on": "0"})
    names = [sorted(payload) for payload in told(app)[len(before) :]]
    assert names == [["site_id"], ["placement_id"], ["site_id"]]


def told(app: KabinetFlask) -> list[dict[str, int]]:
    with app.app_context():
        query = select(OutboxEvent.payload).where(OutboxEvent.name == INVENTORY_CHANGED).order_by(OutboxEvent.id)
        return list(db.session.scalars(query))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Give it a name."),
        ({"domain": "https://news.example/weather"}, "Write only the domain: news.example."),
        ({"domain": "localhost"}, "is not a site."),
    ],
)
def test_a_site_that_is_none_is_refused(staff: Browser, typed: dict[str, str], sentence: str) -> None:
    form = {"name": "Daily Harbor", "domain": "daily-harbor.example"}
    answer = staff.post("/admin/sites/new", form | typed)
    assert answer.status_code == 422
    assert sentence in unescape(answer.text)


def test_a_domain_is_sold_once(staff: Browser) -> None:
    add_site(staff, domain="once.example")
    again = staff.post("/admin/sites/new", {"name": "Again", "domain": "ONCE.example"})
    assert again.status_code == 422
    assert "There is a site once.example already." in again.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"size": "301x250"}, "Choose one of the sizes."),
        ({"floor": "much"}, "Write an amount such as 12.50."),
        ({"floor": "-1"}, "A floor is zero or more."),
        ({"floor": "20000"}, "The highest floor is $10,000.00."),
        ({"categories": ["weapons"]}, "There is no category “weapons”."),
    ],
)
def test_a_place_that_is_none_is_refused(staff: Browser, typed: dict[str, object], sentence: str) -> None:
    answer = staff.post(f"{add_site(staff)}/placements/new", PLACE | typed)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_tags_name_the_place_and_our_address(app: KabinetFlask, staff: Browser) -> None:
    place = add_place(staff, add_site(staff))
    page, url, name = unescape(staff.get(place).text), app.settings.delivery_url, public_id(place)
    assert f'<script async src="{url}/d/tag.js"></script>' in page
    assert f'<div data-kabinet="{name}"' in page
    assert f'<a href="{url}/d/go/{name}?n=INSERT_RANDOM"><img src="{url}/d/img/{name}?n=INSERT_RANDOM"' in page
    assert f'{{"placements": ["{name}"]}}' in page


def test_a_native_place_has_no_picture_tag(staff: Browser) -> None:
    assert "/d/img/" not in staff.get(add_place(staff, add_site(staff), size="native")).text


def test_who_may_do_what(app: KabinetFlask, staff: Browser, owner: Person) -> None:
    site = add_site(staff)
    place = add_place(staff, site)
    support, moderator = new_staff(app, StaffRole.SUPPORT), new_staff(app, StaffRole.MODERATOR)
    for address in ("/admin/sites", site, place):
        assert support.get(address).status_code == 200
        assert moderator.get(address).status_code == 403
        assert owner.browser.get(address).status_code == 403
    assert f"{site}/edit" not in support.get(site).text
    for address in ("/admin/sites/new", f"{site}/edit", f"{site}/placements/new", f"{place}/edit"):
        assert support.get(address).status_code == 403
        assert support.post(address, {"name": "Mine"}).status_code == 403
    assert support.post(f"{place}/switch", {"on": "0"}).status_code == 403


def test_a_made_up_id_is_a_404(staff: Browser) -> None:
    assert staff.get("/admin/sites/s_0000000000000000").status_code == 404
    assert staff.get("/admin/placements/pl_0000000000000000").status_code == 404
