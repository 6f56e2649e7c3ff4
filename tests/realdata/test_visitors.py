"""Devices, systems, browsers, bots and places against the answers of those who collected the cases."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import pytest

from webapp.adapters.geo import geography_from_paths
from webapp.domain.delivery.user_agents import is_bot, read_user_agent

pytestmark = pytest.mark.realdata

SYSTEMS = {
    "Android": "android",
    "iOS": "ios",
    "Windows": "windows",
    "Mac OS X": "macos",
    "Linux": "linux",
    "Ubuntu": "linux",
}
BROWSERS = {
    "Chrome": "chrome", "Chrome Mobile": "chrome", "Chrome Mobile iOS": "chrome",
    "Safari": "safari", "Mobile Safari": "safari",
    "Firefox": "firefox", "Firefox Mobile": "firefox", "Firefox iOS": "firefox",
    "Edge": "edge", "Edge Mobile": "edge",
    "Opera": "opera", "Opera Mobile": "opera", "Opera Mini": "opera",
    "Samsung Internet": "samsung", "Yandex Browser": "yandex",
}  # fmt: skip
_CASE = re.compile(r"- user_agent_string: *(.+)\n +family: *(.+)\n")


def cases(file: Path) -> Iterator[tuple[str, str]]:
    """Give user agent and family of each case; the files use YAML's plain and quoted scalars on one line."""
    for text, family in _CASE.findall(file.read_text(encoding="utf-8")):
        yield _scalar(text.strip()), _scalar(family.strip())


def _scalar(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return str(ast.literal_eval(text)) if text.startswith('"') else text


def test_systems_are_those_the_collectors_name(shared_data: Path) -> None:
    wrong = [
        (agent, family, read_user_agent(agent).os)
        for agent, family in cases(shared_data / "useragents/uap-core_test_os.yaml")
        if family in SYSTEMS and read_user_agent(agent).os != SYSTEMS[family]
    ]
    assert not wrong[:5]


def test_browsers_are_those_the_collectors_name(shared_data: Path) -> None:
    wrong = [
        (agent, family, read_user_agent(agent).browser)
        for agent, family in cases(shared_data / "useragents/uap-core_test_ua.yaml")
        if family in BROWSERS and read_user_agent(agent).browser != BROWSERS[family]
    ]
    assert not wrong[:5]


def test_devices_fit_their_systems(shared_data: Path) -> None:
    allowed = {
        "android": {"phone", "tablet", ""}, "ios": {"phone", "tablet"},
        "windows": {"desktop", ""}, "macos": {"desktop", ""}, "linux": {"desktop", ""},
    }  # fmt: skip
    known = 0
    for agent, family in cases(shared_data / "useragents/uap-core_test_os.yaml"):
        if family in SYSTEMS:
            device = read_user_agent(agent).device
            assert device in allowed[SYSTEMS[family]], agent
            known += bool(device)
    assert known > 300


def test_all_known_bots_are_bots(shared_data: Path) -> None:
    known = json.loads((shared_data / "useragents/crawler-user-agents.json").read_text(encoding="utf-8"))
    agents = [agent for bot in known for agent in bot["instances"]]
    assert len(agents) == 2116
    assert [agent for agent in agents if not read_user_agent(agent).bot] == []


def test_hardly_a_browser_is_taken_for_a_bot(shared_data: Path) -> None:
    people = [agent for agent, family in cases(shared_data / "useragents/uap-core_test_ua.yaml") if family in BROWSERS]
    suspected = [agent for agent in people if is_bot(agent)]
    assert len(people) > 60
    # A preview robot, which is one, and an Opera Mini of long ago.
    assert len(suspected) <= 2, suspected


@pytest.fixture(scope="module")
def places(shared_data: Path) -> list[tuple[str, dict[str, object]]]:
    rows = json.loads((shared_data / "geo/source_GeoIP2-City-Test.json").read_text(encoding="utf-8"))
    return [(network, answer) for row in rows for network, answer in row.items()]


def test_countries_and_regions_are_those_of_the_source(shared_data: Path, places: list) -> None:
    atlas = geography_from_paths(str(shared_data / "geo/GeoIP2-City-Test.mmdb"), "")
    networks = [ip_network(network) for network, _ in places]
    checked = 0
    for (network, answer), inside in zip(places, networks, strict=True):
        if any(_lies_within(other, inside) for other in networks):
            continue  # a smaller network inside has an answer of its own
        country = answer.get("country", {}).get("iso_code", "")
        regions = [part.get("iso_code") for part in answer.get("subdivisions", [])]
        region = f"{country}-{regions[0]}" if regions and regions[0] else ""
        assert atlas.locate(str(inside.network_address)) == (country, region), network
        checked += 1
    assert checked > 100


def _lies_within(other: IPv4Network | IPv6Network, network: IPv4Network | IPv6Network) -> bool:
    return other != network and other.version == network.version and other.network_address in network


def test_addresses_outside_of_the_database_are_nowhere(shared_data: Path) -> None:
    atlas = geography_from_paths(str(shared_data / "geo/GeoIP2-City-Test.mmdb"), "")
    assert atlas.locate("127.0.0.1") == ("", "")
    assert atlas.locate("::1") == ("", "")


def test_data_centres_are_known_to_their_ends(shared_data: Path) -> None:
    file = shared_data / "geo/ipcat_datacenters.csv"
    atlas = geography_from_paths("", str(file))
    with file.open(newline="") as lines:
        ranges = [(row[0], row[1]) for row in csv.reader(lines)]
    assert len(ranges) > 1000
    assert all(atlas.is_datacenter(end) for ends in ranges for end in ends)
    assert not atlas.is_datacenter("192.168.1.1")
    assert not atlas.is_datacenter("2001:db8::1")
    spans = sorted((int(ip_address(first)), int(ip_address(last))) for first, last in ranges)
    gaps = [this[1] + 1 for this, following in pairwise(spans) if this[1] + 1 < following[0]]
    outside = [gap for gap in gaps if not any(first <= gap <= last for first, last in spans)]
    assert not any(atlas.is_datacenter(str(ip_address(gap))) for gap in outside)
