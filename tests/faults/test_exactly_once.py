"""Everything is counted once, whatever is killed: processes and servers die in turn while people browse.

`make test` runs the short form; `KABINET_FAULT_SECONDS=180` (`make test-faults`) the long one, with 30 kills and more.
"""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from tests.faults import market
from tests.faults.fleet import SERVER_KEY, Fleet, launch, running_fleet
from tests.faults.market import Market, open_market
from tests.support.apps import close_database
from webapp.db.transaction import transaction
from webapp.domain.billing.audit import audit_ledger
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Settings
from webapp.simulator.clients import HttpClient
from webapp.simulator.people import Town
from webapp.simulator.run import Pace, Simulation
from webapp.simulator.truth import Truth
from webapp.simulator.visits import Manners, Visits
from webapp.web.app import KabinetFlask

pytestmark = [pytest.mark.stack, pytest.mark.slow]

SECONDS = float(os.environ.get("KABINET_FAULT_SECONDS", "15"))
#: Page views a second in each thread; a view brings two to three events with it.
VIEWS, THREADS = 85.0, 4
KILL_EVERY_SECONDS = 4.5
PATIENCE_SECONDS = 90.0


def test_killing_everything_in_turn_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    with running_fleet(tmp_path) as fleet:
        fleet.kabinet("migrate")
        app = create_app(Settings.from_env(fleet.environment))
        try:
            town = open_market(app)
            launch(fleet, tmp_path)
            _wait_until_something_is_shown(fleet, town)
            truth = _browse_and_kill(fleet, town)
            _wait_until_all_is_counted(app, fleet)
            fleet.end()
            _all_agree(app, town, truth)
            events, lost = sum(truth.answered.values()), sum(truth.doubtful.values())
            print(f"\n{events:,} events answered, {lost:,} in doubt, {len(fleet.kills)} kills in {SECONDS:.0f} s")
        finally:
            close_database(app)
            app.adapters.close()


def _wait_until_something_is_shown(fleet: Fleet, town: Market) -> None:
    truth, people = Truth(), Town(1)
    visits = Visits(HttpClient(fleet.url), people, truth, SERVER_KEY)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and not truth.filled:
        visits.arrive(town.placements[0])
        time.sleep(0.3)
    assert truth.filled, f"nothing is shown\n{fleet.tails()}"


def _browse_and_kill(fleet: Fleet, town: Market) -> Truth:
    truth = Truth()
    crowds = [threading.Thread(target=_crowd, args=(fleet.url, town, truth, seed)) for seed in range(THREADS)]
    for thread in crowds:
        thread.start()
    # In this thread: a server is ended by the kernel together with the thread that started it.
    _kill_in_turn(fleet, crowds)
    assert truth.filled > SECONDS
    return truth


def _crowd(url: str, town: Market, truth: Truth, seed: int) -> None:
    people = Town(seed, size=4000)
    client = HttpClient(url, timeout=3)
    visits = Visits(client, people, truth, SERVER_KEY, Manners(click_rate=0.05))
    Simulation(visits, people, town.placements).run(Pace(VIEWS, SECONDS))
    client.close()


def _kill_in_turn(fleet: Fleet, crowds: list[threading.Thread]) -> None:
    chance = random.Random(7)
    victims = fleet.victims()
    while any(thread.is_alive() for thread in crowds):
        time.sleep(KILL_EVERY_SECONDS * chance.uniform(0.5, 1.5))
        fleet.kill(victims[len(fleet.kills) % len(victims)])


def _wait_until_all_is_counted(app: KabinetFlask, fleet: Fleet) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    left, trouble = -1, ""
    while time.monotonic() < deadline:
        try:
            left = market.behind(app)
        except Exception as error:  # noqa: BLE001  # a server may still be on its way up
            left, trouble = -1, str(error)
        else:
            trouble = ""
        if left == 0:
            return
        time.sleep(0.5)
    pytest.fail(f"{left} records are still not counted; {trouble}\nkilled: {fleet.kills}\n{fleet.tails()}")


def _all_agree(app: KabinetFlask, town: Market, truth: Truth) -> None:
    nodes, events = market.of_nodes(app), market.of_events(app)
    assert nodes.counted == events.counted
    assert nodes.micros == events.micros == market.of_ledger(app) == market.of_hours(app)
    facts = market.of_rollups(app, "facts")
    for table in ("stats_15m", "stats_day", "stats_campaign_day"):
        assert market.of_rollups(app, table) == facts
    # What was answered is there, what was lost on the way is there once or not at all, and nothing else is.
    assert truth.faults(market.by_decision(app)) == []
    assert truth.unexplained() == []
    for (campaign, day), micros in market.worst_day(app).items():
        assert micros <= town.budgets[campaign], f"campaign {campaign} on {day}"
    with app.app_context(), transaction(db.session()) as session:
        report = audit_ledger(session)
    assert not report.broken, report.findings
