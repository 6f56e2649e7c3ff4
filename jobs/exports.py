"""The export task: build the table, write it into a file, keep the file."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import BinaryIO, cast

from flask_babel import force_locale, gettext

from webapp.core.errors import NotFound
from webapp.core.scope import Actor, Scope
from webapp.core.tables import Cell, Column, Table
from webapp.db.transaction import rollback
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome
from webapp.wiring import Services

Params = Mapping[str, Sequence[str]]
#: Builds a table as its page shows it, all pages of it, titles as English gettext keys.
Builder = Callable[[Services, Scope, Params], Table]

#: One entry for each of `webapp.domain.tasks.exports.EXPORTABLES`, imported when first asked for.
BUILDERS: dict[str, str] = {
    "report": "jobs.tables:report",
    "chart": "jobs.tables:chart",
    "campaigns": "jobs.lists:campaigns",
    "ads": "jobs.lists:ads",
    "transactions": "jobs.lists:transactions",
    "charge_events": "jobs.events:charge_events",
    "charges": "jobs.money:charges",
    "reconciliation": "jobs.money:reconciliation",
}


def run(services: Services, task: Task, progress: Progress) -> Outcome:
    """Write the table a task asks for."""
    wanted = task.payload
    if task.advertiser_id is None:
        raise NotFound
    scope = services.accounts.system_scope_by_id(task.advertiser_id, Actor(task.created_by, task.created_by_name))
    with force_locale(wanted["locale"]):
        table = translated(builder_of(wanted["what"])(services, scope, wanted["params"]))
        # All rows are known: nothing may hold the database while the file is written.
        rollback(services.session)
        return _write(services, task, table, progress)


def _write(services: Services, task: Task, table: Table, progress: Progress) -> Outcome:
    writer = services.adapters.table_writer(task.payload["format"])
    progress.report(0, table.row_count)
    with tempfile.TemporaryFile() as opened:
        file = cast(BinaryIO, opened)
        rows = writer.write(table, file, lambda done: progress.report(done, table.row_count))
        file.seek(0)
        return services.exports.keep(task, file, writer.suffix, writer.mime, rows)


@lru_cache
def builder_of(what: str) -> Builder:
    """Return the function that builds a table."""
    module, _, name = BUILDERS[what].partition(":")
    return cast(Builder, getattr(importlib.import_module(module), name))


def translated(table: Table) -> Table:
    """Return the table with its titles and its word for the total in the reader's language."""
    columns = [_translated(column) for column in table.columns]
    return replace(table, title=gettext(table.title), columns=columns, totals=_word_for_total(table.totals))


def _translated(column: Column) -> Column:
    return replace(column, title=gettext(column.title)) if column.translated and column.title else column


def _word_for_total(totals: Sequence[Cell] | None) -> Sequence[Cell] | None:
    if not totals or not isinstance(totals[0], str):
        return totals
    return (gettext(totals[0]), *totals[1:])
