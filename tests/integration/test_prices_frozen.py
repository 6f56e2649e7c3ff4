"""Raising a bid at noon costs from noon on: the morning stays what it was, in log, hours, ledger and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.loops.ingest import IngestLoop
from tests.support.bank import Bank, Sold, bank_of
from webapp.core.ids import PublicId
from webapp.core.periods import Grain, Period, today_in
from webapp.domain.ads.models import Campaign
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.delivery.types import EventKind
from webapp.settings import Profile
from webapp.wiring import Services

UNIT = 1_000_000
MORNING, AFTERNOON = 3_000, 9_000


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as found:
        found.app.adapters.analytics.migrate()
        yield found


@pytest.fixture
def loops(bank: Bank) -> Iterator[list[IngestLoop]]:
    made = [IngestLoop(bank.app, store) for store in bank.stores]
    yield made
    for loop in made:
        loop.close()


def _raise_bid(bank: Bank, sold: Sold) -> Sold:
    def edit(services: Services) -> None:
        row = services.session.get(Campaign, sold.id)
        assert row is not None
        services.campaigns.edit_field(sold.scope, PublicId(row.public_id), "bid", AFTERNOON * 1000)

    bank.do(edit)
    dearer = replace(sold, price_micros=AFTERNOON)
    bank.publish(dearer)
    return dearer


def _ingest(bank: Bank, loops: list[IngestLoop]) -> None:
    for loop in loops:
        while bank.run(loop.step):
            pass


def _chart(bank: Bank, sold: Sold) -> list[tuple[object, int]]:
    """Return when this campaign spent what, by quarter hours."""
    day = today_in(sold.scope.zone, bank.clock.now())
    query = FigureQuery(sold.scope.advertiser_id, Period(day, day), campaign_ids=(sold.id,))
    series = bank.app.adapters.analytics.series(query, Grain.HOUR)
    return [(at, metrics.spend_micros) for at, metrics in series.current if metrics.spend_micros]


def test_a_bid_raised_at_noon_leaves_the_morning_as_it_was(bank: Bank, loops: list[IngestLoop]) -> None:
    scope = bank.advertiser(100 * UNIT)
    sold = bank.sell(scope, MORNING, daily=10 * UNIT)
    bank.allocate()
    assert bank.visits(sold, 7) == 7 * MORNING
    shown_before = bank.ask(sold)
    bank.settle()
    _ingest(bank, loops)
    morning_hours, morning_chart = bank.hours(sold), _chart(bank, sold)
    assert sum(micros for _, micros in morning_chart) == 7 * MORNING

    bank.clock.move(seconds=300)
    dearer = _raise_bid(bank, sold)
    bank.allocate()
    assert bank.report(EventKind.IMPRESSION, shown_before).charged_micros == MORNING
    bank.clock.move(seconds=3600)
    bank.allocate()
    assert bank.visits(dearer, 4) == 4 * AFTERNOON
    bank.settle()
    _ingest(bank, loops)

    hours, chart = bank.hours(sold), _chart(bank, sold)
    (first_hour, (events, micros)), *_ = morning_hours.items()
    assert hours.pop(first_hour) == (events + 1, micros + MORNING)
    assert list(hours.values()) == [(4, 4 * AFTERNOON)]
    assert [micros for _, micros in chart] == [8 * MORNING, 4 * AFTERNOON]
    assert bank.spent(sold) == 8 * MORNING + 4 * AFTERNOON
    bank.check_limits()
    bank.prove()
