"""The delivery surface by itself, over a serving node that does what it is told."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from tests.support.apps import settings_for
from webapp.core.errors import Unavailable
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.tokens import Token, TokenKind, conversion_signature
from webapp.domain.delivery.types import (
    Decision,
    DecisionRequest,
    EventKind,
    IncomingEvent,
    NoFill,
    PublishedAd,
    Recorded,
    Verdict,
)
from webapp.settings import Profile, Settings
from webapp.surfaces.delivery.app import DeliveryApp, alone, mounted

NOW_MS = 1_800_000_000_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
PLACEMENT = "pl_0123456789ABCDEF"
LANDING = "https://shop.example/p?a=1&a=1&empty=&x&c={campaign_id}&click={click_id}#top"
AD = PublishedAd(
    id=33, public_id="ad_33", creative_id=5, creative_public_id="cr_5", size="300x250", weight=1,
    landing_url=LANDING, image="/media/as_1.png", width=300, height=250,
)  # fmt: skip


@dataclass
class Node:
    """A serving node that fills whatever is asked and remembers it."""

    node: int = 1
    down: bool = False
    ad: PublishedAd | None = AD
    verdict: Verdict = Verdict.OK
    asked: list[DecisionRequest] = field(default_factory=list)
    events: list[IncomingEvent] = field(default_factory=list)

    def decide(self, request: DecisionRequest) -> Sequence[Decision]:
        self.ping()
        self.asked.append(request)
        reason = None if self.ad else NoFill.NONE_ELIGIBLE
        return [
            Decision(item.placement, item.key, reason, False, 44, 11, 22, self.ad, "300x250") for item in request.wanted
        ]

    def record(self, event: IncomingEvent) -> Recorded:
        self.ping()
        self.events.append(event)
        macros = {"campaign_id": "c_22", "ad_id": "ad_33"}
        return Recorded(self.verdict, len(self.events), 0, self.ad.landing_url if self.ad else "", macros)

    def ping(self) -> None:
        if self.down:
            raise Unavailable


class Nowhere:
    """Knows one data centre."""

    def locate(self, ip: str) -> tuple[str, str]:
        return ("LV", "LV-RIX") if ip.startswith("203.0.113.") else ("", "")

    def is_datacenter(self, ip: str) -> bool:
        return ip == "198.51.100.9"


@dataclass
class Said:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Sends requests to an application."""

    def __init__(self, app: Any, ip: str = "203.0.113.7") -> None:
        self.app = app
        self.ip = ip

    def get(self, address: str, **headers: str) -> Said:
        return self.send("GET", address, b"", headers)

    def post(self, address: str, body: object, **headers: str) -> Said:
        return self.send("POST", address, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    def send(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> Said:
        parts = urlsplit(address)
        answered: list[Any] = []

        def start_response(status: str, found: list[tuple[str, str]]) -> None:
            answered.extend([int(status[:3]), dict(found)])

        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "REMOTE_ADDR": self.ip,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "HTTP_USER_AGENT": BROWSER,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }  # fmt: skip
        content: Iterable[bytes] = self.app(environ, start_response)
        return Said(answered[0], answered[1], b"".join(content))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = settings_for(Profile.EMBEDDED, tmp_path, None)
    return replace(plain, delivery_url="https://ads.example", public_url="https://cabinet.example", server_keys="k1,k2")


def app_of(settings: Settings, *nodes: Node) -> DeliveryApp:
    return DeliveryApp(settings, [cast("ServingStore", node) for node in nodes], Nowhere(), lambda: NOW_MS)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def app(settings: Settings, node: Node) -> DeliveryApp:
    return app_of(settings, node)


@pytest.fixture
def caller(app: DeliveryApp) -> Caller:
    return Caller(app)


def decision(caller: Caller, **fields: object) -> Any:
    return caller.post("/d/decision", {"placements": [PLACEMENT], **fields}).json["decisions"][0]


def path(url: str) -> str:
    return urlsplit(url).path


def test_a_decision_names_ad_picture_and_addresses(caller: Caller) -> None:
    made = decision(caller)
    assert made["reason"] is None
    assert made["placement"] == PLACEMENT
    assert made["ad"] == {
        "id": "ad_33", "size": "300x250", "width": 300, "height": 250,
        "image": "https://cabinet.example/media/as_1.png", "title": "", "text": "",
    }  # fmt: skip
    assert made["urls"]["impression"].startswith("https://ads.example/d/i/")
    assert made["urls"]["impression"].endswith(".gif")


def test_a_decision_may_be_asked_for_in_an_address(caller: Caller, node: Node) -> None:
    said = caller.get(
        f"/d/decision?placements={PLACEMENT},pl_2&placements=pl_3&page=https://News.Example/a&keywords=Red,Blue"
    )
    assert [item["placement"] for item in said.json["decisions"]] == [PLACEMENT, "pl_2", "pl_3"]
    assert node.asked[0].site == "news.example"
    assert node.asked[0].keywords == ("red", "blue")


def test_a_request_tells_the_store_what_campaigns_aim_at(caller: Caller, node: Node) -> None:
    decision(caller, page="https://bücher.example/x?y", keywords=[" New  Cars ", ""])
    asked = node.asked[0]
    assert asked.now_ms == NOW_MS
    assert (asked.site, asked.keywords) == ("xn--bcher-kva.example", ("new cars",))
    assert (asked.visitor.country, asked.visitor.device, asked.visitor.browser) == ("LV", "desktop", "firefox")


def test_keys_differ_and_fit_63_bits(caller: Caller, node: Node) -> None:
    said = caller.post("/d/decision", {"placements": [f"pl_{number}" for number in range(20)]})
    keys = [int(item["key"]) for item in said.json["decisions"]]
    assert len(set(keys)) == 20
    assert all(0 <= key < 2**63 for key in keys)
    assert keys == [item.key for item in node.asked[0].wanted]


def test_a_placement_is_decided_once_in_a_request(caller: Caller, node: Node) -> None:
    said = caller.post("/d/decision", {"placements": ["pl_1", PLACEMENT, *["pl_1"] * 18]})
    assert [item["placement"] for item in said.json["decisions"]] == ["pl_1", PLACEMENT]
    assert [item.placement for item in node.asked[0].wanted] == ["pl_1", PLACEMENT]


def test_no_fill_is_an_answer_with_a_reason(caller: Caller, node: Node) -> None:
    node.ad = None
    made = decision(caller)
    assert (made["reason"], made["ad"], made["urls"]) == ("none_eligible", None, None)


def test_with_the_store_down_nothing_fills_and_nothing_breaks(caller: Caller, node: Node) -> None:
    node.down = True
    said = caller.post("/d/decision", {"placements": [PLACEMENT, "pl_2"]})
    assert said.status == 200
    assert [item["reason"] for item in said.json["decisions"]] == ["store", "store"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"nonsense", ""),
        (b"[]", ""),
        (b"{}", "placements"),
        (b'{"placements": []}', "placements"),
        (b'{"placements": [1]}', "placements"),
        (b'{"placements": [""]}', "placements"),
        (json.dumps({"placements": ["x" * 41]}).encode(), "placements"),
        (json.dumps({"placements": ["x"] * 21}).encode(), "placements"),
        (json.dumps({"placements": ["x"], "keywords": [1]}).encode(), "keywords"),
        (json.dumps({"placements": ["x"], "keywords": ["a"] * 101}).encode(), "keywords"),
        (json.dumps({"placements": ["x"], "page": 5}).encode(), "page"),
        (json.dumps({"placements": ["x"], "user": ["a"]}).encode(), "user"),
    ],
)
def test_a_wrong_request_is_told_what_to_send(caller: Caller, body: bytes, field: str) -> None:
    said = caller.post("/d/decision", body)
    assert said.status == 400
    assert said.headers["Content-Type"] == "application/problem+json"
    assert said.json["detail"]
    assert not field or said.json["errors"][field]


