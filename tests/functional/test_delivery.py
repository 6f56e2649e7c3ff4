"""The delivery surface over real serving nodes of both profiles: what is asked, shown, seen, clicked and bought."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from tests.support.serving import DAY, NEVER_MS, NOON_MS, ad, campaign, clicks_campaign, lease, placement
from webapp.domain.delivery.tokens import conversion_signature
from webapp.domain.delivery.types import EventKind, LogRecord, PublishedCampaign, Verdict
from webapp.surfaces.delivery.app import DeliveryApp
from webapp.web.app import KabinetFlask

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SERVER_KEY = "a-key-of-a-trusted-server"
LANDING = "https://shop.example/p?a=1&a=1&empty=&c={campaign_id}&ad={ad_id}&site={site}&click={click_id}#top"
AMOUNT = 1_000_000
_NUMBERS = itertools.count(700_001)


class Nowhere:
    """Knows no address."""

    def locate(self, ip: str) -> tuple[str, str]:
        return "", ""

    def is_datacenter(self, ip: str) -> bool:
        return False


@dataclass
class Page:
    """A publisher's page with one placement, and a visitor with a browser."""

    delivery: DeliveryApp
    app: KabinetFlask
    clock: list[int]
    number: int
    ip: str = ""
    agent: str = BROWSER
    before: dict[int, int] = field(default_factory=dict)

    @property
    def placement(self) -> str:
        return f"pl_{self.number}"

    def show(self, shown: PublishedCampaign) -> None:
        """Publish a campaign on every node, with money for the day."""
        for store in self.app.adapters.serving:
            store.migrate()
            self.before[store.node] = store.state().last_seq
            store.publish((placement(self.number, size=shown.ads[0].size if shown.ads else "300x250"),), (shown,))
            store.grant(lease(self.number, self.number, AMOUNT), NEVER_MS)

    def send(self, method: str, address: str, after_ms: int = 1000, **options: Any) -> TestResponse:
        self.clock[0] += after_ms
        headers = {"User-Agent": self.agent, **options.pop("headers", {})}
        client = Client(self.delivery)
        return client.open(
            address, method=method, headers=headers, environ_overrides={"REMOTE_ADDR": self.ip}, **options
        )

    def get(self, address: str, after_ms: int = 1000, **headers: str) -> TestResponse:
        parts = urlsplit(address)
        return self.send("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, after_ms, headers=headers)

    def verdict(self, address: str, after_ms: int = 1000) -> str:
        """Call an address as a server that is told the verdict, for this visitor."""
        said = self.get(address, after_ms, **{"Authorization": f"Bearer {SERVER_KEY}", "X-Forwarded-For": self.ip})
        return said.headers["X-Kabinet-Verdict"]

    def ask(self) -> Any:
        return self.send("POST", "/d/decision", json={"placements": [self.placement]}).get_json()["decisions"][0]

    def logged(self) -> list[LogRecord]:
        """Return what the nodes logged of this page's campaign."""
        records = [
            record
            for store in self.app.adapters.serving
            for record in store.read(self.before[store.node], 10_000)
            if record.campaign_id == self.number
        ]
        return sorted(records, key=lambda record: (record.at_ms, record.seq))

    def spent(self) -> int:
        """Return what the campaign's leases spent."""
        return sum(
            state.spent_micros
            for store in self.app.adapters.serving
            for state in store.state().leases
            if state.campaign_id == self.number
        )


@pytest.fixture
def page(app: KabinetFlask) -> Iterator[Page]:
    number = next(_NUMBERS)
    clock = [NOON_MS]
    settings = replace(app.settings, server_keys=SERVER_KEY)
    delivery = DeliveryApp(settings, app.adapters.serving, Nowhere(), lambda: clock[0])
    page = Page(delivery, app, clock, number, ip=f"198.18.{number % 250}.7")
    yield page
    for store in app.adapters.serving:
        store.withdraw([number], [number])
        store.revoke([number])


def shown_by(number: int, **fields: Any) -> PublishedCampaign:
    values = {"ads": (ad(number, landing_url=LANDING),), "public_id": f"cm_{number}", **fields}
    return campaign(number, **values)


def test_an_ad_is_shown_seen_clicked_and_paid_once(page: Page) -> None:
    page.show(shown_by(page.number, price_micros=1500))
    made = page.ask()
    assert (made["reason"], made["ad"]["id"]) == (None, f"ad_{page.number}")
    assert made["ad"]["image"] == f"http://localhost/media/{page.number}.png"
    assert [page.get(made["urls"][name]).status_code for name in ("impression", "view", "click")] == [200, 204, 302]
    found = [(record.kind, record.verdict, record.charged_micros) for record in page.logged()]
    assert found == [
        (EventKind.IMPRESSION, Verdict.OK, 1500),
        (EventKind.VIEW, Verdict.OK, 0),
        (EventKind.CLICK, Verdict.OK, 0),
    ]
    assert page.spent() == 1500
    assert {(record.browser, record.os, record.device, record.day) for record in page.logged()} == {
        ("firefox", "windows", "desktop", page.logged()[0].day)
    }
    assert page.logged()[0].day == DAY


def test_a_click_lands_with_public_ids_and_a_click_id_of_its_own(page: Page) -> None:
    page.show(shown_by(page.number))
    made = page.ask()
    page.get(made["urls"]["impression"])
    location = page.get(made["urls"]["click"]).headers["Location"]
    query = parse_qsl(urlsplit(location).query, keep_blank_values=True)
    assert query[:3] == [("a", "1"), ("a", "1"), ("empty", "")]
    values = dict(query)
    assert (values["c"], values["ad"]) == (f"cm_{page.number}", f"ad_{page.number}")
    assert values["site"]
    assert len(values["click"]) == 64
    assert location.endswith("#top")


def test_replays_blind_and_hasty_clicks_are_kept_and_never_billed(page: Page) -> None:
    page.show(shown_by(page.number))
    made = page.ask()
    urls = made["urls"]
    assert page.verdict(urls["click"]) == "click_without_impression"
    assert page.verdict(urls["view"]) == "view_without_impression"
    assert page.verdict(urls["impression"]) == "ok"
    assert page.verdict(urls["impression"]) == "duplicate"
    assert page.verdict(urls["view"]) == "ok"
    assert page.verdict(urls["view"]) == "duplicate"
    hasty = page.ask()["urls"]
    page.get(hasty["impression"])
    assert page.verdict(hasty["click"], after_ms=50) == "too_fast"
    late = page.ask()["urls"]
    assert page.verdict(late["impression"], after_ms=3_600_000) == "expired"
    assert page.spent() == 2 * 1000
    assert len(page.logged()) == 9


def test_a_click_is_paid_at_its_price_when_clicks_are_bought(page: Page) -> None:
    page.show(clicks_campaign(page.number, price_micros=50_000))
    made = page.ask()
    page.get(made["urls"]["impression"])
    assert page.spent() == 0
    assert page.verdict(made["urls"]["click"]) == "ok"
    assert page.verdict(made["urls"]["click"]) == "duplicate"
    assert page.spent() == 50_000


def test_bots_are_answered_and_never_billed(page: Page) -> None:
    page.show(shown_by(page.number))
    page.agent = BOT
    made = page.ask()
    assert made["reason"] is None
    assert page.verdict(made["urls"]["impression"]) == "bot_ua"
    assert page.get(made["urls"]["click"]).status_code == 302
    assert page.spent() == 0
    assert {record.verdict for record in page.logged()} == {Verdict.BOT_UA}


def test_forged_tokens_are_nobody_s_events(page: Page) -> None:
    page.show(shown_by(page.number))
    made = page.ask()
    token = urlsplit(made["urls"]["click"]).path.rsplit("/", 1)[1]
    forged = ("A" if token[10] != "A" else "B").join([token[:10], token[11:]])
    said = page.get(f"/d/c/{forged}")
    assert (said.status_code, "Location" in said.headers) == (404, False)
    assert page.verdict(f"/d/i/{forged}.gif") == "bad_signature"
    assert page.verdict(f"/d/i/{token}.gif") == "bad_signature"
    assert page.logged() == []


def test_placements_nobody_knows_and_campaigns_without_money_do_not_fill(page: Page) -> None:
    page.show(shown_by(page.number, price_micros=AMOUNT + 1))
    assert page.ask()["reason"] == "none_eligible"
    unknown = page.send("POST", "/d/decision", json={"placements": ["pl_nobody"]})
    assert unknown.get_json()["decisions"][0]["reason"] == "unknown_placement"


def test_keywords_and_page_choose_the_campaign(page: Page) -> None:
    page.show(shown_by(page.number, keywords=("cars",), sites=("news.example",), site_mode="only"))
    asked = {"placements": [page.placement]}

    def reason(**fields: Any) -> str | None:
        answer = page.send("POST", "/d/decision", json={**asked, **fields}).get_json()
        return answer["decisions"][0]["reason"]

    assert reason(keywords=["Cars"], page="https://sport.news.example/today?q=1") is None
    assert reason(keywords=["Cars"], page="https://other.example/") == "none_eligible"
    assert reason(keywords=["boats"], page="https://news.example/") == "none_eligible"


def test_a_person_s_cap_holds_whichever_connection_they_use(page: Page) -> None:
    page.show(shown_by(page.number, cap_count=2, cap_window="day"))
    asked = {"placements": [page.placement], "user": "reader-17"}
    reasons = []
    for last in range(4):
        page.ip = f"198.18.{page.number % 250}.{last + 20}"
        reasons.append(page.send("POST", "/d/decision", json=asked).get_json()["decisions"][0]["reason"])
    assert reasons == [None, None, "none_eligible", "none_eligible"]


def test_the_plain_tag_shows_counts_and_clicks(page: Page) -> None:
    page.show(shown_by(page.number))
    picture = page.get(f"/d/img/{page.placement}?n=5551")
    assert (picture.status_code, picture.headers["Location"]) == (302, f"http://localhost/media/{page.number}.png")
    landed = page.get(f"/d/go/{page.placement}?n=5551")
    assert landed.headers["Location"].startswith(f"https://shop.example/p?a=1&a=1&empty=&c=cm_{page.number}")
    page.get(f"/d/img/{page.placement}?n=5551")
    found = [(record.kind, record.verdict) for record in page.logged()]
    assert found == [
        (EventKind.IMPRESSION, Verdict.OK),
        (EventKind.CLICK, Verdict.OK),
        (EventKind.IMPRESSION, Verdict.DUPLICATE),
    ]
    assert page.spent() == 1000


def test_a_sale_is_told_by_the_shop_s_server_and_counts_once(page: Page) -> None:
    page.show(shown_by(page.number))
    click_id = clicked(page)
    order = f"order-{page.number}"
    assert sold(page, click_id, order) == {"verdict": "ok", "counted": True}
    assert sold(page, click_id, order) == {"verdict": "duplicate", "counted": False}
    last = page.logged()[-2]
    assert (last.kind, last.value_micros, last.sale) == (EventKind.CONVERSION, 12_500_000, True)


def test_a_sale_is_told_by_a_pixel(page: Page) -> None:
    page.show(shown_by(page.number))
    click_id = clicked(page)
    pixel = page.delivery.tokens.pixel(7, "EUR")
    said = page.get(f"/d/p/{pixel}.gif?click_id={click_id}&order=pixel-{page.number}&value=3.5")
    assert said.data[:3] == b"GIF"
    last = page.logged()[-1]
    assert (last.kind, last.verdict, last.value_micros) == (EventKind.CONVERSION, Verdict.OK, 3_500_000)


def test_a_sale_long_after_the_click_is_late(page: Page) -> None:
    page.show(shown_by(page.number))
    click_id = clicked(page)
    page.clock[0] += 31 * 24 * 3_600_000
    assert sold(page, click_id, f"late-{page.number}")["verdict"] == "expired"


def clicked(page: Page) -> str:
    """Show an ad and click it; return the click_id the shop gets."""
    urls = page.ask()["urls"]
    page.get(urls["impression"])
    location = page.get(urls["click"]).headers["Location"]
    return dict(parse_qsl(urlsplit(location).query))["click"]


def sold(page: Page, click_id: str, order: str) -> Any:
    """Tell a sale as the shop's server."""
    body = json.dumps({"click_id": click_id, "order": order, "value": "12.50", "sale": True}).encode()
    timestamp = str(page.clock[0] // 1000)
    signature = conversion_signature(page.delivery.tokens.advertiser_secret(7, "EUR"), timestamp, body)
    headers = {"Kabinet-Timestamp": timestamp, "Kabinet-Signature": signature, "Content-Type": "application/json"}
    return page.send("POST", "/d/conversion", data=body, headers=headers).get_json()


def test_nothing_personal_is_logged(page: Page) -> None:
    page.show(shown_by(page.number))
    made = page.ask()
    page.get(made["urls"]["impression"])
    text = repr(page.logged())
    assert page.ip not in text
    assert "Mozilla" not in text
    assert page.logged()[0].ip_prefix == f"198.18.{page.number % 250}.0/24"
    assert page.logged()[0].user_day


def test_no_answer_sets_a_cookie(page: Page) -> None:
    page.show(shown_by(page.number))
    urls = page.ask()["urls"]
    answers = [page.get(url) for url in [*urls.values(), f"/d/img/{page.placement}?n=1", "/d/tag.js", "/d/health"]]
    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None] * len(answers)


def test_the_surface_needs_no_store_but_the_nodes(page: Page) -> None:
    page.show(shown_by(page.number))
    ready = page.get("/d/ready")
    assert (ready.status_code, ready.get_json()["missing"]) == (200, [])
    assert page.ask()["reason"] is None
