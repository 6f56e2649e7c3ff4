"""Every serving store chooses alike: who is removed and why, who wins, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.serving import (
    DAY,
    DOLLAR,
    HOUR,
    MIDNIGHT,
    NEVER_MS,
    NOON,
    Desk,
    ad,
    campaign,
    clicks_campaign,
    hours,
    lease,
    person,
    placement,
    whole_days,
)
from webapp.domain.delivery.fingerprints import fingerprint
from webapp.domain.delivery.types import (
    DecisionRequest,
    NoFill,
    PublishedCampaign,
    PublishedPlacement,
    Removal,
    Trace,
    Verdict,
    Visitor,
    Wanted,
    Window,
)


def what_removes(desk: Desk, **fields: Any) -> Removal:
    """Return what becomes of the one campaign: the trace and the decision must agree on it."""
    traced: Trace = desk.store.trace(desk.request(**fields))[0]
    ((_, removal),) = traced.campaigns
    decision = desk.ask(**fields)
    assert decision.filled == (removal is Removal.WON)
    assert decision.reason is traced.reason
    (hour,) = desk.store.funnel(1, NOON)
    assert (hour.seen, hour.removed) == (1, {removal: 1})
    return removal


@pytest.mark.parametrize(
    ("changed", "place", "asked", "removal"),
    [
        ({}, {}, {}, Removal.WON),
        ({}, {"categories": ("games",)}, {}, Removal.SITE),
        ({}, {"categories": ("games", "shops")}, {}, Removal.WON),
        ({"site_mode": "only", "sites": ("other.example",)}, {}, {}, Removal.SITE),
        ({"site_mode": "only", "sites": ("news.example",)}, {}, {}, Removal.WON),
        ({"site_mode": "only", "sites": ("news.example",)}, {}, {"site": "Sport.News.example"}, Removal.WON),
        ({"site_mode": "only", "sites": ("news.example",)}, {}, {"site": "fakenews.example"}, Removal.SITE),
        ({"site_mode": "only", "sites": ()}, {}, {}, Removal.SITE),
        ({"site_mode": "except", "sites": ("news.example",)}, {}, {}, Removal.SITE),
        ({"site_mode": "except", "sites": ("news.example",)}, {}, {"site": "m.news.example"}, Removal.SITE),
        ({"site_mode": "except", "sites": ("other.example",)}, {}, {}, Removal.WON),
        ({}, {"floor_micros": DOLLAR + 1}, {}, Removal.BID),
        ({}, {"floor_micros": DOLLAR}, {}, Removal.WON),
        ({"windows": ()}, {}, {}, Removal.SCHEDULE),
        ({"windows": (Window(NOON + 1, NOON + 9, 1, DAY),)}, {}, {}, Removal.SCHEDULE),
        ({"windows": (Window(NOON - 9, NOON, 1, DAY),)}, {}, {}, Removal.SCHEDULE),
        ({"windows": (Window(NOON - 9, NOON, 1, DAY), Window(NOON, NOON + 1, 1, DAY))}, {}, {}, Removal.WON),
        ({"countries": ("EE", "LT")}, {}, {}, Removal.TARGETING),
        ({"countries": ("EE", "LV")}, {}, {}, Removal.WON),
        ({"regions": ("LV-JUR",)}, {}, {}, Removal.TARGETING),
        ({"devices": ("desktop",)}, {}, {}, Removal.TARGETING),
        ({"systems": ("ios",)}, {}, {}, Removal.TARGETING),
        ({"browsers": ("firefox",)}, {}, {}, Removal.TARGETING),
        ({"languages": ("ru",)}, {}, {}, Removal.TARGETING),
        ({"languages": ("lv",)}, {}, {"visitor": person(language="")}, Removal.TARGETING),
        ({"keywords": ("boats", "fish")}, {}, {"keywords": ("cars",)}, Removal.TARGETING),
        ({"keywords": ("boats", "fish")}, {}, {}, Removal.TARGETING),
        ({"keywords": ("boats", "fish")}, {}, {"keywords": ("cars", "fish")}, Removal.WON),
        ({"price_micros": DOLLAR + 1}, {}, {}, Removal.BUDGET),
        ({"price_micros": DOLLAR}, {}, {}, Removal.WON),
    ],
)
def test_a_campaign_is_removed_for_the_first_reason(
    desk: Desk, changed: dict[str, Any], place: dict[str, Any], asked: dict[str, Any], removal: Removal
) -> None:
    desk.open(campaign(**changed), places=(placement(**place),))
    assert what_removes(desk, **asked) is removal


def test_reasons_come_in_the_order_of_the_funnel(desk: Desk) -> None:
    wrong = campaign(
        site_mode="only", sites=("x.example",), windows=(), countries=("EE",), price_micros=DOLLAR * 2, rank_micros=1
    )
    right: list[tuple[dict[str, Any], Removal]] = [
        ({"site_mode": "all"}, Removal.BID),
        ({"rank_micros": DOLLAR}, Removal.SCHEDULE),
        ({"windows": whole_days()}, Removal.TARGETING),
        ({"countries": ()}, Removal.BUDGET),
        ({"price_micros": DOLLAR}, Removal.WON),
    ]
    desk.open(wrong, places=(placement(floor_micros=2),))
    for step, removal in right:
        wrong = replace(wrong, **step)
        desk.store.publish((), (wrong,))
        ((_, met),) = desk.store.trace(desk.request())[0].campaigns
        assert met is removal


def test_what_cannot_be_filled_says_why(desk: Desk) -> None:
    desk.store.publish((placement(), placement(2, size="native")), (campaign(),))
    assert desk.ask(place="nowhere").reason is NoFill.UNKNOWN_PLACEMENT
    assert desk.ask(place="pl_2").reason is NoFill.NO_CAMPAIGN
    assert desk.ask(place="pl_1").reason is NoFill.NONE_ELIGIBLE
    traced = [desk.store.trace(desk.request(place=place))[0].reason for place in ("nowhere", "pl_2", "pl_1")]
    assert traced == [NoFill.UNKNOWN_PLACEMENT, NoFill.NO_CAMPAIGN, NoFill.NONE_ELIGIBLE]


def test_an_answer_tells_who_and_what(desk: Desk) -> None:
    desk.open()
    decision = desk.ask(key=2**63 - 1)
    assert decision.ad == ad(11)
    assert (decision.key, decision.placement, decision.placement_id) == (2**63 - 1, "pl_1", 1)
    assert (decision.campaign_id, decision.advertiser_id, decision.size) == (1, 7, "300x250")
    assert not decision.repeated


def test_the_dearest_wins_and_the_older_of_equals(desk: Desk) -> None:
    desk.open(campaign(3, rank_micros=5), campaign(1, rank_micros=4), campaign(2, rank_micros=5))
    assert desk.wins(2) == [2, 2]
    trace = desk.store.trace(desk.request())[0]
    assert trace.campaigns == ((2, Removal.WON), (3, Removal.BID), (1, Removal.BID))
    desk.store.publish((), (campaign(1, rank_micros=6),))
    assert desk.wins() == [1]


def test_a_campaign_without_an_ad_of_the_size_is_no_candidate(desk: Desk) -> None:
    desk.open(campaign(1, ads=(ad(11, size="728x90"),), rank_micros=9), campaign(2, rank_micros=1))
    assert desk.wins() == [2]
    assert not desk.store.funnel(1, 0)
    desk.store.publish((), (campaign(1, rank_micros=9),))
    assert desk.wins() == [1]


def test_clicks_are_ranked_by_what_a_thousand_impressions_bring(desk: Desk) -> None:
    # Nothing known: 0.5 % of clicks; 0.05 a click is 0.25 for 1,000 impressions.
    desk.open(clicks_campaign(1), campaign(2, rank_micros=250_000), campaign(3, rank_micros=249_999))
    order = [campaign_id for campaign_id, _ in desk.store.trace(desk.request())[0].campaigns]
    assert order == [1, 2, 3]
    desk.impression(desk.ask())
    desk.store.tick(desk.now_ms)
    # One impression without a click: 5,000,000 / 1,001 = 4,995 millionths, 249,750.
    order = [campaign_id for campaign_id, _ in desk.store.trace(desk.request())[0].campaigns]
    assert order == [2, 3, 1]


def test_a_click_lifts_its_campaign_with_the_next_tick(desk: Desk) -> None:
    desk.open(clicks_campaign(1), campaign(2, rank_micros=270_000))
    decision = desk.ask(visitor=person(country="EE"))
    assert decision.campaign_id == 2
    desk.store.withdraw((), (2,))
    decision = desk.ask()
    desk.impression(decision)
    assert desk.click(decision).verdict is Verdict.OK
    desk.store.publish((), (campaign(2, rank_micros=270_000),))
    desk.store.tick(desk.now_ms)
    # (1,000,000 + 5,000,000) / 1,001 = 5,994 millionths: 299,700.
    assert desk.store.trace(desk.request())[0].campaigns == ((1, Removal.WON), (2, Removal.BID))


@pytest.mark.parametrize(
    ("dice", "chosen"),
    [(0, 11), (2**31 // 4 - 1, 11), (2**31 // 4, 12), (2**31 - 1, 12)],
)
def test_ads_share_by_weight(desk: Desk, dice: int, chosen: int) -> None:
    desk.open(campaign(ads=(ad(10, size="native", weight=50), ad(11, weight=1), ad(12, weight=3))))
    found = desk.ask(dice=dice).ad
    assert found is not None
    assert found.id == chosen


def two_places(desk: Desk, *keys: int, visitor: Visitor | None = None) -> list[int]:
    places = ("pl_1", "pl_2")
    wanted = tuple(Wanted(place, key, 0) for place, key in zip(places, keys, strict=True))
    request = DecisionRequest(desk.now_ms, wanted, visitor or person())
    return [decision.campaign_id for decision in desk.store.decide(request)]


def test_one_page_shows_different_campaigns_when_it_can(desk: Desk) -> None:
    both = (placement(1), placement(2))
    desk.open(campaign(1, rank_micros=9), campaign(2, rank_micros=1), places=both)
    assert two_places(desk, 1, 2) == [1, 2]
    desk.store.withdraw((), (2,))
    assert two_places(desk, 3, 4) == [1, 1]
    # What the first placement took is gone for the second.
    desk.store.publish((), (campaign(1, cap_count=3),))
    assert two_places(desk, 5, 6) == [1, 1]
    assert two_places(desk, 7, 8) == [1, 0]


def test_the_same_key_gets_the_same_answer(desk: Desk) -> None:
    desk.open(campaign(cap_count=1))
    first = desk.ask(key=5)
    again = desk.ask(key=5)
    assert again == replace(first, repeated=True)
    assert desk.money() == (DOLLAR - 1000, 1000, 0)
    assert [hour.seen for hour in desk.store.funnel(1, 0)] == [1]
    desk.store.withdraw((), (1,))
    assert desk.ask(key=5) == again


def test_no_answer_is_not_remembered(desk: Desk) -> None:
    desk.store.publish((placement(),), (campaign(),))
    assert not desk.ask(key=5).filled
    desk.store.grant(lease(), NEVER_MS)
    assert desk.ask(key=5).filled


@pytest.mark.parametrize(
    ("window", "later", "before_next"),
    [("hour", HOUR, HOUR - 1), ("day", 12 * HOUR, 12 * HOUR - 1), ("campaign", 24 * HOUR, 12 * HOUR)],
)
def test_a_person_sees_it_as_often_as_the_cap_says(desk: Desk, window: str, later: int, before_next: int) -> None:
    desk.open(campaign(cap_count=2, cap_window=window))
    desk.store.grant(lease(2, day=DAY + 1), NEVER_MS)
    assert desk.wins(3) == [1, 1, 0]
    assert desk.wins(visitor=person(user_key="another")) == [1]
    assert desk.wins(3, visitor=person(user_key="")) == [1, 1, 1]
    start = desk.now_ms
    desk.later(before_next)
    assert what_removes_now(desk) is Removal.FREQUENCY
    desk.now_ms = start
    desk.later(later)
    assert what_removes_now(desk) is (Removal.FREQUENCY if window == "campaign" else Removal.WON)


def what_removes_now(desk: Desk) -> Removal:
    return desk.store.trace(desk.request())[0].campaigns[0][1]


def test_a_capped_day_is_the_day_of_the_advertiser(desk: Desk) -> None:
    evening = NOON + HOUR
    windows = (Window(NOON - HOUR, evening, 1, DAY), Window(evening, evening + HOUR, 1, DAY + 1))
    desk.open(campaign(cap_count=1, windows=windows))
    assert desk.wins(2) == [1, 0]
    assert desk.wins(at=evening * 1000) == [1]


def test_a_suspect_is_answered_and_leaves_no_trace_on_money_or_caps(desk: Desk) -> None:
    desk.open(campaign(cap_count=1, even=True, daily_micros=DOLLAR, windows=hours([1] * 24)))
    assert desk.wins(3, visitor=person(suspect=Verdict.BOT_UA)) == [1, 1, 1]
    assert desk.money() == (DOLLAR, 0, 0)
    assert desk.wins() == [1]
    assert desk.wins(visitor=person(suspect=Verdict.BOT_UA)) == [0]


def test_tracing_changes_nothing(desk: Desk) -> None:
    desk.open(campaign(cap_count=1), amount=1000)
    before = desk.store.state()
    for _ in range(3):
        assert what_removes_now(desk) is Removal.WON
    desk.store.publish((), (campaign(price_micros=1001),))
    assert what_removes_now(desk) is Removal.BUDGET
    assert desk.store.state() == before
    assert not desk.store.funnel(1, 0)
    assert not desk.store.traffic(0)


def test_only_so_many_candidates_are_looked_at(desk: Desk) -> None:
    many = [campaign(id, rank_micros=10_000 - id, windows=()) for id in range(2, 1002)]
    desk.store.publish((placement(),), (*many, campaign(1, rank_micros=1)))
    desk.store.grant(lease(), NEVER_MS)
    assert desk.ask().reason is NoFill.NONE_ELIGIBLE
    desk.store.withdraw((), (2,))
    assert desk.wins() == [1]


def test_pages_and_people_are_counted_by_quarter_and_hour(desk: Desk) -> None:
    desk.open(campaign(1, rank_micros=9, countries=("LV",)), campaign(2, rank_micros=1))
    desk.wins(2)
    desk.wins(visitor=person(country="EE"))
    desk.later(15 * 60)
    desk.wins()
    desk.later(50 * 60)
    desk.wins()
    first, second, third = desk.store.funnel(1, NOON)
    assert (first.quarter, first.seen, first.removed) == (NOON, 3, {Removal.WON: 2, Removal.TARGETING: 1})
    assert (second.quarter, second.seen, second.removed) == (NOON + 900, 1, {Removal.WON: 1})
    assert [(hour.seen, hour.removed) for hour in desk.store.funnel(2, NOON)] == [
        (3, {Removal.WON: 1}),
        (1, {}),
        (1, {}),
    ]
    assert list(desk.store.funnel(1, NOON + 1000)) == [second, third]
    assert desk.store.traffic(MIDNIGHT) == {NOON: 4, NOON + HOUR: 1}
    assert desk.store.traffic(NOON + HOUR) == {NOON + HOUR: 1}


def test_who_came_later_did_not_see_what_was_before(desk: Desk) -> None:
    desk.open(campaign(1))
    desk.wins(3)
    desk.store.publish((), (campaign(2, rank_micros=1),))
    desk.wins(2)
    desk.store.withdraw((), (2,))
    desk.wins()
    assert [hour.seen for hour in desk.store.funnel(2, 0)] == [2]
    assert [hour.seen for hour in desk.store.funnel(1, 0)] == [6]


def test_published_things_are_known_by_their_fingerprints(desk: Desk) -> None:
    shown: tuple[PublishedCampaign, ...] = (campaign(1), clicks_campaign(2, even=True, daily_micros=5))
    places: tuple[PublishedPlacement, ...] = (placement(1), placement(2, categories=("shops",)))
    desk.store.publish(places, shown)
    assert desk.store.fingerprints() == (
        {each.id: fingerprint(each) for each in places},
        {each.id: fingerprint(each) for each in shown},
    )
    changed = campaign(1, price_micros=2)
    desk.store.publish((), (changed,))
    desk.store.withdraw((2, 99), (2, 99))
    assert desk.store.fingerprints() == ({1: fingerprint(places[0])}, {1: fingerprint(changed)})
    assert desk.ask(place="pl_2").reason is NoFill.UNKNOWN_PLACEMENT


def test_even_pace_lets_a_price_go_when_it_is_due(desk: Desk) -> None:
    # 24 prices for 24 equal hours: one an hour, the first at once.
    desk.open(campaign(even=True, daily_micros=24_000, windows=hours([1] * 24)))
    midnight = MIDNIGHT * 1000
    assert desk.wins(2, at=midnight) == [1, 0]
    assert desk.wins(at=midnight + 55 * 60_000) == [0]
    assert desk.wins(2, at=midnight + 65 * 60_000) == [1, 0]
    # What a quiet stretch left is spread over the rest, not made up for at once.
    assert desk.wins(4, at=midnight + 6 * HOUR * 1000) == [1, 1, 0, 0]


def test_a_click_slows_an_even_pace(desk: Desk) -> None:
    desk.open(clicks_campaign(price_micros=1000, even=True, daily_micros=24_000, windows=hours([1] * 24)))
    decision = desk.ask()
    desk.impression(decision)
    assert desk.wins() == [1]
    assert desk.click(decision).charged_micros == 1000
    assert desk.wins(at=desk.now_ms + 6000) == [0]
