"""What is wrong with a page: asked of the browser in both themes, both languages and on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
#: All that a theme can change: both themes have one markup.
WITHOUT_SIZE = {"target-size": {"enabled": False}}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
#: Two frames later a theme has reached every element.
RUN_AXE = """async ([what, runOnly, rules]) => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const found = await axe.run(what, {
    runOnly, rules, resultTypes: ['violations'], elementRef: false, preload: false,
  });
  return found.violations.map(rule => rule.id + ': ' + rule.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ('
    + node.any.concat(node.all, node.none).map(check => check.message).join('; ') + ')').join(' | '));
}"""
#: Menus and folded parts that no page had before; they lie over each other, so their sizes are not asked.
UNFOLD = """known => {
  const name = box => box.querySelector('summary').innerText.trim();
  const folded = [...document.querySelectorAll('details:not([open])')].filter(
    box => box.checkVisibility() && !known.includes(name(box)));
  folded.forEach(box => { box.open = true; });
  return folded.map(name);
}"""
#: What sticks out of the window, unless a box that scrolls by itself holds it.
TOO_WIDE = """() => {
  const root = document.documentElement, limit = root.clientWidth;
  if (root.scrollWidth <= limit) return [];
  const held = element => { for (let box = element.parentElement; box; box = box.parentElement)
    if (box !== document.body && getComputedStyle(box).overflowX !== 'visible') return true; return false; };
  const out = [...document.body.querySelectorAll('*')].filter(element =>
    element.getBoundingClientRect().right > limit + 0.5 && !held(element));
  return [root.scrollWidth + ' px: ' + out.slice(0, 3).map(element => element.outerHTML.slice(0, 160)).join(' | ')];
}"""
#: Words that run out of the control they are on.
SPILT = """() => [...document.querySelectorAll('.btn, .badge, .metric-tab, th, summary, nav a, label')].filter(box => {
  const style = getComputedStyle(box);
  return box.clientWidth > 8 && box.checkVisibility() && style.overflowX === 'visible' && style.display !== 'inline'
    && !box.closest('.sr-only') && box.scrollWidth > box.clientWidth + 2;
}).slice(0, 3).map(box => box.scrollWidth + ' in ' + box.clientWidth + ' px: ' + box.outerHTML.slice(0, 200))"""
#: chart.js gives a canvas its size when it draws.
SETTLED = """() => document.fonts.status === 'loaded'
  && [...document.querySelectorAll('canvas[data-chart]')].every(canvas => canvas.style.width)"""
SEND_EMPTY = "() => { document.querySelector('main form[method=post]').submit(); }"

DESKTOP = (1440, 1000)
PHONE = (375, 812)
Options = Mapping[str, Any]
Kind = Literal["axe", "width", "language", "complaint"]


@dataclass
class Survey:
    """Everything found wrong, as one line each, by kind."""

    wrong: dict[Kind, list[str]] = field(
        default_factory=lambda: {"axe": [], "width": [], "language": [], "complaint": []}
    )
    looked_at: list[str] = field(default_factory=list)
    unfolded: set[str] = field(default_factory=set)

    def note(self, kind: Kind, where: str, faults: Iterable[str]) -> None:
        """Write faults down."""
        self.wrong[kind] += [f"{where}: {fault}" for fault in faults]

    def look(self, tabs: Iterable[Tab], url: str) -> None:
        """Open a page in every tab and ask everything of it."""
        self.looked_at.append(url)
        for tab in tabs:
            tab.page.goto(url)
            settle(tab.page)
            self.ask(tab, url)

    def look_at_refusal(self, tabs: Iterable[Tab], url: str) -> None:
        """Send a page's form empty, past all scripts, and look at the answer."""
        for tab in tabs:
            tab.page.goto(url)
            with tab.page.expect_navigation():
                tab.page.evaluate(SEND_EMPTY)
            self.ask(tab, f"{url}, sent empty")

    def ask(self, tab: Tab, url: str) -> None:
        """Ask everything of a page as it stands."""
        where, page = f"{url} ({tab.locale}, {tab.width} px)", tab.page
        self.note("width", where, page.evaluate(TOO_WIDE) + page.evaluate(SPILT))
        if page.locator("html").get_attribute("lang") != tab.locale:
            self.note("language", where, [f"is not in {tab.locale}"])
        if tab.locale == "en" and tab.width == DESKTOP[0]:
            self._ask_axe(page, where, "light", "html", RULES)
            self._ask_axe(page, where, "dark", "html", COLOURS)
            fresh = page.evaluate(UNFOLD, sorted(self.unfolded))
            if fresh:
                self.unfolded.update(fresh)
                self._ask_axe(page, f"{where} unfolded", "dark", "details[open]", RULES, WITHOUT_SIZE)
        elif tab.locale == "en":
            self._ask_axe(page, where, "dark", "html", RULES)

    def _ask_axe(
        self, page: Page, where: str, theme: Literal["light", "dark"], what: str, run_only: Options,
        rules: Options | None = None,
    ) -> None:  # fmt: skip
        page.emulate_media(color_scheme=theme)
        self.note("axe", f"{where} {theme}", page.evaluate(RUN_AXE, [what, run_only, rules or {}]))


@dataclass(frozen=True)
class Tab:
    """A page of one language and one width."""

    page: Page
    locale: str
    width: int


@contextmanager
def four_tabs(chromium: Browser, url: str, state: StorageState | None, survey: Survey) -> Iterator[list[Tab]]:
    """Open tabs in English and Russian, on a desktop and on a phone, with one session."""
    with ExitStack() as stack:
        yield [
            Tab(stack.enter_context(tab(chromium, url, state, survey, locale, size)), locale, size[0])
            for locale in ("en", "ru")
            for size in (DESKTOP, PHONE)
        ]


@contextmanager
def tab(
    chromium: Browser, url: str, state: StorageState | None, survey: Survey, locale: str = "en",
    size: tuple[int, int] = DESKTOP,
) -> Iterator[Page]:  # fmt: skip
    """Open a tab that stands still and brings axe along; what it complains of is noted."""
    context = chromium.new_context(
        base_url=url, storage_state=state, locale=locale, reduced_motion="reduce",
        viewport={"width": size[0], "height": size[1]},
    )  # fmt: skip
    context.add_cookies([{"name": "locale", "value": locale, "url": url}])
    context.add_init_script(script=AXE)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: survey.note("complaint", page.url, [str(error)]))
    page.on("console", lambda message: survey.note("complaint", page.url, _complaints(message)))
    yield page
    context.close()


def _complaints(message: ConsoleMessage) -> list[str]:
    """Return errors, but not the browser's note that an answer was 4xx: error pages are asked for here."""
    return [message.text] if message.type == "error" and "Failed to load resource" not in message.text else []


def settle(page: Page) -> None:
    """Wait for fonts, and for charts, which are drawn after the page."""
    page.wait_for_function(SETTLED)


def state_of(page: Page) -> StorageState:
    """Return a page's session, for other tabs."""
    state: Any = page.context.storage_state()
    return state
