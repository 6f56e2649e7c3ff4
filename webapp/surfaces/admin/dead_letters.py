"""Dead letters: events a consumer gave up on, to be looked at and done anew."""

from __future__ import annotations

import json

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.events.models import DeadLetter
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import go, page, toast
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 50


@bp.get("/dead-letters")
@requires(Permission.STAFF_JOBS)
def dead_letter_list() -> ResponseReturnValue:
    """Show what waits for staff, or (`show=replayed`) what was done anew."""
    replayed = request.args.get("show") == "replayed"
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().dead_letters.list_page(staff_scope(), wanted, replayed=replayed)
    waiting = services().dead_letters.count()
    return page(
        "admin/dead_letters/index.html",
        fragment="admin/dead_letters/_table.html",
        found=found,
        replayed=replayed,
        waiting=waiting,
    )


@bp.get("/dead-letters/<public_id:letter_id>")
@requires(Permission.STAFF_JOBS)
def dead_letter_detail(letter_id: PublicId) -> ResponseReturnValue:
    """Show one event, why it failed and what it carries."""
    row = services().dead_letters.get(staff_scope(), letter_id)
    letter = row.letter
    payload = json.dumps(letter.payload, ensure_ascii=False, indent=2)
    names = services().directory.names({letter.advertiser_id} if letter.advertiser_id is not None else ())
    return page(
        "admin/dead_letters/detail.html", row=row, payload=payload, advertiser=names.get(letter.advertiser_id or 0, "")
    )


@bp.post("/dead-letters/<public_id:letter_id>/replay")
@requires(Permission.STAFF_JOBS)
def dead_letter_replay(letter_id: PublicId) -> ResponseReturnValue:
    """Give one event to its consumer anew."""
    letter = services().dead_letters.replay(staff_scope(), letter_id)
    _note("dead_letter.replay", letter.public_id, letter.name, letter)
    toast(gettext("The event was given to its reader anew."))
    return go(url_for(".dead_letter_detail", letter_id=letter_id))


@bp.post("/dead-letters/replay")
@requires(Permission.STAFF_JOBS)
def dead_letter_replay_all() -> ResponseReturnValue:
    """Give all that wait to their consumers anew."""
    count = services().dead_letters.replay_all(staff_scope())
    if count:
        _note("dead_letter.replay_all", "", str(count))
    toast(
        ngettext(
            "%(num)s event was given to its reader anew.", "%(num)s events were given to their readers anew.", count
        )
    )
    return go(url_for(".dead_letter_list"))


def _note(action: str, subject_id: str, name: str, letter: DeadLetter | None = None) -> None:
    services().audit.record(
        staff_scope().actor,
        action,
        advertiser_id=letter.advertiser_id if letter else None,
        subject_type="dead_letter",
        subject_id=subject_id,
        subject_name=name,
    )
