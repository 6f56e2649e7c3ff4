"""Ads of a campaign: added, changed, switched, archived."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.permissions import Permission
from webapp.domain.ads.landing import MACROS
from webapp.domain.ads.models import Ad, Campaign, CampaignStatus
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.ad_forms import AdForm, form_of, new_form
from webapp.surfaces.cabinet.campaign_pages import ad_line
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import fragment, go, invalid, page, toast
from webapp.web.periods import period_params
from webapp.web.tenancy import scope

UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CHECKED_FIELDS = frozenset({"creative", "name", "landing_url", "weight", *UTM_FIELDS})


@bp.get("/campaigns/<public_id:campaign_id>/ads/new")
@requires(Permission.CAMPAIGN_WRITE)
def ad_new(campaign_id: PublicId) -> ResponseReturnValue:
    """Show the form of a new ad."""
    campaign = services().campaigns.get(scope(), campaign_id)
    return _form_page(campaign, None, new_form(request.args.get("creative", "")))


@bp.post("/campaigns/<public_id:campaign_id>/ads/new")
@requires(Permission.CAMPAIGN_WRITE)
def ad_create(campaign_id: PublicId) -> ResponseReturnValue:
    """Add an ad."""
    campaign = services().campaigns.get(scope(), campaign_id)
    form = new_form()
    if form.validate_on_submit():
        try:
            ad = services().ads.create(scope(), campaign_id, form.given)
        except Invalid as refused:
            form.accept(refused)
        else:
            toast(gettext("“%(name)s” is added.", name=ad.name))
            return go(_back(campaign))
    return _form_page(campaign, None, form, failed=True)


@bp.get("/ads/<public_id:ad_id>")
@requires(Permission.CAMPAIGN_READ)
def ad_edit(ad_id: PublicId) -> ResponseReturnValue:
    """Show an ad's form; who may not change it sees it read-only."""
    row = services().ads.get(scope(), ad_id)
    campaign = services().ads.campaign_of(scope(), row.ad)
    return _form_page(campaign, row.ad, form_of(row.ad, row.creative))


@bp.post("/ads/<public_id:ad_id>")
@requires(Permission.CAMPAIGN_WRITE)
def ad_update(ad_id: PublicId) -> ResponseReturnValue:
    """Save an ad."""
    row = services().ads.get(scope(), ad_id)
    campaign = services().ads.campaign_of(scope(), row.ad)
    form = form_of(row.ad, row.creative)
    if form.validate_on_submit():
        try:
            services().ads.update(scope(), ad_id, form.given, version=form.seen_version)
        except Invalid as refused:
            form.accept(refused)
        else:
            toast(gettext("Saved. In force at once."))
            return go(_back(campaign))
    return _form_page(campaign, row.ad, form, failed=True)


@bp.post("/ads/check")
@requires(Permission.CAMPAIGN_WRITE)
def ad_check() -> ResponseReturnValue:
    """Say what is wrong with one field of an ad while it is typed."""
    name = request.headers.get("X-Validate-Field", "")
    if name not in CHECKED_FIELDS:
        abort(404)
    form = AdForm()
    form.validate()
    field = "landing_url" if name in UTM_FIELDS else name
    kept = list(form[field].errors)
    refused = None if kept else services().ads.check(scope(), form.given)
    for other in form:
        other.errors = []
    form[field].errors = kept
    if refused is not None and field in refused.errors:
        form.accept(Invalid({name: refused.errors[field]}))
    return page("cabinet/ads/_notes.html", form=form, field=name, status=422 if form[name].errors else 200)


@bp.post("/ads/address")
@requires(Permission.CAMPAIGN_WRITE)
def ad_address() -> ResponseReturnValue:
    """Show the final address of what is typed: labels put in, everything else kept."""
    return page("cabinet/ads/address.html", fragment="cabinet/ads/_address.html", form=AdForm())


@bp.post("/ads/<public_id:ad_id>/switch")
@requires(Permission.CAMPAIGN_WRITE)
def ad_switch(ad_id: PublicId) -> ResponseReturnValue:
    """Turn an ad's own switch."""
    services().ads.set_enabled(scope(), ad_id, enabled=request.form.get("on") == "1")
    return _redrawn(ad_id)


@bp.post("/ads/<public_id:ad_id>/archive")
@requires(Permission.CAMPAIGN_WRITE)
def ad_archive(ad_id: PublicId) -> ResponseReturnValue:
    """Take an ad out of its campaign; the message offers to bring it back."""
    ad = services().ads.archive(scope(), ad_id)
    toast(gettext("“%(name)s” is in the archive.", name=ad.name), undo=url_for(".ad_unarchive", ad_id=ad_id))
    return go(_back(services().ads.campaign_of(scope(), ad)))


@bp.post("/ads/<public_id:ad_id>/unarchive")
@requires(Permission.CAMPAIGN_WRITE)
def ad_unarchive(ad_id: PublicId) -> ResponseReturnValue:
    """Bring an ad back as it was."""
    ad = services().ads.unarchive(scope(), ad_id)
    toast(gettext("“%(name)s” is back.", name=ad.name))
    return go(_back(services().ads.campaign_of(scope(), ad)))


def _redrawn(ad_id: PublicId) -> ResponseReturnValue:
    row = services().ads.get(scope(), ad_id)
    campaign = services().ads.campaign_of(scope(), row.ad)
    return fragment(
        "cabinet/ads/_row.html",
        otherwise=_back(campaign),
        line=ad_line(campaign, row),
        campaign=campaign,
        row_params=period_params(),
    )


def _back(campaign: Campaign) -> str:
    """Return where an ad's form leads back to: the draft's step, or the campaign."""
    if campaign.status is CampaignStatus.DRAFT:
        return url_for(".campaign_setup", campaign_id=campaign.public_id, step="ads")
    return url_for(".campaign_detail", campaign_id=campaign.public_id)


def _form_page(campaign: Campaign, ad: Ad | None, form: AdForm, *, failed: bool = False) -> ResponseReturnValue:
    answer = invalid if failed else page
    return answer(
        "cabinet/ads/form.html",
        campaign=campaign,
        ad=ad,
        form=form,
        choices=services().ads.choices(scope()),
        macros=" ".join(f"{{{macro}}}" for macro in MACROS),
        back=_back(campaign),
    )
