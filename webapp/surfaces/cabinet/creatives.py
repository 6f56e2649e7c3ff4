"""Creatives: the gallery, the editor with its preview, versions and their review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Conflict, Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads import creative_policies as policies
from webapp.domain.ads.creative_types import CreativeDetail, GalleryQuery, GalleryTab
from webapp.domain.ads.models import Asset, Creative, CreativeKind
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.creative_forms import CreativeForm, form_of
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.creative_words import register_creative_words
from webapp.web.forms import error_text
from webapp.web.htmx import go, page, toast
from webapp.web.once import once
from webapp.web.tenancy import scope

PAGE_SIZE = 24
CONFLICT = 409

bp.record_once(lambda state: register_creative_words(state.app))


@bp.get("/creatives")
@requires(Permission.CREATIVE_READ)
def creative_list() -> ResponseReturnValue:
    """Show the gallery."""
    asked = GalleryQuery(_tab(), _kind(), request.args.get("q", "").strip()[:100])
    number = max(1, request.args.get("page", 1, type=int))
    found = services().creatives.list_gallery(scope(), asked, PageRequest(number, PAGE_SIZE))
    counts = services().creatives.tab_counts(scope())
    shown: dict[str, Any] = {"found": found, "asked": asked, "counts": counts}
    return page("cabinet/creatives/index.html", fragment="cabinet/creatives/_gallery.html", **shown)


@bp.get("/creatives/new")
@requires(Permission.CREATIVE_WRITE)
def creative_new() -> ResponseReturnValue:
    """Show an empty editor."""
    kind = _kind() or CreativeKind.NATIVE
    return _editor(CreativeForm(formdata=None, kind=kind.value))


@bp.post("/creatives")
@requires(Permission.CREATIVE_WRITE)
@once(".creative_list")
def creative_create() -> ResponseReturnValue:
    """Keep version 1 as a draft, or send it for review at once."""
    form = CreativeForm()

    def write() -> Creative:
        return services().creatives.create(scope(), form.chosen_kind, form.given(_picture(form)))

    return _write(form, None, write)


@bp.post("/creatives/pictures")
@requires(Permission.CREATIVE_WRITE)
def creative_picture() -> ResponseReturnValue:
    """Take a picture in and redraw its block: the file, its checks, or what is wrong with it."""
    form = CreativeForm()
    before = form.picture_id
    try:
        form.asset_id.data = _picture(form)
    except Invalid as error:
        form.accept(error)
        form.asset_id.data = before
    status = 422 if form.picture.errors else 200
    return page("cabinet/creatives/_picture.html", status=status, **_about_picture(form))


@bp.get("/creatives/<public_id:creative_id>")
@requires(Permission.CREATIVE_READ)
def creative_detail(creative_id: PublicId) -> ResponseReturnValue:
    """Show a creative: its editor, preview, versions and ads."""
    detail = services().creatives.get(scope(), creative_id)
    return _editor(form_of(detail), detail)


@bp.post("/creatives/<public_id:creative_id>")
@requires(Permission.CREATIVE_WRITE)
def creative_save(creative_id: PublicId) -> ResponseReturnValue:
    """Write the draft, or the next version; with act=submit send it for review too."""
    form = CreativeForm()
    detail = services().creatives.get(scope(), creative_id)
    form.kind.data = detail.creative.kind.value

    def write() -> Creative:
        return services().creatives.save(scope(), creative_id, form.given(_picture(form)), seen_version=form.seen)

    return _write(form, detail, write)


@bp.post("/creatives/<public_id:creative_id>/rename")
@requires(Permission.CREATIVE_WRITE)
def creative_rename(creative_id: PublicId) -> ResponseReturnValue:
    """Give the creative another name."""
    detail = services().creatives.get(scope(), creative_id)
    try:
        services().creatives.rename(scope(), creative_id, request.form.get("name", ""))
    except Invalid as error:
        form = form_of(detail)
        form.accept(error)
        return _editor(form, detail, status=422)
    toast(_("Saved"))
    return _back(creative_id)


@bp.post("/creatives/<public_id:creative_id>/submit")
@requires(Permission.CREATIVE_WRITE)
def creative_submit(creative_id: PublicId) -> ResponseReturnValue:
    """Send the draft for review."""
    try:
        creative = services().creatives.submit(scope(), creative_id)
    except Invalid as error:
        detail = services().creatives.get(scope(), creative_id)
        form = form_of(detail)
        form.accept(error)
        return _editor(form, detail, status=422)
    return _sent(creative)


@bp.post("/creatives/<public_id:creative_id>/withdraw")
@requires(Permission.CREATIVE_WRITE)
def creative_withdraw(creative_id: PublicId) -> ResponseReturnValue:
    """Take the version in review back."""
    return _deed(creative_id, services().creatives.withdraw, _("Withdrawn. It is a draft again."))


@bp.post("/creatives/<public_id:creative_id>/discard")
@requires(Permission.CREATIVE_WRITE)
def creative_discard(creative_id: PublicId) -> ResponseReturnValue:
    """Forget the draft."""
    return _deed(creative_id, services().creatives.discard, _("The draft is discarded."))


@bp.post("/creatives/<public_id:creative_id>/versions/<public_id:version_id>/edit")
@requires(Permission.CREATIVE_WRITE)
def creative_edit_copy(creative_id: PublicId, version_id: PublicId) -> ResponseReturnValue:
    """Begin a draft with an earlier version's words and picture."""
    services().creatives.edit_copy(scope(), creative_id, version_id)
    return _back(creative_id)


