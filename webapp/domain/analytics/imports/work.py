"""The long parts of an import, cut so that a job can commit between them: check, run, remove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import FieldError, Invalid, KabinetError
from webapp.core.files import FileStore
from webapp.core.periods import EPOCH, Period, today_in
from webapp.core.scope import Scope
from webapp.db.transaction import after_commit
from webapp.domain.ads.services.imported import ImportedAds
from webapp.domain.analytics.imports.checking import Checked, check_rows
from webapp.domain.analytics.imports.headers import words
from webapp.domain.analytics.imports.obstacles import obstacles_of
from webapp.domain.analytics.imports.ports import Workbooks
from webapp.domain.analytics.imports.running import ImportRun, reader_for
from webapp.domain.analytics.imports.sentences import OBSTACLES
from webapp.domain.analytics.imports.sniffing import open_table
from webapp.domain.analytics.imports.store import ImportStore
from webapp.domain.analytics.imports.survey import survey
from webapp.domain.analytics.imports.types import DateOrder, ImportCheck, ImportOptions, Note, Target
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.analytics.ports import FactWriter, FigureReader
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.audit.services import AuditLog
from webapp.domain.tasks.ports import Progress

#: Obstacles without which rows can be read at all, if only to be shown.
_READABLE = frozenset({"bad_day", "other_currency", "too_many_dimensions"})
_LAST_DAYS = frozenset(map(words, ("Reporting ends", "Дата окончания отчетности", "Окончание отчетности", "date_stop")))
#: Kept as a key of the catalogue, like every error of an import.
DOUBLED = "Two workers wrote this import at the same time. Remove it and import the file again."
CHANGEABLE = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED)


class ImportFigures(FactWriter, FigureReader, Protocol):
    """The part of the store of figures that imports use."""


@dataclass(frozen=True, slots=True)
class Checking:
    """A file about to be checked, as its import stood at the time."""

    public_id: str
    storage_key: str
    options: ImportOptions


class ImportWork:
    """What jobs do for imports; people come through `StatisticsImports`."""

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, files: FileStore, workbooks: Workbooks,
        ads: ImportedAds, figures: ImportFigures,
    ) -> None:  # fmt: skip
        self._session = session
        self._clock = clock
        self._audit = audit
        self._files = files
        self._workbooks = workbooks
        self._ads = ads
        self._figures = figures
        self._store = ImportStore(session)

    def checking(self, scope: Scope, public_id: str) -> Checking:
        """Return what a check needs to know; nothing is locked while it reads the file."""
        row = self._store.get(scope, public_id)
        return Checking(row.public_id, row.storage_key, ImportOptions.from_json(row.options))

    def read_for_check(self, scope: Scope, checking: Checking, progress: Progress) -> Checked:
        """Read the whole file and say what it would become. Does not touch the database."""
        options, today = checking.options, today_in(scope.zone, self._clock.now())
        obstacles = obstacles_of(options, scope.currency, today)
        if any(note.code not in _READABLE for note in obstacles):
            return Checked(ImportCheck(obstacles=obstacles, today=today.isoformat()))
        with self._files.open(checking.storage_key) as file:
            seen = survey(open_table(file, options, self._workbooks), options)
            order = seen.order or DateOrder.DAY_FIRST
            plan = ImportCheck(today=today.isoformat(), decimal_mark=seen.mark, date_order=order.value)
            reader = reader_for(options, plan, scope.zone, scope.currency)
            checked = check_rows(open_table(file, options, self._workbooks), reader, options, progress)
        check = checked.check
        check.today, check.decimal_mark, check.date_order = plan.today, plan.decimal_mark, plan.date_order
        if seen.order is None:
            obstacles.append(_ambiguous(options))
        check.obstacles = [*obstacles, *_one_other_currency(check, scope.currency)] or check.obstacles
        check.warnings += _several_days(options)
        return checked

    def keep_check(self, scope: Scope, checking: Checking, checked: Checked) -> StatisticsImport:
        """Write the answer down with what the database knows, unless the options were changed meanwhile."""
        row = self._store.get(scope, checking.public_id, lock=True)
        if row.state not in CHANGEABLE or row.options != checking.options.to_json():
            return row
        check = checked.check
        self._compare_names(scope, checked)
        self._compare_imports(scope, row, check)
        row.check_result = check.to_json()
        row.rows_sha256 = check.rows_sha256 or None
        row.row_count = check.rows
        row.state = ImportState.CHECKED
        row.error = ""
        return row

    def begin(self, scope: Scope, public_id: str) -> StatisticsImport | None:
        """Mark a queued import as running; None when it has ended already. Raise Invalid when its rows count twice."""
        row, twins = self._store.lock_with_twins(scope, public_id)
        if row.state not in (ImportState.QUEUED, ImportState.RUNNING, ImportState.FAILED):
            return None
        if twins:
            raise already_imported(scope, twins[0])
        row.state = ImportState.RUNNING
        row.error = ""
        return row

    @contextmanager
    def open_run(self, scope: Scope, row: StatisticsImport) -> Iterator[ImportRun]:
        """Open the file of a running import."""
        options, check = ImportOptions.from_json(row.options), ImportCheck.from_json(row.check_result)
        reader = reader_for(options, check, scope.zone, scope.currency)
        with self._files.open(row.storage_key) as file:
            table = open_table(file, options, self._workbooks)
            yield ImportRun(scope, row.id, check, table, reader, self._ads, self._figures)

    def finish(self, scope: Scope, public_id: str) -> StatisticsImport:
        """Let the figures count; the file is no longer needed."""
        row = self._store.get(scope, public_id, lock=True)
        row.state = ImportState.DONE
        row.finished_at = self._clock.now()
        self._record(scope, row, "import.finish")
        self._forget_file(row)
        return row

    def fail(self, scope: Scope, public_id: str, error: Exception) -> None:
        """Note why an import came to nothing."""
        row = self._store.get(scope, public_id, lock=True)
        if row.state in (ImportState.QUEUED, ImportState.RUNNING):
            row.state = ImportState.FAILED
            row.error = str(error)[:1000] if isinstance(error, KabinetError) else type(error).__name__

    def hide_doubled(self, scope: Scope, public_id: str) -> bool:
        """Take a finished import out of the figures when the store holds other rows than its own; tell whether so."""
        row = self._store.get(scope, public_id, lock=True)
        stored = self._figures.count_import(scope.advertiser_id, row.id)
        if row.state is not ImportState.DONE or stored == row.row_count:
            return False
        row.state = ImportState.FAILED
        row.error = DOUBLED
        return True

    def remove_facts(self, scope: Scope, public_id: str) -> None:
        """Take an import's rows out of the store of figures; may be repeated."""
        row = self._store.get(scope, public_id)
        self._figures.remove_import(scope.advertiser_id, row.id)

    def finish_removal(self, scope: Scope, public_id: str) -> StatisticsImport:
        """Delete the campaigns and ads nothing else uses, and close the import."""
        rows = self._store.lock_all(scope)
        row = next(row for row in rows if row.public_id == public_id)
        busy = (ImportState.QUEUED, ImportState.RUNNING)
        # Another import at work may be about to use them; then they stay.
        if not any(other.state in busy for other in rows if other.id != row.id):
            self._delete_unused(scope, row)
        row.state = ImportState.REMOVED
        row.removed_at = self._clock.now()
        self._forget_file(row)
        return row

    def _delete_unused(self, scope: Scope, row: StatisticsImport) -> None:
        today = today_in(scope.zone, self._clock.now())
        query = FigureQuery(scope.advertiser_id, Period(EPOCH, date(today.year + 1, 12, 31)))
        campaigns, ads = set(self._figures.by_campaign(query)), set(self._figures.by_ad(query))
        self._ads.delete_created(scope, row.id, campaigns, ads)

    def _compare_names(self, scope: Scope, checked: Checked) -> None:
        """Count which campaigns and ads are there already."""
        check = checked.check
        known = self._ads.find_campaigns(scope, checked.campaigns)
        named = [(campaign, ad) for campaign, ad in checked.ads if ad]
        pairs = [(known[campaign], ad) for campaign, ad in named if campaign in known]
        check.known_campaigns = len(known)
        check.new_campaigns = len(checked.campaigns) - len(known)
        check.known_ads = len(self._ads.find_ads(scope, pairs))
        check.new_ads = len(named) - check.known_ads

    def _compare_imports(self, scope: Scope, row: StatisticsImport, check: ImportCheck) -> None:
        """Say when the same rows, the same file or the same days were imported before."""
        twin = self._store.find_twin(scope, check.rows_sha256, row.id) if check.rows_sha256 else None
        if twin:
            check.obstacles.append(_by_whom("already_imported", scope, twin))
            return
        same = self._store.find_same_file(scope, row.file_sha256, row.id)
        if same:
            check.warnings.append(_by_whom("same_file", scope, same))
            return
        for other in self._store.list_counted(scope, row.id):
            was = ImportCheck.from_json(other.check_result)
            if was.rows and check.rows and was.first_day <= check.last_day and check.first_day <= was.last_day:
                days = {"first": was.first_day, "last": was.last_day}
                check.warnings.append(Note("same_days", {"file": other.file_name, **days}))
                return

    def _forget_file(self, row: StatisticsImport) -> None:
        key = row.storage_key
        after_commit(self._session, lambda: self._files.delete(key))

    def _record(self, scope: Scope, row: StatisticsImport, action: str) -> None:
        self._audit.record(
            scope.actor,
            action,
            advertiser_id=scope.advertiser_id,
            subject_type="import",
            subject_id=row.public_id,
            subject_name=row.file_name,
        )


