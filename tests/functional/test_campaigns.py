"""Campaigns and ads through the browser: list, switch, inline edits, steps, copies, archive, ads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.browser import Browser
from tests.support.campaigns import ad_input, add_creative, campaign_input, units
from tests.support.people import Person, new_member
from webapp.core.ids import PublicId
from webapp.core.permissions import AdvertiserRole
from webapp.db.transaction import transaction
from webapp.domain.ads.models import BidModel, Campaign
from webapp.extensions import db
from webapp.web.app import KabinetFlask

ALWAYS = [str(hour) for hour in range(168)]


def goal(**changes: Any) -> dict[str, Any]:
    """Return what the first step of the form sends."""
    values = {
        "name": "Thermal layers, second wave", "labels": "outdoor, winter", "bid_model": "cpm", "bid": "2.60",
        "daily_budget": "90", "total_budget": "", "pacing": "even", "starts": "", "starts_time": "", "ends": "",
        "ends_time": "", "notes": "",
    }  # fmt: skip
    return values | changes


def audience(**changes: Any) -> dict[str, Any]:
    """Return what the second step sends."""
    values = {
        "countries": "Latvia, EE", "regions": "", "devices": ["phone"], "site_mode": "all", "sites": "",
        "hours": ALWAYS, "keywords": "hiking", "cap_count": "3", "cap_window": "day", "languages": "",
    }  # fmt: skip
    return values | changes


@pytest.fixture
def make(app: KabinetFlask, owner: Person) -> Callable[..., str]:
    """Make a launched campaign of the owner's (with an approved ad) and return its id."""

    def made(*, ads: int = 1, launch: bool = True, person: Person | None = None, **changes: Any) -> str:
        scope = (person or owner).scope
        with app.app_context(), transaction(db.session()) as session:
            services = app.adapters.services(session)
            campaign = services.campaigns.create(scope, campaign_input(**changes))
            campaign_id = PublicId(campaign.public_id)
            for number in range(ads):
                creative = add_creative(session, app.adapters.clock, scope, name=f"Jackets {number}")
                services.ads.create(scope, campaign_id, ad_input(creative, name=f"Ad {number}"))
            if launch:
                services.campaigns.launch(scope, campaign_id)
            return campaign_id

    return made


@pytest.fixture
def funded(app: KabinetFlask, owner: Person) -> None:
    """Put money on the owner's balance."""
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).ledger.top_up(owner.scope, units(500), "for the tests")


def stored(app: KabinetFlask, campaign_id: str) -> Campaign:
    """Return a campaign as the database has it."""
    with app.app_context():
        found: Campaign = db.session.query(Campaign).filter_by(public_id=campaign_id).one()
        return found


