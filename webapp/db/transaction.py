"""The only place that commits; what must leave the system waits here until it has."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS = 8
#: MySQL: deadlock, lock wait timeout, record changed since the snapshot (MariaDB).
_RETRY_CODES = {1213, 1205, 1020}
_HOOKS = "kabinet_after_commit"


def after_commit(session: Session, hook: Callable[[], None]) -> None:
    """Run `hook` once the session's transaction has been committed; never if it is rolled back."""
    session.info.setdefault(_HOOKS, []).append(hook)


def commit(session: Session) -> None:
    """Commit, then run what waited for it; a hook that fails is logged, for the work itself is safe."""
    session.commit()
    hooks: list[Callable[[], None]] = session.info.pop(_HOOKS, [])
    for hook in hooks:
        try:
            hook()
        except Exception:
            log.exception("a task after the commit failed")


def rollback(session: Session) -> None:
    """Undo the transaction and forget what waited for it."""
    session.info.pop(_HOOKS, None)
    session.rollback()


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit the block's work, or none of it."""
    try:
        yield session
    except BaseException:
        rollback(session)
        raise
    commit(session)


def is_retryable(error: BaseException) -> bool:
    """Tell whether the database asked to try the whole transaction again."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    if "database is locked" in str(error.orig):
        return True
    return bool(error.orig.args) and error.orig.args[0] in _RETRY_CODES


def run_in_transaction(session: Session, work: Callable[[], T], attempts: int = ATTEMPTS) -> T:
    """Do `work` and commit; on a deadlock undo all of it and start again after a short random wait."""
    for attempt in range(1, attempts + 1):
        try:
            result = work()
            commit(session)
        except BaseException as error:
            rollback(session)
            if attempt == attempts or not is_retryable(error):
                raise
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        else:
            return result
    raise AssertionError("unreachable")
