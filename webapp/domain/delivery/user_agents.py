"""What a user agent says of device, system and browser, in the words campaigns use; and whether it is a bot."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import ua_parser
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from ua_parser import BasicResolver, Domain, load_builtins

from webapp.domain.ads.types import Browser, Device, System

#: Real ones are half as long; whatever follows cannot change what is found, only how long it takes.
MOST_CHARACTERS = 512
REMEMBERED = 20_000

_SYSTEMS = {
    "Android": System.ANDROID,
    "iOS": System.IOS,
    "Windows": System.WINDOWS,
    "Mac OS X": System.MACOS,
    **dict.fromkeys(
        ("Linux", "Ubuntu", "Kubuntu", "Debian", "Fedora", "Red Hat", "CentOS", "SUSE", "Gentoo", "Slackware"),
        System.LINUX,
    ),
    **dict.fromkeys(("Mandriva", "Linux Mint", "Arch Linux", "Mageia", "PCLinuxOS"), System.LINUX),
}
_BROWSERS = {
    **dict.fromkeys(("Chrome", "Chrome Mobile", "Chrome Mobile iOS"), Browser.CHROME),
    **dict.fromkeys(("Safari", "Mobile Safari"), Browser.SAFARI),
    **dict.fromkeys(("Firefox", "Firefox Mobile", "Firefox iOS"), Browser.FIREFOX),
    **dict.fromkeys(("Edge", "Edge Mobile"), Browser.EDGE),
    **dict.fromkeys(
        ("Opera", "Opera Mobile", "Opera Mini", "Opera Tablet", "Opera Touch", "Opera GX", "Opera Neon"), Browser.OPERA
    ),
    "Samsung Internet": Browser.SAMSUNG,
    "Yandex Browser": Browser.YANDEX,
}
_DESKTOPS = frozenset({System.WINDOWS, System.MACOS, System.LINUX})
#: Android without a screen to hold.
_TELEVISION = re.compile(r"\bTV\b|SmartTV|SMART-TV|GoogleTV|BRAVIA|AFT[A-Z]|\bCrKey|HbbTV")
_TABLET = re.compile(r"\biPad|Tablet|\bTab\b|Kindle|Silk/(?!.*Mobile)")
_DESKTOP_FAMILIES = frozenset({"Chrome OS", "FreeBSD", "OpenBSD", "NetBSD", "Solaris"})


class Agent(NamedTuple):
    """A user agent in our words; '' where it does not say, or says something we have no word for."""

    device: str
    os: str
    browser: str
    bot: bool


@lru_cache(REMEMBERED)
def read_user_agent(text: str) -> Agent:
    """Return what a user agent says; an empty one is no browser's."""
    shown = text[:MOST_CHARACTERS]
    if not shown.strip():
        return Agent("", "", "", True)
    found = _parser()(shown, Domain.USER_AGENT | Domain.OS)
    family = found.os.family if found.os else ""
    system = _SYSTEMS.get(family, "")
    browser = _BROWSERS.get(found.user_agent.family, "") if found.user_agent else ""
    return Agent(str(_device(shown, family, system)), str(system), str(browser), is_bot(shown))


def is_bot(text: str) -> bool:
    """Tell whether one of the known crawlers calls itself so."""
    return _crawlers().search(text) is not None


def warm_up() -> None:
    """Compile everything before the first visitor waits for it."""
    read_user_agent("Mozilla/5.0")


def _device(text: str, family: str, system: str) -> str:
    if system == System.IOS:
        return Device.TABLET if "iPad" in text else Device.PHONE
    if system == System.ANDROID:
        if _TELEVISION.search(text):
            return ""
        # Android browsers on tablets leave “Mobile” out.
        return Device.PHONE if "Mobile" in text and not _TABLET.search(text) else Device.TABLET
    if family == "Windows Phone":
        return Device.PHONE
    desktop = system in _DESKTOPS or family in _DESKTOP_FAMILIES
    return Device.DESKTOP if desktop and not _TELEVISION.search(text) else ""


@cache
def _parser() -> ua_parser.Resolver:
    # Without a cache of its own: ours keeps the answer.
    return BasicResolver(load_builtins())


@cache
def _crawlers() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{known['pattern']})" for known in CRAWLER_USER_AGENTS_DATA))
