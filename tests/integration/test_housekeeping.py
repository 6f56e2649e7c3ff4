"""What is done by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.loops import housekeeping, nightly
from jobs.loops.housekeeping import Housekeeping
from tests.support.bank import Bank, Sold, bank_of
from webapp.core.ids import new_public_id
from webapp.domain.delivery.models import LeaseStatus
from webapp.settings import Profile
from webapp.web.app import KabinetFlask

UNIT = 1_000_000


class Figures:
    """A store of figures that has read so far."""

    def __init__(self, seqs: dict[int, int]) -> None:
        self.seqs = seqs

    def last_seq(self, node: int) -> int:
        return self.seqs.get(node, 0)


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as found:
        yield found


def test_a_log_is_trimmed_behind_both_its_readers(bank: Bank) -> None:
    sold = bank.sell(bank.advertiser(100 * UNIT), 3_000, daily=10 * UNIT)
    bank.allocate()
    bank.visits(sold, 6)
    last = bank.log()[-1].seq
    figures: Any = Figures({1: last - 2})
    bank.app.adapters.analytics = figures
    keeper = Housekeeping(bank.app)
    bank.run(keeper.step)
    assert len(bank.log()) == 6, "not settled yet"
    bank.settle()
    bank.clock.move(seconds=11)
    bank.run(keeper.step)
    assert [record.seq for record in bank.log()] == [last - 1, last]
    figures.seqs[1] = last + 100
    bank.clock.move(seconds=11)
    bank.run(keeper.step)
    assert bank.log() == []
    assert bank.visits(sold, 1) == 3_000
    bank.settle()
    assert bank.spent(sold) == 7 * 3_000


def test_money_held_for_what_nobody_saw_is_free_again(bank: Bank) -> None:
    sold = bank.sell(bank.advertiser(6_000), 3_000, daily=10 * UNIT)
    figures: Any = Figures({})
    bank.app.adapters.analytics = figures
    keeper = Housekeeping(bank.app)
    bank.allocate()
    assert [bank.ask(sold).filled for _ in range(2)] == [True, False]
    bank.clock.move(seconds=601)
    bank.run(keeper.step)
    bank.allocate()
    assert bank.visit(sold) == 3_000


def test_duties_come_in_their_own_time_and_none_keeps_another(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def fail(_: KabinetFlask) -> None:
        done.append("failing")
        raise ValueError

    duties: list[housekeeping.Duty] = [("failing", 60, fail), ("hourly", 3600, lambda _: done.append("hourly"))]
    monkeypatch.setattr(housekeeping, "DUTIES", duties)
    keeper = Housekeeping(bank.app)
    for seconds in (0, 30, 30, 3540):
        bank.clock.move(seconds=seconds)
        bank.run(keeper.step)
    assert done == ["failing", "hourly", "failing", "failing", "hourly"]


def test_leases_are_forgotten_when_nothing_speaks_of_them_any_more(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.domain.delivery.lease_store.PRUNED", 2)
    monkeypatch.setattr("jobs.loops.nightly.PRUNED", 2)
    sold = bank.sell(bank.advertiser(100 * UNIT), 3_000, daily=10 * UNIT)
    now = bank.clock.now()
    rows = [
        *[(LeaseStatus.CLOSED, 0, 61)] * 3,
        (LeaseStatus.CLOSED, 3_000, 61), (LeaseStatus.LOST, 0, 61), (LeaseStatus.CLOSED, 0, 59),
        (LeaseStatus.CLOSED, 0, 61),
    ]  # fmt: skip
    bank.do(lambda services: services.leases.store.add([_lease(sold, now, *row) for row in rows]))
    bank.run(lambda: nightly.prune_leases(bank.app))
    left = bank.leases(sold)
    assert [(lease.status, lease.forgiven_micros) for lease in left] == [
        (LeaseStatus.CLOSED, 3_000), (LeaseStatus.LOST, 0), (LeaseStatus.CLOSED, 0), (LeaseStatus.CLOSED, 0),
    ]  # fmt: skip
    assert left[-1].closed_at == now - timedelta(days=61), "the newest number is not given out again"
    bank.allocate()
    assert bank.visit(sold) == 3_000


def _lease(sold: Sold, now: datetime, status: LeaseStatus, forgiven: int, days: int) -> dict[str, Any]:
    at = now - timedelta(days=days)
    return {
        "public_id": new_public_id("ls"), "node": 1, "advertiser_id": sold.scope.advertiser_id,
        "campaign_id": sold.id, "currency": "USD", "amount_micros": 3_000, "settled_micros": 3_000,
        "forgiven_micros": forgiven, "day": at.date(), "day_starts_at": at, "day_ends_at": at, "status": status,
        "created_at": at, "closed_at": at, "granted_at": at,
    }  # fmt: skip
