"""Exports: a table of the cabinet as a file that lives for a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, BinaryIO

from webapp.core.clock import Clock
from webapp.core.errors import Invalid, NotFound
from webapp.core.files import FileStore
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.tasks.models import Task, TaskState
from webapp.domain.tasks.services import Tasks
from webapp.domain.tasks.types import Outcome

KIND = "export"
LIFETIME = timedelta(days=7)
MAX_PARAMS = 60
MAX_PARAM_LENGTH = 500

#: What can be exported, and what one must be allowed to see for it. `jobs.exports` knows how each is built.
EXPORTABLES: dict[str, Permission] = {
    "report": Permission.REPORT_READ,
    "chart": Permission.REPORT_READ,
    "campaigns": Permission.CAMPAIGN_READ,
    "ads": Permission.CAMPAIGN_READ,
    "transactions": Permission.BALANCE_READ,
    "charge_events": Permission.BALANCE_READ,
    "charges": Permission.BALANCE_READ,
    "reconciliation": Permission.BALANCE_READ,
}


class ExportFormat(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Which table, as its page shows it: `params` is the page's query string, `locale` the reader's language."""

    what: str
    format: str
    title: str
    params: Mapping[str, Sequence[str]]
    locale: str = "en"

    def __post_init__(self) -> None:
        """Refuse what nobody can build."""
        if self.what not in EXPORTABLES:
            raise Invalid({"what": "There is no such table."})
        if self.format not in tuple(ExportFormat):
            raise Invalid({"format": "Choose CSV or XLSX."})
        values = [value for group in self.params.values() for value in group]
        if len(values) > MAX_PARAMS or any(len(text) > MAX_PARAM_LENGTH for text in (*values, *self.params)):
            raise Invalid({"params": "These are too many filters for one export."})


class Exports:
    """Asks for exports, lists them and gives out their files."""

    def __init__(self, clock: Clock, tasks: Tasks, files: FileStore) -> None:
        self._clock = clock
        self._tasks = tasks
        self._files = files

    def request(self, scope: Scope, wanted: ExportRequest) -> Task:
        """Queue an export of what the person may see."""
        scope.require(EXPORTABLES[wanted.what])
        payload: dict[str, Any] = {
            "what": wanted.what,
            "format": wanted.format,
            "params": {name: list(values) for name, values in wanted.params.items()},
            "locale": wanted.locale,
        }
        return self._tasks.enqueue(scope, KIND, payload, wanted.title.strip() or wanted.what)

    def get(self, scope: Scope, public_id: str) -> Task:
        """Return an export the person may see, or raise NotFound."""
        task = self._tasks.get(scope, public_id)
        if task.kind != KIND or not scope.can(permission_of(task)):
            raise NotFound
        return task

    def list_page(self, scope: Scope, page: PageRequest) -> Page[Task]:
        """Return a page of the exports, newest first; those of tables the person may not see are left out."""
        found = self._tasks.list_page(scope, KIND, page)
        return Page([task for task in found.items if scope.can(permission_of(task))], found.total, page)

    def list_recent(self, scope: Scope, *, limit: int = 3) -> list[Task]:
        """Return the newest exports the person may see."""
        recent = self._tasks.list_recent(scope, KIND, limit=limit)
        return [task for task in recent if scope.can(permission_of(task))]

    def retry(self, scope: Scope, public_id: str) -> Task:
        """Start a failed export again."""
        return self._tasks.retry(scope, self.get(scope, public_id).public_id)

    def open_file(self, scope: Scope, public_id: str) -> tuple[Task, BinaryIO]:
        """Return an export and its file; raise NotFound when it is not done or its week is over."""
        task = self.get(scope, public_id)
        expired = task.expires_at is None or task.expires_at <= self._clock.now()
        if task.state is not TaskState.DONE or expired or "key" not in task.result:
            raise NotFound("The file is no longer here: exports are kept for seven days. Export it again.")
        return task, self._files.open(task.result["key"])

    def keep(self, task: Task, source: BinaryIO, suffix: str, mime: str, rows: int) -> Outcome:
        """Store the finished file and return what the task remembers of it."""
        # The attempt is part of the name: a worker that lost its task cannot replace the file of its successor.
        key = f"exports/{task.public_id[-2:]}/{task.public_id}-{task.attempts}.{suffix}"
        size = self._files.put(key, source)
        name = file_name(task.title, suffix)
        result = {"key": key, "name": name, "mime": mime, "size": size, "rows": rows}
        return Outcome(result, expires_at=self._clock.now() + LIFETIME)

    def remove_expired(self) -> int:
        """Remove the files whose week is over; return their number."""
        expired = self._tasks.list_expired()
        for task in expired:
            if task.result.get("key"):
                self._files.delete(task.result["key"])
            self._tasks.forget_file(task)
        return len(expired)


def permission_of(task: Task) -> Permission:
    """Return what one must be allowed to see this export."""
    return EXPORTABLES.get(str(task.payload.get("what")), Permission.ADVERTISER_MANAGE)


def file_name(title: str, suffix: str) -> str:
    """Return a name every system takes: `Sites by device` becomes `sites-by-device.csv`."""
    words = "".join(ch if ch.isalnum() else " " for ch in title.lower()).split()
    return f"{'-'.join(words)[:80].strip('-') or 'export'}.{suffix}"
