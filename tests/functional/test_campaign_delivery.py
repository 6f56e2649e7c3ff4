"""Where a campaign's requests go: the funnel, what one request would meet, and what stays hidden of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest

from jobs.loops import publisher
from tests.support.delivery import World, new_world
from tests.support.people import new_member
from webapp.core.errors import Unavailable
from webapp.core.ids import PublicId
from webapp.core.permissions import AdvertiserRole
from webapp.domain.ads.types import CapWindow, Targeting
from webapp.domain.delivery.publishing import Share
from webapp.domain.delivery.types import FunnelHour
from webapp.web.app import KabinetFlask


@pytest.fixture
def world(app: KabinetFlask) -> World:
    return new_world(app)


def test_a_campaign_nobody_asked_for_says_so(world: World) -> None:
    campaign = world.campaign()
    page = world.owner.browser.get(f"/campaigns/{campaign}/delivery").text
    assert "No requests yet" in page


def test_requests_are_followed_through_every_step(world: World) -> None:
    campaign = world.campaign()
    world.tell()
    for _ in range(3):
        world.ask(country="LV")
    page = unescape(world.owner.browser.get(f"/campaigns/{campaign}/delivery").text)
    # No lease was granted, so that each of the three was lost to money.
    assert "chosen of 3 requests" in page
    assert "No money left for it" in page
    assert "−3" in page
    assert "Best next step:" in page
    assert "The figures cannot be read" not in page


def test_the_page_names_a_node_that_does_not_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = world.campaign()
    node = world.app.adapters.serving[0]

    def silent(*_: Any) -> Sequence[FunnelHour]:
        raise Unavailable

    monkeypatch.setattr(node, "funnel", silent)
    page = world.owner.browser.get(f"/campaigns/{campaign}/delivery").text
    assert f"Serving node {node.node} does not answer" in page


@dataclass
class Asked:
    """What the simulation said."""

    text: str

    def __contains__(self, sentence: object) -> bool:
        return str(sentence) in self.text


def simulate(world: World, campaign: str, **about: str) -> Asked:
    question = {"place": world.place, "country": "Latvia", "device": "phone", **about}
    answer = world.owner.browser.get(f"/campaigns/{campaign}/delivery", query_string=question, htmx=True)
    assert answer.text.lstrip().startswith("<section")
    return Asked(unescape(answer.text))


def test_a_request_outside_the_audience_is_told_as_such(world: World) -> None:
    campaign = world.campaign(targeting=Targeting(countries=("LV",)))
    world.tell()
    said = simulate(world, campaign, country="Estonia")
    assert "Outside your audience" in said
    assert "The place would stay empty." in said


def test_without_money_on_the_node_the_budget_is_named(world: World) -> None:
    campaign = world.campaign()
    world.tell()
    assert "No money left for it" in simulate(world, campaign)
    world.lend(campaign)
    assert "This campaign would be shown." in simulate(world, campaign)


def test_another_advertisers_higher_bid_stays_without_a_name(world: World, app: KabinetFlask) -> None:
    rival = new_world(app)
    secret = rival.campaign(name="Secret plans of somebody else", bid_micros=9_000_000)
    campaign = world.campaign(bid_micros=1_000_000)
    world.tell()
    world.lend(campaign)
    rival.lend(secret)
    said = simulate(world, campaign)
    assert "Another advertiser’s bid is higher." in said
    assert "Another advertiser’s ad would be shown." in said
    assert "Secret plans" not in said
    assert secret not in said


def test_own_campaigns_are_named(world: World) -> None:
    low, high = world.campaign(bid_micros=1_000_000), world.campaign(name="The louder one", bid_micros=9_000_000)
    world.tell()
    world.lend(low)
    world.lend(high)
    said = simulate(world, low)
    assert "Another campaign of yours would be shown." in said
    assert "The louder one" in said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"place": "pl_0000000000000000"}, "Choose a place or a size."),
        ({"country": "Atlantis"}, "There is no “Atlantis” here."),
        ({"at": "1999-01-01T10:00"}, "Only today and the next two days can be asked about."),
        ({"at": "soon"}, "Write a day and a time."),
        ({"site": "https://news.example/x"}, "Write only the domain: news.example."),
    ],
)
def test_a_question_nobody_can_answer_is_refused_beside_its_field(
    world: World, typed: dict[str, str], sentence: str
) -> None:
    assert sentence in simulate(world, world.campaign(), **typed)


def test_a_size_stands_for_any_place_of_it(world: World) -> None:
    campaign = world.campaign()
    for loop in publisher.make(world.app):
        with world.app.app_context():
            loop.step()
    said = simulate(world, campaign, place="native")
    assert "Choose a place" not in said
    assert "Autumn jackets, prospecting" in said


def test_analysts_see_the_funnel_without_remedies(world: World, app: KabinetFlask) -> None:
    campaign = world.campaign(cap_count=1, cap_window=CapWindow.DAY)
    world.tell()
    world.ask()
    analyst = new_member(app, world.owner.scope, AdvertiserRole.ANALYST)
    page = analyst.get(f"/campaigns/{campaign}/delivery").text
    assert "No money left for it" in page
    assert "Raise the daily budget" not in page


def test_what_is_published_follows_the_cabinet(world: World, app: KabinetFlask) -> None:
    """Approved is published, paused is withdrawn, resumed is back: by the events alone, and on every node."""
    campaign = world.campaign(approved=False)
    number = world.id_of(campaign)
    world.tell()
    assert not world.shown(number)
    world.approve()
    world.tell()
    assert world.shown(number)
    world.change(lambda services, scope: services.campaigns.pause(scope, PublicId(campaign)))
    world.tell()
    assert not world.shown(number)
    world.change(lambda services, scope: services.campaigns.resume(scope, PublicId(campaign)))
    world.tell()
    assert world.shown(number)


def test_a_missed_event_is_healed_by_the_comparison(world: World, app: KabinetFlask) -> None:
    campaign = world.campaign()
    number = world.id_of(campaign)
    loops = publisher.make(app)
    for loop in loops:
        with app.app_context():
            loop.step()
    assert world.shown(number)
    for node in app.adapters.serving:
        node.withdraw((), (number,))
    for loop in loops:
        with app.app_context():
            loop.step()
            assert loop.lag()["mended"] == 1
            loop.step()
            assert loop.lag()["mended"] == 0
    assert world.shown(number)


def test_a_node_that_is_down_keeps_no_other_waiting(
    world: World, app: KabinetFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = world.campaign()

    def down(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(app.adapters.serving[0], "publish", down)
    world.tell()
    others = app.adapters.serving[1:]
    assert all(world.id_of(campaign) in node.fingerprints()[1] for node in others)


def test_a_closed_site_takes_its_places_off_the_nodes(world: World, app: KabinetFlask) -> None:
    world.tell()
    before = {node.node: len(node.fingerprints()[0]) for node in app.adapters.serving}
    world.close_site()
    world.tell()
    assert all(len(node.fingerprints()[0]) == before[node.node] - 1 for node in app.adapters.serving)


def test_each_node_paces_its_share_of_the_day(world: World, app: KabinetFlask) -> None:
    nodes = len(app.adapters.serving)
    world.campaign(daily_budget_micros=100_000_001)
    shape, ids = publisher.current_shape(app.adapters), world.ids()
    (document,) = world.change(lambda services, _scope: services.publishing.campaigns(shape, ids))
    shares = [Share(place, nodes).of(document).daily_micros or 0 for place in range(nodes)]
    assert sum(shares) == 100_000_001
