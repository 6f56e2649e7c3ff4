"""Importing the statistics of an existing ad account, as a person does it: upload, look, change, start, remove."""

from __future__ import annotations

import hashlib
import io
from pathlib import PurePath
from typing import BinaryIO

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict, FieldError, Invalid
from webapp.core.files import FileStore
from webapp.core.ids import new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.db.transaction import after_commit
from webapp.domain.analytics.imports.options import guess_columns_again, guess_options
from webapp.domain.analytics.imports.ports import Workbooks
from webapp.domain.analytics.imports.sentences import OBSTACLES, problem
from webapp.domain.analytics.imports.store import ImportStore
from webapp.domain.analytics.imports.types import CHECK_AT_ONCE_BYTES, MAX_FILE_BYTES, ImportCheck, ImportOptions
from webapp.domain.analytics.imports.work import CHANGEABLE, ImportWork, already_imported
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.audit.services import AuditLog
from webapp.domain.tasks.ports import Silent
from webapp.domain.tasks.services import Tasks
from webapp.domain.tasks.types import Task, TaskState

CHECK, RUN, REMOVAL = "import_check", "import", "import_removal"
_AT_WORK = (ImportState.QUEUED, ImportState.RUNNING, ImportState.REMOVING)


class StatisticsImports:
    """Imports of one advertiser, for members who may import."""

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, tasks: Tasks, files: FileStore, workbooks: Workbooks,
        work: ImportWork,
    ) -> None:  # fmt: skip
        self._session = session
        self._clock = clock
        self._audit = audit
        self._tasks = tasks
        self._files = files
        self._workbooks = workbooks
        self._work = work
        self._store = ImportStore(session)

    def upload(self, scope: Scope, file_name: str, source: BinaryIO, *, check: bool = True) -> StatisticsImport:
        """Keep a file, guess how it is to be read, and check it: at once when it is small, else by a job.

        Without `check` that is left to the caller, who has time.
        """
        scope.require(Permission.STATISTICS_IMPORT)
        name = _plain_name(file_name)
        size = _size(source)
        options = guess_options(source, PurePath(name).stem, self._workbooks)
        row = StatisticsImport(
            public_id=new_public_id("im"),
            advertiser_id=scope.advertiser_id,
            file_name=name,
            byte_size=size,
            file_sha256=_sha256(source),
            options=options.to_json(),
            created_by=scope.actor.user_id,
            created_by_name=scope.actor.name[:120],
            created_at=self._clock.now(),
        )
        row.storage_key = f"imports/{row.public_id}"
        source.seek(0)
        self._files.put(row.storage_key, source)
        try:
            self._store.add(row)
            return self._check(scope, row) if check else row
        except BaseException:
            self._files.delete(row.storage_key)
            raise

    def get(self, scope: Scope, public_id: str) -> StatisticsImport:
        """Return an import of the advertiser or raise NotFound."""
        # Whoever reads reports may see where their figures came from.
        scope.require(Permission.REPORT_READ)
        return self._store.get(scope, public_id)

    def list_page(self, scope: Scope, page: PageRequest) -> Page[StatisticsImport]:
        """Return a page of the advertiser's imports, newest first."""
        scope.require(Permission.REPORT_READ)
        return self._store.list_page(scope, page)

    def task_of(self, scope: Scope, row: StatisticsImport) -> Task | None:
        """Return the background work of an import, if it has any."""
        return self._tasks.get(scope, row.task_public_id) if row.task_public_id else None

    def find_twin(self, scope: Scope, row: StatisticsImport) -> StatisticsImport | None:
        """Return another import whose rows (else whose file) are the same and count."""
        by_rows = self._store.find_twin(scope, row.rows_sha256, row.id) if row.rows_sha256 else None
        return by_rows or self._store.find_same_file(scope, row.file_sha256, row.id)

    def sheet_names(self, scope: Scope, row: StatisticsImport) -> list[str]:
        """Return the sheets of a workbook; none for a text, and for a workbook too large to be opened at once."""
        scope.require(Permission.STATISTICS_IMPORT)
        if ImportOptions.from_json(row.options).kind != "workbook" or row.byte_size > CHECK_AT_ONCE_BYTES:
            return []
        with self._files.open(row.storage_key) as file:
            return list(self._workbooks.open(file).sheet_names)

    def change(
        self, scope: Scope, public_id: str, options: ImportOptions, *, guess_again: bool = False,
        keep_header: bool = False, check: bool = True,
    ) -> StatisticsImport:  # fmt: skip
        """Read the file another way and check it again; `guess_again` after another encoding, delimiter or sheet."""
        scope.require(Permission.STATISTICS_IMPORT)
        row = self._store.get(scope, public_id, lock=True)
        if row.state not in CHANGEABLE:
            raise Conflict("This import has begun; it can no longer be changed.")
        if guess_again:
            with self._files.open(row.storage_key) as file:
                stem = PurePath(row.file_name).stem
                options = guess_columns_again(file, options, stem, self._workbooks, keep_header=keep_header)
        row.options = options.to_json()
        return self._check(scope, row) if check else row

    def start(
        self, scope: Scope, public_id: str, *, only_good_rows: bool = False, in_background: bool = True
    ) -> StatisticsImport:
        """Queue a checked import. Asking twice starts it once; rows that count already are refused."""
        scope.require(Permission.STATISTICS_IMPORT)
        row, twins = self._store.lock_with_twins(scope, public_id)
        if row.state in (ImportState.QUEUED, ImportState.RUNNING, ImportState.DONE):
            return row
        if row.state is not ImportState.CHECKED:
            raise Conflict("This file is not checked yet.")
        if twins:
            raise already_imported(scope, twins[0])
        options = ImportOptions.from_json(row.options).with_changes(only_good_rows=only_good_rows)
        _ensure_ready(ImportCheck.from_json(row.check_result), options)
        row.options = options.to_json()
        row.state = ImportState.QUEUED
        if in_background:
            self._enqueue(scope, row, RUN)
        self._record(scope, row, "import.start")
        return row

    def retry(self, scope: Scope, public_id: str) -> StatisticsImport:
        """Start an import, check or removal again whose work failed."""
        scope.require(Permission.STATISTICS_IMPORT)
        row = self._store.get(scope, public_id, lock=True)
        task = self.task_of(scope, row)
        if task is None:
            raise Conflict("This work has not failed; there is nothing to start again.")
        self._tasks.retry(scope, task.public_id)
        if task.kind == RUN:
            row.state, row.error = ImportState.QUEUED, ""
        return row

    def remove(self, scope: Scope, public_id: str) -> StatisticsImport:
        """Take an import back: its figures are gone at once, its rows and unused campaigns soon after."""
        scope.require(Permission.STATISTICS_IMPORT)
        row = self._store.get(scope, public_id, lock=True)
        if row.state in (ImportState.REMOVING, ImportState.REMOVED):
            return row
        if row.state in CHANGEABLE and row.state is not ImportState.FAILED:
            self._discard(row)
            return row
        if row.state in _AT_WORK and not self._gave_up(scope, row):
            raise Conflict("This import is at work. Remove it when it has ended.")
        row.state = ImportState.REMOVING
        self._enqueue(scope, row, REMOVAL)
        self._record(scope, row, "import.remove")
        return row

    def _check(self, scope: Scope, row: StatisticsImport) -> StatisticsImport:
        row.state = ImportState.UPLOADED
        if row.byte_size > CHECK_AT_ONCE_BYTES:
            self._enqueue(scope, row, CHECK)
            return row
        self._session.flush()
        checking = self._work.checking(scope, row.public_id)
        return self._work.keep_check(scope, checking, self._work.read_for_check(scope, checking, Silent()))

    def _enqueue(self, scope: Scope, row: StatisticsImport, kind: str) -> None:
        task = self._tasks.enqueue(scope, kind, {"import_id": row.public_id}, row.file_name)
        row.task_public_id = task.public_id

    def _discard(self, row: StatisticsImport) -> None:
        """Forget a file of which nothing was imported."""
        key = row.storage_key
        row.state = ImportState.REMOVED
        row.row_count = 0
        row.removed_at = self._clock.now()
        after_commit(self._session, lambda: self._files.delete(key))

    def _gave_up(self, scope: Scope, row: StatisticsImport) -> bool:
        task = self.task_of(scope, row)
        return task is not None and task.state is TaskState.FAILED

    def _record(self, scope: Scope, row: StatisticsImport, action: str) -> None:
        self._audit.record(
            scope.actor,
            action,
            advertiser_id=scope.advertiser_id,
            subject_type="import",
            subject_id=row.public_id,
            subject_name=row.file_name,
        )


def _ensure_ready(check: ImportCheck, options: ImportOptions) -> None:
    if check.obstacles:
        note = check.obstacles[0]
        raise Invalid({"rows": FieldError(OBSTACLES[note.code], **note.values)})
    if not check.ready_for(options):
        raise Invalid(
            {"rows": FieldError("%(count)s rows cannot be imported. Correct the file, or import the good rows only.",
                                count=check.bad_rows)}
        )  # fmt: skip


def _plain_name(file_name: str) -> str:
    name = PurePath(file_name.replace("\\", "/")).name
    printable = "".join(letter for letter in name if letter.isprintable()).strip()
    return printable[-255:] or "table"


def _size(source: BinaryIO) -> int:
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    if size > MAX_FILE_BYTES:
        raise problem("too_large_file", size=f"{size / 1024 / 1024:.0f}")
    return size


def _sha256(source: BinaryIO) -> str:
    source.seek(0)
    digest = hashlib.sha256()
    while chunk := source.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
