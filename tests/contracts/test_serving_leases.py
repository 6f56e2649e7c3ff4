"""Every serving store spends only what it was lent, and says to the end what became of it."""

from __future__ import annotations

import pytest

from tests.support.serving import (
    DAY,
    DAY_SECONDS,
    DOLLAR,
    MIDNIGHT,
    NEVER_MS,
    Desk,
    campaign,
    clicks_campaign,
    lease,
    person,
)
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict

HOLD_MS = 600_000
DAY_ENDS_MS = (MIDNIGHT + DAY_SECONDS) * 1000


def closings(desk: Desk) -> list[LogRecord]:
    return [line for line in desk.log() if line.kind is EventKind.LEASE_CLOSED]


def test_the_last_micro_can_be_spent_and_not_one_more(desk: Desk) -> None:
    desk.open(campaign(price_micros=300_000))
    assert desk.wins(4) == [1, 1, 1, 0]
    assert desk.money() == (100_000, 900_000, 0)
    desk.store.publish((), (campaign(price_micros=100_000),))
    assert desk.wins(2) == [1, 0]
    assert desk.money() == (0, DOLLAR, 0)


def test_a_campaign_without_money_is_hungry(desk: Desk) -> None:
    desk.open(campaign(price_micros=300_000), clicks_campaign(2, rank_micros=1))
    desk.wins(3)
    assert desk.store.state().hungry == frozenset()
    assert desk.wins(2) == [2, 2]
    assert desk.store.state().hungry == {1}
    assert desk.store.state().hungry == frozenset()


def test_granting_again_changes_nothing(desk: Desk) -> None:
    desk.open(amount=3000)
    desk.shown()
    for _ in range(2):
        desk.store.grant(lease(amount=3000), NEVER_MS)
    assert desk.money() == (2000, 0, 1000)
    desk.store.revoke((1,))
    desk.store.grant(lease(amount=3000), NEVER_MS)
    assert desk.store.state().leases == ()
    desk.store.tick(DAY_ENDS_MS + 2 * DAY_SECONDS * 1000)
    desk.store.grant(lease(amount=3000), NEVER_MS)
    assert desk.store.state().leases == ()
    assert len(closings(desk)) == 1


def test_the_oldest_lease_is_spent_first(desk: Desk) -> None:
    desk.open(campaign(price_micros=600), amount=1000)
    desk.store.grant(lease(9, amount=1500), NEVER_MS)
    desk.store.grant(lease(5, amount=1000), NEVER_MS)
    assert desk.wins(5) == [1, 1, 1, 1, 0]
    assert [state.lease_id for state in desk.store.state().leases] == [1, 9, 5]
    assert [desk.money(id) for id in (1, 9, 5)] == [(400, 600, 0), (300, 1200, 0), (400, 600, 0)]


def test_only_the_campaigns_own_leases_pay(desk: Desk) -> None:
    desk.open(campaign(1))
    desk.store.publish((), (campaign(2, rank_micros=2 * DOLLAR),))
    assert desk.wins() == [1]
    assert desk.store.state().hungry == {2}


@pytest.mark.parametrize(("at", "won"), [(-1, 0), (0, 1), (DAY_SECONDS - 1, 1), (DAY_SECONDS, 0)])
def test_a_lease_pays_on_its_day_alone(desk: Desk, at: int, won: int) -> None:
    desk.open()
    assert desk.wins(at=(MIDNIGHT + at) * 1000) == [won]


def test_nothing_is_spent_behind_the_fence(desk: Desk) -> None:
    fence = desk.now_ms + 30_000
    desk.open(clicks_campaign(1), campaign(2, rank_micros=1), fence_ms=fence)
    clicked = desk.shown()
    assert desk.wins(at=fence - 1) == [1]
    assert desk.wins(at=fence) == [0]
    assert desk.store.state().hungry == {1, 2}
    assert desk.click(clicked, 30_000).verdict is Verdict.BUDGET


def test_what_was_held_before_the_fence_is_charged_behind_it(desk: Desk) -> None:
    desk.open(fence_ms=desk.now_ms + 30_000)
    assert desk.impression(desk.ask(), 40_000).charged_micros == 1000


def test_a_fence_moves_forward_alone(desk: Desk) -> None:
    fence = desk.now_ms + 30_000
    desk.open(fence_ms=fence)
    desk.store.renew(fence + 1)
    desk.store.renew(fence - 9000)
    assert [desk.wins(at=fence), desk.wins(at=fence + 1)] == [[1], [0]]
    desk.store.grant(lease(), fence + 5)
    assert [desk.wins(at=fence + 4), desk.wins(at=fence + 5)] == [[1], [0]]