def test_a_body_too_long_is_refused_unread(caller: Caller) -> None:
    assert caller.post("/d/decision", b" " * 70_000).status == 413


def test_only_a_server_with_a_key_speaks_for_visitors(caller: Caller, node: Node) -> None:
    claims = {"ip": "198.51.100.9", "user_agent": "curl/8", "language": "lv"}
    refused = caller.post("/d/decision", {"placements": [PLACEMENT], **claims})
    assert refused.status == 401
    assert refused.json["errors"]["ip"]
    wrong = caller.post("/d/decision", {"placements": [PLACEMENT], **claims}, authorization="Bearer k3")
    assert wrong.status == 401
    told = {**claims, "placements": [PLACEMENT], "user_agent": BROWSER}
    caller.post("/d/decision", told, authorization="Bearer k2")
    assert node.asked[-1].visitor.suspect is Verdict.DATACENTER
    assert node.asked[-1].visitor.language == "lv"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "bearer", "prefix"),
    [
        (0, "198.51.100.1", "", "203.0.113.0/24"),
        (1, "198.51.100.1", "", "198.51.100.0/24"),
        (1, "10.0.0.1, 198.51.100.1", "", "198.51.100.0/24"),
        (2, "10.0.0.1, 198.51.100.1, 192.0.2.1", "", "198.51.100.0/24"),
        (2, "198.51.100.1", "", "198.51.100.0/24"),
        (0, "198.51.100.1", "Bearer k1", "198.51.100.0/24"),
        (1, "198.51.100.1, 192.0.2.1", "Bearer k1", "198.51.100.0/24"),
        (0, "198.51.100.1", "Bearer nobody", "203.0.113.0/24"),
    ],
)
def test_an_address_counts_when_our_proxies_vouch(
    settings: Settings, node: Node, proxies: int, forwarded: str, bearer: str, prefix: str
) -> None:
    caller = Caller(app_of(replace(settings, proxies=proxies), node))
    caller.post("/d/decision", {"placements": [PLACEMENT]}, x_forwarded_for=forwarded, authorization=bearer)
    assert node.asked[0].visitor.ip_prefix == prefix


