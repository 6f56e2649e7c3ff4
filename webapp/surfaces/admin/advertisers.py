"""Advertisers as staff see them."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import page
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 50
LAST_DEEDS = 12


@bp.get("/advertisers")
@requires(Permission.STAFF_ADVERTISERS)
def advertiser_list() -> ResponseReturnValue:
    """Show every advertiser, newest first."""
    staff, text = staff_scope(), request.args.get("q", "").strip()[:100]
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().directory.search_advertisers(staff, wanted, text)
    ids = [card.id for card in found.items]
    balances = services().balances.staff_balances(staff, ids) if staff.can(Permission.STAFF_LEDGER_READ) else {}
    return page(
        "admin/advertisers/index.html",
        fragment="admin/advertisers/_table.html",
        found=found,
        text=text,
        balances=balances,
        campaigns=services().census.campaigns_of(staff, ids),
    )


@bp.get("/advertisers/<public_id:advertiser_id>")
@requires(Permission.STAFF_ADVERTISERS)
def advertiser_detail(advertiser_id: PublicId) -> ResponseReturnValue:
    """Show one advertiser: its people, its figures, the last deeds."""
    staff = staff_scope()
    card = services().directory.get_advertiser(staff, advertiser_id)
    balance = services().balances.staff_balance(staff, card.id) if staff.can(Permission.STAFF_LEDGER_READ) else None
    deeds = (
        services().audit.search(staff, PageRequest(1, LAST_DEEDS), advertiser_id=card.id).items
        if staff.can(Permission.STAFF_AUDIT)
        else []
    )
    return page(
        "admin/advertisers/detail.html",
        card=card,
        members=services().directory.members(staff, card.id),
        counts=services().census.of(staff, card.id),
        balance=balance,
        deeds=deeds,
    )
