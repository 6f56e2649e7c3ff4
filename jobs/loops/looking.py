"""Reading without writing: on SQLite a look must not wait for those who write, nor keep them waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from webapp.db.engines import reading
from webapp.db.transaction import rollback

T = TypeVar("T")


def look(session: Session, work: Callable[[], T]) -> T:
    """Return what `work` reads, in a transaction that ends with it."""
    with reading():
        try:
            return work()
        finally:
            rollback(session)
