"""The Conversions page: its pixel and its signed call count, its secret is asked for, its list says what became."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from tests.functional.test_delivery import Page, clicked, shown_by
from tests.functional.test_delivery import page as page  # noqa: PLC0414 (a fixture)
from tests.support.browser import Browser
from tests.support.facts import add_campaign
from tests.support.people import Person, new_member, new_owner, system_scope
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.types import LogRecord
from webapp.extensions import db
from webapp.web.app import KabinetFlask

URL = "/conversions"
CODE = re.compile(r'<pre[^>]*aria-labelledby="([a-z-]+)"[^>]*><code>(.*?)</code>', re.S)
SECRET = re.compile(r"data-secret>([^<]+)<")
#: What stands in for the network: it prints each of its arguments on a line of its own.
CURL = """curl() { printf '%s\\n' "$@"; }\n"""


@dataclass
class Shop:
    """An advertiser with a campaign on the nodes, and what its page of conversions says."""

    owner: Person
    page: Page
    code: dict[str, str]
    secret: str

    def pixel(self, click_id: str, order: str) -> Any:
        """Load the pixel as the page after the deed would."""
        address = unescape(re.findall(r'src="([^"]+)"', self.code["code-pixel"])[0])
        return self.page.get(address.replace("CLICK_ID", click_id).replace("ORDER_ID", order))

    def call(self, click_id: str, order: str) -> Any:
        """Run the call as it stands on the page, at the delivery surface's time."""
        script = self.code["code-call"].replace("CLICK_ID", click_id).replace("ORDER_ID", order)
        script = script.replace("$(date +%s)", str(self.page.clock[0] // 1000))
        ran = subprocess.run(["bash", "-euc", CURL + script], capture_output=True, text=True, check=True)
        said = ran.stdout.splitlines()
        headers = dict(line.split(": ", 1) for line in said if ": " in line)
        assert said[:2] == ["-X", "POST"]
        client = Client(self.page.delivery)
        return client.post(urlsplit(said[2]).path, data=said[-1], headers=headers)

    def verdicts(self) -> list[str]:
        """Return what became of the conversions of this campaign."""
        return [record.verdict.value for record in self.page.logged() if record.kind.value == "conversion"]


def codes(text: str) -> dict[str, str]:
    return {name: unescape(code) for name, code in CODE.findall(text)}


def shown(browser: Browser, url: str = URL) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def shop(owner: Person, page: Page) -> Shop:
    page.show(shown_by(page.number, advertiser_id=owner.scope.advertiser_id))
    asked = owner.browser.post("/conversions/secret").get_data(as_text=True)
    return Shop(owner, page, codes(asked), SECRET.findall(asked)[0])


def test_the_pixel_of_the_page_counts_once(shop: Shop) -> None:
    click_id = clicked(shop.page)
    first = shop.pixel(click_id, f"p-{shop.page.number}")
    assert (first.status_code, first.mimetype, first.headers.get("Kabinet-Problem")) == (200, "image/gif", None)
    shop.pixel(click_id, f"p-{shop.page.number}")
    assert shop.verdicts() == ["", "duplicate"]


def test_the_call_of_the_page_counts_as_it_stands(shop: Shop) -> None:
    said = shop.call(clicked(shop.page), f"c-{shop.page.number}")
    assert (said.status_code, said.get_json()) == (200, {"verdict": "ok", "counted": True})
    told = shop.page.logged()[-1]
    assert (told.advertiser_id, told.value_micros, told.sale) == (shop.owner.scope.advertiser_id, 12_500_000, True)


def test_another_tenant_s_click_does_not_count_for_oneself(app: KabinetFlask, shop: Shop) -> None:
    thief = new_owner(app, name="The Neighbour")
    asked = thief.browser.post("/conversions/secret").get_data(as_text=True)
    stranger = Shop(thief, shop.page, codes(asked), SECRET.findall(asked)[0])
    assert stranger.secret != shop.secret
    click_id = clicked(shop.page)
    assert stranger.call(click_id, "t-1").status_code == 401
    assert "another account's" in stranger.pixel(click_id, "t-2").headers["Kabinet-Problem"]
    assert shop.verdicts() == []


def test_a_value_in_another_currency_is_refused_and_says_why(shop: Shop) -> None:
    click_id = clicked(shop.page)
    shop.code = {name: text.replace("USD", "EUR") for name, text in shop.code.items()}
    said = shop.call(click_id, "e-1")
    assert (said.status_code, said.mimetype) == (422, "application/problem+json")
    assert said.get_json()["errors"] == {
        "currency": "This account is kept in USD. Send the value in USD, or leave the currency out."
    }
    assert "kept in USD" in shop.pixel(click_id, "e-2").headers["Kabinet-Problem"]
    assert shop.verdicts() == []


def test_the_secret_is_shown_when_asked_for_and_that_is_written_down(app: KabinetFlask, owner: Person) -> None:
    assert SECRET.findall(shown(owner.browser)) == []
    assert "SECRET='YOUR_SECRET'" in codes(shown(owner.browser))["code-call"]
    answer = owner.browser.post("/conversions/secret")
    secret = SECRET.findall(answer.get_data(as_text=True))[0]
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"SECRET='{secret}'" in codes(answer.get_data(as_text=True))["code-call"]
    with app.app_context():
        audit = app.adapters.services(db.session()).audit
        deeds = audit.history(system_scope(app, owner.scope), owner.scope.advertiser_public_id)
        assert [deed.action for deed in deeds].count("advertiser.conversion_secret.show") == 1
    assert secret not in shown(owner.browser)


def test_the_secret_is_for_those_who_manage_the_account(app: KabinetFlask, owner: Person) -> None:
    manager = new_member(app, owner.scope, AdvertiserRole.MANAGER)
    assert "Show the secret" not in shown(manager)
    assert manager.post("/conversions/secret").status_code == 403


def test_the_example_is_what_openssl_makes_of_it(owner: Person) -> None:
    facts = dict(re.findall(r'<dt>([^<]+)</dt><dd class="font-mono[^"]*">([^<]+)</dd>', shown(owner.browser)))
    signed = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", facts["Secret"]],
        input=unescape(facts["What is signed"]).encode(), capture_output=True, check=True,
    )  # fmt: skip
    assert signed.stdout.decode().split()[-1] == facts["Signature"]


def received(app: KabinetFlask, scope: Scope, campaign_id: int, records: list[LogRecord]) -> None:
    """Put what a node logged into the store of events, as of this advertiser's campaign and of now."""
    now_ms = int(app.adapters.clock.now().timestamp() * 1000)
    own = [
        replace(record, advertiser_id=scope.advertiser_id, campaign_id=campaign_id, at_ms=now_ms - 1000 + at, day=0)
        for at, record in enumerate(records)
    ]
    rows = EventRows(1, lambda ids: dict.fromkeys(ids, scope.zone_name))
    node = 50_000 + scope.advertiser_id
    app.adapters.analytics.insert_events(node, 0, own[-1].seq, rows.of(own))


def test_the_list_names_campaign_value_and_verdict(app: KabinetFlask, shop: Shop, other_owner: Person) -> None:
    assert "No conversion was received in 30 days" in shown(shop.owner.browser)
    click_id = clicked(shop.page)
    shop.pixel(click_id, f"l-{shop.page.number}")
    shop.pixel(click_id, f"l-{shop.page.number}")
    campaign_id, public_id = add_campaign(app, shop.owner.scope, "Autumn jackets")
    received(app, shop.owner.scope, campaign_id, shop.page.logged())
    text = shown(shop.owner.browser)
    rows = [re.sub(r"<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr><td.*?</tr>", text, re.S)]
    assert [("Repeated" in row, "12.50" in row, "Autumn jackets" in row) for row in rows] == [
        (True, False, True),
        (False, True, True),
    ]
    assert f'href="/campaigns/{public_id}"' in text
    assert "Autumn jackets" not in shown(other_owner.browser)
