"""Every difference by an example: one store says something else, and it has a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from webapp.domain.audit.models import AuditRecord
from webapp.domain.delivery.ceilings import Ceilings
from webapp.domain.delivery.differences import DayFigures, Difference, Standing, difference_of

DAY = date(2026, 11, 19)
EQUAL = DayFigures(1, 7, DAY, 9_000, 9_000, 9_000, 9_000)
BOTH_READ = Standing()
SETTLING, INGESTING = Standing(settling=True), Standing(ingesting=True)
MORNING = datetime(2026, 11, 19, tzinfo=UTC)
EVENING = MORNING + timedelta(days=1)


@pytest.mark.parametrize(
    ("change", "standing", "named"),
    [
        ({}, BOTH_READ, Difference.NONE),
        ({"counters_micros": None}, BOTH_READ, Difference.NONE),
        ({"credited_micros": 3_000}, BOTH_READ, Difference.NONE),
        ({"ledger_micros": 6_000, "hours_micros": 6_000}, SETTLING, Difference.SETTLING),
        ({"ledger_micros": 6_000, "hours_micros": 6_000}, INGESTING, Difference.UNEXPLAINED),
        ({"ledger_micros": 6_000, "hours_micros": 6_000, "counters_micros": None}, SETTLING, Difference.SETTLING),
        ({"events_micros": 6_000}, INGESTING, Difference.INGESTING),
        ({"events_micros": 6_000}, SETTLING, Difference.UNEXPLAINED),
        ({"events_micros": 6_000}, BOTH_READ, Difference.UNEXPLAINED),
        ({"events_micros": 12_000}, INGESTING, Difference.UNEXPLAINED),
        ({"counters_micros": 6_000}, Standing(settling=True, ingesting=True), Difference.UNEXPLAINED),
        ({"counters_micros": 12_000}, Standing(settling=True, ingesting=True), Difference.SETTLING),
        ({"counters_micros": 12_000}, SETTLING, Difference.UNEXPLAINED),
        ({"ledger_micros": 6_000, "hours_micros": 6_000, "forgiven_micros": 3_000}, BOTH_READ, Difference.FORGIVEN),
        ({"ledger_micros": 6_000, "hours_micros": 6_000, "forgiven_micros": 2_000}, BOTH_READ, Difference.UNEXPLAINED),
        ({"ledger_micros": 11_000}, BOTH_READ, Difference.HISTORY),
        ({"ledger_micros": 11_000, "events_micros": 11_000}, BOTH_READ, Difference.NONE),
        ({"ledger_micros": 11_000, "events_micros": 12_000}, BOTH_READ, Difference.UNEXPLAINED),
        ({"ledger_micros": 8_000}, BOTH_READ, Difference.UNEXPLAINED),
    ],
)
def test_a_difference_has_a_name(change: dict[str, int | None], standing: Standing, named: Difference) -> None:
    assert difference_of(replace(EQUAL, **change), standing) is named  # type: ignore[arg-type]


def test_sums_of_a_day_that_goes_on_may_move_while_they_are_read() -> None:
    moved = replace(EQUAL, counters_micros=8_000)
    assert difference_of(moved, BOTH_READ, is_over=False) is Difference.SETTLING
    assert difference_of(moved, BOTH_READ) is Difference.UNEXPLAINED


def changed(hours: float, before: int | None) -> AuditRecord:
    change = {"field": "daily_budget", "before": before, "after": 1}
    return AuditRecord(subject_id="c_1", at=MORNING + timedelta(hours=hours), changes=[change])


def test_the_highest_budget_of_the_day_counts() -> None:
    lowered = Ceilings({"c_1": 10}, [changed(30, 20), changed(15, 50), changed(9, 30), changed(-3, 90)])
    assert lowered.on("c_1", MORNING, EVENING) == 50
    assert lowered.on("c_1", EVENING, EVENING + timedelta(days=1)) == 20
    assert lowered.on("c_1", EVENING + timedelta(days=1), EVENING + timedelta(days=2)) == 10


def test_a_day_that_had_no_limit_for_a_while_has_none() -> None:
    assert Ceilings({"c_1": 10}, [changed(9, None)]).on("c_1", MORNING, EVENING) is None
    assert Ceilings({"c_1": None}, []).on("c_1", MORNING, EVENING) is None
    assert Ceilings({"c_1": None}, [changed(30, 20)]).on("c_1", MORNING, EVENING) == 20
