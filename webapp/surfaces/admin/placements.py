"""Places on sites: what they take, and the tags that ask for their ads."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.permissions import Permission
from webapp.domain.delivery.models import Placement, Site
from webapp.surfaces.admin import bp
from webapp.surfaces.admin.site_forms import PlacementForm, category_choices, placement_form, say_switched, wants_open
from webapp.surfaces.admin.tags import tags_of
from webapp.web.access import requires
from webapp.web.app import kabinet, services
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.once import once
from webapp.web.tenancy import staff_scope


@bp.get("/sites/<public_id:site_id>/placements/new")
@requires(Permission.STAFF_INVENTORY)
def placement_new(site_id: PublicId) -> ResponseReturnValue:
    """Show an empty form."""
    return _form_page(placement_form(None), services().inventory.site(staff_scope(), site_id))


@bp.post("/sites/<public_id:site_id>/placements/new")
@requires(Permission.STAFF_INVENTORY)
@once("admin.site_list")
def placement_create(site_id: PublicId) -> ResponseReturnValue:
    """Add a place and show its tags."""
    form = placement_form(None)
    site = services().inventory.site(staff_scope(), site_id)
    if not form.validate():
        return _form_page(form, site, status=422)
    try:
        placement = services().inventory.create_placement(staff_scope(), site_id, form.given())
    except Invalid as refused:
        form.accept(refused)
        return _form_page(form, site, status=422)
    toast(_("The place is open. Put one of its tags into the page."))
    return go(url_for(".placement_detail", placement_id=placement.public_id))


@bp.get("/placements/<public_id:placement_id>")
@requires(Permission.STAFF_INVENTORY_READ)
def placement_detail(placement_id: PublicId) -> ResponseReturnValue:
    """Show a place, its tags, and what could stand there now."""
    placement, site = services().inventory.placement(staff_scope(), placement_id)
    tags = tags_of(placement.public_id, placement.size, kabinet().settings.delivery_url)
    shown = services().explainer.standing(placement.public_id) if placement.enabled and site.enabled else None
    return page(
        "admin/placements/detail.html",
        placement=placement,
        site=site,
        tags=tags,
        shown=shown,
        currency=services().inventory.currency,
    )


@bp.get("/placements/<public_id:placement_id>/edit")
@requires(Permission.STAFF_INVENTORY)
def placement_edit(placement_id: PublicId) -> ResponseReturnValue:
    """Show a place's form."""
    placement, site = services().inventory.placement(staff_scope(), placement_id)
    return _form_page(placement_form(placement), site, placement)


@bp.post("/placements/<public_id:placement_id>/edit")
@requires(Permission.STAFF_INVENTORY)
def placement_update(placement_id: PublicId) -> ResponseReturnValue:
    """Save a place."""
    placement, site = services().inventory.placement(staff_scope(), placement_id)
    form, save = placement_form(placement), services().inventory.update_placement
    if not form.validate() or not form.saved(
        lambda: save(staff_scope(), placement_id, form.given(), version=form.seen_version)
    ):
        return _form_page(form, site, placement, status=422)
    toast(_("Saved. The nodes know it in a moment."))
    return go(url_for(".placement_detail", placement_id=placement_id))


@bp.post("/placements/<public_id:placement_id>/switch")
@requires(Permission.STAFF_INVENTORY)
def placement_switch(placement_id: PublicId) -> ResponseReturnValue:
    """Open or close a place."""
    say_switched(services().inventory.switch_placement(staff_scope(), placement_id, wants_open()))
    return go(url_for(".placement_detail", placement_id=placement_id))


def _form_page(
    form: PlacementForm, site: Site, placement: Placement | None = None, status: int = 200
) -> ResponseReturnValue:
    answer = invalid if status != 200 else page
    return answer(
        "admin/placements/form.html",
        form=form,
        site=site,
        placement=placement,
        categories=category_choices(),
        currency=services().inventory.currency,
    )
