"""The proof: what was charged is what happened and what the nodes counted, day by day."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from webapp.core.paging import Page, PageRequest
from webapp.core.periods import today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.delivery.reconciliation import ComparedDay
from webapp.surfaces.cabinet import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.difference_words import difference_label, difference_meaning, difference_tone
from webapp.web.htmx import page
from webapp.web.periods import chosen_period, form_params, here
from webapp.web.tenancy import scope

PAGE_SIZE = 50


@bp.get("/balance/reconciliation")
@requires(Permission.BALANCE_READ)
def reconciliation() -> ResponseReturnValue:
    """Compare the stores now: every campaign's day of a period, or those alone that differ."""
    return page(
        "cabinet/balance/reconciliation.html", fragment="cabinet/balance/_reconciliation.html", **_context(scope())
    )


def _context(scope: Scope) -> dict[str, Any]:
    days, only = chosen_period(scope), request.args.get("show") == "differing"
    found = services().reconciliation.compare(scope, days.period, services().campaigns.every(scope))
    rows = [row for row in found.rows if row.difference] if only else found.rows
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    shown: Page[ComparedDay] = Page(rows[wanted.offset : wanted.offset + wanted.size], len(rows), wanted)
    return {
        "scope": scope,
        "days": days,
        "found": found,
        "shown": shown,
        "only": only,
        "differing": sum(bool(row.difference) for row in found.rows),
        "today": today_in(scope.zone, services().clock.now()),
        "checked_at": services().clock.now(),
        "links": [here(show=None), here(show="differing")],
        "page_url": lambda number: here(page=number),
        "form_params": form_params,
        "label_of": difference_label,
        "meaning_of": difference_meaning,
        "tone_of": difference_tone,
    }
