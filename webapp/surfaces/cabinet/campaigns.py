"""The list of campaigns, and what is done with one of them from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PAGE_SIZES, PageRequest
from webapp.core.permissions import Permission
from webapp.domain.ads.models import Campaign
from webapp.domain.ads.types import SWITCHLESS, StatusCode, Tab, Targeting
from webapp.domain.analytics.listing import ASCENDING_FIRST, SORTS, CampaignRow, Listing, ListQuery
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaign_rows import RowWriter, row_words
from webapp.surfaces.cabinet.campaign_words import audience_short, cap_text, pacing_names, run_text, tab_names
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.forms import error_text
from webapp.web.htmx import fragment, go, page, safe_next, toast
from webapp.web.once import once
from webapp.web.periods import ChosenPeriod, chosen_period, form_params, here, period_params
from webapp.web.tenancy import scope

DEFAULT_SIZE = 50
MAX_TEXT = 120


@bp.get("/campaigns")
@requires(Permission.CAMPAIGN_READ)
def campaign_list() -> ResponseReturnValue:
    """Show the campaigns of a tab, filtered, sorted and paged by the address."""
    days, query = chosen_period(scope()), list_query()
    listing = services().campaign_listing.list_page(scope(), query, days.period)
    return page(
        "cabinet/campaigns/index.html",
        fragment="cabinet/campaigns/_list.html",
        labels=services().campaigns.labels(scope()),
        **_list_context(days, query, listing),
    )


def _list_context(days: ChosenPeriod, query: ListQuery, listing: Listing) -> dict[str, Any]:
    names = tab_names()
    tabs = [
        (names[tab], here(tab=None if tab is Tab.ALL else tab.value), tab is query.tab, listing.counts[tab],
         tab is Tab.ATTENTION)
        for tab in Tab
    ]  # fmt: skip
    return {
        "days": days,
        "query": query,
        "listing": listing,
        "tabs": tabs,
        "filtered": bool(query.text or query.model or query.label),
        "sort_links": {key: sort_link(query, key) for key in SORTS},
        "page_url": lambda number: here(page=number),
        "sizes": [(str(size), here(size=size), size == query.page.size) for size in PAGE_SIZES],
        **rows_context(listing.page.items),
    }


def rows_context(rows: Sequence[CampaignRow]) -> dict[str, Any]:
    """Return what the rows' template needs: the rows written out, the words and the token they all repeat."""
    writer = RowWriter(scope())
    return {"rows": [writer.write(row) for row in rows], "w": row_words(), "token": generate_csrf()}


def list_query() -> ListQuery:
    """Read the list's address; what means nothing is passed over."""
    tab, sort = request.args.get("tab", ""), request.args.get("sort", "spend")
    descending, key = sort.startswith("-") or sort not in SORTS, sort.lstrip("-")
    model = request.args.get("model", "")
    return ListQuery(
        tab=Tab(tab) if tab in tuple(Tab) else Tab.ALL,
        text=request.args.get("q", "").strip()[:MAX_TEXT],
        model=model if model in ("cpm", "cpc") else "",
        label=request.args.get("label", "")[:MAX_TEXT],
        sort=key if key in SORTS else "spend",
        descending=descending if "sort" in request.args else True,
        page=page_request(DEFAULT_SIZE),
    )


def page_request(size: int) -> PageRequest:
    """Read which page is asked for, and how long a page is."""
    wanted = request.args.get("size", size, type=int)
    return PageRequest(max(1, request.args.get("page", 1, type=int)), wanted if wanted in PAGE_SIZES else size)


def sort_link(query: ListQuery, key: str) -> tuple[str, str]:
    """Return where a column's head leads, and how the column is sorted now."""
    if key != query.sort:
        return here(sort=key if key in ASCENDING_FIRST else f"-{key}"), ""
    return here(sort=key if query.descending else f"-{key}"), "descending" if query.descending else "ascending"


def row_of(campaign_id: PublicId) -> CampaignRow:
    """Return one campaign as the list shows it, for the days of the page it is on."""
    campaign = services().campaigns.get(scope(), campaign_id)
    return services().campaign_listing.row(scope(), campaign, chosen_period(scope()).period)


def redrawn(campaign_id: PublicId, **context: Any) -> ResponseReturnValue:
    """Answer with the head of the campaign's page or its row in the list, whichever was asked from."""
    if request.args.get("as") == "head":
        back = url_for(".campaign_detail", campaign_id=campaign_id)
        context |= head_context(services().campaigns.get(scope(), campaign_id))
        return fragment("cabinet/campaigns/_head.html", otherwise=back, **context)
    back = safe_next(request.form.get("next"), url_for(".campaign_list"))
    context |= rows_context([row_of(campaign_id)])
    return fragment("cabinet/campaigns/_row.html", otherwise=back, r=context["rows"][0], **context)


