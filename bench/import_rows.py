"""Importing a large file against the store's own insert of the same rows from memory.

Both write into the same store in this process: the embedded one, or the server of --url. The job is measured, from its
start to its end, commits included; the yardstick is handed finished columns. Memory is this process's peak while the
check and the job run, above what it held idle before them.

    python -m bench.import_rows [--rows 1000000] [--url clickhouse://127.0.0.1:9000/default]
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import psutil

from jobs.imports import check_import, run_import
from tests.support.apps import running_app
from tests.support.people import open_account
from webapp.adapters.analytics import analytics_from_url
from webapp.db.transaction import transaction
from webapp.domain.analytics.ports import AnalyticsStore
from webapp.domain.analytics.types import FactBatch
from webapp.domain.tasks.ports import Silent
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

MIN_RATIO = 0.5
MAX_MEGABYTES = 300
ROUNDS = 4
_MEGABYTE = 1024 * 1024


def main() -> int:
    args = _arguments()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        running_app(Profile.EMBEDDED, Path(name), None) as app,
    ):
        if args.url:
            app.adapters.analytics = analytics_from_url(args.url)
            app.adapters.analytics.migrate()
        file = Path(name) / "account.csv"
        _write_account(file, args.rows)
        with app.app_context():
            return _compare(app, file, args.rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    return parser.parse_args()


def _compare(app: KabinetFlask, file: Path, rows: int) -> int:
    _write_account(file.with_name("warm.csv"), 5_000)
    _import(app, file.with_name("warm.csv"))
    with _peak_memory() as peak:
        checked, imported = _import(app, file)
    batches = _record(app, file)
    jobs, bulk = [imported], []
    for _ in range(ROUNDS):
        bulk.append(_insert_again(app, batches))
        jobs.append(_import(app, file)[1])
    # The best of each: whatever else the machine does can only slow them down.
    base, job = min(bulk), min(jobs)
    print(f"{f'{rows:,} rows, {file.stat().st_size / _MEGABYTE:.0f} MB':<44}{'seconds':>10}{'rows/s':>12}{'ratio':>8}")
    measured = {"bulk insert from memory": base, "import: the job": job, "the check before it": checked}
    for label, seconds in measured.items():
        print(f"{label:<44}{seconds:>10.2f}{rows / seconds:>12,.0f}{base / seconds:>8.2f}")
    print(f"{'peak memory above idle, MB':<44}{peak[0]:>10.0f}")
    missed = [f"ratio {base / job:.2f} is below {MIN_RATIO}"] * (base / job < MIN_RATIO)
    missed += [f"{peak[0]:.0f} MB is above {MAX_MEGABYTES}"] * (peak[0] > MAX_MEGABYTES)
    print("; ".join(missed) or f"ok: at least {MIN_RATIO} of the bulk insert, at most {MAX_MEGABYTES} MB")
    return 1 if missed else 0


def _import(app: KabinetFlask, file: Path) -> tuple[float, float]:
    """Import a file into a fresh advertiser; return the seconds of the check and of the job."""
    scope = open_account(app)
    services: Services = app.adapters.services(db.session())
    with transaction(services.session), file.open("rb") as source:
        public_id = services.imports.upload(scope, file.name, source, check=False).public_id
    checked = _seconds(lambda: check_import(services, scope, public_id, Silent()))
    with transaction(services.session):
        services.imports.start(scope, public_id, in_background=False)
    return checked, _seconds(lambda: run_import(services, scope, public_id, Silent()))


class _Recorder:
    """Keeps what an import writes, and writes it: an import counts its rows in the store before it is done."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.batches: list[FactBatch] = []

    def insert(self, batch: FactBatch) -> int:
        self.batches.append(batch)
        return int(self._store.insert(batch))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def _record(app: KabinetFlask, file: Path) -> list[FactBatch]:
    """Return the facts of a file, as an import hands them to the store."""
    store, recorder = app.adapters.analytics, _Recorder(app.adapters.analytics)
    app.adapters.analytics = cast(AnalyticsStore, recorder)
    try:
        _import(app, file)
    finally:
        app.adapters.analytics = store
    return recorder.batches


def _insert_again(app: KabinetFlask, batches: list[FactBatch]) -> float:
    """Insert the same rows for another advertiser; return the seconds."""
    advertiser_id = open_account(app).advertiser_id
    for batch in batches:
        batch.advertiser_id = [advertiser_id] * len(batch.advertiser_id)
    return _seconds(lambda: [app.adapters.analytics.insert(batch) for batch in batches])


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    """Give a list that holds this process's peak above its start, in MB, once the block ends."""
    gc.collect()
    process, ended = psutil.Process(), threading.Event()
    idle, highest, found = process.memory_info().rss, [0], [0.0]

    def watch() -> None:
        while not ended.wait(0.01):
            highest[0] = max(highest[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield found
    ended.set()
    watcher.join()
    found[0] = (highest[0] - idle) / _MEGABYTE


def _write_account(file: Path, rows: int) -> None:
    """Write an account of 40 campaigns and 2,000 ads with a row a day, ad, age, gender and device."""
    chance = random.Random(7)
    ages, genders = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+"), ("female", "male", "unknown")
    devices, countries = ("phone", "desktop", "tablet"), ("LV", "LT", "EE", "FI", "SE", "PL", "DE")
    heading = (
        "Day,Campaign ID,Campaign,Ad ID,Ad name,Age,Gender,Device,Country,Placement,Impressions,Clicks,Cost,"
        "Conversions,Conv. value"
    )
    with file.open("w") as out:
        out.write(heading + "\n")
        for row in range(rows):
            ad, day = row % 2000, row // 2000 % 365
            shown, clicks = chance.randrange(100_000), chance.randrange(300)
            out.write(
                f"{date(2025, 1, 1) + timedelta(days=day)},77{ad // 50},Winter {ad // 50},9{ad:05},Ad no. {ad},"
                f"{chance.choice(ages)},{chance.choice(genders)},{chance.choice(devices)},{chance.choice(countries)},"
                f"site-{ad % 30}.example,{shown + clicks},{clicks},{chance.randrange(9_000_000) / 1e4:.4f},"
                f"{chance.randrange(9)},{chance.randrange(90_000) / 100:.2f}\n"
            )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
