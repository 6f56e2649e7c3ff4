from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from jobs import exports as export_job
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.adapters.files.local import LocalFileStore
from webapp.adapters.jobs.memory_queue import MemoryJobQueue
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.core.paging import PageRequest
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.tasks.exports import EXPORTABLES, ExportRequest, Exports, file_name
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.services import Tasks


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def tasks(session: Session, clock: SettableClock) -> Tasks:
    return Tasks(session, clock, MemoryJobQueue())


@pytest.fixture
def exports(clock: SettableClock, tasks: Tasks, tmp_path: Path) -> Exports:
    return Exports(clock, tasks, LocalFileStore(tmp_path))


def wanted(what: str = "report", format: str = "csv", title: str = "Sites") -> ExportRequest:
    return ExportRequest(what=what, format=format, title=title, params={"by": ["site"]})


def done(exports: Exports, tasks: Tasks, task: Task) -> None:
    claimed = tasks.claim(task.public_id)
    assert claimed is not None
    outcome = exports.keep(claimed, io.BytesIO(b"Site\r\n"), "csv", "text/csv", 0)
    assert tasks.finish(task.public_id, claimed.attempts, outcome)


def ask(exports: Exports, scope: Scope) -> Task:
    return exports.request(scope, wanted())


def test_every_exportable_has_a_builder() -> None:
    assert set(export_job.BUILDERS) == set(EXPORTABLES)


def test_the_file_lives_a_week(
    session: Session, exports: Exports, tasks: Tasks, clock: SettableClock, tmp_path: Path
) -> None:
    scope = add_advertiser(session)
    task = ask(exports, scope)
    with pytest.raises(NotFound):
        exports.open_file(scope, task.public_id)
    done(exports, tasks, task)
    session.refresh(task)
    found, file = exports.open_file(scope, task.public_id)
    assert (found.result["name"], file.read()) == ("sites.csv", b"Site\r\n")
    file.close()
    clock.move(days=6, hours=23)
    assert exports.remove_expired() == 0
    clock.move(hours=2)
    with pytest.raises(NotFound):
        exports.open_file(scope, task.public_id)
    assert exports.remove_expired() == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert exports.remove_expired() == 0
    assert exports.list_recent(scope) == [task]


def test_another_advertiser_does_not_get_the_file(session: Session, exports: Exports, tasks: Tasks) -> None:
    scope, stranger = add_advertiser(session), add_advertiser(session, name="Other")
    task = ask(exports, scope)
    done(exports, tasks, task)
    with pytest.raises(NotFound):
        exports.open_file(stranger, task.public_id)
    assert exports.list_page(stranger, PageRequest()).total == 0


def test_who_may_not_see_the_balance_gets_no_ledger(session: Session, exports: Exports) -> None:
    owner = add_advertiser(session)
    analyst = add_advertiser(session, name="Same people", role=AdvertiserRole.ANALYST)
    same = Scope(**{name: getattr(owner, name) for name in Scope.__slots__} | {"permissions": analyst.permissions})
    task = exports.request(owner, wanted("transactions"))
    with pytest.raises(Forbidden):
        exports.request(same, wanted("transactions"))
    with pytest.raises(NotFound):
        exports.get(same, task.public_id)
    assert exports.list_recent(same) == []
    assert exports.list_recent(owner) == [task]


def test_a_task_of_another_kind_is_no_export(session: Session, exports: Exports, tasks: Tasks) -> None:
    scope = add_advertiser(session)
    task = tasks.enqueue(scope, "import", {})
    with pytest.raises(NotFound):
        exports.get(scope, task.public_id)


def test_only_a_failed_export_is_retried(session: Session, exports: Exports) -> None:
    scope = add_advertiser(session)
    with pytest.raises(Conflict):
        exports.retry(scope, ask(exports, scope).public_id)


@pytest.mark.parametrize(
    "values",
    [{"what": "passwords"}, {"format": "exe"}, {"params": {"a": ["x"] * 61}}, {"params": {"a": ["x" * 501]}}],
)
def test_nonsense_is_refused(values: dict[str, object]) -> None:
    complete = {"what": "report", "format": "csv", "title": "", "params": {}} | values
    with pytest.raises(Invalid):
        ExportRequest(**complete)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Sites by device", "sites-by-device.csv"),
        ("../../etc/passwd", "etc-passwd.csv"),
        ("Площадки: ЖК «Лето»", "площадки-жк-лето.csv"),
        ("…", "export.csv"),
        ("a" * 200, "a" * 80 + ".csv"),
    ],
)
def test_file_names(title: str, name: str) -> None:
    assert file_name(title, "csv") == name
