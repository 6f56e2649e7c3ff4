"""Zero overspend: 64 visitors at once on two nodes, every kind of limit, midnights of three zones; not a micro more."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.loops.allocator import Allocator
from jobs.loops.runner import Loop
from tests.support.bank import Bank, Sold, bank_of
from webapp.domain.delivery.models import LeaseStatus
from webapp.domain.delivery.types import EventKind
from webapp.settings import Profile

UNIT = 1_000_000
CLIENTS = 64
#: So many hours are played, around the midnights of Berlin (the second day has 25 hours), Kathmandu and New York.
HOURS = 44
VISITS = 5


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as found:
        yield found


def open_house(bank: Bank) -> list[Sold]:
    """Sell at three prices, by day, in all, and by what the balance has."""
    berlin = bank.advertiser(2_500_000, "Europe/Berlin")
    kathmandu = bank.advertiser(100 * UNIT, "Asia/Kathmandu")
    new_york = bank.advertiser(UNIT, "America/New_York")
    bank.promo(new_york, 300_000)
    return [
        bank.sell(berlin, 3_000, daily=UNIT),
        bank.sell(berlin, 110_000, daily=UNIT, clicks=True),
        bank.sell(kathmandu, 3_000, daily=UNIT, total=2_200_000),
        bank.sell(kathmandu, 700, daily=UNIT, total=UNIT),
        bank.sell(kathmandu, 110_000, daily=UNIT, clicks=True),
        bank.sell(kathmandu, 110_000, total=UNIT),
        bank.sell(new_york, 110_000, total=UNIT, clicks=True),
        bank.sell(new_york, 3_000, daily=UNIT),
    ]


def client(bank: Bank, sold: list[Sold], seed: int) -> None:
    """Visit at random; a tenth of what is offered is never seen, a few are seen or clicked twice."""
    dice = random.Random(seed)
    for _ in range(VISITS):
        node, wanted = dice.choice((1, 2)), dice.choice(sold)
        decision = bank.ask(wanted, node)
        if not decision.filled or dice.random() < 0.1:
            continue
        for _ in range(dice.choice((1, 1, 1, 2))):
            bank.report(EventKind.IMPRESSION, decision, node)
        for _ in range(dice.choice((0, 1, 1, 2)) if wanted.clicks else 0):
            bank.report(EventKind.CLICK, decision, node, after_ms=2_000)


def play(bank: Bank, sold: list[Sold], hours: int) -> None:
    """Let hours pass: visitors and loops at the same time, every limit looked at in between."""
    with ThreadPoolExecutor(CLIENTS) as crowd:
        for hour in range(hours):
            for part in range(2):
                # Nothing is spent beyond a fence: after half an hour the nodes must hear that they may go on.
                bank.round()
                visits = [crowd.submit(client, bank, sold, hour * 1000 + part * 100 + n) for n in range(CLIENTS)]
                while not all(visit.done() for visit in visits):
                    loops_at_once(bank)
                for visit in visits:
                    visit.result()
                bank.settle()
                bank.clock.move(minutes=30)
            bank.check_limits()


def loops_at_once(bank: Bank) -> None:
    """Run every loop twice at the same moment, as two processes would."""
    loops: list[Loop] = [bank.allocator, Allocator(bank.app), *bank.settles, *bank.settles]
    threads = [threading.Thread(target=bank.run, args=(loop.step,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nearly(spent: int, limit: int, price: int) -> bool:
    """Tell whether at least 99 hundredths of what can be spent at all is spent."""
    return spent * 100 >= limit // price * price * 99


def test_64_visitors_never_spend_a_micro_too_much_and_nearly_all_there_is(bank: Bank) -> None:
    bank.clock.current = datetime(2026, 10, 24, 12, tzinfo=UTC)
    sold = open_house(bank)
    bank.allocate()
    play(bank, sold, HOURS)
    bank.come_home()
    bank.check_limits()
    bank.prove()
    berlin_views, berlin_clicks, both, cheap, clicks, dear, york_clicks, york_views = sold
    for campaign in (both, cheap, dear):
        assert campaign.total_micros is not None
        assert nearly(bank.spent(campaign), campaign.total_micros, campaign.price_micros), bank.spent_days(campaign)
    whole_days = sorted(bank.spent_days(clicks))[1:-1]
    assert all(nearly(bank.spent(clicks, day), UNIT, 110_000) for day in whole_days), bank.spent_days(clicks)
    assert nearly(bank.spent(berlin_views) + bank.spent(berlin_clicks), 2_500_000, 3_000)
    assert nearly(bank.spent(york_clicks) + bank.spent(york_views), 1_300_000, 3_000)
    # All that was lent is accounted for, and the nodes' own counts are the ledger's.
    for campaign in sold:
        assert {lease.status for lease in bank.leases(campaign)} == {LeaseStatus.CLOSED}
        counted = sum(count.charged_micros for store in bank.stores for count in store.counted([campaign.id], 0, 99999))
        assert counted == bank.spent(campaign)
    assert all(bank.pockets(campaign.scope).reserved_micros == 0 for campaign in sold)