@bp.post("/creatives/<public_id:creative_id>/duplicate")
@requires(Permission.CREATIVE_WRITE)
@once(".creative_list")
def creative_duplicate(creative_id: PublicId) -> ResponseReturnValue:
    """Make a copy and open it."""
    copy = services().creatives.duplicate(scope(), creative_id)
    toast(_("This is the copy."))
    return _back(PublicId(copy.public_id))


@bp.post("/creatives/<public_id:creative_id>/archive")
@requires(Permission.CREATIVE_WRITE)
def creative_archive(creative_id: PublicId) -> ResponseReturnValue:
    """Put the creative away; the message offers to undo it."""
    try:
        creative = services().creatives.archive(scope(), creative_id)
    except Conflict as error:
        toast(error_text(error), kind="error")
        return _back(creative_id)
    message = _("“%(name)s” is archived.", name=creative.name)
    toast(message, undo=url_for(".creative_restore", creative_id=creative_id))
    return go(url_for(".creative_list"))


@bp.post("/creatives/<public_id:creative_id>/restore")
@requires(Permission.CREATIVE_WRITE)
def creative_restore(creative_id: PublicId) -> ResponseReturnValue:
    """Take the creative out of the archive."""
    return _deed(creative_id, services().creatives.restore, _("Back from the archive."))


def _write(form: CreativeForm, detail: CreativeDetail | None, write: Callable[[], Creative]) -> ResponseReturnValue:
    """Save what was written; with act=submit send it. What is wrong stands beside its field, all else as typed."""
    try:
        creative = write()
        if request.form.get("act") == "submit":
            return _sent(services().creatives.submit(scope(), PublicId(creative.public_id)))
    except Invalid as error:
        form.accept(error)
        return _editor(form, detail, status=422)
    except Conflict as error:
        form.form_errors = [error_text(error)]
        return _editor(form, detail, status=CONFLICT)
    toast(_("Saved"))
    return _back(PublicId(creative.public_id))


def _sent(creative: Creative) -> ResponseReturnValue:
    toast(_("“%(name)s” is in review.", name=creative.name))
    return _back(PublicId(creative.public_id))


def _deed(creative_id: PublicId, deed: Callable[[Scope, PublicId], Creative], message: str) -> ResponseReturnValue:
    deed(scope(), creative_id)
    toast(message)
    return _back(creative_id)


def _back(creative_id: PublicId) -> ResponseReturnValue:
    return go(url_for(".creative_detail", creative_id=creative_id))


def _picture(form: CreativeForm) -> PublicId | None:
    """Return the picture of the form: the file that came with it, else the one uploaded before."""
    file = request.files.get("picture")
    if file is None or not file.filename:
        return form.picture_id
    return PublicId(services().media.upload(scope(), cast(BinaryIO, file.stream), file.filename).public_id)


def _editor(form: CreativeForm, detail: CreativeDetail | None = None, status: int = 200) -> Response:
    return page("cabinet/creatives/detail.html", status=status, detail=detail, **_about_picture(form))


def _about_picture(form: CreativeForm) -> dict[str, Any]:
    asset: Asset | None = services().creatives.get_asset(scope(), form.picture_id) if form.picture_id else None
    rules = services().media.rules
    checks = policies.picture_checks(form.chosen_kind, asset, rules.max_bytes) if asset else []
    return {"form": form, "image": asset, "checks": checks, "rules": rules, "limits": policies}


def _tab() -> GalleryTab:
    asked = request.args.get("tab", "")
    return GalleryTab(asked) if asked in set(GalleryTab) else GalleryTab.ALL


def _kind() -> CreativeKind | None:
    asked = request.args.get("kind", "")
    return CreativeKind(asked) if asked in set(CreativeKind) else None
