"""Checking, running and removing a statistics import."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy.orm import Session

from webapp.core.errors import Conflict, NotFound, Unavailable
from webapp.core.scope import Actor, Scope
from webapp.db.transaction import is_retryable, rollback, run_in_transaction, transaction
from webapp.domain.analytics.imports.columns import CleanBatch
from webapp.domain.analytics.imports.running import ImportRun
from webapp.domain.analytics.types import FactBatch
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome, TakenAway
from webapp.wiring import Services

log = logging.getLogger(__name__)

#: Raises unless the work may go on.
Check = Callable[[], None]


def check(services: Services, task: Task, progress: Progress) -> Outcome:
    """Read a large file and say what it would become."""
    scope = _scope(services, task)
    check_import(services, scope, _import_id(task), progress)
    return Outcome({"import_id": _import_id(task)})


def run(services: Services, task: Task, progress: Progress) -> Outcome:
    """Import the rows of a checked file."""
    scope = _scope(services, task)
    public_id, attempt = task.public_id, task.attempts
    rows = run_import(
        services, scope, _import_id(task), progress, lambda: services.tasks.ensure_held(public_id, attempt)
    )
    return Outcome({"import_id": _import_id(task), "rows": rows})


def remove(services: Services, task: Task, progress: Progress) -> Outcome:
    """Take an import back."""
    scope, session = _scope(services, task), services.session
    rollback(session)
    services.import_work.remove_facts(scope, _import_id(task))
    rollback(session)
    run_in_transaction(session, lambda: services.import_work.finish_removal(scope, _import_id(task)))
    progress.report(1, 1)
    return Outcome({"import_id": _import_id(task)})


def check_import(services: Services, scope: Scope, public_id: str, progress: Progress) -> None:
    """Check a file; the database is let go of while the file is read."""
    work, session = services.import_work, services.session
    checking = work.checking(scope, public_id)
    rollback(session)
    with no_collection():
        checked = work.read_for_check(scope, checking, progress)
    run_in_transaction(session, lambda: work.keep_check(scope, checking, checked))


def run_import(
    services: Services, scope: Scope, public_id: str, progress: Progress, ensure_held: Check = lambda: None
) -> int:
    """Import a file from its first row to its last and return their number.

    Each slice is committed by itself; the figures show all of them at once when the import is DONE. Started again
    after a crash, it first takes out what the earlier attempt left. `ensure_held` is asked before each step and raises
    TakenAway when the work was given to another worker meanwhile: from then on nothing more is written.
    """
    try:
        rows = _run(services, scope, public_id, progress, ensure_held)
    except Exception as error:
        rollback(services.session)
        _ensure_ours(services, scope, public_id, ensure_held)
        # What may pass is tried again; until then the import is still at work.
        if not is_retryable(error) and not isinstance(error, Unavailable):
            _give_up(services, scope, public_id, error)
        raise
    return rows


def _run(services: Services, scope: Scope, public_id: str, progress: Progress, ensure_held: Check) -> int:
    work, session = services.import_work, services.session
    row = run_in_transaction(session, lambda: work.begin(scope, public_id))
    if row is None:
        return 0
    with work.open_run(scope, row) as run:
        rollback(session)
        _ask(session, ensure_held)
        run.clear()
        with no_collection():
            _write_all(session, run, progress, ensure_held)
        _ask(session, ensure_held)
        if not run.is_whole():
            _ask(session, ensure_held)
            run.clear()
            raise Conflict("Two workers wrote this import at the same time. Start it again.")
    run_in_transaction(session, lambda: _finish(services, scope, public_id, ensure_held))
    return run.rows


def _finish(services: Services, scope: Scope, public_id: str, ensure_held: Check) -> None:
    """Close the import; asked under its lock, so nobody else can begin it in between."""
    services.import_work.finish(scope, public_id)
    ensure_held()


def _ensure_ours(services: Services, scope: Scope, public_id: str, ensure_held: Check) -> None:
    """Raise TakenAway when a failed import is another worker's by now: it is not ours to give up.

    A slice on its way at that moment may have arrived after the other worker was done.
    """
    try:
        _ask(services.session, ensure_held)
    except TakenAway:
        if run_in_transaction(services.session, lambda: services.import_work.hide_doubled(scope, public_id)):
            log.error("import %s was written by two workers; its figures are hidden", public_id)
        raise


def _ask(session: Session, ensure_held: Check) -> None:
    """Ask in a transaction of its own, so that the answer is of this moment."""
    run_in_transaction(session, ensure_held)


def _write_all(session: Session, run: ImportRun, progress: Progress, ensure_held: Check) -> None:
    """Read and write at the same time: while the store takes in a slice, the next one is read."""
    with ThreadPoolExecutor(1, thread_name_prefix="import-writer") as writer:
        writing: Future[None] | None = None
        for batches in run.slices():
            facts = _resolve(session, run, batches)
            run.remember()
            if writing:
                writing.result()
            _ask(session, ensure_held)
            writing = writer.submit(run.write, facts)
            progress.report(*run.progress)
        if writing:
            writing.result()


def _resolve(session: Session, run: ImportRun, batches: list[CleanBatch]) -> FactBatch:
    return run_in_transaction(session, lambda: run.resolve(batches))


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the cycle collector from going through millions of cells again and again; there are no cycles in them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _give_up(services: Services, scope: Scope, public_id: str, error: Exception) -> None:
    with transaction(services.session):
        services.import_work.fail(scope, public_id, error)


def _scope(services: Services, task: Task) -> Scope:
    if task.advertiser_id is None:
        raise NotFound
    return services.accounts.system_scope_by_id(task.advertiser_id, Actor(task.created_by, task.created_by_name))


def _import_id(task: Task) -> str:
    return str(task.payload["import_id"])
