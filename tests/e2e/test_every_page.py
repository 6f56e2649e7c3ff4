"""Every page there is: axe finds nothing in either theme, nothing is cut at 375 px or in Russian, nothing shifts."""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect
from werkzeug.routing import MapAdapter

from tests.e2e.live import Live
from tests.e2e.survey import DESKTOP, PHONE, Kind, Survey, four_tabs, settle, state_of, tab
from tests.e2e.test_journey import open_account
from tests.e2e.test_kag import upload
from tests.e2e.walk import HTMX, page_endpoints, routes, walk
from webapp.demo.people import OWNER, PASSWORD

pytestmark = pytest.mark.e2e

STAFF = "oskar@kabinet.example"
NOBODYS = "rita@tallbrook.example"
READER = "elza@tallbrook.example"
#: Views whose answer to GET is no page for people.
NO_PAGES = {
    "cabinet.export_file": "a file",
    "cabinet.import_status": "a part that is asked for while work is done",
    "cabinet.overview_live": "a part that open pages ask for",
    "cabinet.campaign_live": "a part that open pages ask for",
    "cabinet.campaign_row": "a part, else it leads to the page",
    "cabinet.campaign_head": "a part, else it leads to the page",
    "web.health": "JSON",
    "web.ready": "JSON",
    "web.media": "a picture",
    "web.media_thumbnail": "a picture",
    "web.states": "for developers, in debug mode",
    "admin.home": "leads to the first page somebody may see",
}
#: All that somebody new can see; their objects come later.
EMPTY_PAGES = (
    "/",
    "/campaigns",
    "/creatives",
    "/balance",
    "/balance/charges",
    "/balance/reconciliation",
    "/reports",
    "/imports",
    "/exports",
    "/settings",
    "/notices",
    "/conversions",
)
MAIN_PARTS = ("/", "/campaigns", "/reports", "/balance")
PART_BYTES = 10 * 1024
SHIFT = 0.1
#: Metrics where a page has them, else the kinds of the ledger.
SWITCHES = "main :is(.metric-tab[hx-get], a.chip[hx-get], #ledger .seg a[hx-get]):not([aria-current]):visible"
#: All shifts count, also those the browser forgives because somebody has just clicked.
WATCH_SHIFTS = """() => { window.shifted = 0; new PerformanceObserver(list => list.getEntries().forEach(
  entry => { window.shifted += entry.value; })).observe({type: 'layout-shift'}); }"""
HEAD = "Day,Campaign,Ad,Impressions,Clicks,Spend,Age\n"
GOOD = "2026-11-02,Autumn jackets,Three layers,1000,12,3.50,25-34\n"
BAD = (
    "2026-11-03,Autumn jackets,Three layers,900,1200,4.10,25-34\n"
    "not a day,Autumn jackets,Three layers,100,-2,0.40,25-34\n"
)


@dataclass
class Found:
    """What was found out about the whole site."""

    survey: Survey = field(default_factory=Survey)
    endpoints: set[str] = field(default_factory=set)
    parts: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """The demo account's site, the browser it is looked at with, and its addresses."""

    live: Live
    chromium: Browser
    urls: MapAdapter

    def session(self, email: str) -> StorageState:
        """Sign somebody in."""
        with self.page(None) as page:
            sign_in(page, email)
            return state_of(page)

    def page(self, state: StorageState | None, size: tuple[int, int] = DESKTOP) -> AbstractContextManager[Page]:
        """Open a page to prepare things in."""
        return tab(self.chromium, self.live.url, state, Survey(), size=size)

    def look_as(
        self, found: Found, state: StorageState | None, starts: Iterable[str], empty: Iterable[str] = ()
    ) -> None:
        """Walk all that this session reaches, look at each page, and at forms that were sent empty."""
        with four_tabs(self.chromium, self.live.url, state, found.survey) as tabs:
            request = tabs[0].page.context.request
            way = walk(request, self.urls, starts, lambda view: view in NO_PAGES or "rq_" in view)
            for url in way.pages:
                found.survey.look(tabs, url)
            for url in empty:
                found.survey.look_at_refusal(tabs, url)
        found.endpoints |= way.endpoints
        found.parts = {**way.parts, **found.parts}


@pytest.fixture(scope="module")
def site(chromium: Browser, demo_site: Live) -> Site:
    return Site(demo_site, chromium, routes().url_map.bind("localhost"))


@pytest.fixture(scope="module")
def mara(site: Site) -> StorageState:
    """The demo's owner."""
    return site.session(OWNER[0])


