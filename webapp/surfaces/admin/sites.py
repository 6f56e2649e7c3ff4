"""Sites as staff keep them."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.surfaces.admin import bp
from webapp.surfaces.admin.site_forms import say_switched, site_form, wants_open
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.category_words import category_name
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.once import once
from webapp.web.size_words import size_label, size_name
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 50

bp.add_app_template_filter(category_name, "category_name")
for word in (size_label, size_name):
    bp.add_app_template_global(word, word.__name__)


@bp.get("/sites")
@requires(Permission.STAFF_INVENTORY_READ)
def site_list() -> ResponseReturnValue:
    """Show every site by name."""
    text = request.args.get("q", "").strip()[:100]
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().inventory.sites(staff_scope(), wanted, text)
    return page("admin/sites/index.html", fragment="admin/sites/_table.html", found=found, text=text)


@bp.get("/sites/new")
@requires(Permission.STAFF_INVENTORY)
def site_new() -> ResponseReturnValue:
    """Show an empty form."""
    return page("admin/sites/form.html", form=site_form(None), site=None)


@bp.post("/sites/new")
@requires(Permission.STAFF_INVENTORY)
@once("admin.site_list")
def site_create() -> ResponseReturnValue:
    """Add a site and open it."""
    form = site_form(None)
    try:
        site = services().inventory.create_site(staff_scope(), form.given())
    except Invalid as refused:
        form.accept(refused)
        return invalid("admin/sites/form.html", form=form, site=None)
    return go(url_for(".site_detail", site_id=site.public_id))


@bp.get("/sites/<public_id:site_id>")
@requires(Permission.STAFF_INVENTORY_READ)
def site_detail(site_id: PublicId) -> ResponseReturnValue:
    """Show a site and the places on it."""
    inventory = services().inventory
    site = inventory.site(staff_scope(), site_id)
    places = inventory.placements(staff_scope(), site)
    return page("admin/sites/detail.html", site=site, places=places, currency=inventory.currency)


@bp.get("/sites/<public_id:site_id>/edit")
@requires(Permission.STAFF_INVENTORY)
def site_edit(site_id: PublicId) -> ResponseReturnValue:
    """Show a site's form."""
    site = services().inventory.site(staff_scope(), site_id)
    return page("admin/sites/form.html", form=site_form(site), site=site)


@bp.post("/sites/<public_id:site_id>/edit")
@requires(Permission.STAFF_INVENTORY)
def site_update(site_id: PublicId) -> ResponseReturnValue:
    """Save a site."""
    site = services().inventory.site(staff_scope(), site_id)
    form, save = site_form(site), services().inventory.update_site
    if not form.saved(lambda: save(staff_scope(), site_id, form.given(), version=form.seen_version)):
        return invalid("admin/sites/form.html", form=form, site=site)
    toast(_("Saved. The nodes know it in a moment."))
    return go(url_for(".site_detail", site_id=site_id))


@bp.post("/sites/<public_id:site_id>/switch")
@requires(Permission.STAFF_INVENTORY)
def site_switch(site_id: PublicId) -> ResponseReturnValue:
    """Open or close a site."""
    say_switched(services().inventory.switch_site(staff_scope(), site_id, wants_open()))
    return go(url_for(".site_detail", site_id=site_id))