def test_impression_view_and_click_reach_the_store(caller: Caller, node: Node) -> None:
    made = decision(caller)
    seen, viewed = caller.get(path(made["urls"]["impression"])), caller.get(path(made["urls"]["view"]))
    caller.get(path(made["urls"]["click"]))
    assert (seen.status, seen.headers["Content-Type"], seen.body[:6]) == (200, "image/gif", b"GIF89a")
    assert (viewed.status, viewed.body) == (204, b"")
    assert [event.kind for event in node.events] == [EventKind.IMPRESSION, EventKind.VIEW, EventKind.CLICK]
    for event in node.events:
        assert event.key == int(made["key"])
        ids = event.advertiser_id, event.campaign_id, event.ad_id, event.placement_id, event.decided_s
        assert ids == (11, 22, 33, 44, NOW_MS // 1000)
        assert event.visitor == node.asked[0].visitor


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_answer_does_not_tell_who_is_filtered(caller: Caller, node: Node, verdict: Verdict) -> None:
    made = decision(caller)
    usual = caller.get(path(made["urls"]["impression"]))
    node.verdict = verdict
    said = caller.get(path(made["urls"]["impression"]))
    assert (said.status, said.headers, said.body) == (usual.status, usual.headers, usual.body)
    told = caller.get(path(made["urls"]["impression"]), authorization="Bearer k1")
    assert told.headers["X-Kabinet-Verdict"] == (verdict.value or "ok")


def test_a_click_lands_byte_for_byte_with_macros_filled(app: DeliveryApp, caller: Caller) -> None:
    made = decision(caller)
    said = caller.get(path(made["urls"]["click"]))
    assert said.status == 302
    before, click_id, after = _split(said.headers["Location"])
    assert before == "https://shop.example/p?a=1&a=1&empty=&x&c=c_22&click="
    assert after == "#top"
    assert app.tokens.read(click_id, TokenKind.CONVERSION).key == int(made["key"])
    assert said.headers["Cache-Control"] == "no-store"


def _split(location: str) -> tuple[str, str, str]:
    start = location.index("click=") + len("click=")
    return location[:start], location[start : start + 64], location[start + 64 :]


def test_a_landing_in_other_letters_is_sent_as_headers_can(caller: Caller, node: Node) -> None:
    node.ad = replace(AD, landing_url="https://bücher.example/путь?q=ü&q=%20&=")
    made = decision(caller)
    location = caller.get(path(made["urls"]["click"])).headers["Location"]
    assert location == "https://xn--bcher-kva.example/%D0%BF%D1%83%D1%82%D1%8C?q=%C3%BC&q=%20&="


@pytest.mark.parametrize("landing", ["", "javascript:alert(1)", "//evil.example", "ftp://x.example/"])
def test_a_click_leads_to_web_pages_alone(caller: Caller, node: Node, landing: str) -> None:
    made = decision(caller)
    node.ad = replace(AD, landing_url=landing)
    said = caller.get(path(made["urls"]["click"]))
    assert said.status == 404
    assert "Location" not in said.headers


@pytest.mark.parametrize("address", ["/d/c/forged", "/d/c/", "/d/c/https://evil.example", "/d/c/x?to=//evil.example"])
def test_a_forged_click_is_a_page_and_no_redirect(caller: Caller, node: Node, address: str) -> None:
    said = caller.get(address, accept_language="ru")
    assert said.status == 404
    assert "Location" not in said.headers
    assert "text/html" in said.headers["Content-Type"]
    assert 'lang="ru"' in said.body.decode()
    assert not node.events


def test_forged_events_are_counted_answered_and_nobody_s(app: DeliveryApp, caller: Caller, node: Node) -> None:
    made = decision(caller)
    swapped = path(made["urls"]["view"]).replace("/d/v/", "/d/i/") + ".gif"
    assert [caller.get(address).status for address in ("/d/i/x.gif", swapped, "/d/v/x", "/d/c/x")] == [
        200,
        200,
        204,
        404,
    ]
    assert node.events == []
    assert app.counts.read()["bad_signature"] == 4
    assert caller.get("/d/health").json["counts"]["bad_signature"] == 4


def test_with_the_store_down_a_click_waits_and_pixels_answer(caller: Caller, node: Node) -> None:
    made = decision(caller)
    node.down = True
    clicked = caller.get(path(made["urls"]["click"]))
    assert (clicked.status, clicked.headers["Retry-After"]) == (503, "5")
    assert caller.get(path(made["urls"]["impression"])).status == 200
    assert caller.get(path(made["urls"]["view"])).status == 204
    assert caller.get(path(made["urls"]["impression"]), authorization="Bearer k1").status == 503


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PUT"])
def test_looking_at_an_address_counts_nothing(caller: Caller, node: Node, method: str) -> None:
    made = decision(caller)
    for url in made["urls"].values():
        assert caller.send(method, path(url), b"", {}).status == 405
    assert node.events == []


@pytest.mark.parametrize(
    "header", [{"sec_purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x_moz": "prefetch"}]
)
def test_fetching_ahead_is_no_click(caller: Caller, node: Node, header: dict[str, str]) -> None:
    made = decision(caller)
    assert caller.get(path(made["urls"]["click"]), **header).status == 503
    assert caller.get(f"/d/go/{PLACEMENT}?n=1", **header).status == 503
    assert node.events == []


def test_the_plain_tag_s_picture_and_link_meet(caller: Caller, node: Node) -> None:
    shown = caller.get(f"/d/img/{PLACEMENT}?n=777")
    clicked = caller.get(f"/d/go/{PLACEMENT}?n=777")
    assert (shown.status, shown.headers["Location"]) == (302, "https://cabinet.example/media/as_1.png")
    assert clicked.status == 302
    assert clicked.headers["Location"].startswith("https://shop.example/p?a=1&a=1&empty=&x&c=c_22")
    assert [event.kind for event in node.events] == [EventKind.IMPRESSION, EventKind.CLICK]
    assert len({event.key for event in node.events}) == 1
    caller.get(f"/d/img/{PLACEMENT}?n=778")
    assert len({event.key for event in node.events}) == 2


def test_the_plain_tag_without_an_ad_is_an_empty_picture(caller: Caller, node: Node) -> None:
    node.ad = None
    assert caller.get(f"/d/img/{PLACEMENT}?n=1").body[:3] == b"GIF"
    assert caller.get(f"/d/go/{PLACEMENT}?n=1").status == 404
    node.down = True
    assert caller.get(f"/d/img/{PLACEMENT}?n=2").status == 200
    assert caller.get(f"/d/go/{PLACEMENT}?n=2").status == 503


def test_a_visitor_stays_with_a_node_and_moves_on_when_it_is_down(settings: Settings) -> None:
    nodes = Node(1), Node(2)
    app = app_of(settings, *nodes)
    for last in range(100):
        Caller(app, f"203.0.113.{last}").post("/d/decision", {"placements": [PLACEMENT]})
    assert min(len(node.asked) for node in nodes) > 20
    before = [len(node.asked) for node in nodes]
    for _ in range(10):
        Caller(app, "203.0.113.5").post("/d/decision", {"placements": [PLACEMENT]})
    home = next(node for node, asked in zip(nodes, before, strict=True) if len(node.asked) == asked + 10)
    other = nodes[1] if home is nodes[0] else nodes[0]
    home.down = True
    made = decision(Caller(app, "203.0.113.5"))
    assert made["reason"] is None
    caller = Caller(app, "203.0.113.5")
    caller.get(path(made["urls"]["impression"]))
    assert len(other.events) == 1


def test_an_event_goes_to_the_node_of_its_token(settings: Settings) -> None:
    nodes = Node(1), Node(2)
    app = app_of(settings, *nodes)
    for number in (1, 2):
        token = app.tokens.write(Token(TokenKind.IMPRESSION, number, 5, 11, 22, 33, 44, 1))
        Caller(app).get(f"/d/i/{token}.gif")
    assert [len(node.events) for node in nodes] == [1, 1]
    token = app.tokens.write(Token(TokenKind.IMPRESSION, 9, 5, 11, 22, 33, 44, 1))
    assert Caller(app).get(f"/d/i/{token}.gif").status == 200


def conversion(app: DeliveryApp, **changed: object) -> tuple[bytes, dict[str, str]]:
    click_id = app.tokens.write(Token(TokenKind.CONVERSION, 1, 5, 11, 22, 33, 44, NOW_MS // 1000))
    fields = {"click_id": click_id, "order": "A-1", "value": "12.34", "sale": True, **changed}
    body = json.dumps(fields).encode()
    timestamp = str(NOW_MS // 1000)
    signature = conversion_signature(app.tokens.advertiser_secret(11, "EUR"), timestamp, body)
    return body, {"kabinet_timestamp": timestamp, "kabinet_signature": signature}


def test_a_signed_conversion_is_recorded_and_told_its_verdict(app: DeliveryApp, caller: Caller, node: Node) -> None:
    body, headers = conversion(app)
    assert caller.post("/d/conversion", body, **headers).json == {"verdict": "ok", "counted": True}
    event = node.events[0]
    assert (event.kind, event.order, event.value_micros, event.sale) == (EventKind.CONVERSION, "A-1", 12_340_000, True)
    assert (event.key, event.advertiser_id) == (5, 11)
    assert event.visitor.ip_prefix == ""
    node.verdict = Verdict.DUPLICATE
    assert caller.post("/d/conversion", body, **headers).json == {"verdict": "duplicate", "counted": False}


@pytest.mark.parametrize(
    ("value", "micros"), [(12.34, 12_340_000), (7, 7_000_000), ("0.000001", 1), (None, 0), ("", 0)]
)
def test_values_are_read_without_a_float(
    app: DeliveryApp, caller: Caller, node: Node, value: object, micros: int
) -> None:
    body, headers = conversion(app, value=value)
    assert caller.post("/d/conversion", body, **headers).status == 200
    assert node.events[0].value_micros == micros


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"value": "12,34"}, "value"),
        ({"value": -1}, "value"),
        ({"value": "1e9"}, "value"),
        ({"value": True}, "value"),
        ({"value": "9" * 13}, "value"),
        ({"order": "x" * 101}, "order"),
        ({"order": {"a": 1}}, "order"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": ["EUR"]}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"sale": "yes"}, "sale"),
    ],
)
def test_a_wrong_conversion_names_its_field(
    app: DeliveryApp, caller: Caller, node: Node, changed: dict[str, object], field: str
) -> None:
    body, headers = conversion(app, **changed)
    said = caller.post("/d/conversion", body, **headers)
    assert (said.status, list(said.json["errors"])) == (422, [field])
    assert node.events == []


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_conversion_signed_at_another_time_is_refused(app: DeliveryApp, caller: Caller, seconds: int) -> None:
    body, _ = conversion(app)
    timestamp = str(NOW_MS // 1000 + seconds)
    signature = conversion_signature(app.tokens.advertiser_secret(11, "EUR"), timestamp, body)
    said = caller.post("/d/conversion", body, kabinet_timestamp=timestamp, kabinet_signature=signature)
    assert (said.status, said.json["code"]) == (401, "unauthorized")


def test_a_conversion_of_another_s_signature_is_refused(app: DeliveryApp, caller: Caller, node: Node) -> None:
    body, headers = conversion(app)
    stranger = conversion_signature(app.tokens.advertiser_secret(12, "EUR"), headers["kabinet_timestamp"], body)
    assert caller.post("/d/conversion", body, **{**headers, "kabinet_signature": stranger}).status == 401
    assert caller.post("/d/conversion", body + b" ", **headers).status == 401
    assert caller.post("/d/conversion", body).status == 401
    forged, headers = conversion(app, click_id="x" * 64)
    assert caller.post("/d/conversion", forged, **headers).json["code"] == "bad_signature"
    assert caller.post("/d/conversion", b"[]", **headers).status == 400
    assert caller.post("/d/conversion", b"[" * 10_000, **headers).status == 400
    assert node.events == []


def test_a_conversion_with_the_store_down_is_to_be_sent_again(app: DeliveryApp, caller: Caller, node: Node) -> None:
    node.down = True
    body, headers = conversion(app)
    said = caller.post("/d/conversion", body, **headers)
    assert (said.status, said.headers["Retry-After"]) == (503, "5")


def test_the_conversion_pixel_takes_the_click_of_its_own_advertiser(
    app: DeliveryApp, caller: Caller, node: Node
) -> None:
    click_id = json.loads(conversion(app)[0])["click_id"]
    for advertiser in (11, 12):
        said = caller.get(f"/d/p/{app.tokens.pixel(advertiser, 'EUR')}.gif?click_id={click_id}&order=B-2&value=5.50")
        assert said.body[:3] == b"GIF"
    caller.get(f"/d/p/{app.tokens.pixel(11, 'EUR')}.gif?click_id={click_id}&value=lots")
    caller.get(f"/d/p/{app.tokens.pixel(11, 'EUR')}.gif")
    assert [(event.order, event.value_micros, event.sale) for event in node.events] == [("B-2", 5_500_000, True)]
    assert app.counts.read() == {"bad_signature": 2, "bad_conversion": 1}


@pytest.mark.parametrize("currency", ["USD", "eur", ""])
def test_a_value_in_another_currency_than_the_account_s_is_refused(
    app: DeliveryApp, caller: Caller, node: Node, currency: str
) -> None:
    body, headers = conversion(app, currency=currency)
    said = caller.post("/d/conversion", body, **headers)
    assert (said.status, said.headers["Content-Type"]) == (422, "application/problem+json")
    assert said.json["errors"]["currency"].startswith("This account is kept in EUR.")
    click_id = json.loads(body)["click_id"]
    shown = caller.get(
        f"/d/p/{app.tokens.pixel(11, 'EUR')}.gif?click_id={click_id}&value=5&currency={currency or 'JPY'}"
    )
    assert (shown.status, shown.body[:3]) == (200, b"GIF")
    assert shown.headers["Kabinet-Problem"] == said.json["detail"]
    assert node.events == []


def test_a_value_in_the_account_s_own_currency_is_taken(app: DeliveryApp, caller: Caller, node: Node) -> None:
    body, headers = conversion(app, currency="EUR")
    assert caller.post("/d/conversion", body, **headers).status == 200
    click_id = json.loads(body)["click_id"]
    caller.get(f"/d/p/{app.tokens.pixel(11, 'EUR')}.gif?click_id={click_id}&value=5&currency=EUR")
    assert [event.value_micros for event in node.events] == [12_340_000, 5_000_000]


def test_the_pixel_of_another_account_says_what_is_wrong(app: DeliveryApp, caller: Caller, node: Node) -> None:
    click_id = json.loads(conversion(app)[0])["click_id"]
    said = caller.get(f"/d/p/{app.tokens.pixel(12, 'EUR')}.gif?click_id={click_id}")
    assert said.headers["Kabinet-Problem"] == "The click_id is missing, altered, or another account's."
    assert node.events == []


def test_any_site_may_ask_and_nobody_keeps_the_answer(caller: Caller) -> None:
    made = decision(caller)
    for address in ("/d/decision", path(made["urls"]["impression"]), path(made["urls"]["view"])):
        asked = caller.send("OPTIONS", address, b"", {"origin": "https://news.example"})
        assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    for said in (caller.post("/d/decision", {"placements": ["x"]}), caller.get(path(made["urls"]["impression"]))):
        assert said.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in said.headers
        assert said.headers["Cache-Control"] == "no-store"
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in said.headers


def test_the_tag_s_script_is_cached_and_asked_for_anew(caller: Caller) -> None:
    first = caller.get("/d/tag.js")
    assert first.status == 200
    assert "max-age" in first.headers["Cache-Control"]
    assert int(first.headers["Content-Length"]) == len(first.body)
    again = caller.get("/d/tag.js", if_none_match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert gzip.decompress(caller.get("/d/tag.js", accept_encoding="gzip, br").body) == first.body


def test_health_is_about_the_process_and_ready_about_the_nodes(settings: Settings) -> None:
    nodes = Node(1), Node(2)
    caller = Caller(alone(app_of(settings, *nodes)))
    assert caller.get("/health").json["service"] == "delivery"
    nodes[0].down = True
    assert (caller.get("/ready").status, caller.get("/ready").json["missing"]) == (200, ["serving-1"])
    nodes[1].down = True
    assert caller.get("/ready").status == 503
    assert caller.get("/d/health").status == 200
    assert caller.get("/campaigns").status == 404


def test_other_addresses_go_to_the_other_application(app: DeliveryApp) -> None:
    def others(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"cabinet"]

    caller = Caller(mounted(app, others))
    assert caller.get("/campaigns").body == b"cabinet"
    assert caller.get("/d").body == b"cabinet"
    assert caller.get("/d/health").json["service"] == "delivery"
    assert caller.get("/d/unheard-of").status == 404


def test_a_fault_of_ours_is_noted_and_answered(caller: Caller, node: Node) -> None:
    node.decide = None  # type: ignore[assignment,method-assign]
    said = caller.post("/d/decision", {"placements": [PLACEMENT]})
    assert (said.status, said.json["code"]) == (500, "error")
