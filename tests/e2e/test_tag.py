"""The JS tag in a real browser, on a plain page of somebody else's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import watched_tab
from tests.e2e.publisher import Publisher, publisher
from webapp.settings import Profile

pytestmark = pytest.mark.e2e

_NUMBERS = itertools.count(800_001)
#: The browser of these tests calls itself headless, which is what bots do.
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
#: Longer than the second after which an ad counts as seen.
LONG_ENOUGH_MS = 1600


@pytest.fixture(scope="module", params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """Serve a publisher's page and the delivery surface of each profile in turn."""
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with publisher(profile, tmp_path_factory.mktemp(f"publisher-{profile}"), servers, next(_NUMBERS)) as made:
        yield made


@pytest.fixture
def news(running: Publisher) -> Iterator[Publisher]:
    """A page with a campaign of its own."""
    running.number = next(_NUMBERS)
    running.policy = ""
    yield running
    running.withdraw()


@pytest.fixture
def reader(chromium: Browser, news: Publisher) -> Iterator[Page]:
    """A reader's tab: anything the page complains of fails the test."""
    yield from watched_tab(chromium, news.url, user_agent=PERSON)


def test_the_tag_fills_counts_once_and_lands_with_macros_filled(news: Publisher, reader: Page) -> None:
    news.sell()
    news.body = news.tag()
    reader.goto("/")
    picture = reader.get_by_role("img", name="Advertisement")
    expect(picture).to_be_visible()
    assert news.waited(2) == ["impression", "view"]
    with reader.expect_popup() as opened:
        picture.click()
    opened.value.wait_for_load_state()
    expect(opened.value.get_by_text("Welcome to the shop.")).to_be_visible()
    landed = parse_qsl(urlsplit(opened.value.url).query, keep_blank_values=True)
    assert landed[:4] == [("a", "1"), ("a", "1"), ("empty", ""), ("c", f"cm_{news.number}")]
    assert len(dict(landed)["click"]) == 64
    assert news.waited(3) == ["impression", "view", "click"]
    reader.wait_for_timeout(LONG_ENOUGH_MS)
    assert news.waited(3) == ["impression", "view", "click"]
    assert reader.context.cookies() == []


#: All shifts count, from the first paint on.
WATCH_SHIFTS = """window.shifted = 0; new PerformanceObserver(list => list.getEntries().forEach(
  entry => { window.shifted += entry.value; })).observe({type: 'layout-shift', buffered: true});"""
STRICT = "default-src 'none'; script-src {delivery}; connect-src {delivery}; img-src {page} data:"


@pytest.mark.parametrize("policy", ["", STRICT], ids=["any page", "a strict page"])
@pytest.mark.parametrize("size", ["300x250", "native"])
def test_nothing_on_the_page_moves_when_the_ad_comes(news: Publisher, reader: Page, size: str, policy: str) -> None:
    news.sell(size, title="Fresh bread", text="Baked at four.")
    news.policy = policy.format(delivery=news.delivery, page=news.url)
    news.body = f'{news.tag(size)}<p id="below">What follows.</p>'
    reader.set_viewport_size({"width": 400, "height": 800})
    reader.add_init_script(WATCH_SHIFTS)
    held: list[Route] = []
    reader.route("**/d/tag.js", lambda route: held.append(route))  # noqa: PLW0108 (playwright takes no builtin)
    reader.goto("/", wait_until="commit")
    expect(reader.get_by_text("What follows.")).to_be_visible()
    before = reader.locator("#below").bounding_box()
    assert before is not None
    assert before["y"] > 250
    reader.wait_for_timeout(200)
    held[0].continue_()
    expect(reader.locator("[data-kabinet] img")).to_be_visible()
    reader.wait_for_timeout(200)
    assert reader.locator("#below").bounding_box() == before
    assert reader.evaluate("window.shifted") == 0


def test_a_wide_room_does_not_widen_a_narrow_page(news: Publisher, reader: Page) -> None:
    news.body = news.tag("728x90")
    reader.set_viewport_size({"width": 375, "height": 800})
    reader.goto("/")
    reader.wait_for_function("document.querySelector('[data-kabinet-taken]')")
    assert reader.evaluate("document.documentElement.scrollWidth") == 375


def test_an_ad_below_the_window_is_asked_for_when_it_comes_near(news: Publisher, reader: Page) -> None:
    news.sell()
    news.body = f'<style>#long{{height:6000px}}</style><div id="long"></div>{news.tag()}'
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url) if "/d/decision" in request.url else None)
    reader.goto("/")
    reader.wait_for_function("document.querySelector('[data-kabinet-taken]')")
    reader.wait_for_timeout(400)
    assert asked == []
    reader.locator("[data-kabinet]").scroll_into_view_if_needed()
    expect(reader.get_by_role("img", name="Advertisement")).to_be_visible()
    assert len(asked) == 1
    assert news.waited(2) == ["impression", "view"]


