"""The town is the same for a seed, whatever it is answered; days have their shapes; wrong clocks must be refused."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from webapp.demo.living import Neighbourhoods
from webapp.simulator.advertisers import Advertisers, Purchase
from webapp.simulator.clients import Lost, Reply
from webapp.simulator.people import Town
from webapp.simulator.places import Place, Places, known_places
from webapp.simulator.run import Pace, Simulation
from webapp.simulator.truth import Truth
from webapp.simulator.visits import Visits

PLACES = ["pl_article", "pl_side", "pl_top"]
Visit = tuple[str, str, str]


class Page:
    """Answers nothing of use, or nothing at all, and remembers who asked for what."""

    def __init__(self, answers: bool = True) -> None:
        self.visits: list[Visit] = []
        self._answers = answers

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        if path != "/d/decision":
            return Reply(200, {}, b"")
        (placement,) = json.loads(body)["placements"]
        self.visits.append((placement, headers["X-Forwarded-For"], headers["User-Agent"]))
        if not self._answers:
            raise Lost("nobody is there")
        urls = {kind: f"http://ads.example/d/{kind[0]}/0123456789abcdef" for kind in ("impression", "view", "click")}
        return Reply(200, {}, json.dumps({"decisions": [{"reason": None, "key": "7", "urls": urls}]}).encode())


class Hands:
    """A clock that moves when somebody waits."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def visits_of(seed: int, *, answers: bool = True, seconds: float = 20) -> list[Visit]:
    page, hands, town = Page(answers), Hands(), Town(seed)
    visits = Visits(page, town, Truth(), "key")
    Simulation(visits, town, PLACES).run(Pace(10, seconds), hands.time, hands.wait)
    return page.visits


def test_the_same_seed_brings_the_same_people_whatever_they_are_answered() -> None:
    seen = visits_of(5)
    assert 195 <= len(seen) <= 205
    assert len({ip for _, ip, _ in seen}) > 100
    assert visits_of(5) == seen
    assert visits_of(5, answers=False) == seen
    assert visits_of(6) != seen


def test_people_come_as_the_hour_has_it() -> None:
    sites = known_places([(f"pl_{number}", f"site-{number}.example") for number in range(12)])
    assert Places(sites, lambda: 3.0).liveliness() < 0.4
    assert Places(sites, lambda: 20.0).liveliness() > 1.3
    assert Places([Place("pl_1")], lambda: 3.0).liveliness() == 1
    assert len({tuple(place.hours) for place in sites}) == 3
    assert all(sum(place.hours) == pytest.approx(24) for place in sites)


def test_the_first_site_is_read_most() -> None:
    places = known_places([("pl_1", "one.example"), ("pl_2", "two.example"), ("pl_3", "two.example")])
    assert places[0].share > places[1].share
    chosen = [Places(places).choose(draw / 100) for draw in range(100)]
    assert set(chosen) == {("pl_1",), ("pl_2", "pl_3")}
    assert chosen.count(("pl_1",)) > 50


def test_sleep_is_not_made_up_for() -> None:
    page, hands, town = Page(), Hands(), Town(1)
    slept = iter([3600.0])

    def wait(seconds: float) -> None:
        hands.now += next(slept, seconds)

    Simulation(Visits(page, town, Truth(), "key"), town, PLACES).run(Pace(1, 3620), hands.time, wait)
    assert len(page.visits) < 40


@pytest.mark.parametrize(("skew", "refused"), [(0, False), (240, False), (-240, False), (360, True), (-3600, True)])
def test_a_clock_beyond_five_minutes_is_to_be_refused(skew: int, refused: bool) -> None:
    assert Purchase(1, "9.00", skew).refused is refused


def test_a_landing_page_without_a_click_id_reports_nothing() -> None:
    shops = Advertisers("a-secret", lambda _: "EUR")
    assert shops.click_of("https://shop.example/?utm_source=kabinet&k=abc") == ""


def test_neighbours_live_in_one_country() -> None:
    where = Neighbourhoods()
    assert where.locate("100.64.3.1") == where.locate("100.64.3.4")
    assert {where.locate(f"100.64.{number}.1")[0] for number in range(200)} == {"LV", "LT", "EE", "FI"}
