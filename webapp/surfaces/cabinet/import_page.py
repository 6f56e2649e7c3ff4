"""What the page of one import shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, cast

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.core.errors import KabinetError
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.analytics.imports.types import DIMENSIONS, METRICS, Column, ImportCheck, ImportOptions, Note, Target
from webapp.domain.analytics.imports.work import DOUBLED
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.tasks.models import Task, TaskState
from webapp.surfaces.cabinet.import_words import obstacle_text, short, target_label
from webapp.web.filters import integer
from webapp.web.forms import error_text

#: Columns with a choice of their own; of a wider table the others are chosen from one list.
SHOWN_COLUMNS = 25
#: Obstacles that another file, not another choice, removes.
_TWINS = frozenset({"already_imported", "same_file"})


class Phase(StrEnum):
    """What can be done about an import."""

    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    REMOVING = "removing"
    REMOVED = "removed"
    FAILED = "failed"


_PHASES = {
    ImportState.UPLOADED: Phase.CHECKING,
    ImportState.CHECKED: Phase.CHECKED,
    ImportState.QUEUED: Phase.RUNNING,
    ImportState.RUNNING: Phase.RUNNING,
    ImportState.DONE: Phase.DONE,
    ImportState.FAILED: Phase.FAILED,
    ImportState.REMOVING: Phase.REMOVING,
    ImportState.REMOVED: Phase.REMOVED,
}
AT_WORK = (Phase.CHECKING, Phase.RUNNING, Phase.REMOVING)


@dataclass
class ImportPage:
    """An import with its background work, and what else its page needs."""

    row: StatisticsImport
    scope: Scope
    task: Task | None = None
    twin: StatisticsImport | None = None
    sheets: list[str] = field(default_factory=list)
    errors: Mapping[str, str | KabinetError] = field(default_factory=dict)

    @cached_property
    def options(self) -> ImportOptions:
        """Return how the file is read."""
        return ImportOptions.from_json(self.row.options)

    @cached_property
    def check(self) -> ImportCheck:
        """Return what the file would become; empty before the first check."""
        return ImportCheck.from_json(self.row.check_result)

    @cached_property
    def phase(self) -> Phase:
        """Return what can be done now; work that gave up has failed, whatever it was."""
        phase = _PHASES[self.row.state]
        gave_up = self.task is not None and self.task.state is TaskState.FAILED
        return Phase.FAILED if phase in AT_WORK and gave_up else phase

    @property
    def at_work(self) -> bool:
        """Tell whether to ask again in a moment."""
        return self.phase in AT_WORK

    @property
    def may_change(self) -> bool:
        """Tell whether the reader may decide about this import."""
        return self.scope.can(Permission.STATISTICS_IMPORT)

    def has(self, *targets: str) -> bool:
        """Tell whether some column is given to one of these targets."""
        return any(column.target in targets for column in self.options.columns)

    @property
    def ready(self) -> bool:
        """Tell whether all or some rows can be imported."""
        return not self.check.obstacles and self.check.rows > 0

    @property
    def twins(self) -> bool:
        """Tell whether the same rows or the same file came before."""
        return any(note.code in _TWINS for note in (*self.check.obstacles, *self.check.warnings))

    @cached_property
    def own_columns(self) -> list[Column]:
        """Return the columns with a choice of their own: the first, and all that are used."""
        used = [column for column in self.options.columns if column.target is not Target.IGNORE]
        first = list(self.options.columns[:SHOWN_COLUMNS])
        return sorted({column.index: column for column in (*used, *first)}.values(), key=lambda column: column.index)

    @cached_property
    def other_columns(self) -> list[Column]:
        """Return the ignored columns far right in a wide table."""
        own = {column.index for column in self.own_columns}
        return [column for column in self.options.columns if column.index not in own]

    @property
    def other_choices(self) -> list[tuple[str, str]]:
        """Return those columns as choices of a list."""
        return [(str(column.index), short(column.header)) for column in self.other_columns]

    @property
    def sheet_choices(self) -> list[tuple[str, str]]:
        """Return the sheets as choices of a list."""
        return [(name, name) for name in self.sheets]

    @property
    def dimensions(self) -> list[str]:
        """Return the names of what figures can be broken down by, besides campaign and ad."""
        kept = (*DIMENSIONS, Target.DIMENSION)
        return [column.name or target_label(column.target) for column in self.options.columns if column.target in kept]

    @property
    def metrics(self) -> list[str]:
        """Return the figures the file has."""
        return [target.value for target in METRICS if target.value in self.check.totals]

    @property
    def days(self) -> tuple[date, date] | None:
        """Return the first and the last day of the figures."""
        if not self.check.first_day:
            return None
        return date.fromisoformat(self.check.first_day), date.fromisoformat(self.check.last_day)

    @property
    def report_url(self) -> str:
        """Return the address of the report over the days of the file."""
        if not self.days:
            return url_for("cabinet.report")
        period = {"from": self.check.first_day, "to": self.check.last_day, "compare": "none"}
        return url_for("cabinet.report", **cast("dict[str, Any]", period))

    def error_of(self, name: str) -> list[str]:
        """Return what is wrong with a field."""
        return [error_text(self.errors[name])] if name in self.errors else []

    @property
    def other_errors(self) -> list[str]:
        """Return what is wrong with the form as a whole."""
        return [error_text(error) for name, error in self.errors.items() if name not in ("header_line", "day")]


def standing(row: StatisticsImport) -> tuple[str, str]:
    """Return the status code of an import in the list, and its reason."""
    if row.state is not ImportState.CHECKED:
        return row.state.value, ""
    obstacles, bad = row.check_result.get("obstacles", ()), row.check_result.get("bad_rows", 0)
    if obstacles:
        return "blocked", obstacle_text(Note(**obstacles[0]))
    if bad:
        said = ngettext("%(rows)s row to correct", "%(rows)s rows to correct", bad, rows=integer(bad))
        return "blocked", str(said)
    return "checked", ""


def failure_of(page: ImportPage) -> str:
    """Say why the work of an import came to nothing."""
    if page.task is not None and page.task.error:
        values = page.task.result.get("error_values", {})
        return error_text(KabinetError(page.task.error, **values))
    # Found out after its task was done; other errors of the row are kept with their values filled in.
    if page.row.error == DOUBLED:
        return error_text(KabinetError(DOUBLED))
    return str(gettext("The work stopped before its end."))
