"""Imports in the whole application: queued, worked off, counted once, taken back; on both profiles."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from jobs import runtime
from jobs.runtime import run_task
from jobs.sweeper import sweep
from tests.support.people import Person
from webapp.cli.import_stats import import_statistics
from webapp.core.errors import Invalid, KabinetError
from webapp.core.periods import Period
from webapp.core.scope import Scope
from webapp.db.transaction import run_in_transaction, transaction
from webapp.domain.ads.models import Ad, Campaign
from webapp.domain.analytics.imports import running
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import FactBatch, Metrics
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Silent
from webapp.extensions import db
from webapp.web.app import KabinetFlask

HEAD = "Date,Campaign ID,Campaign,Ad ID,Impressions,Clicks,Cost,Age\n"
ROWS = "".join(
    f"2026-0{1 + n % 9}-1{n % 10},7{n % 3},Winter {n % 3},{n % 50},{n},{n // 10},{n}.25,18-24\n" for n in range(900)
)
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Work = Callable[[], None]


def upload(app: KabinetFlask, scope: Scope, text: str) -> str:
    with app.app_context(), transaction(db.session()) as session:
        row = app.adapters.services(session).imports.upload(scope, "account.csv", io.BytesIO(text.encode()))
        return row.public_id


def start(app: KabinetFlask, scope: Scope, public_id: str) -> None:
    with app.app_context():
        session = db.session()
        imports = app.adapters.services(session).imports
        run_in_transaction(session, lambda: imports.start(scope, public_id))


def remove(app: KabinetFlask, scope: Scope, public_id: str) -> None:
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).imports.remove(scope, public_id)


def state(app: KabinetFlask, public_id: str) -> ImportState:
    with app.app_context():
        found = db.session.scalar(select(StatisticsImport.state).where(StatisticsImport.public_id == public_id))
        assert found
        return found


def task_of(app: KabinetFlask, scope: Scope, public_id: str) -> str:
    with app.app_context():
        found = app.adapters.services(db.session()).imports.get(scope, public_id).task_public_id
        assert found
        return found


def totals(app: KabinetFlask, scope: Scope) -> Metrics:
    with app.app_context():
        return app.adapters.services(db.session()).figures.totals(scope, Selection(YEAR)).current


def names(app: KabinetFlask, scope: Scope) -> tuple[int, int]:
    with app.app_context():
        counts = [
            len(db.session.scalars(select(model.id).where(model.advertiser_id == scope.advertiser_id)).all())
            for model in (Campaign, Ad)
        ]
        return counts[0], counts[1]


def test_a_file_becomes_figures_once_and_nothing_after_its_removal(
    app: KabinetFlask, owner: Person, work: Work
) -> None:
    scope = owner.scope
    first = upload(app, scope, HEAD + ROWS)
    start(app, scope, first)
    assert not totals(app, scope), "nothing is shown before the import is done"
    work()
    assert state(app, first) is ImportState.DONE
    shown = totals(app, scope)
    assert shown.impressions == sum(range(900))
    assert shown.spend_micros == sum(n * 1_000_000 + 250_000 for n in range(900))
    assert names(app, scope)[0] == 3

    again = upload(app, scope, (HEAD + ROWS).replace("\n", "\r"))
    with pytest.raises(Invalid, match="already imported"):
        start(app, scope, again)
    work()
    assert totals(app, scope) == shown

    remove(app, scope, first)
    assert not totals(app, scope), "its figures are gone before the work is done"
    work()
    assert state(app, first) is ImportState.REMOVED
    assert not totals(app, scope)
    assert names(app, scope) == (0, 0)


def test_two_submissions_at_once_count_once(app: KabinetFlask, owner: Person, work: Work) -> None:
    scope = owner.scope
    ids = [upload(app, scope, HEAD + ROWS), upload(app, scope, HEAD.replace(",", ";") + ROWS.replace(",", ";"))]
    gate, answers = threading.Barrier(len(ids)), []

    def submit(public_id: str) -> None:
        gate.wait()
        try:
            start(app, scope, public_id)
            answers.append("started")
        except KabinetError:
            answers.append("refused")

    threads = [threading.Thread(target=submit, args=(public_id,)) for public_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["refused", "started"]
    work()
    assert totals(app, scope).impressions == sum(range(900))


def test_work_that_broke_off_is_done_again_from_the_start(
    app: KabinetFlask, owner: Person, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = owner.scope
    public_id = upload(app, scope, HEAD + ROWS)
    start(app, scope, public_id)
    real = app.adapters.analytics.insert

    def insert_and_break(batch: object) -> int:
        real(batch)  # type: ignore[arg-type]
        raise RuntimeError("the power went")

    monkeypatch.setattr(app.adapters.analytics, "insert", insert_and_break)
    work()
    assert state(app, public_id) is ImportState.FAILED
    assert not totals(app, scope), "what a failed import left is not shown"
    monkeypatch.undo()
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).imports.retry(scope, public_id)
    work()
    assert state(app, public_id) is ImportState.DONE
    assert totals(app, scope).impressions == sum(range(900))


@pytest.mark.parametrize("late", [False, True], ids=["asleep between slices", "asleep inside a slice"])
def test_a_worker_that_slept_and_woke_up_doubles_nothing(
    app: KabinetFlask, owner: Person, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    scope, real, calls, answers = owner.scope, app.adapters.analytics.insert, [], []
    public_id = upload(app, scope, HEAD + ROWS)
    start(app, scope, public_id)
    task_id = task_of(app, scope, public_id)
    monkeypatch.setattr(running, "INSERTED_ROWS", 100)
    monkeypatch.setattr(runtime, "_progress", lambda task: nullcontext(Silent()))

    def insert(batch: FactBatch) -> int:
        calls.append(len(batch))
        if len(calls) != 1:
            return real(batch)
        if late:
            another_worker()
            return real(batch)
        written = real(batch)
        another_worker()
        return written

    def another_worker() -> None:
        with app.app_context():
            with transaction(db.session()) as session:
                session.execute(update(Task).where(Task.public_id == task_id).values(heartbeat_at=LONG_AGO))
            sweep()
            answers.append(run_task(task_id))

    monkeypatch.setattr(app.adapters.analytics, "insert", insert)
    with app.app_context():
        answers.append(run_task(task_id))
    assert answers == ["done", "taken away"]
    assert state(app, public_id) is (ImportState.FAILED if late else ImportState.DONE)
    assert totals(app, scope).impressions == (0 if late else sum(range(900)))
    assert ("Two workers wrote this import" in owner.browser.get(f"/imports/{public_id}").text) is late


def test_rows_of_somebody_else_stop_an_import_from_being_shown(
    app: KabinetFlask, owner: Person, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, real = owner.scope, app.adapters.analytics.insert
    public_id = upload(app, scope, HEAD + ROWS)
    start(app, scope, public_id)

    def insert_twice(batch: FactBatch) -> int:
        real(batch)
        return real(batch)

    monkeypatch.setattr(app.adapters.analytics, "insert", insert_twice)
    work()
    assert state(app, public_id) is ImportState.FAILED
    with app.app_context():
        row = app.adapters.services(db.session()).imports.get(scope, public_id)
        assert row.error.startswith("Two workers wrote")
        assert app.adapters.analytics.count_import(scope.advertiser_id, row.id) == 0
    monkeypatch.undo()
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).imports.retry(scope, public_id)
    work()
    assert totals(app, scope).impressions == sum(range(900))


def test_the_command_imports_tells_and_repeats_nothing(app: KabinetFlask, owner: Person, tmp_path: Path) -> None:
    file, said = tmp_path / "account.csv", list[str]()
    file.write_text(HEAD + ROWS + "2026-01-10,71,Winter 1,3,-5,0,0,18-24\n")
    with app.app_context(), pytest.raises(Invalid, match="cannot be imported"):
        import_statistics(app, file, owner.scope.advertiser_public_id, say=said.append)
    file.write_text(HEAD + ROWS)
    with app.app_context():
        assert import_statistics(app, file, owner.scope.advertiser_public_id, say=said.append) == 900
    with app.app_context():
        assert import_statistics(app, file, owner.scope.advertiser_public_id, say=said.append) == 0
    assert "line 902: Impressions: “-5” is negative." in said
    assert any("900 rows imported as im_" in line for line in said)
    assert any("already imported" in line for line in said)
    assert totals(app, owner.scope).impressions == sum(range(900))


def test_the_command_takes_a_day_for_files_without_dates(app: KabinetFlask, owner: Person, tmp_path: Path) -> None:
    file = tmp_path / "account.csv"
    file.write_text("Campaign,Impressions\nWinter,10\n")
    with app.app_context():
        import_statistics(app, file, owner.scope.advertiser_public_id, day="2026-02-03", say=lambda _: None)
        services = app.adapters.services(db.session())
        assert services.figures.first_day(owner.scope) == date(2026, 2, 3)
