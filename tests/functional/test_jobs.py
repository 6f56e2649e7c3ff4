"""Background work on the real queue and the real databases, and the staff's window on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from jobs import runtime, worker
from jobs.sweeper import sweep
from jobs.worker import ThreadWorker, WorkerThread, make_worker, start_worker_thread
from tests.support.browser import Browser
from tests.support.people import Person, new_staff
from webapp.core.errors import KabinetError, Unavailable
from webapp.core.permissions import StaffRole
from webapp.core.scope import Scope
from webapp.db.transaction import transaction
from webapp.domain.accounts.models import User
from webapp.domain.tasks.models import Task, TaskState
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

Handler = Callable[[Services, Task, Progress], Outcome | None]


@pytest.fixture
def handled_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], None]:
    """Let a function do every export; letters and the like are done by nobody."""

    def install(handler: Handler) -> None:
        monkeypatch.setattr(runtime, "handler_of", lambda kind: handler if kind == "export" else _nothing)

    return install


def _nothing(services: Services, task: Task, progress: Progress) -> None:
    """Do nothing."""


def enqueue(app: KabinetFlask, scope: Scope) -> str:
    with app.app_context(), transaction(db.session()) as session:
        return app.adapters.services(session).tasks.enqueue(scope, "export", {"n": 7}, "Seven").public_id


def state_of(app: KabinetFlask, public_id: str) -> Task:
    with app.app_context():
        task = db.session.query(Task).filter_by(public_id=public_id).one()
        db.session.expunge(task)
        return task


def test_a_worker_does_the_work_and_keeps_the_result(
    app: KabinetFlask, owner: Person, work: Callable[[], None], handled_by: Callable[[Handler], None]
) -> None:
    def handler(services: Services, task: Task, progress: Progress) -> Outcome:
        progress.report(1, 2)
        user = services.session.get_one(User, task.created_by)
        user.name = "Renamed by the task"
        return Outcome({"n": task.payload["n"]})

    handled_by(handler)
    public_id = enqueue(app, owner.scope)
    work()
    task = state_of(app, public_id)
    assert (task.state, task.result, task.progress_done, task.progress_total) == (TaskState.DONE, {"n": 7}, 1, 2)
    with app.app_context():
        assert db.session.get_one(User, owner.scope.actor.user_id).name == "Renamed by the task"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KabinetError("Row %(row)s is no row.", row=3), "Row %(row)s is no row."),
        (ZeroDivisionError("secret"), "Something broke on our side."),
    ],
)
def test_a_failure_undoes_the_work_and_says_why(
    app: KabinetFlask,
    owner: Person,
    work: Callable[[], None],
    handled_by: Callable[[Handler], None],
    error: Exception,
    said: str,
) -> None:
    def handler(services: Services, task: Task, progress: Progress) -> None:
        services.session.get_one(User, task.created_by).name = "Half way"
        services.session.flush()
        raise error

    handled_by(handler)
    public_id = enqueue(app, owner.scope)
    work()
    task = state_of(app, public_id)
    assert task.state is TaskState.FAILED
    assert task.error.startswith(said)
    assert "secret" not in task.error
    with app.app_context():
        assert db.session.get_one(User, owner.scope.actor.user_id).name != "Half way"


def test_a_store_that_is_down_is_tried_again(
    app: KabinetFlask, owner: Person, work: Callable[[], None], handled_by: Callable[[Handler], None]
) -> None:
    def handler(services: Services, task: Task, progress: Progress) -> None:
        raise Unavailable

    handled_by(handler)
    public_id = enqueue(app, owner.scope)
    work()
    task = state_of(app, public_id)
    assert (task.state, task.attempts) == (TaskState.QUEUED, 1)
    with app.app_context(), transaction(db.session()) as session:
        session.query(Task).filter_by(public_id=public_id).update({"state": TaskState.DONE})


def test_progress_is_seen_while_the_work_goes_on(
    app: KabinetFlask, owner: Person, work: Callable[[], None], handled_by: Callable[[Handler], None]
) -> None:
    seen: list[int] = []

    def handler(services: Services, task: Task, progress: Progress) -> None:
        for done in range(1, 4):
            progress.report(done, 3)
            seen.append(state_of(app, task.public_id).progress_done)
            time.sleep(0.55)

    handled_by(handler)
    enqueue(app, owner.scope)
    work()
    assert seen == [1, 2, 3]


def test_progress_inside_a_transaction_does_not_stop_the_work(
    app: KabinetFlask, owner: Person, work: Callable[[], None], handled_by: Callable[[Handler], None]
) -> None:
    def handler(services: Services, task: Task, progress: Progress) -> None:
        services.session.get_one(User, task.created_by).name = "Locked"
        services.session.flush()
        progress.report(1, 1)

    handled_by(handler)
    public_id = enqueue(app, owner.scope)
    began = time.monotonic()
    work()
    assert state_of(app, public_id).state is TaskState.DONE
    assert time.monotonic() - began < 10


def test_the_embedded_thread_works_and_stops(
    app: KabinetFlask, owner: Person, handled_by: Callable[[Handler], None]
) -> None:
    done = threading.Event()

    def handler(services: Services, task: Task, progress: Progress) -> None:
        done.set()

    handled_by(handler)
    thread: WorkerThread = start_worker_thread(app)
    try:
        public_id = enqueue(app, owner.scope)
        assert done.wait(15)
        deadline = time.monotonic() + 5
        while state_of(app, public_id).state is not TaskState.DONE and time.monotonic() < deadline:
            time.sleep(0.05)
        assert state_of(app, public_id).state is TaskState.DONE
    finally:
        began = time.monotonic()
        thread.stop()
    assert not thread.is_alive()
    assert time.monotonic() - began < 5


def test_the_embedded_thread_begins_anew_whatever_broke(
    app: KabinetFlask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    again, made = threading.Event(), []

    def make(*args: object) -> object:
        made.append(args)
        if len(made) == 1:
            raise RuntimeError("the disk is full")
        again.set()
        return make_worker(app, ThreadWorker)

    monkeypatch.setattr(worker, "make_worker", make)
    thread = start_worker_thread(app)
    try:
        assert again.wait(15)
    finally:
        thread.stop()
    assert not thread.is_alive()
    told = [record for record in caplog.records if "the worker broke" in record.message]
    assert told
    assert told[0].exc_info


def test_what_the_queue_forgot_is_done_after_a_sweep(
    app: KabinetFlask, owner: Person, work: Callable[[], None], handled_by: Callable[[Handler], None]
) -> None:
    handled_by(lambda services, task, progress: None)
    public_id = enqueue(app, owner.scope)
    Redis.from_url(app.adapters.redis_url).delete("rq:queue:default")
    with app.app_context(), transaction(db.session()) as session:
        row: Session = session
        task = row.query(Task).filter_by(public_id=public_id).one()
        task.heartbeat_at = task.created_at.replace(year=2020)
    with app.app_context():
        assert sweep() >= 1
    work()
    assert state_of(app, public_id).state is TaskState.DONE


PAGES = ["/", "/0/view/workers", "/0/view/jobs", "/0/data/queues.json", "/static/css/main.css"]


@pytest.mark.parametrize("path", PAGES)
def test_administrators_see_the_dashboard(app: KabinetFlask, staff: Browser, owner: Person, path: str) -> None:
    enqueue(app, owner.scope)
    response = staff.client.get(f"/admin/jobs{path}")
    assert response.status_code == 200
    assert "unsafe-inline" in response.headers["Content-Security-Policy"]
    assert "https:" not in response.headers["Content-Security-Policy"]


def test_one_job_has_its_page(app: KabinetFlask, staff: Browser, owner: Person) -> None:
    public_id = enqueue(app, owner.scope)
    assert staff.client.get(f"/admin/jobs/0/view/job/{public_id}").status_code == 200
    found = staff.client.get(f"/admin/jobs/0/data/job/{public_id}.json").get_json()
    assert found["description"] == f"export {public_id}"


def test_nobody_else_does(app: KabinetFlask, owner: Person, visitor: Browser) -> None:
    moderator = new_staff(app, StaffRole.MODERATOR)
    assert moderator.client.get("/admin/jobs/").status_code == 403
    assert owner.browser.client.get("/admin/jobs/").status_code == 403
    assert visitor.client.get("/admin/jobs/").status_code == 303
    assert owner.browser.client.get("/admin/jobs/static/css/main.css").status_code == 403


def test_a_change_needs_the_dashboards_own_script(app: KabinetFlask, staff: Browser) -> None:
    for method in (staff.client.get, staff.client.post):
        assert method("/admin/jobs/requeue/default").status_code == 403
    scripted = {"X-Requested-With": "XMLHttpRequest"}
    assert staff.client.post("/admin/jobs/requeue/default", headers=scripted).get_json() == {"count": 0, "status": "OK"}
    emptied = staff.client.post("/admin/jobs/queue/default/queued/empty", headers=scripted)
    assert emptied.get_json() == {"status": "DISABLED"}
