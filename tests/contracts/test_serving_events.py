"""Every serving store judges events alike: what is charged, what is not and why, and what the log says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.serving import (
    DAY,
    DAY_SECONDS,
    DOLLAR,
    HOUR,
    MIDNIGHT,
    NEVER_MS,
    PERSON,
    Desk,
    campaign,
    clicks_campaign,
    lease,
    person,
    placement,
)
from webapp.domain.delivery.types import (
    Counted,
    Decision,
    EventKind,
    IncomingEvent,
    LogRecord,
    Recorded,
    Verdict,
    Visitor,
)

HOLD = 600
BOT = person(suspect=Verdict.BOT_UA)
HOSTED = person(suspect=Verdict.DATACENTER)


def test_an_impression_is_charged_once(desk: Desk) -> None:
    desk.open(campaign(price_micros=700))
    decision = desk.ask()
    assert desk.money() == (DOLLAR - 700, 700, 0)
    first = desk.impression(decision)
    assert (first.verdict, first.charged_micros) == (Verdict.OK, 700)
    again = desk.impression(decision, 2000)
    assert (again.verdict, again.charged_micros, again.seq) == (Verdict.DUPLICATE, 0, first.seq + 1)
    assert desk.money() == (DOLLAR - 700, 0, 700)


def test_the_log_tells_all_of_it(desk: Desk) -> None:
    desk.open(campaign(price_micros=700))
    decision = desk.ask()
    seq = desk.impression(decision, visitor=person(country="EE", ip_prefix="198.51.100.0", user_day="")).seq
    assert desk.log() == [
        LogRecord(
            seq=seq, kind=EventKind.IMPRESSION, verdict=Verdict.OK, at_ms=desk.now_ms + 1000, decided_ms=desk.now_ms,
            key=decision.key, advertiser_id=7, campaign_id=1, ad_id=11, placement_id=1, site="news.example",
            charged_micros=700, lease_id=1, day=DAY, country="LV", region="LV-RIX", device="phone", os="android",
            browser="chrome", ip_prefix="198.51.100.0", user_day="person-today",
        )
    ]  # fmt: skip


def test_an_impression_may_take_ten_minutes(desk: Desk) -> None:
    desk.open()
    punctual, late = desk.ask(), desk.ask()
    assert desk.impression(punctual, HOLD * 1000).verdict is Verdict.OK
    assert desk.impression(late, HOLD * 1000 + 1).verdict is Verdict.EXPIRED
    assert desk.impression(late, HOLD * 1000 + 2).verdict is Verdict.EXPIRED
    assert desk.money() == (DOLLAR - 1000, 0, 1000)


def test_an_unknown_key_is_expired_and_attributed_by_its_token(desk: Desk) -> None:
    desk.open()
    stranger = replace(desk.ask(), key=77)
    for kind in (EventKind.IMPRESSION, EventKind.VIEW, EventKind.CLICK, EventKind.CONVERSION):
        assert desk.event(kind, stranger).verdict is Verdict.EXPIRED
    line = desk.log()[0]
    assert (line.campaign_id, line.ad_id, line.placement_id, line.advertiser_id) == (1, 11, 1, 7)
    assert (line.site, line.country, line.day, line.lease_id) == ("news.example", "LV", DAY, 0)
    assert line.decided_ms == desk.now_ms
    desk.store.withdraw((1,), (1,))
    desk.impression(stranger)
    assert (desk.log()[-1].site, desk.log()[-1].day) == ("", 0)


@pytest.mark.parametrize(("asker", "reporter"), [(BOT, PERSON), (PERSON, BOT), (BOT, HOSTED)])
def test_a_suspect_is_never_billed(desk: Desk, asker: Visitor, reporter: Visitor) -> None:
    desk.open()
    decision = desk.ask(visitor=asker)
    for kind in (EventKind.IMPRESSION, EventKind.VIEW, EventKind.CLICK):
        assert desk.event(kind, decision, visitor=reporter).verdict is Verdict.BOT_UA
    assert desk.impression(decision).verdict is Verdict.DUPLICATE
    assert desk.money() == (DOLLAR, 0, 0)


def test_a_verdict_reached_before_is_only_logged(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    told = desk.impression(decision, verdict=Verdict.BAD_SIGNATURE)
    assert (told.verdict, told.charged_micros) == (Verdict.BAD_SIGNATURE, 0)
    assert desk.money() == (DOLLAR - 1000, 1000, 0)
    assert desk.impression(decision).verdict is Verdict.OK


def test_one_address_is_shown_so_many_a_minute(desk: Desk) -> None:
    desk.open()
    desk.now_ms -= desk.now_ms % 60_000
    crowd = [person(user_day=f"p{number}") for number in range(602)]
    decisions = [desk.ask(who) for who in crowd]
    verdicts = [desk.impression(each, visitor=who).verdict for each, who in zip(decisions, crowd, strict=True)]
    assert verdicts == [Verdict.OK] * 600 + [Verdict.RATE] * 2
    assert desk.money() == (DOLLAR - 600_000, 0, 600_000)
    assert desk.event(EventKind.VIEW, decisions[-1]).verdict is Verdict.RATE
    assert desk.impression(desk.ask(), 60_000).verdict is Verdict.OK


def test_one_person_clicks_so_many_a_minute(desk: Desk) -> None:
    desk.open()
    decisions = [desk.shown() for _ in range(8)]
    assert [desk.click(each).verdict for each in decisions[:7]] == [Verdict.OK] * 6 + [Verdict.RATE]
    assert desk.click(decisions[7], visitor=person(user_day="", ip_prefix="")).verdict is Verdict.OK
    assert desk.click(decisions[6], 70_000).verdict is Verdict.DUPLICATE


def test_a_view_follows_its_impression(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    assert desk.event(EventKind.VIEW, decision).verdict is Verdict.VIEW_WITHOUT_IMPRESSION
    desk.impression(decision)
    assert [desk.event(EventKind.VIEW, decision).verdict for _ in range(2)] == [Verdict.OK, Verdict.DUPLICATE]


def test_a_click_leads_to_the_landing_page_whatever_its_verdict(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    early = desk.click(decision)
    assert early.verdict is Verdict.CLICK_WITHOUT_IMPRESSION
    assert early.landing_url == "https://shop.example/?c={campaign_id}&a={ad_id}&k={click_id}"
    macros = {"campaign_id": "cm_1", "ad_id": "ad_11", "creative_id": "cr_11", "site": "news.example"}
    assert early.macros == {**macros, "click_id": str(decision.key)}
    stranger = replace(decision, key=77)
    assert desk.click(stranger).landing_url == early.landing_url
    assert desk.click(stranger).macros == {**macros, "click_id": "77"}
    desk.store.withdraw((), (1,))
    assert desk.click(decision).landing_url == early.landing_url
    assert (desk.click(stranger).landing_url, desk.click(stranger).macros) == ("", {})
    assert desk.impression(decision).landing_url == ""


def test_a_click_comes_neither_too_soon_nor_twice(desk: Desk) -> None:
    desk.open()
    first, second = desk.shown(), desk.shown()
    assert desk.click(first, 1299).verdict is Verdict.TOO_FAST
    assert desk.click(first, 9000).verdict is Verdict.DUPLICATE
    assert desk.click(second, 1300).verdict is Verdict.OK


def test_a_blind_click_is_told_once_and_spoils_no_real_one(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    blind = [desk.click(decision).verdict for _ in range(3)]
    assert blind == [Verdict.CLICK_WITHOUT_IMPRESSION, Verdict.DUPLICATE, Verdict.DUPLICATE]
    desk.impression(decision)
    assert desk.click(decision, 3000).verdict is Verdict.OK
    assert desk.click(decision, 4000).verdict is Verdict.DUPLICATE


def test_a_click_may_take_a_day(desk: Desk) -> None:
    desk.open()
    first, second = desk.shown(), desk.shown()
    assert desk.click(first, DAY_SECONDS * 1000).verdict is Verdict.OK
    assert desk.click(second, DAY_SECONDS * 1000 + 1).verdict is Verdict.EXPIRED
    assert desk.click(second, DAY_SECONDS * 1000 + 2).verdict is Verdict.EXPIRED


def test_clicks_are_charged_where_clicks_are_paid(desk: Desk) -> None:
    desk.open(clicks_campaign(price_micros=50_000))
    decision = desk.ask()
    assert desk.money() == (DOLLAR, 0, 0)
    assert desk.impression(decision).charged_micros == 0
    desk.store.publish((), (clicks_campaign(price_micros=90_000),))
    assert desk.click(decision).charged_micros == 50_000
    assert desk.money() == (DOLLAR - 50_000, 0, 50_000)
    impression, click = desk.log()
    assert (impression.day, impression.lease_id, impression.charged_micros) == (DAY, 0, 0)
    assert (click.day, click.lease_id, click.charged_micros) == (DAY, 1, 50_000)


def test_a_click_no_lease_covers_is_free_and_says_so(desk: Desk) -> None:
    desk.open(clicks_campaign(price_micros=600_000))
    first, second = desk.shown(), desk.shown()
    assert desk.click(first).verdict is Verdict.OK
    free = desk.click(second)
    assert (free.verdict, free.charged_micros) == (Verdict.BUDGET, 0)
    assert free.landing_url
    assert desk.click(second).verdict is Verdict.DUPLICATE
    assert desk.money() == (400_000, 0, 600_000)


def test_a_click_after_midnight_is_the_next_days(desk: Desk) -> None:
    desk.open(clicks_campaign())
    desk.store.grant(lease(2, day=DAY + 1), NEVER_MS)
    desk.now_ms = (MIDNIGHT + DAY_SECONDS) * 1000 - 2000
    first, second = desk.shown(), desk.shown()
    assert desk.click(first, 1999).verdict is Verdict.OK
    assert desk.click(second, 2000).verdict is Verdict.OK
    assert [(line.lease_id, line.day) for line in desk.log()[-2:]] == [(1, DAY), (2, DAY + 1)]


def test_an_impression_after_midnight_belongs_to_the_day_it_was_decided_in(desk: Desk) -> None:
    desk.open()
    desk.now_ms = (MIDNIGHT + DAY_SECONDS) * 1000 - 1000
    decision = desk.ask()
    desk.store.tick(desk.now_ms + 5000)
    assert desk.impression(decision, 9000).charged_micros == 1000
    line = desk.log()[0]
    assert (line.day, line.lease_id, line.at_ms) == (DAY, 1, desk.now_ms + 9000)
    desk.store.tick(desk.now_ms + 9000)
    closed = desk.log()[1]
    assert (closed.kind, closed.charged_micros, closed.day) == (EventKind.LEASE_CLOSED, 1000, DAY)


def sale(desk: Desk, decision: Decision, order: str = "", after_s: int = 60) -> Recorded:
    return desk.event(EventKind.CONVERSION, decision, after_s * 1000, order=order, value_micros=5, sale=True)


def test_a_conversion_counts_once_for_its_order(desk: Desk) -> None:
    desk.open()
    decision, other = desk.shown(), desk.shown()
    assert [sale(desk, each, "A-1").verdict for each in (decision, other)] == [Verdict.OK, Verdict.DUPLICATE]
    assert sale(desk, other, "A-2").verdict is Verdict.OK
    assert [sale(desk, other).verdict for _ in range(2)] == [Verdict.OK, Verdict.OK]
    line = desk.log()[-1]
    assert (line.kind, line.value_micros, line.sale, line.charged_micros) == (EventKind.CONVERSION, 5, True, 0)


def test_a_conversion_needs_a_click_or_an_impression_in_its_window(desk: Desk) -> None:
    desk.open(campaign(1), clicks_campaign(2, price_micros=DOLLAR + 1))
    unseen = desk.ask()
    assert sale(desk, unseen, "A-1").verdict is Verdict.EXPIRED
    seen, clicked = desk.shown(), desk.shown()
    assert desk.click(clicked).verdict is Verdict.OK
    # An impression counts for a day from its own instant (one second after the decision), a click for thirty.
    assert sale(desk, seen, "A-1", DAY_SECONDS + 1).verdict is Verdict.OK
    assert sale(desk, seen, "A-2", DAY_SECONDS + 2).verdict is Verdict.EXPIRED
    assert sale(desk, clicked, "A-3", 30 * DAY_SECONDS + 5).verdict is Verdict.OK
    assert sale(desk, clicked, "A-4", 30 * DAY_SECONDS + 6).verdict is Verdict.EXPIRED


def test_a_bots_conversion_is_worth_nothing(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    desk.impression(decision, visitor=BOT)
    assert sale(desk, decision, "A-1").verdict is Verdict.EXPIRED


def test_nobody_outside_closes_a_lease(desk: Desk) -> None:
    desk.open()
    event = IncomingEvent(EventKind.LEASE_CLOSED, desk.now_ms, 1, 1, 7, 1, 11, 0, PERSON)
    with pytest.raises(ValueError):
        desk.store.record(event)
    assert desk.log() == []
    assert desk.impression(desk.ask()).verdict is Verdict.OK


def test_counters_agree_with_the_log(desk: Desk) -> None:
    desk.open(campaign(1, price_micros=700))
    for number in range(4):
        decision = desk.ask()
        for _ in range(number):
            desk.impression(decision)
    desk.store.revoke((1,))
    assert desk.store.counted((1,), DAY, DAY) == [
        Counted(1, DAY, EventKind.IMPRESSION, Verdict.OK, 3, 2100),
        Counted(1, DAY, EventKind.IMPRESSION, Verdict.DUPLICATE, 3, 0),
    ]
    assert desk.store.counted((), DAY, DAY) == desk.store.counted((1,), DAY - 9, DAY + 9)
    assert not desk.store.counted((2,), DAY, DAY)
    assert not desk.store.counted((1,), DAY + 1, DAY + 9)


def test_the_log_is_gapless_and_read_in_pieces(desk: Desk) -> None:
    desk.open()
    empty = desk.store.state()
    assert empty.last_seq == empty.first_seq - 1
    for _ in range(5):
        desk.shown()
    state, first = desk.store.state(), empty.first_seq
    assert (state.first_seq, state.last_seq) == (first, first + 4)
    assert [line.seq for line in desk.store.read(first - 1, 2)] == [first, first + 1]
    assert [line.seq for line in desk.store.read(first + 1, 9)] == [first + 2, first + 3, first + 4]
    assert list(desk.store.read(first + 4, 9)) == []


def test_a_trimmed_log_goes_on_with_its_numbers(desk: Desk) -> None:
    desk.open()
    for _ in range(3):
        desk.shown()
    first = desk.store.state().first_seq
    desk.store.trim(first + 1)
    assert desk.store.state().first_seq == first + 2
    assert [line.seq for line in desk.store.read(first - 1, 9)] == [first + 2]
    desk.store.trim(first)
    desk.store.trim(first + 99)
    state = desk.store.state()
    assert (state.first_seq, state.last_seq) == (first + 3, first + 2)
    desk.shown()
    assert [line.seq for line in desk.log()] == [first + 3]


def test_what_is_over_is_let_go_of(desk: Desk) -> None:
    desk.open(clicks_campaign(2, rank_micros=1), campaign(1))
    unseen, seen, clicked = desk.ask(), desk.shown(), desk.shown()
    desk.click(clicked)
    assert desk.store.state().open_decisions == 3
    desk.store.tick(desk.now_ms + HOLD * 1000)
    assert desk.store.state().open_decisions == 3
    assert desk.store.tick(desk.now_ms + HOLD * 1000 + 1) >= 1
    assert desk.money() == (DOLLAR - 2000, 0, 2000)
    assert desk.store.state().open_decisions == 2
    desk.store.tick(desk.now_ms + (DAY_SECONDS + 2) * 1000)
    assert desk.store.state().open_decisions == 1
    desk.store.tick(desk.now_ms + (30 * DAY_SECONDS + 6) * 1000)
    assert desk.store.state().open_decisions == 0
    assert not desk.ask(key=unseen.key, at=desk.now_ms + 40 * DAY_SECONDS * 1000).repeated
    assert desk.impression(seen).verdict is Verdict.EXPIRED


def test_a_key_is_free_again_when_its_time_is_over(desk: Desk) -> None:
    desk.open()
    desk.ask(key=5)
    desk.later(HOLD)
    assert desk.ask(key=5).repeated
    desk.later(1)
    assert not desk.ask(key=5).repeated
    assert desk.money() == (DOLLAR - 1000, 1000, 0)


def test_old_counters_go(desk: Desk) -> None:
    desk.open()
    desk.shown()
    desk.store.tick(desk.now_ms + 40 * DAY_SECONDS * 1000)
    assert desk.store.counted((), DAY, DAY)
    desk.store.tick(desk.now_ms + 41 * DAY_SECONDS * 1000)
    assert not desk.store.counted((), DAY, DAY)


def test_traffic_is_kept_for_eight_days(desk: Desk) -> None:
    desk.store.publish((placement(),), ())
    desk.ask()
    desk.store.tick(desk.now_ms)
    desk.store.tick(desk.now_ms + 8 * DAY_SECONDS * 1000)
    assert sum(desk.store.traffic(0).values()) == 1
    desk.store.tick(desk.now_ms + (8 * DAY_SECONDS + HOUR) * 1000)
    assert not desk.store.traffic(0)
