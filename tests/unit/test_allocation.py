"""How much is lent to whom: worked examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.delivery.allocation import (
    IDLE_SECONDS,
    Budget,
    Idle,
    Standing,
    is_used_up,
    shares,
    to_call_back,
)

PRICE = 3_000


def test_a_campaign_begins_with_two_hundredths_of_its_room_split_over_the_nodes() -> None:
    lent = shares(120_000_000, PRICE, [Standing(1), Standing(2)])
    assert lent[1] == 1_200_000
    assert lent[2] == pytest.approx(1_200_000, rel=0.02)


def test_what_is_lent_is_a_whole_number_of_events() -> None:
    lent = shares(1_000_000, 700, [Standing(1), Standing(2)])
    assert lent
    assert all(micros % 700 == 0 for micros in lent.values())


def test_a_lease_lasts_twelve_minutes_at_the_pace_of_late() -> None:
    # 60 units in ten minutes are 72 in twelve.
    standing = Standing(1, used_micros=60_000_000, age_seconds=600)
    assert shares(1_000_000_000, PRICE, [standing]) == {1: 72_000_000}


def test_no_lease_takes_more_than_a_quarter_of_a_large_room() -> None:
    standing = Standing(1, used_micros=900_000_000, age_seconds=600, hungry=True)
    assert shares(90_000_000, PRICE, [standing]) == {1: 22_500_000}


def test_the_end_of_a_budget_goes_to_those_who_wait() -> None:
    waiting, other = Standing(2, hungry=True), Standing(1)
    assert shares(1_000_000, 110_000, [other, waiting]) == {2: 990_000}
    both = shares(1_000_000, 110_000, [Standing(1, hungry=True), waiting])
    assert both == {1: 550_000, 2: 440_000}


def test_a_room_smaller_than_the_price_lends_nothing() -> None:
    assert shares(PRICE - 1, PRICE, [Standing(1, hungry=True)]) == {}


def test_who_has_enough_gets_nothing() -> None:
    standing = Standing(1, left_micros=30_000_000, used_micros=60_000_000, age_seconds=600)
    assert not standing.wants(PRICE)
    assert shares(1_000_000_000, PRICE, [standing]) == {}


def test_who_has_less_than_a_third_of_what_is_needed_gets_more_before_it_runs_out() -> None:
    assert Standing(1, left_micros=20_000_000, used_micros=60_000_000, age_seconds=600).wants(PRICE)


@pytest.mark.parametrize(
    ("budget", "spendable", "room"),
    [
        (Budget(None, None), 5, 5),
        (Budget(100, None, spent_day_micros=60, lent_day_micros=30), 1000, 10),
        (Budget(100, 500, 60, 480, 0, 10), 1000, 10),
        (Budget(100, 500, 60, 100, 20, 20), 7, 7),
        (Budget(100, None, spent_day_micros=60, lent_day_micros=50), 1000, 0),
    ],
)
def test_room_is_what_the_tightest_limit_leaves(budget: Budget, spendable: int, room: int) -> None:
    assert budget.room_micros(spendable) == room


def test_a_budget_lowered_below_what_is_lent_is_overdrawn() -> None:
    assert Budget(100, None, spent_day_micros=60, lent_day_micros=50).overdrawn
    assert not Budget(100, None, spent_day_micros=60, lent_day_micros=40).overdrawn


def test_a_budget_is_spent_when_charges_alone_leave_less_than_an_event() -> None:
    assert Budget(1000, 9000, 1000 - 7, 2000).spent(8) == "daily"
    assert Budget(1000, 9000, 100, 8993).spent(8) == "total"
    assert Budget(1000, 9000, 100, 2000, lent_day_micros=900).spent(8) == ""


def test_the_longest_unused_leases_are_called_back_until_it_is_enough() -> None:
    leases = [Idle(1, 50, IDLE_SECONDS), Idle(2, 50, 300), Idle(3, 50, IDLE_SECONDS - 1), Idle(4, 0, 900)]
    assert to_call_back(50, leases) == [2]
    assert to_call_back(51, leases) == [2, 1]
    assert to_call_back(500, leases) == [2, 1]
    assert to_call_back(0, leases) == []


def test_a_lease_is_used_up_when_it_pays_for_nothing_more() -> None:
    assert is_used_up(PRICE - 1, 0, PRICE)
    assert not is_used_up(PRICE - 1, PRICE, PRICE)
    assert not is_used_up(PRICE, 0, PRICE)


STANDINGS = st.lists(
    st.builds(
        Standing,
        node=st.integers(1, 5),
        left_micros=st.integers(0, 10**7),
        used_micros=st.integers(0, 10**9),
        age_seconds=st.integers(0, 1800),
        hungry=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda standing: standing.node,
)


@given(room=st.integers(0, 10**10), price=st.integers(1, 10**8), standings=STANDINGS)
def test_no_more_than_the_room_is_ever_lent(room: int, price: int, standings: list[Standing]) -> None:
    lent = shares(room, price, standings)
    assert sum(lent.values()) <= room
    assert all(micros >= price and micros % price == 0 for micros in lent.values())


@given(room=st.integers(1, 10**10), price=st.integers(1, 10**8), standings=STANDINGS)
def test_whoever_waits_first_gets_something_while_there_is_an_event_left(
    room: int, price: int, standings: list[Standing]
) -> None:
    if room >= price and any(standing.hungry for standing in standings):
        assert shares(room, price, standings)
