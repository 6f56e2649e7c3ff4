from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from webapp.adapters.geo.datacenters import Ranges
from webapp.core.errors import KabinetError
from webapp.domain.delivery.types import Verdict
from webapp.domain.delivery.user_agents import read_user_agent
from webapp.domain.delivery.visitors import DAY_MS, Visitors, first_language

PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NOW = 20_000 * DAY_MS


class Atlas:
    """Knows two addresses."""

    def locate(self, ip: str) -> tuple[str, str]:
        return {"203.0.113.7": ("LV", "LV-RIX")}.get(ip, ("", ""))

    def is_datacenter(self, ip: str) -> bool:
        return ip == "198.51.100.9"


VISITORS = Visitors("a secret of thirty-two characters", Atlas())


def test_a_visitor_is_described_in_the_words_of_campaigns() -> None:
    seen = VISITORS.visitor(NOW, "203.0.113.7", PHONE, "lv-LV,lv;q=0.9,en;q=0.8")
    assert (seen.country, seen.region, seen.language) == ("LV", "LV-RIX", "lv")
    assert (seen.device, seen.os, seen.browser) == ("phone", "android", "chrome")
    assert seen.suspect is Verdict.OK


@pytest.mark.parametrize(
    ("ip", "prefix"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("[2001:db8:1:2:3::4]", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_addresses_are_truncated(ip: str, prefix: str) -> None:
    assert VISITORS.visitor(NOW, ip, DESKTOP).ip_prefix == prefix


def test_nothing_of_address_or_user_agent_is_left() -> None:
    seen = asdict(VISITORS.visitor(NOW, "203.0.113.7", DESKTOP, user="mail@example.com"))
    text = repr(seen)
    assert "203.0.113.7" not in text
    assert "Mozilla" not in text
    assert "example" not in text


def test_a_person_is_known_for_a_day_and_capped_for_longer() -> None:
    today, tomorrow = (VISITORS.visitor(NOW + days * DAY_MS, "203.0.113.7", DESKTOP) for days in (0, 1))
    assert today.user_key == tomorrow.user_key
    assert today.user_day != tomorrow.user_day
    assert today.user_day != today.user_key
    assert VISITORS.visitor(NOW + DAY_MS - 1, "203.0.113.7", DESKTOP).user_day == today.user_day


def test_a_caller_s_own_key_is_the_person_wherever_they_are() -> None:
    home = VISITORS.visitor(NOW, "203.0.113.7", DESKTOP, user="u1")
    away = VISITORS.visitor(NOW, "198.51.100.1", PHONE, user="u1")
    other = VISITORS.visitor(NOW, "203.0.113.7", DESKTOP, user="u2")
    assert home.user_key == away.user_key != other.user_key


def test_another_installation_knows_the_person_by_another_key() -> None:
    other = Visitors("another secret of as many characters", Atlas())
    assert other.visitor(NOW, "203.0.113.7", DESKTOP).user_key != VISITORS.visitor(NOW, "203.0.113.7", DESKTOP).user_key


@pytest.mark.parametrize(
    ("ip", "agent", "verdict"),
    [
        ("203.0.113.7", BOT, Verdict.BOT_UA),
        ("203.0.113.7", "", Verdict.BOT_UA),
        ("203.0.113.7", "  ", Verdict.BOT_UA),
        ("198.51.100.9", DESKTOP, Verdict.DATACENTER),
        ("198.51.100.9", BOT, Verdict.BOT_UA),
        ("198.51.100.8", DESKTOP, Verdict.OK),
    ],
)
def test_who_gives_itself_away_is_suspect(ip: str, agent: str, verdict: Verdict) -> None:
    assert VISITORS.visitor(NOW, ip, agent).suspect is verdict


def chrome(system: str, rest: str = "Chrome/126.0.0.0 Safari/537.36") -> str:
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {rest}"


def safari(system: str) -> str:
    return f"Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"


SAMSUNG = "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"
EDGE = "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"


@pytest.mark.parametrize(
    ("agent", "device", "system", "browser"),
    [
        (DESKTOP, "desktop", "windows", "firefox"),
        (PHONE, "phone", "android", "chrome"),
        (PHONE.replace("Mobile ", ""), "tablet", "android", "chrome"),
        (safari("iPad; CPU OS 17_5 like Mac OS X"), "tablet", "ios", "safari"),
        (safari("iPhone; CPU iPhone OS 17_5 like Mac OS X"), "phone", "ios", "safari"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:9.0) Gecko/20100101 Firefox/9.0", "desktop", "linux", "firefox"),
        (chrome("Macintosh; Intel Mac OS X 10_15_7", EDGE), "desktop", "macos", "edge"),
        (chrome("Linux; Android 13; SAMSUNG SM-S911B", SAMSUNG), "phone", "android", "samsung"),
        (chrome("Linux; Android 9; BRAVIA 4K UR3"), "", "android", "chrome"),
        (chrome("X11; CrOS x86_64 14541.0.0"), "desktop", "", "chrome"),
        ("something else entirely", "", "", ""),
        ("x" * 100_000, "", "", ""),
    ],
)
def test_user_agents_are_read(agent: str, device: str, system: str, browser: str) -> None:
    assert read_user_agent(agent)[:3] == (device, system, browser)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-US,en;q=0.9", "en"),
        ("de;q=0.5,ru", "ru"),
        ("zh-Hans-CN", "zh"),
        ("fr;q=0,de;q=0.1", "de"),
        ("*", ""),
        ("", ""),
        ("EN", "en"),
        ("en;q=x, lv;q=0.2", "lv"),
        (",,;q=,", ""),
        ("ééé", ""),
    ],
)
def test_the_language_liked_best(header: str, language: str) -> None:
    assert first_language(header) == language


def test_ranges_know_what_lies_between_their_ends() -> None:
    ranges = Ranges([(10, 20), (15, 30), (31, 40), (50, 50)])
    inside = [number for number in range(60) if number in ranges]
    assert inside == [*range(10, 41), 50]


def test_a_broken_list_of_ranges_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "ranges.csv"
    file.write_text("1.0.0.0,1.0.0.255,Somebody\nnot an address,1.0.0.1,Else\n")
    with pytest.raises(KabinetError, match="line 2"):
        Ranges.from_csv(str(file))
