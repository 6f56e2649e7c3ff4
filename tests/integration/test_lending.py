"""Lending and settling on real databases and real nodes: money goes out, is charged, and comes home."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.support.bank import Bank, bank_of
from webapp.core.errors import Unavailable
from webapp.domain.accounts.models import Advertiser
from webapp.domain.ads.types import StatusCode
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.settlement import BrokenLog
from webapp.domain.delivery.types import EventKind, Verdict
from webapp.domain.events.types import BALANCE_EMPTY, BALANCE_LOW, BUDGET_SPENT, CAMPAIGN_ENDED
from webapp.extensions import db
from webapp.settings import Profile
from webapp.wiring import Services

UNIT = 1_000_000


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as found:
        yield found


def test_a_campaign_gets_money_on_every_node_and_what_is_seen_is_charged(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    leases = bank.leases(sold)
    assert sorted(lease.node for lease in leases) == [1, 2]
    assert all(lease.granted_at for lease in leases)
    reserved = sum(lease.amount_micros for lease in leases)
    assert (bank.pockets(scope).reserved_micros, bank.pockets(scope).available_micros) == (
        reserved, 100 * UNIT - reserved,
    )  # fmt: skip
    assert bank.visits(sold, 5, node=2) == 15_000
    bank.settle()
    assert bank.pockets(scope).spent_micros == 15_000
    assert list(bank.hours(sold).values()) == [(5, 15_000)]
    bank.check_limits()
    bank.prove()


def test_a_pause_brings_all_that_was_not_spent_back(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 3)
    held = bank.ask(sold)
    bank.pause(sold)
    bank.round()
    bank.settle()
    assert not bank.ask(sold).filled
    assert bank.pockets(scope).reserved_micros == sum(
        lease.amount_micros - lease.settled_micros for lease in bank.leases(sold, LeaseStatus.CLOSING)
    )
    # What was held when it stopped is still the visitor's to see.
    assert bank.report(EventKind.IMPRESSION, held).charged_micros == 3_000
    bank.round()
    bank.settle()
    assert bank.pockets(scope).reserved_micros == 0
    assert bank.pockets(scope).spent_micros == 12_000
    assert {lease.status for lease in bank.leases(sold)} == {LeaseStatus.CLOSED}
    bank.prove()


def test_a_crash_between_reserving_and_granting_loses_nothing(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    before = {lease.id for lease in bank.leases(sold)}
    # The first half of a round that lends more, and then the process is gone.
    bank.visits(sold, 400)
    lost = bank.do(lambda services: _reserve_only(bank, services))
    assert lost
    assert {lease.id for lease in bank.leases(sold) if lease.granted_at is None} == set(lost) - before
    bank.allocate()
    assert all(lease.granted_at for lease in bank.leases(sold))
    on_nodes = {lease.lease_id for store in bank.stores for lease in store.state().leases}
    assert set(lost) <= on_nodes
    bank.come_home()
    assert bank.pockets(scope).reserved_micros == 0
    assert bank.spent(sold) == bank.pockets(scope).spent_micros
    bank.prove()


def _reserve_only(bank: Bank, services: Services) -> list[int]:
    picture = bank.allocator.look()
    wanting = picture.wanting()
    return [lease.id for lease in services.leases.reserve(picture.wishes(wanting, ()))]


def test_a_lease_called_back_before_its_node_had_it_is_never_spent(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    lost = bank.do(lambda services: _reserve_only(bank, services))
    assert lost
    bank.pause(sold)
    bank.run(bank.allocator.step)
    assert not bank.ask(sold).filled
    assert bank.visits(sold, 1) == 0
    bank.round()
    bank.settle()
    assert {lease.status for lease in bank.leases(sold)} == {LeaseStatus.CLOSED}
    assert bank.pockets(scope).reserved_micros == 0
    bank.prove()


def test_a_crash_between_calling_back_and_revoking_is_healed(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    ids = [lease.id for lease in bank.leases(sold)]
    bank.do(lambda services: services.leases.call_back(ids))
    assert bank.visits(sold, 1) == 3_000, "the nodes have not heard of it"
    bank.allocate()
    bank.settle()
    assert {lease.status for lease in bank.leases(sold) if lease.id in ids} == {LeaseStatus.CLOSED}
    bank.check_limits()
    bank.prove()


def test_a_batch_settled_twice_or_by_two_at_once_is_charged_once(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 7)
    records = bank.log()
    start = threading.Barrier(4)

    def hand() -> None:
        start.wait()
        bank.do(lambda services: services.settlement.settle(1, records))

    hands = [threading.Thread(target=hand) for _ in range(4)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    bank.do(lambda services: services.settlement.settle(1, records))
    bank.settle()
    assert bank.spent(sold) == bank.pockets(scope).spent_micros == 21_000
    assert list(bank.hours(sold).values()) == [(7, 21_000)]
    bank.prove()


def test_a_hole_in_a_log_stops_its_settling(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 1)
    bank.settle()
    bank.visits(sold, 3)
    records = [record for record in bank.log() if record.charged_micros]
    with pytest.raises(BrokenLog, match="node 1"):
        bank.do(lambda services: services.settlement.settle(1, [records[1], records[3]]))
    assert bank.spent(sold) == 3_000


def test_an_impression_after_midnight_is_charged_to_the_day_it_was_decided_on(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT, "Asia/Kathmandu")
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    # 18:15 UTC is midnight in Kathmandu.
    bank.clock.current = bank.clock.now().replace(hour=18, minute=14, second=58)
    day = bank.clock.now().date()
    bank.allocate()
    late = bank.ask(sold)
    assert bank.report(EventKind.IMPRESSION, late, after_ms=5_000).charged_micros == 3_000
    bank.clock.move(seconds=6)
    bank.round()
    bank.settle()
    assert bank.spent_days(sold) == {day: 3_000}
    (hour,) = bank.hours(sold)
    assert (hour.hour, hour.minute) == (17, 15)
    bank.round()
    assert bank.visits(sold, 1) == 3_000
    bank.settle()
    assert bank.spent_days(sold) == {day: 3_000, day + timedelta(days=1): 3_000}
    assert [(at.hour, at.minute) for at in bank.hours(sold)] == [(17, 15), (18, 15)]
    bank.prove()


def test_money_of_a_lost_node_comes_back_and_what_it_billed_meanwhile_is_forgiven(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 2, node=2)
    bank.settle()
    # Billed, and then the node is gone before anybody read it.
    assert bank.visits(sold, 5, node=2) == 15_000
    silent = _silence(bank, 2)
    bank.allocate()
    bank.clock.move(seconds=30 + 600 + 60 - 1)
    bank.allocate()
    assert not bank.leases(sold, LeaseStatus.LOST)
    bank.clock.move(seconds=60)
    bank.allocate()
    (lost,) = bank.leases(sold, LeaseStatus.LOST)
    assert (lost.node, lost.settled_micros) == (2, 6_000)
    assert bank.pockets(scope).reserved_micros == sum(
        lease.amount_micros for lease in bank.leases(sold, LeaseStatus.OPEN)
    )
    silent.undo()
    bank.round()
    bank.round()
    (lost,) = bank.leases(sold, LeaseStatus.LOST)
    assert (lost.settled_micros, lost.forgiven_micros) == (6_000, 15_000)
    assert bank.pockets(scope).spent_micros == 6_000
    # It lends and charges again, from new leases alone.
    assert bank.visits(sold, 2, node=2) == 6_000
    bank.settle()
    assert bank.pockets(scope).spent_micros == 12_000
    assert bank.leases(sold, LeaseStatus.LOST)[0].forgiven_micros == 15_000
    bank.check_limits()
    bank.prove()


def _silence(bank: Bank, node: int) -> pytest.MonkeyPatch:
    """Let a node answer nobody."""
    patch, store = pytest.MonkeyPatch(), bank.stores[node - 1]

    def refuse(*_: object) -> None:
        raise Unavailable

    for name in ("state", "grant", "renew", "revoke", "read", "tick"):
        patch.setattr(store, name, refuse)
    return patch


def test_a_node_that_was_silent_for_a_moment_keeps_its_money(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    silent = _silence(bank, 2)
    bank.clock.move(seconds=300)
    bank.allocate()
    silent.undo()
    bank.allocate()
    assert not bank.leases(sold, LeaseStatus.LOST)
    assert bank.visits(sold, 2, node=2) == 6_000


def test_a_node_that_was_wiped_has_its_leases_given_up(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 2)
    bank.settle()
    bank.stores[0].wipe()
    bank.clock.move(seconds=15)
    bank.round()
    (lost,) = bank.leases(sold, LeaseStatus.LOST)
    assert (lost.node, lost.settled_micros) == (1, 6_000)
    bank.publish(sold)
    bank.round()
    assert bank.visits(sold, 2) == 6_000
    bank.settle()
    assert bank.pockets(scope).spent_micros == 12_000
    bank.prove()


def test_idle_money_is_called_back_for_a_campaign_that_waits(bank: Bank) -> None:
    scope = bank.advertiser(UNIT)
    first = bank.sell(scope, 500_000, total=5 * UNIT)
    bank.allocate()
    assert bank.pockets(scope).available_micros == 0
    second = bank.sell(scope, 400_000, total=5 * UNIT)
    assert not bank.ask(second).filled
    bank.clock.move(seconds=15)
    for _ in range(3):
        bank.round()
    assert bank.visits(second, 1) == 400_000
    bank.settle()
    assert bank.spent(first) == 0
    bank.check_limits()
    bank.prove()


def test_a_budget_lowered_calls_its_money_back(bank: Bank) -> None:
    from webapp.domain.ads.models import Campaign

    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=50 * UNIT)
    bank.allocate()

    def lower(services: Services) -> None:
        row = services.session.get(Campaign, sold.id)
        assert row is not None
        row.daily_budget_micros = 9_000

    bank.do(lower)
    for _ in range(3):
        bank.round()
    charged = sum(bank.visit(sold, node) for _ in range(5) for node in (1, 2))
    assert charged <= 9_000
    bank.round()
    bank.settle()
    assert bank.spent(sold) <= 9_000


def test_a_click_beyond_the_money_is_free(bank: Bank) -> None:
    scope = bank.advertiser(250_000)
    sold = bank.sell(scope, 110_000, daily=10 * UNIT, clicks=True)
    bank.allocate()
    seen = [bank.ask(sold) for _ in range(4)]
    seen = [decision for decision in seen if decision.filled]
    for decision in seen:
        bank.report(EventKind.IMPRESSION, decision)
    answers = []
    for decision in seen:
        answers.append(bank.report(EventKind.CLICK, decision, after_ms=3_000))
        bank.round()
    assert sum(answer.charged_micros for answer in answers) <= 220_000
    assert all(answer.verdict in (Verdict.OK, Verdict.BUDGET) and answer.landing_url for answer in answers)
    bank.settle()
    bank.check_limits()
    bank.prove()


def test_promo_money_is_lent_too_and_comes_home_as_money(bank: Bank) -> None:
    scope = bank.advertiser(UNIT)
    bank.promo(scope, UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 4)
    bank.come_home()
    pockets = bank.pockets(scope)
    assert (pockets.reserved_micros, pockets.spent_micros) == (0, 12_000)
    assert pockets.spendable_micros == 2 * UNIT - 12_000
    bank.prove()


def test_money_lent_to_a_campaign_is_no_empty_balance(bank: Bank) -> None:
    scope = bank.advertiser(6_000)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()
    assert bank.pockets(scope).spendable_micros == 0

    def status(services: Services) -> StatusCode:
        rows = services.campaigns.every(scope)
        return services.statuses.of(scope, rows)[sold.id].status.code

    assert bank.do(status) is StatusCode.SERVING
    for node in (1, 2):
        bank.visits(sold, 2, node)
    bank.settle()
    assert bank.do(status) is StatusCode.BALANCE_EMPTY


def test_a_suspended_advertiser_gets_its_money_back(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, 3_000, daily=10 * UNIT)
    bank.allocate()

    def suspend(services: Services) -> None:
        row = services.session.get(Advertiser, scope.advertiser_id)
        assert row is not None
        row.suspended_at = bank.clock.now()

    bank.do(suspend)
    for _ in range(2):
        bank.round()
    bank.settle()
    assert not bank.ask(sold).filled
    assert bank.pockets(scope).available_micros == 100 * UNIT


def test_a_round_asks_as_much_for_forty_campaigns_as_for_four(bank: Bank) -> None:
    scope = bank.advertiser(100 * UNIT)
    for _ in range(4):
        bank.sell(scope, 3_000, daily=UNIT)
    bank.allocate()
    few = _queries(bank)
    for _ in range(36):
        bank.sell(scope, 3_000, daily=UNIT)
    bank.allocate()
    assert _queries(bank) == few


def _queries(bank: Bank) -> int:
    seen: list[str] = []
    with bank.app.app_context():
        engine = db.engine

    def note(*about: object) -> None:
        seen.append(str(about[2]))

    bank.clock.move(seconds=6)
    event.listen(engine, "before_cursor_execute", note)
    try:
        bank.allocate()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_what_happens_to_money_is_told_once(bank: Bank) -> None:
    scope = bank.advertiser(20_000)
    ending = bank.clock.now() + timedelta(minutes=10)
    sold = bank.sell(scope, 3_000, daily=9_000)
    other = bank.sell(scope, 1_000, total=12_000, ends_at=ending)
    for _ in range(12):
        bank.round()
        bank.visits(sold, 4)
        bank.visits(other, 4)
        bank.clock.move(seconds=6)
    for _ in range(3):
        bank.round()
        bank.clock.move(seconds=6)
    assert (bank.spent(sold), bank.spent(other)) == (9_000, 11_000)
    told = [(event["campaign_id"], event["budget"]) for event in bank.events(BUDGET_SPENT)]
    assert told == [(sold.id, "daily")]
    assert len(bank.events(BALANCE_EMPTY)) == 1
    assert len(bank.events(BALANCE_LOW)) == 1
    bank.clock.current = ending + timedelta(minutes=1)
    for _ in range(3):
        bank.round()
        bank.clock.move(seconds=6)
    assert [event["campaign_id"] for event in bank.events(CAMPAIGN_ENDED)] == [other.id]
    bank.do(lambda services: services.ledger.top_up(scope, 50 * UNIT, "again"))
    bank.paid_in[scope.advertiser_id] += 50 * UNIT
    for _ in range(3):
        bank.round()
        bank.clock.move(seconds=6)
    assert len(bank.events(BALANCE_EMPTY)) == 1
    bank.check_limits()
