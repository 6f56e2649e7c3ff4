"""What the nights found: every advertiser's days that differ, and how many were compared."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.ads.services.subjects import EventSubjects
from webapp.domain.delivery.differences import Difference
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.difference_words import difference_label, difference_meaning, difference_tone
from webapp.web.htmx import page
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 50


@bp.get("/reconciliation")
@requires(Permission.STAFF_LEDGER_READ)
def reconciliation() -> ResponseReturnValue:
    """Show the nights of two weeks, and each day that differs."""
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().reconciliation.differing(staff_scope(), wanted)
    subjects: EventSubjects = services().event_subjects
    rows = [
        (row, subjects.campaign(row.advertiser_id, row.campaign_id), Difference(row.difference)) for row in found.items
    ]
    return page(
        "admin/reconciliation/index.html",
        fragment="admin/reconciliation/_table.html",
        nights=services().reconciliation.nights(staff_scope()),
        found=found,
        rows=rows,
        accounts=services().directory.accounts({row.advertiser_id for row in found.items}),
        names=services().directory.names({row.advertiser_id for row in found.items}),
        label_of=difference_label,
        meaning_of=difference_meaning,
        tone_of=difference_tone,
    )