def test_an_ad_that_was_passed_quickly_is_not_seen(news: Publisher, reader: Page) -> None:
    news.sell()
    news.body = f'<style>#long{{height:6000px}}</style>{news.tag()}<div id="long"></div>'
    shown = reader.expect_request("**/d/i/**")
    with shown:
        reader.goto("/")
    reader.evaluate("window.scrollTo(0, 5000)")
    reader.wait_for_timeout(LONG_ENOUGH_MS)
    assert news.waited(1) == ["impression"]


def test_a_native_ad_is_a_card_of_words_and_picture(news: Publisher, reader: Page) -> None:
    news.sell("native", title="Fresh <b>bread</b>", text="Baked at four.")
    news.body = news.tag("native")
    reader.goto("/")
    card = reader.get_by_role("link", name="Fresh <b>bread</b>")
    expect(card).to_be_visible()
    expect(card).to_contain_text("Baked at four.")
    assert news.waited(2) == ["impression", "view"]


def test_a_place_named_thrice_is_one_place_one_request_and_one_script(news: Publisher, reader: Page) -> None:
    news.sell()
    news.body = news.tag() * 3
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url) if "/d/decision" in request.url else None)
    reader.goto("/")
    expect(reader.get_by_role("img", name="Advertisement")).to_have_count(1)
    reader.wait_for_timeout(LONG_ENOUGH_MS)
    assert len(asked) == 1
    assert news.waited(2).count("impression") == 1


def test_a_strict_page_shows_the_ad_too(news: Publisher, reader: Page) -> None:
    news.sell()
    news.policy = STRICT.format(delivery=news.delivery, page=news.url)
    news.body = news.tag()
    reader.goto("/")
    expect(reader.get_by_role("img", name="Advertisement")).to_be_visible()
    assert news.waited(2) == ["impression", "view"]


def test_storage_is_never_touched(news: Publisher, reader: Page) -> None:
    news.sell()
    news.body = news.tag()
    reader.add_init_script("""
        for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
          Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });
        }
        Object.defineProperty(Document.prototype, 'cookie', {
          get() { throw new DOMException('blocked', 'SecurityError'); },
          set() { throw new DOMException('blocked', 'SecurityError'); },
        });
    """)
    reader.goto("/")
    expect(reader.get_by_role("img", name="Advertisement")).to_be_visible()
    assert news.waited(2) == ["impression", "view"]


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("**/d/decision", "abort"),
        ("**/d/decision", "nonsense"),
        ("**/d/decision", "error"),
        ("**/d/tag.js", "abort"),
        ("**/media/*", "abort"),
    ],
)
def test_what_fails_leaves_the_page_as_it_was(news: Publisher, reader: Page, pattern: str, answer: str) -> None:
    news.sell()
    news.body = f'{news.tag()}<button id="works">Works</button>'
    reader.route(pattern, lambda route: _fail(route, answer))
    reader.goto("/")
    reader.wait_for_timeout(500)
    reader.evaluate(
        "() => { document.querySelector('#works').onclick = event => { event.target.textContent = 'Done'; }; }"
    )
    reader.get_by_role("button", name="Works").click()
    expect(reader.get_by_role("button", name="Done")).to_be_visible()
    expect(reader.get_by_role("img")).to_have_count(0)
    assert news.logged() == []


def _fail(route: Route, answer: str) -> None:
    if answer == "abort":
        route.abort()
    elif answer == "error":
        route.fulfill(status=500, body="")
    else:
        route.fulfill(body="<html>not JSON</html>", headers={"Access-Control-Allow-Origin": "*"})


def test_without_an_ad_the_room_stays_empty(news: Publisher, reader: Page) -> None:
    news.body = news.tag()
    reader.goto("/")
    with reader.expect_response("**/d/decision"):
        reader.reload()
    expect(reader.get_by_role("img")).to_have_count(0)


def test_the_plain_tag_works_without_a_script(chromium: Browser, news: Publisher) -> None:
    news.sell()
    place = f"pl_{news.number}?n=12345"
    news.body = f'<a href="{news.delivery}/d/go/{place}"><img src="{news.delivery}/d/img/{place}" alt="Ad"></a>'
    context = chromium.new_context(base_url=news.url, java_script_enabled=False, user_agent=PERSON)
    reader = context.new_page()
    reader.goto("/")
    expect(reader.get_by_role("img", name="Ad")).to_be_visible()
    assert news.waited(1) == ["impression"]
    reader.wait_for_timeout(400)
    reader.get_by_role("img", name="Ad").click()
    expect(reader.get_by_text("Welcome to the shop.")).to_be_visible()
    assert f"c=cm_{news.number}" in reader.url
    assert news.waited(2) == ["impression", "click"]
    context.close()
