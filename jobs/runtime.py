"""Running one task: claim it, do it, commit what came out or say why not."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from jobs.registry import handler_of
from webapp.core.errors import KabinetError, Unavailable
from webapp.db.engines import engine_options, prepare_engine
from webapp.db.transaction import is_retryable, rollback, run_in_transaction, transaction
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.progress import TaskProgress
from webapp.domain.tasks.types import BROKEN_SENTENCE, Outcome, TakenAway
from webapp.extensions import db
from webapp.web.app import kabinet
from webapp.wiring import Services

log = logging.getLogger(__name__)

BEAT_SECONDS = 20.0
#: How long a progress write waits for SQLite's one writer before it gives up until the next time.
PATIENCE_MILLISECONDS = 150


def run_task(public_id: str) -> str:
    """Do a task inside an application context; return what became of it. A task somebody else has is left alone."""
    session: Session = db.session()
    services = kabinet().adapters.services(session)
    task = run_in_transaction(session, lambda: services.tasks.claim(public_id))
    if task is None:
        return "not mine"
    # What was claimed stays known as it was: read again after a rollback, it could be another worker's attempt.
    session.expunge(task)
    try:
        with _progress(task) as progress:
            outcome = handler_of(task.kind)(services, task, progress) or Outcome()
        with transaction(session):
            kept = services.tasks.finish(public_id, task.attempts, outcome)
    except TakenAway:
        rollback(session)
        log.warning("%s %s was given to another worker; this one stops", task.kind, task.public_id)
        return "taken away"
    except Exception as error:  # noqa: BLE001  # whatever a handler raises belongs in the task's row
        rollback(session)
        return _failed(session, services, task, error)
    finally:
        db.session.remove()
    return "done" if kept else "taken away"


def _failed(session: Session, services: Services, task: Task, error: Exception) -> str:
    """Close the task with a sentence for people, or queue it again when the trouble may pass."""
    passing = isinstance(error, Unavailable) or is_retryable(error)
    if passing and run_in_transaction(session, lambda: services.tasks.give_back(task)):
        log.warning("%s %s is tried again: %s", task.kind, task.public_id, error)
        return "again"
    told = error if isinstance(error, KabinetError) else _unexpected(task, error)
    run_in_transaction(session, lambda: services.tasks.fail(task.public_id, task.attempts, told))
    return "failed"


def _unexpected(task: Task, error: Exception) -> KabinetError:
    code = secrets.token_hex(4)
    log.error("%s %s broke, code %s", task.kind, task.public_id, code, exc_info=error)
    return KabinetError(BROKEN_SENTENCE, code=code)


@contextmanager
def _progress(task: Task) -> Iterator[TaskProgress]:
    """Give a task its progress, and a pulse from a second thread for as long as it runs."""
    engine = _side_engine(db.engine)
    adapters, public_id = kabinet().adapters, task.public_id

    def save(done: int, total: int) -> bool:
        try:
            with Session(engine) as side, transaction(side):
                return adapters.services(side).tasks.beat(public_id, done, total)
        except DBAPIError as error:
            log.debug("progress of %s waits: %s", public_id, error)
            return False

    progress = TaskProgress(save)
    stop = threading.Event()
    pulse = threading.Thread(target=_beat, args=(progress, stop), name=f"pulse-{public_id}", daemon=True)
    pulse.start()
    try:
        yield progress
    finally:
        stop.set()
        pulse.join()


def _beat(progress: TaskProgress, stop: threading.Event) -> None:
    while not stop.wait(BEAT_SECONDS):
        progress.beat()


def _side_engine(engine: Engine) -> Engine:
    """Return an engine for short writes beside the work: on SQLite one that does not wait for the work itself."""
    if engine.dialect.name != "sqlite":
        return engine
    engines: dict[Engine, Engine] = current_app.extensions.setdefault("kabinet_side_engines", {})
    if engine not in engines:
        options = engine_options(str(engine.url))
        engines[engine] = prepare_engine(create_engine(engine.url, poolclass=NullPool, **options))
        event.listen(engines[engine], "connect", _be_brief)
    return engines[engine]


def _be_brief(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={PATIENCE_MILLISECONDS}")
