"""How far chart and ledger are behind the events, with real servers and processes under a steady load.

Targets at 1,000 events a second: an event is in the figures after ≤ 3 s and in the ledger after ≤ 5 s. Beside that load
a campaign is paused and resumed again and again: every node has heard of it after ≤ 2 s.

    python -m bench.lag [--rate 1000] [--seconds 60]
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.faults.fleet import SERVER_KEY, Fleet, launch, running_fleet
from tests.faults.market import Market, open_market
from tests.support.apps import close_database
from webapp.core.ids import PublicId
from webapp.db.transaction import run_in_transaction
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Settings
from webapp.simulator.clients import HttpClient
from webapp.simulator.people import Town
from webapp.simulator.run import Pace, Simulation
from webapp.simulator.truth import Truth
from webapp.simulator.visits import Visits
from webapp.web.app import KabinetFlask

CHART_SECONDS, LEDGER_SECONDS, CHANGE_SECONDS = 3.0, 5.0, 2.0
PROCESSES, THREADS = 2, 3
#: A page view brings this many events on average.
EVENTS_A_VIEW = 1.62
LOOK_SECONDS = 0.1
WARM_UP_SECONDS = 8.0


@dataclass
class Track:
    """When a node's log, its figures and its ledger had reached which number."""

    at: list[float] = field(default_factory=list)
    logged: list[int] = field(default_factory=list)
    charted: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)

    def lags(self, reached: list[int]) -> list[float]:
        """Return how long after the log each look's last record was reached."""
        found = []
        for place, seq in enumerate(self.logged):
            later = bisect_left(reached, seq)
            if later < len(reached):
                found.append(max(0.0, self.at[later] - self.at[place]))
        return found


def crowd(url: str, placements: tuple[str, ...], views: float, seconds: float, seed: int) -> None:
    """Let people come in threads of this process."""

    def come(own: int) -> None:
        people = Town(own)
        visits = Visits(HttpClient(url), people, Truth(), SERVER_KEY)
        Simulation(visits, people, placements).run(Pace(views / THREADS, seconds))

    threads = [threading.Thread(target=come, args=(seed * 100 + n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def watch(app: KabinetFlask, tracks: dict[int, Track], ended: threading.Event) -> None:
    """Note every tenth of a second how far everything is."""
    engine = create_engine(app.settings.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while not ended.wait(LOOK_SECONDS):
            for store in app.adapters.serving:
                last = store.state().last_seq
                charted = app.adapters.analytics.last_seq(store.node)
                query = text("SELECT settled_seq FROM serving_nodes WHERE node = :node")
                settled = connection.scalar(query, {"node": store.node}) or 0
                track = tracks[store.node]
                track.at.append(time.monotonic())
                track.logged.append(last)
                track.charted.append(charted)
                track.settled.append(settled)
    engine.dispose()


def change(app: KabinetFlask, market: Market, took: list[float], ended: threading.Event) -> None:
    """Pause and resume a campaign; note how long each took to reach every node."""
    campaign_id, scope = min(market.budgets), market.scopes[0]
    with app.app_context():
        public_id = PublicId(str(db.session.scalar(text(f"SELECT public_id FROM campaigns WHERE id = {campaign_id}"))))
        db.session.remove()
        while not ended.wait(1.0):
            for deed, there in (("pause", False), ("resume", True)):
                work = getattr(app.adapters.services(db.session()).campaigns, deed)
                run_in_transaction(db.session(), partial(work, scope, public_id))
                db.session.remove()
                began = time.monotonic()
                while any((campaign_id in store.fingerprints()[1]) is not there for store in app.adapters.serving):
                    time.sleep(0.02)
                took.append(time.monotonic() - began)


def measure(
    fleet: Fleet, app: KabinetFlask, market: Market, rate: float, seconds: float
) -> tuple[dict[int, Track], list[float]]:
    """Run the load and return what was noted, the warm-up left out, and how long changes took."""
    views = rate / EVENTS_A_VIEW / PROCESSES
    crowds = [
        multiprocessing.Process(target=crowd, args=(fleet.url, market.placements, views, seconds + WARM_UP_SECONDS, n))
        for n in range(PROCESSES)
    ]
    for process in crowds:
        process.start()
    time.sleep(WARM_UP_SECONDS)
    tracks = {store.node: Track() for store in app.adapters.serving}
    ended = threading.Event()
    took: list[float] = []
    watcher = threading.Thread(target=watch, args=(app, tracks, ended))
    changer = threading.Thread(target=change, args=(app, market, took, ended))
    watcher.start()
    changer.start()
    for process in crowds:
        process.join()
    time.sleep(LEDGER_SECONDS)
    ended.set()
    watcher.join()
    changer.join()
    return tracks, took


def report(tracks: dict[int, Track], took: list[float], seconds: float) -> int:
    """Print the table; return 1 when a target is missed."""
    events = sum(track.logged[-1] - track.logged[0] for track in tracks.values())
    print(f"{events:,} events in {seconds:.0f} s: {events / seconds:,.0f} a second")
    missed = 0
    for name, target in (("charted", CHART_SECONDS), ("settled", LEDGER_SECONDS)):
        lags = sorted(lag for track in tracks.values() for lag in track.lags(getattr(track, name)))
        middle, most = lags[len(lags) // 2], lags[-1]
        fine = most <= target
        missed += not fine
        what = "event to chart" if name == "charted" else "event to ledger"
        said = f"median {middle:5.2f} s   longest {most:5.2f} s   target {target} s"
        print(f"{what:16} {said}   {'ok' if fine else 'MISSED'}")
    fine = bool(took) and max(took) <= CHANGE_SECONDS
    missed += not fine
    said = f"median {sorted(took)[len(took) // 2]:5.2f} s   longest {max(took):5.2f} s   target {CHANGE_SECONDS} s"
    print(f"{'change to nodes':16} {said}   {'ok' if fine else 'MISSED'} ({len(took)} changes)")
    return min(missed, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kabinet-lag-") as name, running_fleet(Path(name)) as fleet:
        fleet.kabinet("migrate")
        app = create_app(Settings.from_env(fleet.environment))
        market = open_market(app)
        launch(fleet, Path(name))
        time.sleep(WARM_UP_SECONDS)
        tracks, took = measure(fleet, app, market, options.rate, options.seconds)
        close_database(app)
        app.adapters.close()
        return report(tracks, took, options.seconds)


if __name__ == "__main__":
    sys.exit(main())
