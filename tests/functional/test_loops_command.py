"""`kabinet loops`: a process that carries events until it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


def test_the_loops_run_until_they_are_asked_to_end(tmp_path: Path) -> None:
    environment = {**os.environ, "KABINET_PROFILE": "embedded", "KABINET_INSTANCE": str(tmp_path)}
    kabinet = [sys.executable, "-m", "webapp.cli"]
    subprocess.run([*kabinet, "migrate"], env=environment, cwd=ROOT, check=True, capture_output=True)
    engine = create_engine(f"sqlite:///{tmp_path / 'kabinet.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox_events (public_id, name, payload, created_at)"
                " VALUES ('ev_1', 'billing.balance.changed.v1', '{}', '2026-11-03 12:00:00')"
            )
        )
    with subprocess.Popen([*kabinet, "loops", "relay"], env=environment, cwd=ROOT) as process:
        try:
            ends = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < ends and not _is_told(engine):
                time.sleep(0.1)
            assert _is_told(engine)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()
    engine.dispose()


def test_an_unknown_kind_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "loops", "weather"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "weather" in done.stderr


def _is_told(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT relayed_at FROM outbox_events")) is not None
