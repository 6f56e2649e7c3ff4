"""A campaign from nothing to launched, step by step on the server; and all of its terms on one page afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.permissions import Permission
from webapp.domain.ads.models import Campaign, CampaignStatus
from webapp.domain.ads.services.campaigns import terms_of
from webapp.domain.ads.types import CampaignInput, Targeting
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaign_forms import (
    AUDIENCE_FIELDS,
    GOAL_FIELDS,
    STEP_FIELDS,
    CampaignForm,
    form_of,
    terms_from,
)
from webapp.surfaces.cabinet.campaign_words import audience_lines, audience_short
from webapp.surfaces.cabinet.campaigns import head_context
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.filters import money
from webapp.web.forms import error_text
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.once import once
from webapp.web.tenancy import scope

STEPS = ("goal", "audience", "ads", "review")
ALL_FIELDS = (*GOAL_FIELDS, *AUDIENCE_FIELDS)
MAX_ADS_SHOWN = 100


@bp.get("/campaigns/new")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_new() -> ResponseReturnValue:
    """Show the first step of a campaign that does not exist yet."""
    return _step_page(None, "goal", form_of(CampaignInput(name=""), None))


@bp.post("/campaigns/new")
@requires(Permission.CAMPAIGN_WRITE)
@once(".campaign_list")
def campaign_create() -> ResponseReturnValue:
    """Keep the first step as a draft and go on."""
    empty = CampaignInput(name="")
    form = form_of(empty, None)
    given = _read(form, empty, GOAL_FIELDS)
    if given is not None:
        try:
            campaign = services().campaigns.create(scope(), given, step=2)
        except Invalid as refused:
            form.accept(refused)
        else:
            return _onwards(campaign, "goal")
    return _step_page(None, "goal", form, failed=True)


@bp.get("/campaigns/<public_id:campaign_id>/setup/<step>")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_setup(campaign_id: PublicId, step: str) -> ResponseReturnValue:
    """Show a step of a draft; a campaign that has been launched has one page for all its terms."""
    campaign = services().campaigns.get(scope(), campaign_id)
    if step not in STEPS:
        abort(404)
    if campaign.status is not CampaignStatus.DRAFT:
        return redirect(url_for(".campaign_edit", campaign_id=campaign_id), 303)
    return _step_page(campaign, step, form_of(terms_of(campaign, scope()), campaign.version))


@bp.post("/campaigns/<public_id:campaign_id>/setup/<step>")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_setup_save(campaign_id: PublicId, step: str) -> ResponseReturnValue:
    """Save a step of a draft and go on."""
    campaign = services().campaigns.get(scope(), campaign_id)
    if step not in STEPS:
        abort(404)
    names: Sequence[str] = STEP_FIELDS.get(step, ())
    if not names:
        return _onwards(campaign, step)
    form = form_of(terms_of(campaign, scope()), campaign.version)
    if _saved(campaign, form, names, step=STEPS.index(step) + 2):
        return _onwards(campaign, step)
    return _step_page(campaign, step, form, failed=True)


@bp.post("/campaigns/<public_id:campaign_id>/launch")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_launch(campaign_id: PublicId) -> ResponseReturnValue:
    """Turn a finished draft on; what is missing sends back to the step that asks for it."""
    try:
        campaign = services().campaigns.launch(scope(), campaign_id)
    except Invalid as refused:
        toast(" ".join(error_text(sentence) for sentence in refused.errors.values()), kind="error")
        step = "goal" if set(refused.errors) & set(GOAL_FIELDS) else "audience"
        return go(url_for(".campaign_setup", campaign_id=campaign_id, step=step))
    toast(gettext("“%(name)s” is launched.", name=campaign.name))
    return go(url_for(".campaign_detail", campaign_id=campaign_id))


@bp.get("/campaigns/<public_id:campaign_id>/edit")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_edit(campaign_id: PublicId) -> ResponseReturnValue:
    """Show all terms of a campaign."""
    campaign = services().campaigns.get(scope(), campaign_id)
    if campaign.status is CampaignStatus.DRAFT:
        return redirect(url_for(".campaign_setup", campaign_id=campaign_id, step="goal"), 303)
    return _edit_page(campaign, form_of(terms_of(campaign, scope()), campaign.version))


@bp.post("/campaigns/<public_id:campaign_id>/edit")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_update(campaign_id: PublicId) -> ResponseReturnValue:
    """Save all terms of a campaign."""
    campaign = services().campaigns.get(scope(), campaign_id)
    form = form_of(terms_of(campaign, scope()), campaign.version)
    if _saved(campaign, form, ALL_FIELDS):
        toast(gettext("Saved. In force at once."))
        return go(url_for(".campaign_detail", campaign_id=campaign_id))
    return _edit_page(campaign, form, failed=True)


@bp.post("/campaigns/check")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_check() -> ResponseReturnValue:
    """Say what is wrong with one field of a new campaign while it is typed."""
    return _check(None)


@bp.post("/campaigns/<public_id:campaign_id>/check")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_check_saved(campaign_id: PublicId) -> ResponseReturnValue:
    """Say what is wrong with one field of a campaign while it is typed."""
    return _check(services().campaigns.get(scope(), campaign_id))


def _check(campaign: Campaign | None) -> ResponseReturnValue:
    name = request.headers.get("X-Validate-Field", "")
    base = terms_of(campaign, scope()) if campaign else CampaignInput(name="")
    form = form_of(base, campaign.version if campaign else None)
    field = name.removesuffix("_time")
    if field not in ALL_FIELDS:
        abort(404)
    names = next(own for own in STEP_FIELDS.values() if field in own)
    form.validate()
    if not form[field].errors:
        refused = services().campaigns.check(
            scope(), terms_from(form, base, names), PublicId(campaign.public_id) if campaign else None
        )
        form.keep_only([field])
        if refused is not None and field in refused.errors:
            form.accept(Invalid({field: refused.errors[field]}))
    return page("cabinet/campaigns/_notes.html", form=form, field=field, status=422 if form[field].errors else 200)


def _read(form: CampaignForm, base: CampaignInput, names: Sequence[str]) -> CampaignInput | None:
    """Return what the page's fields mean, None when one of them cannot be read."""
    form.validate()
    form.keep_only(names)
    return None if form.holds_errors(names) else terms_from(form, base, names)


