"""Who saw the ads: sites, countries, devices; a pool of people drawn by their shares."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from webapp.demo.shape import chance

POOL = 2048
#: Site, its share of impressions, how willingly people click there.
KNOWN = (
    ("daily-harbor.example", 0.212, 1.02), ("trailnotes.example", 0.149, 1.38),
    ("northern-weather.example", 0.128, 0.84), ("cityfolk.example", 0.094, 0.92), ("rail-times.example", 0.071, 0.78),
    ("gear-bench.example", 0.052, 1.55), ("slow-kitchen.example", 0.041, 0.74),
)  # fmt: skip
_OTHERS_SHARE, _OTHERS_PULL = 0.253, 0.86
_PLACES = ("harbor", "forest", "quay", "coast", "valley", "island", "market", "bridge", "garden")
_PAPERS = ("notes", "post", "review", "weekly", "forum", "guide")
_COUNTRIES = (
    ("LV", 0.44, (("LV-RIX", 0.7), ("LV-JUR", 0.14), ("LV-LPX", 0.16))),
    ("LT", 0.24, (("LT-VL", 0.6), ("LT-KU", 0.4))),
    ("EE", 0.2, (("EE-37", 0.68), ("EE-79", 0.32))),
    ("FI", 0.12, (("FI-18", 0.72), ("FI-11", 0.28))),
)
_DEVICES = (("phone", 0.62), ("desktop", 0.31), ("tablet", 0.07))
_SYSTEMS = {
    "phone": (("android", 0.58), ("ios", 0.42)),
    "desktop": (("windows", 0.7), ("macos", 0.24), ("linux", 0.06)),
    "tablet": (("ios", 0.64), ("android", 0.36)),
}
_BROWSERS = {
    "android": (("chrome", 0.72), ("samsung", 0.18), ("firefox", 0.1)),
    "ios": (("safari", 0.86), ("chrome", 0.14)),
    "windows": (("chrome", 0.58), ("edge", 0.3), ("firefox", 0.12)),
    "macos": (("safari", 0.56), ("chrome", 0.44)),
    "linux": (("firefox", 0.6), ("chrome", 0.4)),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Where an ad is shown: a site, a place and a device."""

    site: str
    country: str
    region: str
    device: str
    os: str
    browser: str
    #: Clicks per impression, as a multiple of the campaign's own.
    pull: float


def _sites() -> list[tuple[str, float, float]]:
    names = [f"{place}-{paper}.example" for place in _PLACES for paper in _PAPERS]
    weights = [1 / (rank + 6) for rank in range(len(names))]
    scale = _OTHERS_SHARE / sum(weights)
    return [*KNOWN, *((name, part * scale, _OTHERS_PULL) for name, part in zip(names, weights, strict=True))]


def people() -> list[Person]:
    """Return the pool, always the same one: each site as often as its share, all else by chance."""
    draw = chance(4711)
    sites = _sites()
    edges = list(accumulate(share for _, share, _ in sites))
    found = []
    for place in range(POOL):
        site, _, pull = sites[min(bisect(edges, (place + 0.5) / POOL * edges[-1]), len(sites) - 1)]
        country, _, regions = _COUNTRIES[_choose([part for _, part, _ in _COUNTRIES], draw())]
        region, device = _of(regions, draw()), _of(_DEVICES, draw())
        system = _of(_SYSTEMS[device], draw())
        lift = {"phone": 0.94, "desktop": 1.14, "tablet": 0.88}[device]
        found.append(Person(site, country, region, device, system, _of(_BROWSERS[system], draw()), pull * lift))
    # Mixed once, so that any run of neighbours looks like the whole.
    return [found[place * 1229 % POOL] for place in range(POOL)]


def _of(choices: Sequence[tuple[str, float]], draw: float) -> str:
    return choices[_choose([part for _, part in choices], draw)][0]


def _choose(parts: Sequence[float], draw: float) -> int:
    edges = list(accumulate(parts))
    return min(bisect(edges, draw * edges[-1]), len(parts) - 1)