def test_a_revoked_lease_ends_with_its_last_word(desk: Desk) -> None:
    desk.open()
    desk.shown()
    desk.shown()
    desk.store.revoke((1, 99))
    assert desk.store.state().leases == ()
    last = desk.log()[-1]
    assert (last.kind, last.verdict, last.charged_micros, last.lease_id) == (
        EventKind.LEASE_CLOSED,
        Verdict.OK,
        2000,
        1,
    )
    assert (last.campaign_id, last.advertiser_id, last.day, last.at_ms) == (1, 7, DAY, desk.now_ms + 1000)
    assert (last.key, last.ad_id, last.placement_id, last.site, last.decided_ms) == (0, 0, 0, "", 0)
    desk.store.revoke((1,))
    assert len(closings(desk)) == 1
    assert desk.wins() == [0]


def test_an_unused_lease_says_that_too(desk: Desk) -> None:
    desk.store.grant(lease(), NEVER_MS)
    desk.store.revoke((1,))
    (last,) = desk.log()
    assert (last.charged_micros, last.at_ms) == (0, MIDNIGHT * 1000)


def test_a_revoked_lease_waits_for_what_it_holds(desk: Desk) -> None:
    desk.open()
    first, second, third = desk.ask(), desk.ask(), desk.ask()
    desk.store.revoke((1,))
    state = desk.lease()
    assert (state.closing, state.held_micros, state.used_ms) == (True, 3000, desk.now_ms)
    assert desk.wins() == [0]
    assert desk.impression(first).charged_micros == 1000
    desk.impression(second, verdict=Verdict.BAD_SIGNATURE)
    assert not closings(desk)
    desk.store.tick(desk.now_ms + HOLD_MS + 1)
    (last,) = closings(desk)
    assert last.charged_micros == 1000
    assert desk.impression(third).verdict is Verdict.EXPIRED
    assert len(closings(desk)) == 1


def test_the_last_charge_comes_before_the_last_word(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    desk.store.revoke((1,))
    charged = desk.impression(decision)
    impression, closed = desk.log()
    assert (impression.seq, impression.charged_micros) == (charged.seq, 1000)
    assert (closed.kind, closed.charged_micros) == (EventKind.LEASE_CLOSED, 1000)


def test_a_lease_may_end_with_an_impression_that_is_not_billed(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    desk.store.revoke((1,))
    assert desk.impression(decision, visitor=person(suspect=Verdict.BOT_UA)).verdict is Verdict.BOT_UA
    assert [line.kind for line in desk.log()] == [EventKind.IMPRESSION, EventKind.LEASE_CLOSED]
    assert closings(desk)[0].charged_micros == 0


def test_a_late_event_frees_what_no_tick_freed(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    desk.store.revoke((1,))
    assert desk.impression(decision, HOLD_MS + 1).verdict is Verdict.EXPIRED
    assert len(closings(desk)) == 1


def test_a_day_closes_its_leases(desk: Desk) -> None:
    desk.open()
    desk.store.grant(lease(2, day=DAY + 1), NEVER_MS)
    desk.shown()
    desk.store.tick(DAY_ENDS_MS - 1)
    assert len(desk.store.state().leases) == 2
    desk.store.tick(DAY_ENDS_MS)
    desk.store.tick(DAY_ENDS_MS)
    assert [state.lease_id for state in desk.store.state().leases] == [2]
    assert [line.charged_micros for line in closings(desk)] == [1000]


def test_a_withdrawn_campaign_keeps_its_promises(desk: Desk) -> None:
    desk.open()
    decision = desk.ask()
    desk.store.withdraw((1,), (1,))
    assert desk.impression(decision).charged_micros == 1000
    assert desk.wins() == [0]
    assert desk.money() == (DOLLAR - 1000, 0, 1000)


def test_a_changed_price_is_for_later_decisions(desk: Desk) -> None:
    desk.open(campaign(price_micros=1000))
    before = desk.ask()
    desk.store.publish((), (campaign(price_micros=9000),))
    after = desk.ask()
    assert [desk.impression(each).charged_micros for each in (before, after)] == [1000, 9000]


def test_a_node_answers_and_migrates_again(desk: Desk) -> None:
    desk.open()
    desk.shown()
    desk.store.migrate()
    desk.store.ping()
    assert desk.store.node == 1
    assert desk.money() == (DOLLAR - 1000, 0, 1000)
