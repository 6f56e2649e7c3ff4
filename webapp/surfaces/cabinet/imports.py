"""Statistics imports: uploading a file, saying what its columns are, starting, watching, taking back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Invalid, KabinetError
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.domain.analytics.imports.types import ImportOptions
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.import_options import read_change
from webapp.surfaces.cabinet.import_page import ImportPage, Phase, failure_of, standing
from webapp.surfaces.cabinet.import_words import (
    delimiter_choices,
    encoding_choices,
    register_import_words,
    target_groups,
)
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.forms import error_text
from webapp.web.htmx import fragment, go, invalid, page, toast
from webapp.web.tenancy import scope

PAGE_SIZE = 25
PAGE, PART = "cabinet/imports/detail.html", "cabinet/imports/_import.html"

bp.record_once(lambda state: register_import_words(state.app))
bp.add_app_template_global(standing, "import_standing")
bp.add_app_template_global(failure_of, "import_failure")


@bp.get("/imports")
@requires(Permission.REPORT_READ)
def import_list() -> ResponseReturnValue:
    """Show what was imported, and a place to drop the next file."""
    return page("cabinet/imports/index.html", fragment="cabinet/imports/_table.html", imports=_found(), errors=[])


@bp.post("/imports")
@requires(Permission.STATISTICS_IMPORT)
def import_upload() -> ResponseReturnValue:
    """Keep a file and show what it would become."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid({"file": "Choose a file."})
        row = services().imports.upload(scope(), file.filename, cast(BinaryIO, file.stream))
    except Invalid as error:
        errors = [_about(file.filename if file else "", sentence) for sentence in error.errors.values()]
        return _not_taken(errors)
    return go(url_for(".import_detail", import_id=row.public_id))


@bp.get("/imports/<public_id:import_id>")
@requires(Permission.REPORT_READ)
def import_detail(import_id: PublicId) -> ResponseReturnValue:
    """Show an import: what its columns become, its first rows, its progress or its result."""
    return page(PAGE, fragment=PART, **_shown(import_id))


@bp.get("/imports/<public_id:import_id>/status")
@requires(Permission.REPORT_READ)
def import_status(import_id: PublicId) -> ResponseReturnValue:
    """Show how far an import is; the fragment of one that has ended asks no more."""
    part = "cabinet/imports/_row.html" if request.args.get("as") == "row" else PART
    return page(PAGE, fragment=part, **_shown(import_id))


@bp.post("/imports/<public_id:import_id>/options")
@requires(Permission.STATISTICS_IMPORT)
def import_change(import_id: PublicId) -> ResponseReturnValue:
    """Read the file another way and show what that changes."""
    row = services().imports.get(scope(), import_id)
    try:
        change = read_change(request.form, ImportOptions.from_json(row.options))
        services().imports.change(
            scope(), import_id, change.options, guess_again=change.guess_again, keep_header=change.keep_header
        )
    except Invalid as error:
        return _refused(import_id, error.errors)
    return _answer(import_id)


@bp.post("/imports/<public_id:import_id>/start")
@requires(Permission.STATISTICS_IMPORT)
def import_start(import_id: PublicId) -> ResponseReturnValue:
    """Import the rows: all of them, or the good ones."""
    only_good_rows = request.form.get("rows") == "good"
    try:
        services().imports.start(scope(), import_id, only_good_rows=only_good_rows)
    except Invalid as error:
        return _refused(import_id, error.errors)
    return _answer(import_id)


@bp.post("/imports/<public_id:import_id>/retry")
@requires(Permission.STATISTICS_IMPORT)
def import_retry(import_id: PublicId) -> ResponseReturnValue:
    """Do failed work again."""
    services().imports.retry(scope(), import_id)
    return _answer(import_id)


@bp.post("/imports/<public_id:import_id>/remove")
@requires(Permission.STATISTICS_IMPORT)
def import_remove(import_id: PublicId) -> ResponseReturnValue:
    """Take an import back, or throw away a file of which nothing was imported."""
    row = services().imports.remove(scope(), import_id)
    if row.state is ImportState.REMOVED and not row.row_count:
        toast(_("“%(file)s” is thrown away. Nothing of it was imported.", file=row.file_name))
        return go(url_for(".import_list"))
    return _answer(import_id)


def _found() -> Page[StatisticsImport]:
    number = max(1, request.args.get("page", 1, type=int))
    return services().imports.list_page(scope(), PageRequest(number, PAGE_SIZE))


def _not_taken(errors: list[str]) -> Response:
    """Show the form of the upload again with what is wrong with the file."""
    return invalid(
        "cabinet/imports/index.html", fragment="cabinet/imports/_upload.html", imports=_found(), errors=errors
    )


def _about(file_name: str | None, sentence: str | KabinetError) -> str:
    text = error_text(sentence)
    return f"{file_name}: {text}" if file_name else text


def _answer(import_id: PublicId) -> ResponseReturnValue:
    return fragment(PART, otherwise=url_for(".import_detail", import_id=import_id), **_shown(import_id))


def _refused(import_id: PublicId, errors: Mapping[str, str | KabinetError]) -> Response:
    return invalid(PAGE, fragment=PART, **_shown(import_id, errors))


def _shown(import_id: PublicId, errors: Mapping[str, str | KabinetError] | None = None) -> dict[str, Any]:
    """Collect what the page of an import shows; of what is not on the screen nothing is looked up."""
    who, imports = scope(), services().imports
    row = imports.get(who, import_id)
    shown = ImportPage(row, who, imports.task_of(who, row), errors=errors or {})
    choices: dict[str, Any] = {}
    if shown.phase is Phase.CHECKED:
        shown.twin = imports.find_twin(who, row) if shown.twins else None
        shown.sheets = imports.sheet_names(who, row) if shown.may_change else []
        options = shown.options
        choices = {
            "targets": target_groups(),
            "encodings": encoding_choices(options.encoding),
            "delimiters": delimiter_choices(options.delimiter),
        }
    return {"shown": shown, "row": row, "choices": choices}
