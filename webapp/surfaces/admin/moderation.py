"""Moderation: the queue, one version at a time, and what was decided."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.ads import creative_policies as policies
from webapp.domain.ads.creative_types import Rejection, Review
from webapp.domain.ads.models import CreativeVersion
from webapp.domain.ads.services.moderation import AlreadyDecided, sending_of
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.forms import error_text
from webapp.web.htmx import go, page, toast
from webapp.web.tenancy import staff_scope

PAGE_SIZE = 25


@bp.get("/moderation")
@requires(Permission.STAFF_MODERATE)
def moderation_queue() -> ResponseReturnValue:
    """Show the queue, its oldest version opened."""
    context = _queue()
    items = context["queue"].items
    review = services().moderation.get(staff_scope(), PublicId(items[0].version.public_id)) if items else None
    return _page(review, chosen=False, **context)


@bp.get("/moderation/decided")
@requires(Permission.STAFF_MODERATE)
def moderation_decided() -> ResponseReturnValue:
    """Show what was decided, the newest first."""
    found = services().moderation.list_decided(staff_scope(), _asked_page())
    state = services().moderation.queue_state(staff_scope())
    return page("admin/moderation/decided.html", fragment="admin/moderation/_decided.html", decided=found, state=state)


@bp.get("/moderation/<public_id:version_id>")
@requires(Permission.STAFF_MODERATE)
def moderation_review(version_id: PublicId) -> ResponseReturnValue:
    """Show one version beside the queue."""
    return _page(services().moderation.get(staff_scope(), version_id), **_queue())


@bp.post("/moderation/<public_id:version_id>/approve")
@requires(Permission.STAFF_MODERATE)
def moderation_approve(version_id: PublicId) -> ResponseReturnValue:
    """Approve a version and open the next."""
    try:
        version = services().moderation.approve(staff_scope(), version_id, seen=_seen())
    except AlreadyDecided as error:
        return _overtaken(version_id, error)
    toast(_("Approved."))
    return _next(version)


@bp.post("/moderation/<public_id:version_id>/reject")
@requires(Permission.STAFF_MODERATE)
def moderation_reject(version_id: PublicId) -> ResponseReturnValue:
    """Refuse a version with a reason, a field and a sentence, and open the next."""
    given = Rejection(*(request.form.get(name, "") for name in ("code", "field", "sentence")))
    try:
        version = services().moderation.reject(staff_scope(), version_id, given, seen=_seen())
    except AlreadyDecided as error:
        return _overtaken(version_id, error)
    except Invalid as error:
        review = services().moderation.get(staff_scope(), version_id)
        errors = {field: error_text(sentence) for field, sentence in error.errors.items()}
        return _page(review, given=_with_template(given), errors=errors, status=422, **_queue())
    toast(_("Rejected. The advertiser reads your sentence."))
    return _next(version)


def _queue() -> dict[str, Any]:
    moderation = services().moderation
    return {
        "queue": moderation.list_waiting(staff_scope(), _asked_page()),
        "state": moderation.queue_state(staff_scope()),
    }


def _page(review: Review | None, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    shown: dict[str, Any] = {"given": Rejection("", "", ""), "errors": {}, "chosen": True}
    shown.update(context, review=review, reasons=policies.REJECTION_REASONS)
    if review is not None:
        shown["fields"] = policies.FIELDS_OF_KIND[review.creative.kind]
        shown["sending"] = sending_of(review.row.version)
    return page("admin/moderation/index.html", status=status, **shown)


def _seen() -> str:
    """Return which sending of the version the form was filled from."""
    return request.form.get("seen", "")


def _with_template(given: Rejection) -> Rejection:
    """Return the refusal with its reason's sentence where none was written: the way without scripts."""
    reason = policies.REASON_BY_CODE.get(given.code)
    if reason is None or given.sentence.strip():
        return given
    return Rejection(given.code, given.field or reason.field, _(reason.sentence) if reason.sentence else "")


def _next(version: CreativeVersion) -> ResponseReturnValue:
    following = services().moderation.next_waiting(staff_scope(), version)
    if following is None:
        return go(url_for(".moderation_queue"))
    return go(url_for(".moderation_review", version_id=following))


def _overtaken(version_id: PublicId, error: AlreadyDecided) -> ResponseReturnValue:
    """Say who was faster, on the page that shows the verdict."""
    toast(error_text(error), kind="error")
    return go(url_for(".moderation_review", version_id=version_id))


def _asked_page() -> PageRequest:
    return PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
