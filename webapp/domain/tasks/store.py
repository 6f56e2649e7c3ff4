"""Reading and changing task rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.core.scope import Scope
from webapp.domain.tasks.models import Task, TaskState


class TaskStore:
    """Queries over tasks; those of a person start from the scope."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, task: Task) -> None:
        """Write a new row."""
        self._session.add(task)
        self._session.flush()

    def get(self, scope: Scope, public_id: str) -> Task:
        """Return the advertiser's task or raise NotFound."""
        task = self._session.scalar(self._owned(scope).where(Task.public_id == public_id))
        if task is None:
            raise NotFound
        return task

    def find(self, public_id: str) -> Task | None:
        """Return any task, freshly read: for workers only."""
        query = select(Task).where(Task.public_id == public_id).execution_options(populate_existing=True)
        return self._session.scalar(query)

    def is_running(self, public_id: str, attempt: int) -> bool:
        """Tell whether a task runs in this very attempt."""
        query = select(Task.id).where(Task.public_id == public_id, Task.state == TaskState.RUNNING)
        return self._session.scalar(query.where(Task.attempts == attempt)) is not None

    def recent(self, scope: Scope, kind: str, *, limit: int, offset: int = 0) -> list[Task]:
        """Return the advertiser's newest tasks of a kind."""
        query = self._owned(scope).where(Task.kind == kind)
        query = query.order_by(Task.created_at.desc(), Task.id.desc()).limit(limit).offset(offset)
        return list(self._session.scalars(query))

    def count(self, scope: Scope, kind: str) -> int:
        """Return how many tasks of a kind the advertiser has."""
        query = self._owned(scope).where(Task.kind == kind)
        return self._session.scalar(select(func.count()).select_from(query.subquery())) or 0

    def in_state(self, state: TaskState, *, seen_before: datetime, limit: int = 500) -> Sequence[Task]:
        """Return tasks of every advertiser in a state without a sign of life since then, oldest first."""
        query = select(Task).where(Task.state == state, Task.heartbeat_at < seen_before)
        query = query.order_by(Task.id).limit(limit).execution_options(populate_existing=True)
        return self._session.scalars(query).all()

    def expired(self, now: datetime, *, limit: int = 200) -> Sequence[Task]:
        """Return tasks of every advertiser whose file has had its time."""
        query = select(Task).where(Task.state == TaskState.DONE, Task.expires_at <= now).order_by(Task.id).limit(limit)
        return self._session.scalars(query).all()

    def change(self, public_id: str, *where: Any, **values: Any) -> bool:
        """Update one row if it still is as `where` says; tell whether it was."""
        statement = update(Task).where(Task.public_id == public_id, *where).values(**values)
        done = self._session.execute(statement.execution_options(synchronize_session=False))
        return cast("CursorResult[Any]", done).rowcount == 1

    def _owned(self, scope: Scope) -> Select[Task]:
        return select(Task).where(Task.advertiser_id == scope.advertiser_id)