@pytest.fixture(scope="module")
def found(site: Site, mara: StorageState, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Walk the site as everybody there is, and look at every page."""
    found = Found()
    with site.page(mara) as page:
        starts = ["/", "/balance?group=top_ups", *draft_steps(page), confirmation(page)]
        starts.append(import_and_export(page, tmp_path_factory.mktemp("files") / "trouble.csv"))
    site.look_as(found, mara, starts, ("/campaigns/new", "/creatives/new", "/balance/top-up"))
    site.look_as(found, None, visitor_starts(site), ("/sign-in", "/register", "/forgot"))
    bury_an_event(site.live)
    ask_for_a_credit(site.live)
    oskar = site.session(STAFF)
    with site.page(oskar) as page:
        staff_starts = ["/admin/moderation", *place_for_sale(page)]
    site.look_as(found, oskar, staff_starts, ("/admin/ledger/adjust", "/admin/sites/new"))
    site.look_as(found, mara, [asked_request(site, mara), charged_hour(site.live), "/reports/quality"])
    with site.page(None) as page:
        open_account(page, site.live)
        site.look_as(found, state_of(page), EMPTY_PAGES)
    leave_advertisers(site.live, NOBODYS)
    site.look_as(found, site.session(NOBODYS), ["/no-advertiser"])
    with four_tabs(site.chromium, site.live.url, site.session(READER), found.survey) as tabs:
        for url in ("/campaigns/new", "/campaigns/c_0000000000000000"):
            found.survey.look(tabs, url)
    return found


def sign_in(page: Page, email: str) -> None:
    """Enter with the demo's password."""
    page.goto("/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def draft_steps(page: Page) -> list[str]:
    """Return the steps of a draft: only the first is linked from elsewhere."""
    page.goto("/campaigns")
    first = page.locator("a[href*='/setup/goal']").first.get_attribute("href") or ""
    return [first.replace("/goal", f"/{step}") for step in ("goal", "audience", "ads", "review")]


def confirmation(page: Page) -> str:
    """Pay with a card that asks for confirmation; return the address of the question."""
    page.goto("/balance")
    page.locator("#amount").fill("20.00")
    page.get_by_label("Card number").fill("4000 0025 0000 3155")
    page.get_by_label("Expiry").fill("12/30")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name=re.compile("^Top up")).click()
    page.wait_for_url(re.compile("/balance/payments/"))
    return urlsplit(page.url).path


def import_and_export(page: Page, file: Path) -> str:
    """Upload a file with bad rows and import a good one, then export a report; return the export's address."""
    file.write_text(HEAD + GOOD + BAD)
    upload(page, file)
    file.write_text(HEAD + GOOD)
    upload(page, file)
    page.get_by_role("button", name=re.compile("^Import 1 row")).click()
    expect(page.get_by_role("link", name="Open the report")).to_be_visible()
    page.goto("/reports")
    page.locator("summary", has_text="Export").first.click()
    page.get_by_role("button", name=re.compile("CSV")).first.click()
    file_address = page.get_by_role("link", name=re.compile("Download")).first.get_attribute("href") or ""
    return file_address.removesuffix("/file")


def place_for_sale(page: Page) -> list[str]:
    """Add a site with a place on it as staff; return the addresses of both."""
    page.goto("/admin/sites/new")
    page.locator("#name").fill("Daily Harbor")
    page.locator("#domain").fill("walked-daily-harbor.example")
    with page.expect_navigation():
        page.get_by_role("button", name="Add the site").click()
    site = urlsplit(page.url).path
    page.goto(f"{site}/placements/new")
    page.locator("#name").fill("Article, right column")
    with page.expect_navigation():
        page.get_by_role("button", name="Add the place").click()
    return [site, urlsplit(page.url).path]


def asked_request(site: Site, owner: StorageState) -> str:
    """Try a request on a campaign's page; return the address of its answer."""
    with site.page(owner) as page:
        page.goto("/campaigns")
        page.locator("a[href^='/campaigns/c_']").first.click()
        page.get_by_role("link", name="Delivery", exact=True).click()
        page.get_by_role("button", name="Try it").click()
        expect(page.locator("#simulation [role=status], #simulation .notice")).to_be_visible()
        return page.url.removeprefix(site.live.url)


def visitor_starts(site: Site) -> list[str]:
    """Return the addresses of those who are not signed in, with a letter's real link."""
    with site.page(None) as page:
        page.goto("/forgot")
        page.locator("#email").fill(OWNER[0])
        page.keyboard.press("Enter")
        reset = urlsplit(site.live.link_for(OWNER[0], "reset")).path
    return ["/sign-in", "/register", "/check-mail", "/forgot", "/confirm/made-up", "/reset/made-up", reset]


def leave_advertisers(live: Live, email: str) -> None:
    """Take somebody out of every advertiser, as inviting and leaving will do one day."""
    path = Path(live.environment["KABINET_INSTANCE"]) / "kabinet.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        done = database.execute(
            "DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE email = ?)", [email]
        )
        assert done.rowcount


