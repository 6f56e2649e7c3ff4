"""Background work as rows: what was asked for, how far it is, what came out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, PublicKey, UtcDateTime, enum_string


class TaskState(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Task(Base):
    """One piece of background work; the queue only carries its public id, so nothing is lost with the queue."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index(None, "advertiser_id", "kind", "created_at"),
        Index(None, "state", "created_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    #: None for the system's own work, such as mail.
    advertiser_id: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_by_name: Mapped[str] = mapped_column(String(120), default="")
    #: Which handler does it: `export`, `import`, `import_removal`, `thumbnail`, `mail` …
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(255), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[TaskState] = mapped_column(enum_string(TaskState), default=TaskState.QUEUED)
    progress_done: Mapped[int] = mapped_column(BigInteger, default=0)
    progress_total: Mapped[int] = mapped_column(BigInteger, default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Last sign of life of the worker; a running task without one for long is taken up again.
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: After this the result's file is removed.
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