def _saved(campaign: Campaign, form: CampaignForm, names: Sequence[str], step: int | None = None) -> bool:
    given = _read(form, terms_of(campaign, scope()), names)
    if given is None:
        return False
    try:
        services().campaigns.update(scope(), PublicId(campaign.public_id), given, version=form.seen_version, step=step)
    except Invalid as refused:
        form.accept(refused)
        return False
    return True


def _onwards(campaign: Campaign, step: str) -> ResponseReturnValue:
    """Go to the next step, or to the list when the draft is put aside."""
    if request.form.get("then") == "close":
        toast(gettext("The draft is kept."))
        return go(url_for(".campaign_list", tab="drafts"))
    after = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
    return go(url_for(".campaign_setup", campaign_id=campaign.public_id, step=after))


def _step_page(
    campaign: Campaign | None, step: str, form: CampaignForm, *, failed: bool = False
) -> ResponseReturnValue:
    context: dict[str, Any] = {"campaign": campaign, "step": step, "form": form, "steps": _steps(campaign, step)}
    if campaign is not None and step in ("ads", "review"):
        context["ads"] = services().ads.list_of(scope(), campaign, PageRequest(1, MAX_ADS_SHOWN))
    if campaign is not None and step == "review":
        audience = Targeting.from_json(campaign.targeting)
        context |= head_context(campaign)
        context["lines"] = audience_lines(audience)
        context["missing"] = services().campaigns.check(
            scope(), terms_of(campaign, scope()), PublicId(campaign.public_id)
        )
    answer = invalid if failed else page
    return answer("cabinet/campaigns/setup.html", **context)


def _steps(campaign: Campaign | None, current: str) -> list[tuple[str, str, str, str]]:
    """Return (key, title, summary, done|now|next) of every step."""
    titles = {
        "goal": gettext("Goal and budget"),
        "audience": gettext("Audience"),
        "ads": gettext("Ads"),
        "review": gettext("Review"),
    }
    reached = campaign.draft_step if campaign else 1
    return [
        (key, titles[key], _summary(campaign, key), "now" if key == current else "done" if place < reached else "next")
        for place, key in enumerate(STEPS, 1)
    ]


def _summary(campaign: Campaign | None, step: str) -> str:
    if campaign is None:
        return ""
    if step == "goal":
        return _price(campaign) if campaign.bid_micros else ""
    if step == "audience" and campaign.draft_step > 2:
        return audience_short(Targeting.from_json(campaign.targeting), campaign.hours)
    return ""


def _price(campaign: Campaign) -> str:
    """Return what is paid and how much a day: CPM $2.60, $90.00 a day."""
    bid = f"{campaign.bid_model.upper()} {money(campaign.bid_micros, scope().currency)}"
    if campaign.daily_budget_micros is None:
        return bid
    budget = money(campaign.daily_budget_micros, scope().currency)
    return str(gettext("%(bid)s, %(budget)s a day", bid=bid, budget=budget))


def _edit_page(campaign: Campaign, form: CampaignForm, *, failed: bool = False) -> ResponseReturnValue:
    answer = invalid if failed else page
    spend = services().balances.spend_of_campaigns(scope(), [campaign.id])[campaign.id]
    return answer("cabinet/campaigns/edit.html", campaign=campaign, form=form, spend=spend)


bp.add_app_template_filter(error_text, "error_sentence")
