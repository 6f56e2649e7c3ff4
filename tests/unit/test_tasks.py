from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.adapters.jobs.memory_queue import MemoryJobQueue
from webapp.core.errors import Conflict, KabinetError, NotFound
from webapp.core.paging import PageRequest
from webapp.db.transaction import commit, rollback
from webapp.domain.tasks.models import Task, TaskState
from webapp.domain.tasks.progress import TaskProgress
from webapp.domain.tasks.services import Tasks
from webapp.domain.tasks.types import LOST_SENTENCE, Outcome, queue_of


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def queue() -> MemoryJobQueue:
    return MemoryJobQueue()


@pytest.fixture
def tasks(session: Session, clock: SettableClock, queue: MemoryJobQueue) -> Tasks:
    return Tasks(session, clock, queue)


def test_a_task_reaches_the_queue_only_after_the_commit(session: Session, tasks: Tasks, queue: MemoryJobQueue) -> None:
    scope = add_advertiser(session)
    task = tasks.enqueue(scope, "export", {"what": "report"}, "Sites")
    assert queue.pushed == []
    commit(session)
    assert queue.pushed == [("export", task.public_id)]
    assert (task.state, task.created_by_name, task.title) == (TaskState.QUEUED, "Mara Lindholm", "Sites")


def test_a_task_of_a_rolled_back_transaction_never_reaches_the_queue(
    session: Session, tasks: Tasks, queue: MemoryJobQueue
) -> None:
    tasks.enqueue(None, "mail", {})
    rollback(session)
    commit(session)
    assert queue.pushed == []


def test_another_advertiser_does_not_find_it(session: Session, tasks: Tasks) -> None:
    task = tasks.enqueue(add_advertiser(session), "export", {})
    stranger = add_advertiser(session, name="Other")
    with pytest.raises(NotFound):
        tasks.get(stranger, task.public_id)
    with pytest.raises(NotFound):
        tasks.retry(stranger, task.public_id)
    assert tasks.list_recent(stranger, "export") == []
    assert tasks.list_page(stranger, "export", PageRequest()).total == 0


def test_two_workers_never_both_have_a_task(session: Session, tasks: Tasks) -> None:
    task = tasks.enqueue(None, "mail", {})
    first = tasks.claim(task.public_id)
    assert first is not None
    assert (first.state, first.attempts) == (TaskState.RUNNING, 1)
    assert tasks.claim(task.public_id) is None


def test_the_outcome_is_kept(session: Session, tasks: Tasks, clock: SettableClock) -> None:
    scope = add_advertiser(session)
    task = tasks.enqueue(scope, "export", {})
    tasks.claim(task.public_id)
    assert tasks.beat(task.public_id, 3, 10)
    assert tasks.finish(task.public_id, 1, Outcome({"rows": 10}, expires_at=clock.now()))
    session.refresh(task)
    assert (task.state, task.result, task.progress_done, task.progress_total) == (TaskState.DONE, {"rows": 10}, 3, 10)
    assert tasks.list_expired() == [task]


def test_a_failure_keeps_its_sentence_and_can_be_retried(session: Session, tasks: Tasks, queue: MemoryJobQueue) -> None:
    scope = add_advertiser(session)
    task = tasks.enqueue(scope, "export", {})
    commit(session)
    with pytest.raises(Conflict):
        tasks.retry(scope, task.public_id)
    tasks.claim(task.public_id)
    tasks.fail(task.public_id, 1, KabinetError("%(rows)s rows are too many.", rows=7))
    commit(session)
    session.refresh(task)
    assert (task.state, task.error) == (TaskState.FAILED, "%(rows)s rows are too many.")
    assert task.result == {"error_values": {"rows": 7}}
    queue.pushed.clear()
    again = tasks.retry(scope, task.public_id)
    commit(session)
    assert (again.state, again.error, again.attempts) == (TaskState.QUEUED, "", 0)
    assert queue.pushed == [("export", task.public_id)]


def test_a_worker_that_lost_its_task_cannot_close_it(
    session: Session, tasks: Tasks, clock: SettableClock, queue: MemoryJobQueue
) -> None:
    task = tasks.enqueue(None, "export", {})
    tasks.claim(task.public_id)
    clock.move(minutes=3)
    assert tasks.sweep() == 1
    assert tasks.claim(task.public_id) is not None
    assert not tasks.finish(task.public_id, 1, Outcome({"from": "the first"}))
    assert tasks.finish(task.public_id, 2, Outcome({"from": "the second"}))


def test_what_the_queue_lost_is_pushed_again_after_a_minute(
    session: Session, tasks: Tasks, clock: SettableClock, queue: MemoryJobQueue
) -> None:
    queue.broken = True
    task = tasks.enqueue(None, "mail", {})
    commit(session)
    queue.broken = False
    assert tasks.sweep() == 0
    clock.move(seconds=61)
    assert tasks.sweep() == 1
    commit(session)
    assert queue.pushed == [("mail", task.public_id)]


def test_a_task_lost_three_times_fails_with_a_sentence(session: Session, tasks: Tasks, clock: SettableClock) -> None:
    task = tasks.enqueue(None, "import", {})
    for _ in range(3):
        assert tasks.claim(task.public_id) is not None
        clock.move(minutes=3)
        assert tasks.sweep() == 1
    session.refresh(task)
    assert (task.state, task.error, task.attempts) == (TaskState.FAILED, LOST_SENTENCE, 3)


def test_a_passing_trouble_gives_the_task_back_twice(session: Session, tasks: Tasks, clock: SettableClock) -> None:
    task = tasks.enqueue(None, "mail", {})
    kept = []
    for _ in range(3):
        claimed = tasks.claim(task.public_id)
        assert claimed is not None
        kept.append(tasks.give_back(claimed))
    assert kept == [True, True, False]


def test_progress_is_written_at_most_twice_a_second() -> None:
    written: list[tuple[int, int]] = []
    now = [100.0]

    def save(done: int, total: int) -> bool:
        written.append((done, total))
        return True

    progress = TaskProgress(save, now=lambda: now[0])
    for step in range(1, 21):
        progress.report(step, 20)
        now[0] += 0.125
    assert written == [(1, 20), (5, 20), (9, 20), (13, 20), (17, 20)]
    progress.beat()
    assert written[-1] == (20, 20)


def test_every_kind_has_a_queue() -> None:
    assert [queue_of(kind) for kind in ("mail", "import", "export", "thumbnail")] == [
        "mails", "imports", "default", "default",
    ]  # fmt: skip


def test_a_forgotten_file_leaves_no_key(session: Session, tasks: Tasks, clock: SettableClock) -> None:
    task = tasks.enqueue(None, "export", {})
    tasks.claim(task.public_id)
    tasks.finish(task.public_id, 1, Outcome({"key": "exports/x.csv", "rows": 2}, expires_at=clock.now()))
    session.refresh(task)
    tasks.forget_file(task)
    session.flush()
    found = session.get_one(Task, task.id)
    assert (found.result, found.expires_at) == ({"rows": 2}, None)