@bp.get("/campaigns/<public_id:campaign_id>/row")
@requires(Permission.CAMPAIGN_READ)
def campaign_row(campaign_id: PublicId) -> ResponseReturnValue:
    """Show one row of the list again, for example when an editor was left."""
    return redrawn(campaign_id)


@bp.get("/campaigns/<public_id:campaign_id>/head")
@requires(Permission.CAMPAIGN_READ)
def campaign_head(campaign_id: PublicId) -> ResponseReturnValue:
    """Show the head of a campaign's page again."""
    back = url_for(".campaign_detail", campaign_id=campaign_id)
    context = head_context(services().campaigns.get(scope(), campaign_id))
    return fragment("cabinet/campaigns/_head.html", otherwise=back, **context)


def head_context(campaign: Campaign) -> dict[str, Any]:
    """Return what the head of a campaign's page shows."""
    audience = Targeting.from_json(campaign.targeting)
    zone = scope().zone_name
    return {
        "campaign": campaign,
        "report": services().statuses.of(scope(), [campaign])[campaign.id],
        "run": run_text(campaign.starts_at, campaign.ends_at, zone),
        "cap": cap_text(campaign.cap_count, campaign.cap_window),
        "pacing": pacing_names()[campaign.pacing],
        "audience_line": audience_short(audience, campaign.hours),
        "row_params": period_params(),
    }


@bp.post("/campaigns/<public_id:campaign_id>/switch")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_switch(campaign_id: PublicId) -> ResponseReturnValue:
    """Turn a campaign on or off."""
    service = services().campaigns
    turn = service.resume if request.form.get("on") == "1" else service.pause
    _or_toast(turn, campaign_id)
    return redrawn(campaign_id)


def _or_toast(deed: Callable[..., Any], campaign_id: PublicId) -> None:
    """Do a deed of one click; what is missing is said in a message, for there is no form to say it in."""
    try:
        deed(scope(), campaign_id)
    except Invalid as refused:
        toast(" ".join(error_text(sentence) for sentence in refused.errors.values()), kind="error")


@bp.post("/campaigns/<public_id:campaign_id>/pause")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_pause(campaign_id: PublicId) -> ResponseReturnValue:
    """Pause a campaign."""
    services().campaigns.pause(scope(), campaign_id)
    return redrawn(campaign_id)


@bp.post("/campaigns/<public_id:campaign_id>/resume")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_resume(campaign_id: PublicId) -> ResponseReturnValue:
    """Switch a paused campaign on."""
    _or_toast(services().campaigns.resume, campaign_id)
    return redrawn(campaign_id)


@bp.post("/campaigns/<public_id:campaign_id>/archive")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_archive(campaign_id: PublicId) -> ResponseReturnValue:
    """Put a campaign away; the message offers to take it back."""
    campaign = services().campaigns.archive(scope(), campaign_id)
    undo = url_for(".campaign_unarchive", campaign_id=campaign_id)
    toast(gettext("“%(name)s” is in the archive.", name=campaign.name), undo=undo)
    return go(url_for(".campaign_list"))


@bp.post("/campaigns/<public_id:campaign_id>/unarchive")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_unarchive(campaign_id: PublicId) -> ResponseReturnValue:
    """Take a campaign out of the archive, as it was."""
    campaign = services().campaigns.unarchive(scope(), campaign_id)
    toast(gettext("“%(name)s” is back.", name=campaign.name))
    return go(url_for(".campaign_detail", campaign_id=campaign_id))


@bp.post("/campaigns/<public_id:campaign_id>/duplicate")
@requires(Permission.CAMPAIGN_WRITE)
@once(".campaign_list")
def campaign_duplicate(campaign_id: PublicId) -> ResponseReturnValue:
    """Copy a campaign with its ads and open the copy."""
    source = services().campaigns.get(scope(), campaign_id)
    name = gettext("Copy of %(name)s", name=source.name)
    copy = services().campaigns.duplicate(scope(), campaign_id, name)
    toast(gettext("A copy with its ads is a draft now. The original is untouched."))
    return go(url_for(".campaign_setup", campaign_id=copy.public_id, step="goal"))


@bp.app_template_global("switch_shown")
def switch_shown(code: StatusCode) -> bool:
    """Tell whether a switch would change anything."""
    return code not in SWITCHLESS


bp.add_app_template_global(here, "here")
bp.add_app_template_global(form_params, "form_params")
