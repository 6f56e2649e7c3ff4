"""Take the pictures of README.md: the demo account, served for this alone, in a real browser."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.e2e.live import Live, live
from tests.servers.programs import CHROMIUM, require
from webapp.demo.people import OWNER, PASSWORD, STAFF
from webapp.settings import Profile

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
DESKTOP, PHONE = (1440, 1000), (390, 844)
MODERATOR = next(email for email, _, role in STAFF if role == "moderator")
MAX_BYTES = 120_000
#: Colours to try, the most first: text on plain grounds needs few.
PALETTES = (256, 128, 64, 32, 16)


@dataclass(frozen=True)
class Shot:
    """One picture: its name says page and theme, `open` goes to the page."""

    name: str
    open: Callable[[Page], object]
    size: tuple[int, int] = DESKTOP
    who: str = OWNER[0]

    @property
    def theme(self) -> str:
        """Return the theme its name ends with."""
        return self.name.rsplit("-", 1)[-1]


def go(address: str) -> Callable[[Page], object]:
    """Open an address."""
    return lambda page: page.goto(address)


def follow(address: str, link: str) -> Callable[[Page], object]:
    """Open a list and, from it, what is called so."""

    def open_it(page: Page) -> None:
        page.goto(address)
        page.get_by_role("link", name=link).first.click()
        page.get_by_role("heading", name=link, level=1).wait_for()

    return open_it


SHOTS = (
    Shot("overview-light", go("/")),
    Shot("campaigns-light", go("/campaigns")),
    Shot("campaign-dark", follow("/campaigns", "Autumn jackets, prospecting")),
    Shot("balance-light", go("/balance")),
    Shot("report-light", go("/reports?by=site")),
    Shot("creative-light", follow("/creatives", "Jackets for wet, windy days")),
    Shot("moderation-dark", go("/admin/moderation"), who=MODERATOR),
    Shot("overview-phone-light", go("/"), PHONE),
)


def main() -> int:
    """Take all pictures, or those named as arguments."""
    wanted = [shot for shot in SHOTS if shot.name in sys.argv[1:] or not sys.argv[1:]]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="kabinet-pictures-") as folder,
        live(Profile.EMBEDDED, Path(folder), None, demo=True) as site,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        cookies = {who: sign_in(browser, site, who) for who in dict.fromkeys(shot.who for shot in wanted)}
        for shot in wanted:
            picture = compress(take(browser, site, shot, cookies[shot.who]))
            (PICTURES / f"{shot.name}.png").write_bytes(picture)
            print(f"{shot.name}.png  {len(picture) / 1000:.0f} KB", flush=True)
        browser.close()
    return 0


def launch(playwright: Playwright) -> Browser:
    """Start the browser the tests use."""
    return playwright.chromium.launch(executable_path=str(require(CHROMIUM)), args=["--no-sandbox"])


def sign_in(browser: Browser, site: Live, email: str) -> list[dict[str, object]]:
    """Sign in as people do; return the cookies."""
    context = browser.new_context(base_url=site.url, locale="en-US")
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    cookies = [dict(cookie) for cookie in context.cookies()]
    context.close()
    return cookies


def take(browser: Browser, site: Live, shot: Shot, cookies: list[dict[str, object]]) -> bytes:
    """Return what a page looks like once its charts stand still."""
    width, height = shot.size
    context = browser.new_context(
        base_url=site.url, locale="en-US", viewport={"width": width, "height": height},
        color_scheme="dark" if shot.theme == "dark" else "light", reduced_motion="reduce",
    )  # fmt: skip
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(60_000)
    shot.open(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1000)
    picture = page.screenshot()
    context.close()
    return picture


def compress(picture: bytes) -> bytes:
    """Return the picture with as many colours of a palette as fit into the size; screens need few."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    written = picture
    for colours in PALETTES:
        out = BytesIO()
        # Rounds of k-means bring small spots of colour, such as a status, back to what they were.
        few = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        written = out.getvalue()
        if len(written) <= MAX_BYTES:
            break
    return written


if __name__ == "__main__":
    sys.exit(main())
