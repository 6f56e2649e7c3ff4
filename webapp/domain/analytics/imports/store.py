"""Reading and locking imports."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from webapp.core.errors import Conflict, NotFound
from webapp.core.paging import Page, PageRequest
from webapp.core.scope import Scope
from webapp.domain.analytics.models import ImportState, StatisticsImport

#: States in which an import has, or is about to have, its rows in the figures.
COUNTED = (ImportState.QUEUED, ImportState.RUNNING, ImportState.DONE)


class ImportStore:
    """Queries over imports; they start from the scope."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: StatisticsImport) -> None:
        """Write a new row."""
        self._session.add(row)
        self._session.flush()

    def get(self, scope: Scope, public_id: str, *, lock: bool = False) -> StatisticsImport:
        """Return the advertiser's import, freshly read, or raise NotFound."""
        query = self._owned(scope).where(StatisticsImport.public_id == public_id)
        query = query.execution_options(populate_existing=True)
        row = self._session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound
        return row

    def list_page(self, scope: Scope, page: PageRequest) -> Page[StatisticsImport]:
        """Return a page of imports, newest first, without the removed ones that never counted."""
        query = self._owned(scope).where(
            (StatisticsImport.state != ImportState.REMOVED) | (StatisticsImport.row_count > 0)
        )
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = query.order_by(StatisticsImport.created_at.desc(), StatisticsImport.id.desc())
        return Page(list(self._session.scalars(rows.offset(page.offset).limit(page.size))), total, page)

    def lock_with_twins(self, scope: Scope, public_id: str) -> tuple[StatisticsImport, list[StatisticsImport]]:
        """Lock an import and its twins; return it and those that count.

        Raises Conflict when the file was read another way between finding its rows and locking them: then the
        wrong twins are locked, and what the person saw is no longer what would be imported. One that was started
        meanwhile is returned as it is.
        """
        row = self.get(scope, public_id)
        seen = (row.rows_sha256, row.options)
        twins = self.lock_twins(scope, row)
        row = self.get(scope, public_id, lock=True)
        if row.state not in COUNTED and (row.rows_sha256, row.options) != seen:
            raise Conflict("The file was read another way in the meantime. Look at it again.")
        return row, twins

    def lock_twins(self, scope: Scope, row: StatisticsImport) -> list[StatisticsImport]:
        """Lock every import with these very rows, in one order for everybody, and return those that count.

        Both of two equal files are among the locked rows, so whoever comes second sees what the first has done.
        """
        query = self._owned(scope).where(StatisticsImport.rows_sha256 == row.rows_sha256)
        query = query.order_by(StatisticsImport.id).with_for_update().execution_options(populate_existing=True)
        return [twin for twin in self._session.scalars(query) if twin.id != row.id and twin.state in COUNTED]

    def find_twin(self, scope: Scope, rows_sha256: str, except_id: int) -> StatisticsImport | None:
        """Return an import of the same rows that counts."""
        return self._first_counted(scope, StatisticsImport.rows_sha256 == rows_sha256, except_id)

    def find_same_file(self, scope: Scope, file_sha256: str, except_id: int) -> StatisticsImport | None:
        """Return an import of the same bytes that counts."""
        return self._first_counted(scope, StatisticsImport.file_sha256 == file_sha256, except_id)

    def list_counted(self, scope: Scope, except_id: int, *, limit: int = 50) -> Sequence[StatisticsImport]:
        """Return the newest imports that count."""
        query = self._owned(scope).where(StatisticsImport.state.in_(COUNTED), StatisticsImport.id != except_id)
        return self._session.scalars(query.order_by(StatisticsImport.id.desc()).limit(limit)).all()

    def lock_all(self, scope: Scope) -> Sequence[StatisticsImport]:
        """Lock the advertiser's imports, so that none can begin, and return them."""
        query = self._owned(scope).order_by(StatisticsImport.id).with_for_update()
        return self._session.scalars(query.execution_options(populate_existing=True)).all()

    def _first_counted(self, scope: Scope, condition: ColumnElement[bool], except_id: int) -> StatisticsImport | None:
        query = self._owned(scope).where(condition, StatisticsImport.state.in_(COUNTED))
        return self._session.scalar(query.where(StatisticsImport.id != except_id).limit(1))

    def _owned(self, scope: Scope) -> Select[StatisticsImport]:
        return select(StatisticsImport).where(StatisticsImport.advertiser_id == scope.advertiser_id)