@contextmanager
def statements(app: KabinetFlask) -> Iterator[list[str]]:
    """Collect what is asked of the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_empty_list_says_what_comes_next(owner: Person) -> None:
    answer = owner.browser.get("/campaigns")
    assert answer.status_code == 200
    assert "No campaigns yet" in answer.text
    assert "/campaigns/new" in answer.text


def test_a_campaign_from_nothing_to_launched(app: KabinetFlask, owner: Person) -> None:
    browser = owner.browser
    assert browser.get("/campaigns/new").status_code == 200
    answer = browser.post("/campaigns/new", goal())
    assert answer.status_code == 303
    address = answer.headers["Location"]
    campaign_id = address.split("/")[2]
    assert address.endswith("/setup/audience")
    version = re.search(r'name="version"[^>]*value="(\d+)"', browser.get(address).text)
    assert version
    answer = browser.post(address, audience(version=version[1]))
    assert answer.headers["Location"].endswith("/setup/ads")
    assert "No ads yet" in browser.get(answer.headers["Location"]).text
    review = browser.get(f"/campaigns/{campaign_id}/setup/review")
    assert "Latvia, Estonia" in review.text
    answer = browser.post(f"/campaigns/{campaign_id}/launch")
    assert answer.headers["Location"] == f"/campaigns/{campaign_id}"
    page = browser.get(f"/campaigns/{campaign_id}")
    assert "No approved ads" in page.text
    campaign = stored(app, campaign_id)
    assert campaign.status == "active"
    assert campaign.targeting == {"countries": ["LV", "EE"], "devices": ["phone"], "keywords": ["hiking"]}
    assert (campaign.cap_count, campaign.labels) == (3, ["outdoor", "winter"])


def test_a_draft_may_be_put_aside_unfinished(owner: Person) -> None:
    answer = owner.browser.post("/campaigns/new", goal(bid="", daily_budget="", then="close"))
    assert answer.headers["Location"] == "/campaigns?tab=drafts"
    page = owner.browser.get("/campaigns?tab=drafts")
    assert "Thermal layers" in page.text
    campaign_id = re.search(r'id="campaign-(c_\w+)"', page.text)
    assert campaign_id
    answer = owner.browser.post(f"/campaigns/{campaign_id[1]}/launch", follow=True)
    assert "Set a daily budget" in answer.text


def test_errors_stand_beside_their_fields_and_are_counted(owner: Person) -> None:
    answer = owner.browser.post("/campaigns/new", goal(name="", bid="a lot", daily_budget="-1", ends="2020-01-01"))
    assert answer.status_code == 422
    assert "Write an amount such as 12.50." in answer.text
    answer = owner.browser.post("/campaigns/new", goal(name="", bid="0.001", ends="2020-01-01"))
    assert answer.status_code == 422
    assert "Give the campaign a name." in answer.text
    assert "Bid at least $0.01." in answer.text
    assert "in the past" in answer.text
    assert "3 fields to fix" in answer.text
    assert 'value="0.001"' in answer.text, "what was typed stays"


def test_a_field_is_checked_while_it_is_typed(owner: Person, make: Callable[..., str]) -> None:
    for url in ("/campaigns/check", f"/campaigns/{make()}/check"):
        answer = owner.browser.post(url, goal(bid="0"), htmx=True, headers={"X-Validate-Field": "bid"})
        assert answer.status_code == 422
        assert "Bid at least" in answer.text
        assert 'id="bid-notes"' in answer.text
        answer = owner.browser.post(url, goal(name=""), htmx=True, headers={"X-Validate-Field": "bid"})
        assert answer.status_code == 200
        assert "field-error" not in answer.text
        assert owner.browser.post(url, goal(), headers={"X-Validate-Field": "nonsense"}).status_code == 404


def test_the_switch_works_with_and_without_scripts(app: KabinetFlask, owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make()
    plain = owner.browser.post(f"/campaigns/{campaign_id}/switch", {"on": "0"})
    assert (plain.status_code, plain.headers["Location"]) == (303, "/campaigns")
    assert stored(app, campaign_id).status == "paused"
    row = owner.browser.post(f"/campaigns/{campaign_id}/switch", {"on": "1"}, htmx=True)
    assert row.status_code == 200
    assert row.text.strip().startswith(f'<tr id="campaign-{campaign_id}"')
    assert stored(app, campaign_id).status == "active"
    head = owner.browser.post(f"/campaigns/{campaign_id}/switch?as=head", {"on": "0"}, htmx=True)
    assert 'id="campaign-head"' in head.text
    assert "by Mara" in head.text


def test_values_are_edited_where_they_stand(app: KabinetFlask, owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make()
    url = f"/campaigns/{campaign_id}/inline/daily_budget"
    assert "In force at once" in owner.browser.get(url, htmx=True).text
    assert "<html" in owner.browser.get(url).text
    saved = owner.browser.post(url, {"value": "75.00", "version": "2"}, htmx=True)
    assert saved.status_code == 200
    assert ">75<" in saved.text
    refused = owner.browser.post(url, {"value": "nine"}, htmx=True)
    assert refused.status_code == 422
    assert refused.headers["HX-Retarget"] == "#inline-editor"
    assert "Write an amount" in refused.text
    assert "nine" in refused.text
    plain = owner.browser.post(f"/campaigns/{campaign_id}/inline/name", {"value": "Winter jackets"})
    assert plain.status_code == 303
    campaign = stored(app, campaign_id)
    assert (campaign.name, campaign.daily_budget_micros) == ("Winter jackets", units(75))
    assert owner.browser.get(f"/campaigns/{campaign_id}/inline/notes").status_code == 404


@pytest.mark.parametrize("version", ["²", "9" * 5000])
def test_a_version_that_is_no_number_is_passed_over(owner: Person, make: Callable[..., str], version: str) -> None:
    campaign_id = make()
    answer = owner.browser.post(f"/campaigns/{campaign_id}/inline/name", {"value": "Winter", "version": version})
    assert answer.status_code == 303
    answer = owner.browser.post(f"/campaigns/{campaign_id}/edit", goal() | audience() | {"version": version})
    assert answer.status_code in (303, 422)


def test_an_untouched_amount_stays_what_it_was_in_every_language(
    app: KabinetFlask, owner: Person, make: Callable[..., str]
) -> None:
    campaign_id = make(bid_micros=2_125_000)
    url = f"/campaigns/{campaign_id}/inline/bid"
    for locale, shown in (("en", "2.125"), ("ru", "2,125")):
        owner.browser.client.set_cookie("locale", locale)
        typed = re.search(r'name="value" value="([^"]*)"', owner.browser.get(url).text)
        assert typed
        assert typed[1] == shown
        owner.browser.post(url, {"value": typed[1]})
        assert stored(app, campaign_id).bid_micros == 2_125_000


def test_an_older_form_is_refused_with_the_name_of_who_was_faster(owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make()
    owner.browser.post(f"/campaigns/{campaign_id}/inline/bid", {"value": "4"})
    answer = owner.browser.post(f"/campaigns/{campaign_id}/edit", goal() | audience() | {"version": "1"})
    assert answer.status_code == 409
    assert "was changed by Mara Lindholm" in answer.text
    answer = owner.browser.post(f"/campaigns/{campaign_id}/inline/bid", {"value": "5", "version": "1"}, htmx=True)
    assert answer.status_code == 409


def test_all_terms_on_one_page(app: KabinetFlask, owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make()
    assert owner.browser.get(f"/campaigns/{campaign_id}/edit").status_code == 200
    wrong = goal() | audience(site_mode="only", sites="https://news.example/a", hours=[], version="2")
    answer = owner.browser.post(f"/campaigns/{campaign_id}/edit", wrong)
    assert answer.status_code == 422
    assert "Write only the domain: news.example." in answer.text
    assert "Leave at least one hour on" in answer.text
    right = goal(ends="2099-12-31") | audience(site_mode="only", sites="news.example", version="2")
    answer = owner.browser.post(f"/campaigns/{campaign_id}/edit", right)
    assert answer.status_code == 303
    page = owner.browser.get(f"/campaigns/{campaign_id}")
    assert "31 Dec 2099" in page.text
    assert "news.example" in page.text
    changes = owner.browser.get(f"/campaigns/{campaign_id}/changes")
    assert "$3.20" in changes.text
    assert "$2.60" in changes.text
    assert "Mara Lindholm" in changes.text


def test_a_copy_is_opened_and_archiving_is_undone(app: KabinetFlask, owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make(ads=2)
    answer = owner.browser.post(f"/campaigns/{campaign_id}/duplicate")
    copy_id = answer.headers["Location"].split("/")[2]
    assert stored(app, copy_id).name.startswith("Copy of ")
    assert "Ad 1" in owner.browser.get(f"/campaigns/{copy_id}/setup/ads").text
    answer = owner.browser.post(f"/campaigns/{campaign_id}/archive", follow=True)
    assert f"/campaigns/{campaign_id}/unarchive" in answer.text, "the message offers to take it back"
    assert f'id="campaign-{campaign_id}"' not in answer.text
    assert f'id="campaign-{campaign_id}"' in owner.browser.get("/campaigns?tab=archived").text
    assert owner.browser.post(f"/campaigns/{campaign_id}/edit", goal() | audience()).status_code == 409
    owner.browser.post(f"/campaigns/{campaign_id}/unarchive")
    assert stored(app, campaign_id).status == "active"


def test_the_list_is_filtered_sorted_and_paged_by_its_address(owner: Person, make: Callable[..., str]) -> None:
    for number in range(27):
        make(ads=0, name=f"Jackets {number:02d}", labels=("outdoor",) if number < 2 else ())
    make(ads=0, name="Shoes", bid_model=BidModel.CPC, bid_micros=units(0, 38))

    def names(query: str) -> list[str]:
        text = owner.browser.get(f"/campaigns?{query}").text
        return re.findall(r'class="font-medium truncate [^"]*" title="([^"]*)"', text)

    assert names("q=shoes") == ["Shoes"]
    assert names("model=cpc") == ["Shoes"]
    assert names("label=outdoor&sort=name") == ["Jackets 00", "Jackets 01"]
    assert names("sort=-name&size=25")[0] == "Shoes"
    assert names("sort=name&size=25&page=2") == ["Jackets 25", "Jackets 26", "Shoes"]
    assert len(names("tab=attention&size=100")) == 28
    assert names("tab=serving") == []
    assert "Nothing matches" in owner.browser.get("/campaigns?q=nothing-like-this").text
    assert "Total of 28 campaigns" in owner.browser.get("/campaigns?size=25&page=2").text
    for odd in ("sort=nonsense", "tab=x", "page=-4", "size=7", "page=99999", "model=<b>", "sort=-"):
        assert owner.browser.get(f"/campaigns?{odd}").status_code == 200
    assert owner.browser.get("/campaigns?period=nonsense").status_code == 422
    assert "<html" not in owner.browser.get("/campaigns?q=shoes", htmx=True).text


def test_a_page_asks_the_same_for_three_campaigns_and_for_thirty(
    app: KabinetFlask, owner: Person, make: Callable[..., str]
) -> None:
    def asked(url: str) -> int:
        with statements(app) as seen:
            assert owner.browser.client.get(url).status_code == 200
        return len(seen)

    for number in range(3):
        make(name=f"No {number}")
    few, few_ads = asked("/campaigns?size=100"), asked(f"/campaigns/{make(ads=1)}")
    for number in range(27):
        make(name=f"More {number}")
    assert asked("/campaigns?size=100") == few
    assert asked(f"/campaigns/{make(ads=30)}") == few_ads


def test_status_says_what_is_missing(owner: Person, make: Callable[..., str], app: KabinetFlask) -> None:
    campaign_id = make()
    assert "Balance empty" in owner.browser.get(f"/campaigns/{campaign_id}").text
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).ledger.top_up(owner.scope, units(500), "now there is some")
    assert "Serving" in owner.browser.get(f"/campaigns/{campaign_id}").text


def test_the_campaign_page_swaps_its_body(owner: Person, make: Callable[..., str], funded: None) -> None:
    campaign_id = make(ads=30)
    page = owner.browser.get(f"/campaigns/{campaign_id}")
    assert "Autumn jackets, prospecting" in page.text
    assert page.text.count('<tr id="ad-') == 25
    body = owner.browser.get(f"/campaigns/{campaign_id}?metric=ctr&period=7d&page=2", htmx=True)
    assert body.text.strip().startswith('<div id="campaign-body"')
    assert body.text.count('<tr id="ad-') == 5
    for query in ("period=today", "period=all", "from=2026-01-01&to=2026-12-31&grain=month", "compare=none"):
        assert owner.browser.get(f"/campaigns/{campaign_id}?{query}").status_code == 200


def test_ads_are_added_switched_and_archived(app: KabinetFlask, owner: Person, make: Callable[..., str]) -> None:
    browser, campaign_id = owner.browser, make(ads=0)
    with app.app_context(), transaction(db.session()) as session:
        creative = add_creative(session, app.adapters.clock, owner.scope)
    form = {
        "creative": creative.public_id, "name": "", "landing_url": "https://t.example/p?a=1&a=2&b=",
        "utm_source": "kabinet", "utm_medium": "", "utm_campaign": "{campaign_id}", "utm_term": "", "utm_content": "",
        "weight": "3", "enabled": "y",
    }  # fmt: skip
    assert browser.get(f"/campaigns/{campaign_id}/ads/new").status_code == 200
    wrong = browser.post(f"/campaigns/{campaign_id}/ads/new", form | {"landing_url": "t.example", "weight": "0"})
    assert wrong.status_code == 422
    assert "Start the address with https://" in wrong.text
    assert "1 to 100" in wrong.text
    answer = browser.post(f"/campaigns/{campaign_id}/ads/new", form)
    assert answer.headers["Location"] == f"/campaigns/{campaign_id}"
    found = re.search(r'href="/ads/(ad_\w+)"', browser.get(f"/campaigns/{campaign_id}").text)
    assert found
    ad = f"/ads/{found[1]}"
    page = browser.get(ad).text
    assert 'value="https://t.example/p?a=1&amp;a=2&amp;b="' in page
    assert "utm_source=kabinet&amp;utm_campaign={campaign_id}" in page
    saved = browser.post(ad, form | {"name": "Renamed", "utm_source": "", "utm_campaign": "", "version": "1"})
    assert saved.status_code == 303
    assert browser.post(ad, form | {"version": "1"}).status_code == 409
    assert "utm_" not in re.findall(r'id="final-address".*?</div>', browser.get(ad).text, re.S)[0]
    row = browser.post(f"{ad}/switch", {"on": "0"}, htmx=True)
    assert row.text.strip().startswith('<tr id="ad-')
    assert 'aria-checked="false"' in row.text
    answer = browser.post(f"{ad}/archive", follow=True)
    assert "No ads yet" in answer.text
    assert browser.post(f"{ad}/unarchive").status_code == 303
    assert "Renamed" in browser.get(f"/campaigns/{campaign_id}").text


def test_an_address_is_shown_and_checked_while_it_is_typed(owner: Person) -> None:
    form = {"landing_url": "https://t.example/{campaing_id}", "utm_source": "x", "weight": "1"}
    shown = owner.browser.post("/ads/address", form, htmx=True)
    assert "https://t.example/{campaing_id}?utm_source=x" in shown.text
    checked = owner.browser.post("/ads/check", form, htmx=True, headers={"X-Validate-Field": "landing_url"})
    assert checked.status_code == 422
    assert "Did you mean {campaign_id}?" in checked.text
    assert "<html" in owner.browser.post("/ads/address", form).text


def test_who_may_only_read_sees_no_switch(app: KabinetFlask, owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make()
    analyst: Browser = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    text = analyst.get("/campaigns").text
    assert "Autumn jackets" in text
    assert 'role="switch"' not in text
    assert "/inline/" not in analyst.get(f"/campaigns/{campaign_id}").text
    assert analyst.post(f"/campaigns/{campaign_id}/pause").status_code == 403
    assert analyst.get("/campaigns/new").status_code == 403


def test_another_tenants_campaign_is_not_there(other_owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make()
    browser = other_owner.browser
    assert browser.get(f"/campaigns/{campaign_id}").status_code == 404
    for deed in ("pause", "switch", "archive", "duplicate", "launch", "edit", "inline/name", "ads/new", "check"):
        assert browser.post(f"/campaigns/{campaign_id}/{deed}").status_code == 404


def test_a_name_of_markup_stays_a_name(owner: Person, make: Callable[..., str]) -> None:
    campaign_id = make(name='<script>alert("x")</script>')
    for url in ("/campaigns", f"/campaigns/{campaign_id}", f"/campaigns/{campaign_id}/changes"):
        assert "<script>alert" not in owner.browser.get(url).text