def charged_hour(live: Live) -> str:
    """Charge an hour of a campaign of the demo's owner; return where its events are."""
    hour = {"hour_at": "2026-11-03 12:00:00.000000", "day": "2026-11-03", "events": 2, "spent_micros": 1_400}
    whose = "SELECT m.advertiser_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = :email"
    path = Path(live.environment["KABINET_INSTANCE"]) / "kabinet.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        query = f"SELECT id, public_id, advertiser_id FROM campaigns WHERE advertiser_id IN ({whose}) ORDER BY id"
        campaign_id, public_id, advertiser_id = database.execute(query, {"email": OWNER[0]}).fetchone()
        hour |= {"campaign_id": campaign_id, "advertiser_id": advertiser_id}
        places = ", ".join(f":{name}" for name in hour)
        database.execute(f"INSERT INTO charge_hours ({', '.join(hour)}) VALUES ({places})", hour)
    return f"/balance/charges/{public_id}/2026-11-03T1200Z"


def bury_an_event(live: Live) -> None:
    """Leave a dead letter, which no demo should have."""
    letter = {
        "public_id": "dl_7Q2M0000000000AB",
        "consumer": "notices",
        "event_id": "ev_7Q2M0000000000AB",
        "name": "ads.creative.decided.v1",
        "payload": '{"version_id": 7}',
        "happened_at": "2026-11-03 12:00:00.000000",
        "error": "ValueError: there is no such version",
        "attempts": 6,
        "created_at": "2026-11-03 12:06:11.000000",
        "replayed_by_name": "",
    }
    path = Path(live.environment["KABINET_INSTANCE"]) / "kabinet.sqlite3"
    places = ", ".join(f":{name}" for name in letter)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"INSERT INTO dead_letters ({', '.join(letter)}) VALUES ({places})", letter)


def ask_for_a_credit(live: Live) -> None:
    """Leave a credit that waits for a second person."""
    path = Path(live.environment["KABINET_INSTANCE"]) / "kabinet.sqlite3"
    credit = {
        "public_id": "cr_7Q2M0000000000AB",
        "day": "2026-11-03",
        "verdict": "datacenter",
        "criteria": '{"site": "news.example", "ip_prefix": "", "user_day": "", "starts_at": null, "ends_at": null}',
        "impressions": 1200,
        "clicks": 0,
        "amount_micros": 640_000_000,
        "reason": "Everything came from one data centre",
        "status": "pending",
        "requested_by_name": "Pavel Ozols",
        "decided_by_name": "",
        "transaction_id": "",
        "created_at": "2026-11-04 09:00:00.000000",
    }
    with closing(sqlite3.connect(path)) as database, database:
        query = "SELECT id, advertiser_id FROM campaigns ORDER BY id"
        campaign_id, advertiser_id = database.execute(query).fetchone()
        row = {**credit, "campaign_id": campaign_id, "advertiser_id": advertiser_id}
        places = ", ".join(f":{name}" for name in row)
        database.execute(f"INSERT INTO traffic_credits ({', '.join(row)}) VALUES ({places})", row)


def test_every_view_was_looked_at(found: Found) -> None:
    missed = page_endpoints(routes()) - found.endpoints - NO_PAGES.keys()
    assert not missed, f"no link leads to {sorted(missed)}: link them, start there, or say in NO_PAGES why not"
    assert len(found.survey.looked_at) > 50, found.survey.looked_at


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("axe", "axe finds these"),
        ("width", "these are wider than what they stand in"),
        ("language", "these are in another language"),
        ("complaint", "the browser complained of scripts or the content policy"),
    ],
)
def test_nothing_is_wrong_with_any_page(found: Found, kind: Kind, sentence: str) -> None:
    wrong = found.survey.wrong[kind]
    assert not wrong, f"{sentence}:\n" + "\n".join(wrong)


def test_what_htmx_redraws_is_small(site: Site, mara: StorageState, found: Found) -> None:
    heavy = []
    with site.page(mara) as page:
        for address in {*MAIN_PARTS, *found.parts.values()}:
            answer = page.context.request.get(address, headers=HTMX)
            size = len(gzip.compress(answer.body()))
            # A view without a part of its own answers with its whole page.
            if size > PART_BYTES and "<html" not in answer.text():
                heavy.append(f"{address}: {size} bytes")
            assert address not in MAIN_PARTS or "<html" not in answer.text(), (
                f"{address} answers htmx with a whole page"
            )
    assert not heavy, "more than 10 KB:\n" + "\n".join(heavy)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("address", ["/", "campaign", "/reports", "/balance"])
def test_nothing_shifts_when_a_part_is_redrawn(
    site: Site, mara: StorageState, address: str, size: tuple[int, int]
) -> None:
    with site.page(mara, size) as page:
        if address == "campaign":
            page.goto("/campaigns")
            address = page.locator("tbody tr a.font-medium").first.get_attribute("href") or ""
        page.goto(address)
        settle(page)
        page.evaluate(WATCH_SHIFTS)
        for link in (0, 1):
            before = page.url
            page.locator(SWITCHES).nth(link).click()
            expect(page).not_to_have_url(before)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(200)
        shifted = page.evaluate("window.shifted")
    assert shifted < SHIFT, f"{address} shifts by {shifted:.3f}"
