"""Notices: what the advertiser's people should know."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.surfaces.cabinet import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import fragment, go, page, toast
from webapp.web.notice_words import notice_text
from webapp.web.tenancy import scope

PAGE_SIZE = 25


@bp.get("/notices")
@requires(Permission.CAMPAIGN_READ)
def notice_list() -> ResponseReturnValue:
    """Show the notices, newest first; `show=unread` leaves out what was read."""
    unread = request.args.get("show") == "unread"
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().notices.list_page(scope(), wanted, unread=unread)
    waiting = services().notices.unread_count(scope())
    return page(
        "cabinet/notices/index.html", fragment="cabinet/notices/_list.html", notices=found, unread=unread,
        waiting=waiting,
    )  # fmt: skip


@bp.post("/notices/<public_id:notice_id>/read")
@requires(Permission.CAMPAIGN_READ)
def notice_read(notice_id: PublicId) -> ResponseReturnValue:
    """Mark one as read and redraw it."""
    notice = services().notices.mark_read(scope(), notice_id)
    return fragment("cabinet/notices/_row.html", notice=notice, otherwise=url_for(".notice_list"))


@bp.post("/notices/read")
@requires(Permission.CAMPAIGN_READ)
def notice_read_all() -> ResponseReturnValue:
    """Mark all as read."""
    count = services().notices.mark_all_read(scope())
    if count:
        toast(ngettext("%(num)s notice marked as read", "%(num)s notices marked as read", count))
    else:
        toast(gettext("All notices were read already."))
    return go(url_for(".notice_list"))


bp.add_app_template_global(notice_text, "notice_text")
