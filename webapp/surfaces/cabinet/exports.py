"""Exports: asking for one, watching it, fetching its file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from webapp.core.errors import Invalid, KabinetError
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.tasks.exports import ExportRequest
from webapp.domain.tasks.models import Task
from webapp.surfaces.cabinet import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.forms import error_text
from webapp.web.htmx import fragment, page
from webapp.web.tenancy import scope

PAGE_SIZE = 25


@bp.get("/exports")
@requires(Permission.REPORT_READ)
def export_list() -> ResponseReturnValue:
    """Show the exports of the last weeks."""
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().exports.list_page(scope(), wanted)
    return page("cabinet/exports/index.html", fragment="cabinet/exports/_table.html", exports=found)


@bp.post("/exports")
@requires(Permission.REPORT_READ)
def export_create() -> ResponseReturnValue:
    """Queue an export and show its progress."""
    wanted = ExportRequest(
        what=request.form.get("what", ""),
        format=request.form.get("format", ""),
        title=request.form.get("title", ""),
        params=_params(request.form.get("params", "")),
        locale=_language(),
    )
    task = services().exports.request(scope(), wanted)
    return fragment("cabinet/exports/_job.html", export=task, otherwise=url_for(".export_list"))


@bp.get("/exports/<public_id:export_id>")
@requires(Permission.REPORT_READ)
def export_status(export_id: PublicId) -> ResponseReturnValue:
    """Show how far an export is; the fragment of one that has ended asks no more."""
    task = services().exports.get(scope(), export_id)
    template = "cabinet/exports/_row.html" if request.args.get("as") == "row" else "cabinet/exports/_job.html"
    return page("cabinet/exports/detail.html", fragment=template, export=task)


@bp.post("/exports/<public_id:export_id>/retry")
@requires(Permission.REPORT_READ)
def export_retry(export_id: PublicId) -> ResponseReturnValue:
    """Start a failed export again."""
    task = services().exports.retry(scope(), export_id)
    template = "cabinet/exports/_row.html" if request.args.get("as") == "row" else "cabinet/exports/_job.html"
    return fragment(template, export=task, otherwise=url_for(".export_list"))


@bp.get("/exports/<public_id:export_id>/file")
@requires(Permission.REPORT_READ)
def export_file(export_id: PublicId) -> ResponseReturnValue:
    """Hand out the file, to members who may see the table it came from."""
    task, file = services().exports.open_file(scope(), export_id)
    kept = task.result
    response = send_file(file, mimetype=kept["mime"], as_attachment=True, download_name=kept["name"], max_age=0)
    response.headers["Cache-Control"] = "private, no-store"
    response.content_length = kept["size"]
    return response


def _params(text: str) -> Mapping[str, Sequence[str]]:
    """Read the page's query string as JSON: `{"by": ["site"]}`."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise Invalid({"params": "The filters of this export cannot be read."}) from error
    if not isinstance(found, dict) or not all(_is_texts(values) for values in found.values()):
        raise Invalid({"params": "The filters of this export cannot be read."})
    return found


def _is_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else "en"


def failure_of(task: Task) -> str:
    """Return why a task failed, in the reader's language."""
    if not task.error:
        return str(gettext("The export failed."))
    return error_text(KabinetError(task.error, **task.result.get("error_values", {})))


def percent_of(task: Task) -> int | None:
    """Return how far a task is, None when its size is not known."""
    if task.progress_total <= 0:
        return None
    return min(100, task.progress_done * 100 // task.progress_total)


@bp.app_template_global("query_json")
def query_json(**changes: Any) -> str:
    """Return the page's query string as the JSON an export form carries."""
    found: dict[str, list[str]] = {name: request.args.getlist(name) for name in request.args if name != "page"}
    found.update({name: [str(value)] for name, value in changes.items()})
    return json.dumps(found, ensure_ascii=False)


bp.add_app_template_global(failure_of, "task_failure")
bp.add_app_template_global(percent_of, "task_percent")
