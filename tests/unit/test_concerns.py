"""What needs a hand: whole numbers say the same as fractions, and a thousand things are counted, not made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.support.campaigns import units
from webapp.domain.ads.schedule import WORKING_HOURS
from webapp.domain.ads.types import ALL_HOURS, EffectiveStatus, StatusCode, StatusReport
from webapp.domain.analytics.ceiling import Terms
from webapp.domain.analytics.concerns import NAMED, Concern, ConcernKind, Concerns, PlanSoFar, concerns, of_money
from webapp.domain.analytics.today import TodayPlan, planned_share
from webapp.domain.billing.runway import Runway
from webapp.domain.billing.types import CampaignSpend, Pockets

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 19, 12, 32, tzinfo=UTC)  # Thursday 14:32 in Riga


def today(shape: list[int] | None) -> TodayPlan:
    return TodayPlan(0, 0, [], [], 0, shape, NOW)


def terms(number: int, code: StatusCode = StatusCode.SERVING, *, budget: int | None = None, spent: int = 0,
          hours: str = ALL_HOURS) -> Terms:  # fmt: skip
    campaign: Any = SimpleNamespace(id=number, daily_budget_micros=budget, hours=hours)
    return Terms(campaign, code, CampaignSpend(today_micros=spent))


def found(*every: Terms, money: Concern | None = None) -> Concerns:
    reports = {item.campaign.id: StatusReport(EffectiveStatus(item.code)) for item in every}
    return concerns(every, reports, PlanSoFar(today([1] * 24), RIGA, NOW), money)


@given(
    st.none() | st.lists(st.integers(0, 9), min_size=24, max_size=24),
    st.sampled_from((ALL_HOURS, WORKING_HOURS, "0" * 84 + "1" * 84)),
    st.none() | st.integers(1, 10**9),
    st.integers(0, 10**9),
)
def test_whole_numbers_say_what_fractions_say(
    shape: list[int] | None, hours: str, budget: int | None, spent: int
) -> None:
    plan = PlanSoFar(today(shape), RIGA, NOW)
    item = terms(1, budget=budget, spent=spent, hours=hours)
    share = planned_share(shape if shape and any(shape) else None, hours, RIGA, NOW)
    planned = (budget or 0) * share
    missed = share >= Fraction(1, 5) and spent < planned * Fraction(7, 10)
    assert plan.is_missed(item) is missed
    if missed:
        assert plan.below(item) == 1 - spent / planned


def test_the_most_urgent_comes_first_and_all_are_counted() -> None:
    every = [terms(number, budget=units(50)) for number in range(20)]
    every[5] = terms(5, StatusCode.NO_APPROVED_ADS)
    every[7] = terms(7, StatusCode.REJECTED)
    every[9] = terms(9, StatusCode.PAUSED, budget=units(50))
    named = found(*every)
    assert named.count == 19
    kinds = [ConcernKind.REJECTED, ConcernKind.NO_ADS] + [ConcernKind.BELOW_PLAN] * (NAMED - 2)
    assert [item.kind for item in named.named] == kinds
    assert [item.campaign.id for item in named.named if item.campaign][:4] == [7, 5, 0, 1]
    assert named.named[2].below == 1


def test_an_empty_balance_comes_first_and_one_that_runs_out_last() -> None:
    every = [terms(number, StatusCode.REJECTED) for number in range(2)]
    runway = Runway(Pockets("EUR"), 1, date(2026, 11, 5), (), 11)
    empty, soon = of_money(runway, True, RIGA, NOW), of_money(runway, False, RIGA, NOW)
    assert found(*every, money=empty).named[0].kind is ConcernKind.BALANCE_EMPTY
    last = found(*every, money=soon)
    assert (last.count, last.named[-1].kind, last.named[-1].on) == (3, ConcernKind.RUNS_OUT, date(2026, 11, 30))
    many = [terms(number, StatusCode.REJECTED) for number in range(NAMED)]
    assert [item.kind for item in found(*many, money=soon).named] == [ConcernKind.REJECTED] * NAMED
    assert found(*many, money=soon).count == NAMED + 1
    assert of_money(None, False, RIGA, NOW) is None
    assert found() == Concerns([], 0)
