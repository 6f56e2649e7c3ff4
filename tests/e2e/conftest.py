"""A real browser on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.e2e.live import Live, live
from tests.servers.programs import CHROMIUM
from webapp.settings import Profile

#: A busy machine is slow, not broken.
expect.set_options(timeout=20_000)
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium once."""
    path = CHROMIUM.find()
    assert path is not None, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Serve an empty cabinet of each profile in turn."""
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with live(profile, tmp_path_factory.mktemp(f"live-{profile}"), servers) as running:
        yield running


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Serve the demo account, embedded, as `make run` does."""
    with live(Profile.EMBEDDED, tmp_path_factory.mktemp("live-demo"), None, demo=True) as running:
        yield running


@pytest.fixture
def tab(chromium: Browser, site: Live) -> Iterator[Page]:
    """Open a tab of a fresh browser profile; a script error or a policy violation fails the test."""
    yield from watched_tab(chromium, site.url)


@pytest.fixture
def demo_tab(chromium: Browser, demo_site: Live) -> Iterator[Page]:
    """Open a tab on the demo account's site."""
    yield from watched_tab(chromium, demo_site.url)


def watched_tab(chromium: Browser, url: str, user_agent: str | None = None) -> Iterator[Page]:
    """Open a tab and fail at the end on anything the page complained of."""
    window: ViewportSize = {"width": 1440, "height": 1000}
    context = chromium.new_context(base_url=url, viewport=window, locale="en-US", user_agent=user_agent)
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" and _matters(message.text) else None,
    )
    yield page
    context.close()
    assert not complaints, f"the page complained: {complaints[:5]}"


def _matters(text: str) -> bool:
    """Tell a fault of the page from the browser's note that a request was answered 4xx, which tests provoke."""
    return "Failed to load resource" not in text


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a real photograph where the real data is at hand, else one of our own making and size."""
    real = Path(__file__).parents[3] / "shared" / "data" / "uploads" / "pillow" / "hopper.jpg"
    if real.is_file():
        return real
    made = tmp_path_factory.mktemp("uploads") / "hopper.jpg"
    Image.effect_noise((128, 128), 60).convert("RGB").save(made, "JPEG")
    return made
