"""Every serving store keeps within bounds: who asks too much, what is kept of whom, and which order counts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.support.serving import (
    DAY,
    DAY_SECONDS,
    DOLLAR,
    NEVER_MS,
    NOON_MS,
    Desk,
    campaign,
    clicks_campaign,
    lease,
    person,
    whole_days,
)
from webapp.domain.delivery.types import Counted, Decision, DecisionRequest, EventKind, NoFill, Verdict, Visitor, Wanted

#: Known by one of the two alone.
ADDRESS = Visitor(ip_prefix="192.0.2.0/24", user_key="k")
HUMAN = Visitor(user_day="somebody", user_key="k")
LIMITS = [(ADDRESS, 1200), (HUMAN, 240)]
WEEK_MS = 7 * DAY_SECONDS * 1000


def ask_for(desk: Desk, count: int, visitor: Visitor, key: int = 10_000) -> list[Decision]:
    """Ask for one placement many times, twenty a request."""
    answers: list[Decision] = []
    for first in range(0, count, 20):
        wanted = tuple(Wanted("pl_1", key + first + at, 0) for at in range(min(20, count - first)))
        answers += desk.store.decide(DecisionRequest(desk.now_ms, wanted, visitor))
    return answers


def reasons(answers: Iterable[Decision]) -> set[NoFill | None]:
    return {answer.reason for answer in answers}


@pytest.mark.parametrize(("visitor", "most"), LIMITS)
def test_who_asks_too_much_holds_nothing_and_is_not_charged(desk: Desk, visitor: Visitor, most: int) -> None:
    desk.open(campaign(price_micros=100))
    assert reasons(ask_for(desk, most, visitor)) == {None}
    assert desk.money() == (DOLLAR - most * 100, most * 100, 0)
    beyond = desk.ask(visitor)
    assert beyond.filled
    assert desk.money() == (DOLLAR - most * 100, most * 100, 0)
    assert desk.impression(beyond).verdict is Verdict.RATE
    assert desk.click(beyond).verdict is Verdict.RATE
    assert desk.money()[2] == 0
    assert desk.ask(person(ip_prefix="x", user_day="x")).filled
    desk.later(60)
    later = desk.ask(visitor)
    assert desk.impression(later).charged_micros == 100


@pytest.mark.parametrize(("visitor", "most"), LIMITS)
def test_who_asks_far_too_much_gets_nothing(desk: Desk, visitor: Visitor, most: int) -> None:
    desk.open(campaign(price_micros=100))
    assert reasons(ask_for(desk, 4 * most, visitor)) == {None}
    kept = desk.store.state().open_decisions
    assert reasons(ask_for(desk, 20, visitor, key=90_000)) == {NoFill.RATE}
    assert desk.store.state().open_decisions == kept
    desk.later(60)
    assert desk.ask(visitor).filled


def test_what_is_asked_too_often_counts_for_no_cap(desk: Desk) -> None:
    desk.open(campaign(1, cap_count=1, cap_window="campaign"), campaign(2, rank_micros=1))
    ask_for(desk, 240, Visitor(user_day="somebody"))
    visitor = Visitor(user_day="somebody", user_key="k")
    assert [desk.ask(visitor).campaign_id for _ in range(2)] == [1, 1]
    desk.later(60)
    assert [desk.ask(visitor).campaign_id for _ in range(2)] == [1, 2]


def test_a_suspect_stays_what_it_is(desk: Desk) -> None:
    desk.open()
    bot = Visitor(user_day="somebody", suspect=Verdict.BOT_UA)
    answers = ask_for(desk, 241, bot)
    assert desk.impression(answers[-1]).verdict is Verdict.BOT_UA


def test_trying_counts_for_nobody(desk: Desk) -> None:
    desk.open()
    for _ in range(1000):
        desk.store.trace(desk.request(HUMAN))
    assert desk.impression(desk.ask(HUMAN)).charged_micros == 1000


def lasting(desk: Desk) -> None:
    """Let people see a campaign twice ever."""
    capped = campaign(cap_count=2, cap_window="campaign", windows=whole_days(DAY - 1, 40))
    desk.open(capped)
    for day in range(1, 30):
        desk.store.grant(lease(100 + day, day=DAY + day), NEVER_MS)
    desk.wins(2)
    assert desk.wins() == [0]


def back(desk: Desk) -> list[int]:
    desk.store.publish((), (campaign(cap_count=2, cap_window="campaign", windows=whole_days(DAY - 1, 40)),))
    return desk.wins(3)


def test_a_campaign_gone_for_a_week_begins_anew_with_everybody(desk: Desk) -> None:
    lasting(desk)
    desk.store.withdraw((), (1,))
    desk.later(WEEK_MS / 1000)
    desk.store.tick(desk.now_ms)
    assert back(desk) == [0, 0, 0]
    desk.store.withdraw((), (1,))
    desk.store.tick(desk.now_ms + WEEK_MS + 1)
    desk.now_ms += WEEK_MS + 2
    assert back(desk) == [1, 1, 0]


def test_a_campaign_that_came_back_keeps_its_counts(desk: Desk) -> None:
    lasting(desk)
    desk.store.withdraw((), (1,))
    assert back(desk) == [0, 0, 0]
    desk.later(WEEK_MS / 1000 + 9)
    desk.store.tick(desk.now_ms)
    assert desk.wins() == [0]


def test_an_order_is_one_decisions_whichever_node_it_is_from(desk: Desk) -> None:
    store, largest = desk.store, 2**63 - 1
    assert store.claim_order(7, "A-1", largest, NOON_MS)
    assert store.claim_order(7, "A-1", largest, NOON_MS + 1)
    assert not store.claim_order(7, "A-1", largest - 1, NOON_MS)
    assert store.claim_order(8, "A-1", 2, NOON_MS)
    store.release_order(7, "A-1", largest - 1)
    assert not store.claim_order(7, "A-1", 2, NOON_MS)
    store.release_order(7, "A-1", largest)
    assert store.claim_order(7, "A-1", 2, NOON_MS)
    month_ms = 30 * DAY_SECONDS * 1000
    assert not store.claim_order(7, "A-1", 3, NOON_MS + month_ms)
    assert store.claim_order(7, "A-1", 3, NOON_MS + month_ms + 1)


def test_an_order_claimed_from_elsewhere_does_not_count_here(desk: Desk) -> None:
    desk.open(clicks_campaign())
    shown = desk.shown()
    assert desk.store.claim_order(7, "A-1", 5, desk.now_ms)
    assert desk.event(EventKind.CONVERSION, shown, 2000, order="A-1").verdict is Verdict.DUPLICATE
    assert desk.event(EventKind.CONVERSION, shown, 2000, order="B-2").verdict is Verdict.OK
    assert not desk.store.claim_order(7, "B-2", 5, desk.now_ms)
    assert desk.store.claim_order(7, "B-2", shown.key, desk.now_ms)


def test_the_ends_of_the_log_are_told_without_taking_who_is_hungry(desk: Desk) -> None:
    first, last = desk.store.ends()
    assert last == first - 1
    desk.open(amount=1)
    desk.ask()
    desk.store.grant(lease(2), NEVER_MS)
    desk.shown()
    assert desk.store.ends() == (first, first)
    desk.store.trim(first)
    assert desk.store.ends() == (first + 1, first)
    assert desk.store.state().hungry == {1}


def test_a_clock_that_is_ahead_shows(desk: Desk) -> None:
    desk.open()
    desk.ask(at=NOON_MS + 45_000)
    desk.ask(at=NOON_MS)
    assert desk.store.state().seen_ms == NOON_MS + 45_000


def test_counts_of_many_campaigns_and_days_are_all_told(desk: Desk) -> None:
    campaigns = [campaign(id, windows=whole_days(DAY - 1, 9)) for id in range(1, 41)]
    desk.store.publish((), campaigns)
    for day in (DAY, DAY + 1, DAY + 2):
        for id in range(1, 41):
            told = Decision("pl_1", id, campaign_id=id, advertiser_id=7)
            desk.event(EventKind.VIEW, told, (day - DAY) * DAY_SECONDS * 1000)
    everything = desk.store.counted((), 0, 99_999)
    assert everything == [
        Counted(id, day, EventKind.VIEW, Verdict.EXPIRED, 1, 0) for id in range(1, 41) for day in range(DAY, DAY + 3)
    ]
    assert desk.store.counted(range(1, 41), 0, 99_999) == everything
    assert desk.store.counted((), DAY + 1, DAY + 1) == [row for row in everything if row.day == DAY + 1]
    assert desk.store.counted((3, 5), DAY + 2, DAY + 9) == [
        row for row in everything if row.day == DAY + 2 and row.campaign_id in (3, 5)
    ]
