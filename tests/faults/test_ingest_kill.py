"""Ingest killed at random points, and its server killed under it: each event is in every table once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from tests.servers import Servers
from tests.servers.clickhouse import start_clickhouse
from tests.support.killed_ingest import BATCH, ingest_of
from tests.support.scripted_log import ZONES, ScriptedLog, hours_of_truth, truth
from webapp.adapters.analytics import analytics_from_url
from webapp.core.errors import Unavailable
from webapp.core.periods import Grain, Period
from webapp.domain.analytics.charts import chart_data
from webapp.domain.analytics.ports import AnalyticsStore
from webapp.domain.analytics.queries import FigureQuery, Order
from webapp.domain.analytics.types import total
from webapp.domain.delivery import ingest

ROOT = Path(__file__).parents[2]
LAST = 16_000
KILLS = 6
PERIOD = Period(date(2026, 10, 24), date(2026, 10, 27))


def assert_true(store: AnalyticsStore, last: int) -> None:
    """Compare every table with what the script says."""
    assert store.last_seq(1) == last
    for advertiser in ZONES:
        expected = truth(last, advertiser)
        asked = FigureQuery(advertiser, PERIOD)
        campaigns = FigureQuery(advertiser, PERIOD, campaign_ids=tuple(advertiser * 10 + number for number in range(3)))
        assert store.breakdown(asked, "country", Order(), limit=1).total.current == expected, "facts"
        assert store.totals(asked).current == expected, "days of the advertiser"
        assert total(item.current for item in store.by_campaign(asked).values()) == expected, "days of campaigns"
        assert total(item.current for item in store.by_ad(asked).values()) == expected, "days of ads"
        for query in (asked, campaigns):
            assert total(step.metrics for step in store.series(query, Grain.HOUR).current) == expected, "quarters"
        assert list(store.repair(store.written_days(PERIOD, advertiser))) == []


def kill_after(seconds: float, analytics: str, database: str) -> None:
    """Let a process ingest for so long and kill it; one that was done already may end by itself."""
    command = [sys.executable, "-m", "tests.support.killed_ingest", analytics, database, str(LAST)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        child.stdout.read()
        timer.cancel()
    assert child.returncode in (0, -signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["chdb", "clickhouse"])
def test_ingest_killed_at_random_points(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if kind == "chdb":
        analytics, database = f"chdb://{tmp_path / 'analytics'}", f"sqlite:///{tmp_path / 'unused'}"
    else:
        servers: Servers = request.getfixturevalue("servers")
        database = servers.mysql_url
        analytics = _own_database(servers.clickhouse_url)
    opened = analytics_from_url(analytics)
    opened.migrate()
    if kind == "chdb":
        _let_go()
    dice = random.Random(20261119)
    for _ in range(KILLS):
        kill_after(dice.uniform(0.1, 0.9), analytics, database)
    kill_after(120, analytics, database)
    assert_true(analytics_from_url(analytics), LAST)


def _own_database(url: str) -> str:
    from webapp.adapters.analytics.clickhouse import ClickHouseEngine

    ClickHouseEngine(url).run("CREATE DATABASE IF NOT EXISTS killed_ingest")
    return urlsplit(url)._replace(path="/killed_ingest").geturl()


def _let_go() -> None:
    """Leave the folder to the children."""
    from webapp.adapters.analytics.chdb import _process

    _process.close()


@pytest.mark.slow
def test_the_server_killed_while_it_takes_events_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "MOST", BATCH)
    monkeypatch.setattr(ingest, "READ", BATCH)
    server = start_clickhouse(tmp_path)
    server.wait()
    store = analytics_from_url(server.url)
    store.migrate()
    carrier = ingest_of(store, f"sqlite:///{tmp_path / 'unused'}", ScriptedLog(LAST))
    ended, dice = threading.Event(), random.Random(7)

    def work() -> None:
        while not ended.is_set():
            try:
                if not carrier.step():
                    time.sleep(0.01)
            except Unavailable:
                time.sleep(0.05)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.2, 0.6))
            server.stop()
            server = start_clickhouse(tmp_path, urlsplit(server.url).port or 0)
            server.wait()
        _wait_until(lambda: store.last_seq(1) == LAST)
    finally:
        ended.set()
        worker.join()
    assert_true(store, LAST)
    server.stop()


def _wait_until(done: object) -> None:
    deadline = time.monotonic() + 120
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, "ingest did not come to its end"
        time.sleep(0.1)


def test_hours_are_those_of_the_advertisers_clock(tmp_path: Path) -> None:
    """Kathmandu counts from a quarter past; Riga's day has 25 hours."""
    analytics = f"chdb://{tmp_path / 'analytics'}"
    store = analytics_from_url(analytics)
    store.migrate()
    last = 9_000
    carrier = ingest_of(store, f"sqlite:///{tmp_path / 'unused'}", ScriptedLog(last))
    while carrier.step():
        pass
    for advertiser, name in ZONES.items():
        zone = ZoneInfo(name)
        series = store.series(FigureQuery(advertiser, PERIOD), Grain.HOUR)
        _, end = PERIOD.instants(zone)
        chart = chart_data(series, PERIOD, None, Grain.HOUR, zone, end)
        shown = {int(point.at.timestamp()): point.current for point in chart.points if isinstance(point.at, datetime)}
        assert {at: figures for at, figures in shown.items() if figures} == hours_of_truth(last, advertiser)
