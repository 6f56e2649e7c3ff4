"""A bounded simulation on both profiles: what people did, and no more, is in nodes, figures, sums and ledger."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from clickhouse_driver import Client

from jobs.loops.registry import make_loops
from tests.servers import Servers
from tests.support.bank import Bank, Sold, bank_of
from webapp.adapters.analytics import analytics_from_url
from webapp.core.periods import Period, today_in
from webapp.core.scope import Scope
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import Metrics
from webapp.domain.delivery.types import EventKind, Verdict
from webapp.settings import Profile
from webapp.simulator.advertisers import Advertisers
from webapp.simulator.clients import WsgiClient
from webapp.simulator.people import Town
from webapp.simulator.places import Place
from webapp.simulator.run import Pace, Simulation
from webapp.simulator.truth import Truth
from webapp.simulator.visits import Manners, Visits
from webapp.surfaces.delivery.app import DeliveryApp

UNIT = 1_000_000
KEY = "a-key-of-this-test"
KINDS = ("allocator", "settle", "ingest", "housekeeping")
#: Lively, so that a minute has some of everything.
MANNERS = Manners(click_rate=0.2, buy_rate=0.5)
LOOPS_EVERY_SECONDS = 5.0


@dataclass
class City:
    """A house with figures of its own, people in front of it, and a clock that moves when somebody waits."""

    bank: Bank
    scopes: tuple[Scope, ...]
    sold: tuple[Sold, ...]

    def __post_init__(self) -> None:
        self._loops = make_loops(self.bank.app, KINDS)
        self._stepped_at = 0.0

    def time(self) -> float:
        return self.bank.clock.now().timestamp()

    def wait(self, seconds: float) -> None:
        self.bank.clock.move(seconds=seconds)
        if self.time() - self._stepped_at >= LOOPS_EVERY_SECONDS:
            self.step()

    def step(self) -> None:
        """Let every loop do what waits for it."""
        self._stepped_at = self.time()
        for loop in self._loops:
            while self.bank.run(loop.step):
                pass

    def browse(self, views: float, seconds: float) -> Truth:
        """Let people come, then let the loops catch up."""
        app, truth, town = self.bank.app, Truth(), Town(11, size=3000)
        settings = replace(app.settings, server_keys=KEY)
        surface = DeliveryApp(settings, self.bank.stores, app.adapters.geography, lambda: self.bank.now_ms)
        shops = Advertisers(settings.secret_key, lambda _: self.scopes[0].currency, self.time)
        visits = Visits(WsgiClient(surface), town, truth, KEY, MANNERS, shops)
        simulation = Simulation(visits, town, [Place(sold.place) for sold in self.sold])
        simulation.run(Pace(views, seconds, wind_down_seconds=15), self.time, self.wait)
        self.step()
        return truth

    def on_nodes(self) -> dict[tuple[EventKind, Verdict], int]:
        """Return what the nodes counted."""
        sums: Counter[tuple[EventKind, Verdict]] = Counter()
        for store in self.bank.stores:
            for row in store.counted((), 0, 60_000):
                sums[row.kind, row.verdict] += row.events
        del sums[EventKind.LEASE_CLOSED, Verdict.OK]
        return dict(sums)

    def charged_by_nodes(self) -> dict[int, int]:
        sums: Counter[int] = Counter()
        for store in self.bank.stores:
            for row in store.counted((), 0, 60_000):
                sums[row.campaign_id] += row.charged_micros if row.kind is not EventKind.LEASE_CLOSED else 0
        return {sold.id: sums[sold.id] for sold in self.sold}

    def in_facts(self) -> dict[tuple[EventKind, Verdict], int]:
        """Return what the single events say."""
        sums: Counter[tuple[EventKind, Verdict]] = Counter()
        for scope in self.scopes:
            query = FigureQuery(scope.advertiser_id, self._selection(scope).period)
            for row in self.bank.app.adapters.analytics.verdicts(query):
                sums[EventKind(row.kind), Verdict(row.verdict)] += row.events
        return dict(sums)

    def figures(self) -> list[Metrics]:
        """Return what the sums say, by advertiser."""
        return [
            self.bank.do(lambda services, scope=scope: services.figures.totals(scope, self._selection(scope))).current  # type: ignore[misc]
            for scope in self.scopes
        ]

    def _selection(self, scope: Scope) -> Selection:
        today = today_in(scope.zone, self.bank.clock.now())
        return Selection(Period(today - timedelta(days=1), today))


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def city(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[City]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with bank_of(profile, tmp_path, servers) as bank:
        figures = analytics_from_url(_own_figures(tmp_path, servers))
        figures.migrate()
        bank.app.adapters.analytics = figures
        # Nodes number their logs from the second they were made at, so the house must not live before them.
        bank.clock.current = datetime.now(UTC).replace(hour=10, minute=0) + timedelta(days=1)
        scopes = (bank.advertiser(100 * UNIT), bank.advertiser(100 * UNIT, "Asia/Kathmandu"))
        sold = (
            bank.sell(scopes[0], 3_000, daily=10 * UNIT),
            bank.sell(scopes[1], 2_500, daily=10 * UNIT),
            bank.sell(scopes[0], 90_000, daily=10 * UNIT, clicks=True),
            # Its budget is gone before the end.
            bank.sell(scopes[1], 50_000, daily=UNIT // 2, clicks=True),
        )
        found = City(bank, scopes, sold)
        found.step()
        yield found


def _own_figures(folder: Path, servers: Servers | None) -> str:
    """Return the address of an empty store of figures: others write to the servers' under the same numbers."""
    name = f"sim_{secrets.token_hex(4)}"
    if servers is None:
        return f"chdb://{folder / 'figures'}?database={name}"
    client = Client.from_url(servers.clickhouse_url)
    client.execute(f"CREATE DATABASE {name}")
    client.disconnect()
    return urlsplit(servers.clickhouse_url)._replace(path=f"/{name}").geturl()


def test_what_was_received_is_counted_once_in_every_store(city: City) -> None:
    truth = city.browse(views=12, seconds=60)
    told = truth.totals()
    assert truth.surprises == []
    assert truth.decisions > truth.filled > 500, "one budget of four ends"
    assert told[EventKind.IMPRESSION, Verdict.OK] > 450
    assert told[EventKind.CONVERSION, Verdict.OK] > 5
    assert min(told[EventKind.CONVERSION, Verdict.DUPLICATE], told[EventKind.CLICK, Verdict.DUPLICATE]) > 0
    assert told[EventKind.CLICK, Verdict.BUDGET] > 0
    assert told[EventKind.IMPRESSION, Verdict.BOT_UA] > 0
    assert truth.refused > 0
    assert truth.forged > 0

    assert city.on_nodes() == told
    assert city.in_facts() == told
    sums = city.figures()
    assert sum(each.impressions for each in sums) == told[EventKind.IMPRESSION, Verdict.OK]
    assert sum(each.clicks for each in sums) == told[EventKind.CLICK, Verdict.OK]
    assert sum(each.conversions for each in sums) == told[EventKind.CONVERSION, Verdict.OK]

    charged = city.charged_by_nodes()
    assert {sold.id: city.bank.spent(sold) for sold in city.sold} == charged
    assert {sold.id: sum(micros for _, micros in city.bank.hours(sold).values()) for sold in city.sold} == charged
    assert sum(each.spend_micros for each in sums) == sum(charged.values())
    assert all(charged.values())
    city.bank.check_limits()
    city.bank.prove()
