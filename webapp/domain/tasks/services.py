"""Asking for background work, and the life of a task between its queue and its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict, KabinetError, Unavailable
from webapp.core.ids import PublicId, new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.scope import SYSTEM, Actor, Scope
from webapp.db.transaction import after_commit
from webapp.domain.tasks import types
from webapp.domain.tasks.models import Task, TaskState
from webapp.domain.tasks.ports import JobQueue
from webapp.domain.tasks.store import TaskStore
from webapp.domain.tasks.types import Outcome, TakenAway

log = logging.getLogger(__name__)


class Tasks:
    """Background work: rows in the database, their ids in the queue."""

    def __init__(self, session: Session, clock: Clock, queue: JobQueue) -> None:
        self._session = session
        self._clock = clock
        self._queue = queue
        self._store = TaskStore(session)

    def enqueue(
        self, scope: Scope | None, kind: str, payload: Mapping[str, Any], title: str = "", actor: Actor | None = None
    ) -> Task:
        """Write down a piece of work; a worker hears of it once the transaction is committed."""
        who = actor or (scope.actor if scope else SYSTEM)
        now = self._clock.now()
        task = Task(
            public_id=new_public_id("tk"),
            advertiser_id=scope.advertiser_id if scope else None,
            created_by=who.user_id,
            created_by_name=who.name[:120],
            kind=kind,
            title=title[:255],
            payload=dict(payload),
            created_at=now,
            heartbeat_at=now,
        )
        self._store.add(task)
        self._push_after_commit(task)
        return task

    def get(self, scope: Scope, public_id: str) -> Task:
        """Return the advertiser's task or raise NotFound."""
        return self._store.get(scope, public_id)

    def list_recent(self, scope: Scope, kind: str, *, limit: int = 20) -> list[Task]:
        """Return the advertiser's newest tasks of a kind."""
        return self._store.recent(scope, kind, limit=limit)

    def list_page(self, scope: Scope, kind: str, page: PageRequest) -> Page[Task]:
        """Return a page of the advertiser's tasks of a kind, newest first."""
        rows = self._store.recent(scope, kind, limit=page.size, offset=page.offset)
        return Page(rows, self._store.count(scope, kind), page)

    def retry(self, scope: Scope, public_id: str) -> Task:
        """Put a failed task back into the queue."""
        task = self._store.get(scope, public_id)
        again = {"error": "", "attempts": 0, "progress_done": 0, "progress_total": 0, "result": {}, "finished_at": None}
        if not self._to_queue(task, Task.state == TaskState.FAILED, **again):
            raise Conflict("This work has not failed; there is nothing to start again.")
        self._session.refresh(task)
        return task

    def claim(self, public_id: str) -> Task | None:
        """Take a queued task for running; None when another worker has it or it is not there."""
        now = self._clock.now()
        claimed = self._store.change(
            public_id,
            Task.state == TaskState.QUEUED,
            state=TaskState.RUNNING,
            attempts=Task.attempts + 1,
            started_at=now,
            heartbeat_at=now,
        )
        return self._store.find(public_id) if claimed else None

    def ensure_held(self, public_id: str, attempt: int) -> None:
        """Raise TakenAway unless the task still belongs to the worker of this attempt."""
        if not self._store.is_running(public_id, attempt):
            raise TakenAway

    def beat(self, public_id: str, done: int, total: int) -> bool:
        """Note a running task's figures and that its worker lives."""
        return self._store.change(
            public_id,
            Task.state == TaskState.RUNNING,
            heartbeat_at=self._clock.now(),
            progress_done=done,
            progress_total=total,
        )

    def finish(self, public_id: str, attempt: int, outcome: Outcome) -> bool:
        """Close a task with its result; False when it was taken from this worker in the meantime."""
        return self._close(
            public_id, attempt, state=TaskState.DONE, result=outcome.result, expires_at=outcome.expires_at, error=""
        )

    def fail(self, public_id: str, attempt: int, error: KabinetError) -> bool:
        """Close a task with the sentence its owner reads; the values of the sentence go beside it."""
        values = {name: value if isinstance(value, int) else str(value) for name, value in error.values.items()}
        return self._close(
            public_id, attempt, state=TaskState.FAILED, error=error.message, result={"error_values": values}
        )

    def give_back(self, task: Task) -> bool:
        """Queue a running task again after a passing trouble; False when it has had its attempts."""
        if task.attempts >= types.MAX_ATTEMPTS:
            return False
        # Not pushed at once: the sweep does it a minute later, when the trouble may be over.
        return self._store.change(
            task.public_id,
            Task.state == TaskState.RUNNING,
            Task.attempts == task.attempts,
            state=TaskState.QUEUED,
            heartbeat_at=self._clock.now(),
        )

    def sweep(self) -> int:
        """Push again what the queue lost and take back what a dead worker left; return how many tasks were moved."""
        now = self._clock.now()
        moved = 0
        for task in self._store.in_state(TaskState.RUNNING, seen_before=now - types.LOST_AFTER):
            moved += self._take_back(task)
        for task in self._store.in_state(TaskState.QUEUED, seen_before=now - types.PUSH_AGAIN_AFTER):
            moved += self._to_queue(task, Task.state == TaskState.QUEUED, Task.heartbeat_at == task.heartbeat_at)
        return moved

    def list_expired(self) -> list[Task]:
        """Return tasks of every advertiser whose file has had its time: for the sweeper."""
        return list(self._store.expired(self._clock.now()))

    def forget_file(self, task: Task) -> None:
        """Note that a task's file is gone."""
        task.result = {name: value for name, value in task.result.items() if name != "key"}
        task.expires_at = None

    def _take_back(self, task: Task) -> bool:
        """Queue a lost task again, or close it when it was lost too often."""
        still = (Task.state == TaskState.RUNNING, Task.heartbeat_at == task.heartbeat_at)
        if task.attempts < types.MAX_ATTEMPTS:
            return self._to_queue(task, *still)
        values = {"error_values": {"attempts": task.attempts}}
        ended: datetime = self._clock.now()
        return self._store.change(
            task.public_id,
            *still,
            state=TaskState.FAILED,
            error=types.LOST_SENTENCE,
            result=values,
            finished_at=ended,
        )

    def _close(self, public_id: str, attempt: int, **values: Any) -> bool:
        """End a task unless another attempt has begun since."""
        still = (Task.state == TaskState.RUNNING, Task.attempts == attempt)
        return self._store.change(public_id, *still, finished_at=self._clock.now(), **values)

    def _to_queue(self, task: Task, *where: Any, **values: Any) -> bool:
        moved = self._store.change(
            task.public_id, *where, state=TaskState.QUEUED, heartbeat_at=self._clock.now(), **values
        )
        if moved:
            self._push_after_commit(task)
        return moved

    def _push_after_commit(self, task: Task) -> None:
        kind, public_id = task.kind, PublicId(task.public_id)
        after_commit(self._session, lambda: self._push(kind, public_id))

    def _push(self, kind: str, public_id: PublicId) -> None:
        try:
            self._queue.push(kind, public_id)
        except Unavailable:
            log.warning("no queue for %s %s; it is pushed again in a minute", kind, public_id)
