"""Importing a file of statistics from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from jobs.imports import check_import, run_import
from webapp.core.errors import Invalid, KabinetError
from webapp.core.money import to_decimal
from webapp.core.scope import Scope
from webapp.db.transaction import transaction
from webapp.domain.analytics.imports.sentences import OBSTACLES, PROBLEMS, WARNINGS
from webapp.domain.analytics.imports.types import ImportCheck, ImportOptions, Note, Problem
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.tasks.ports import Silent
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

Say = Callable[[str], None]
_SHOWN = 20


def import_statistics(
    app: KabinetFlask, file: Path, advertiser: str, *, day: str | None = None, good_rows: bool = False, say: Say = print
) -> int:
    """Import a file for an advertiser, here and now; return the number of rows, 0 when they counted already.

    Raises KabinetError when nothing was imported.
    """
    # Before anything is written: a server beside us may hold the embedded store, and nobody would take the import up.
    app.adapters.analytics.ping()
    services: Services = app.adapters.services(db.session())
    scope = services.accounts.system_scope(advertiser)
    row = _upload(services, scope, file, day)
    check, options = ImportCheck.from_json(row.check_result), ImportOptions.from_json(row.options)
    _tell(check, say)
    twin = next((note for note in check.obstacles if note.code == "already_imported"), None)
    if twin:
        _discard(services, scope, row)
        say(_text(twin, OBSTACLES))
        return 0
    if not check.ready_for(options.with_changes(only_good_rows=good_rows)):
        _discard(services, scope, row)
        raise _refusal(check)
    return _run(services, scope, row, good_rows, say)


def _upload(services: Services, scope: Scope, file: Path, day: str | None) -> StatisticsImport:
    """Keep and check the file."""
    with transaction(services.session), file.open("rb") as source:
        row = services.imports.upload(scope, file.name, source, check=False)
        if day:
            options = ImportOptions.from_json(row.options).with_changes(day=_day(day))
            services.imports.change(scope, row.public_id, options, check=False)
    check_import(services, scope, row.public_id, Silent())
    return services.imports.get(scope, row.public_id)


def _run(services: Services, scope: Scope, row: StatisticsImport, good_rows: bool, say: Say) -> int:
    with transaction(services.session):
        services.imports.start(scope, row.public_id, only_good_rows=good_rows, in_background=False)
    rows = run_import(services, scope, row.public_id, Silent())
    if services.imports.get(scope, row.public_id).state is not ImportState.DONE:
        raise KabinetError("The import did not finish.")
    say(f"{rows:,} rows imported as {row.public_id}")
    return rows


def _discard(services: Services, scope: Scope, row: StatisticsImport) -> None:
    with transaction(services.session):
        services.imports.remove(scope, row.public_id)


def _refusal(check: ImportCheck) -> Invalid:
    if check.obstacles:
        return Invalid(_text(check.obstacles[0], OBSTACLES))
    return Invalid(f"{check.bad_rows} rows cannot be imported; correct the file, or add --good-rows")


def _tell(check: ImportCheck, say: Say) -> None:
    for problem in check.problems[:_SHOWN]:
        say(f"line {problem.line}: {_problem(problem)}")
    if check.bad_rows > _SHOWN:
        say(f"… {check.bad_rows:,} rows with problems in all")
    for note in check.warnings:
        say(_text(note, WARNINGS))
    if check.rows:
        figures = [f"{name} {_figure(name, value)}" for name, value in check.totals.items()]
        say(f"{check.rows:,} rows, {check.first_day} to {check.last_day}: {', '.join(figures)}")
        say(f"{check.new_campaigns} new campaigns, {check.new_ads} new ads")


def _problem(problem: Problem) -> str:
    where = f"{problem.header}: " if problem.header else ""
    return where + PROBLEMS[problem.code] % {"value": problem.value}


def _text(note: Note, sentences: dict[str, str]) -> str:
    return sentences[note.code] % note.values


def _figure(name: str, value: int) -> str:
    return f"{to_decimal(value):,.2f}" if name in ("spend", "revenue") else f"{value:,}"


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Invalid({"day": "Write the day as YYYY-MM-DD."}) from error