def already_imported(scope: Scope, twin: StatisticsImport) -> Invalid:
    """Return the error that says when the same rows came."""
    note = _by_whom("already_imported", scope, twin)
    return Invalid({"rows": FieldError(OBSTACLES[note.code], **note.values)})


def _by_whom(code: str, scope: Scope, row: StatisticsImport) -> Note:
    day = row.created_at.astimezone(scope.zone).date().isoformat()
    return Note(code, {"day": day, "name": row.created_by_name})


def _ambiguous(options: ImportOptions) -> Note:
    column = options.column_of(Target.DATE)
    return Note("ambiguous_dates", {"value": column.samples[0] if column and column.samples else ""})


def _one_other_currency(check: ImportCheck, account: str) -> list[Note]:
    """Say it once when all rows are in another currency."""
    bad = check.problem_counts.get("other_currency", 0)
    if check.rows or not bad:
        return []
    value = next((problem.value for problem in check.problems if problem.code == "other_currency"), "")
    return [Note("other_currency", {"file": value, "account": account})]


def _several_days(options: ImportOptions) -> list[Note]:
    """Warn when rows name a last day of their own that differs from the first."""
    first = options.column_of(Target.DATE)
    last = next((column for column in options.columns if words(column.header) in _LAST_DAYS), None)
    if first is None or last is None or replace(last, samples=first.samples) == last:
        return []
    return [Note("several_days")]
