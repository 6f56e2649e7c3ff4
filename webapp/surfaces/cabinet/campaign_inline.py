"""Name, bid and budgets changed where they stand."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms import HiddenField, StringField
from wtforms.validators import Optional

from webapp.core.digits import whole_number
from webapp.core.errors import Invalid
from webapp.core.ids import PublicId
from webapp.core.permissions import Permission
from webapp.domain.ads.models import Campaign
from webapp.domain.ads.services.campaigns import INLINE_FIELDS
from webapp.domain.billing.types import CampaignSpend
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaigns import redrawn
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.filters import money
from webapp.web.forms import Form, MoneyField, trimmed
from webapp.web.htmx import UNPROCESSABLE, page
from webapp.web.periods import period_params
from webapp.web.tenancy import scope


class NameForm(Form):
    """A name."""

    value = StringField(filters=[trimmed])
    version = HiddenField(validators=[Optional()])


class AmountForm(Form):
    """An amount of money."""

    value = MoneyField()
    version = HiddenField(validators=[Optional()])


def _form(field: str, campaign: Campaign) -> NameForm | AmountForm:
    kind = NameForm if field == "name" else AmountForm
    value = getattr(campaign, INLINE_FIELDS[field])
    return kind(data={"value": value or None, "version": campaign.version})


@bp.get("/campaigns/<public_id:campaign_id>/inline/<field>")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_inline(campaign_id: PublicId, field: str) -> ResponseReturnValue:
    """Open the editor of one value."""
    if field not in INLINE_FIELDS:
        abort(404)
    campaign = services().campaigns.get(scope(), campaign_id)
    return _editor(campaign, field, _form(field, campaign))


@bp.post("/campaigns/<public_id:campaign_id>/inline/<field>")
@requires(Permission.CAMPAIGN_WRITE)
def campaign_inline_save(campaign_id: PublicId, field: str) -> ResponseReturnValue:
    """Save one value and redraw what shows it; a refused one stays in its editor."""
    if field not in INLINE_FIELDS:
        abort(404)
    campaign = services().campaigns.get(scope(), campaign_id)
    form = _form(field, campaign)
    if form.validate_on_submit() and _saved(campaign_id, field, form):
        return redrawn(campaign_id, saved=field)
    return _editor(campaign, field, form, status=UNPROCESSABLE)


def _saved(campaign_id: PublicId, field: str, form: NameForm | AmountForm) -> bool:
    number = whole_number(str(form.version.data or ""))
    try:
        services().campaigns.edit_field(scope(), campaign_id, field, form.value.data, version=number)
    except Invalid as refused:
        form.accept(Invalid({"value": refused.errors.get(field, "")}))
        return False
    return True


def _editor(campaign: Campaign, field: str, form: Any, status: int = 200) -> ResponseReturnValue:
    """Show the editor: over the value for htmx, on a page of its own otherwise."""
    inside = "head" if request.args.get("as") == "head" else "row"
    spend = services().balances.spend_of_campaigns(scope(), [campaign.id])[campaign.id]
    response = page(
        "cabinet/campaigns/inline.html",
        fragment="cabinet/campaigns/_editor.html",
        status=status,
        campaign=campaign,
        field=field,
        form=form,
        inside=inside,
        hint=_hint(field, campaign, spend),
        row_params=period_params(),
    )
    if status != 200:
        # A refused value stays in its editor; only a saved one redraws the row around it.
        response.headers["HX-Retarget"] = "#inline-editor"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def _hint(field: str, campaign: Campaign, spend: CampaignSpend) -> str:
    """Say what the change does, with what is already spent."""
    currency = scope().currency
    if field == "bid":
        return str(gettext("In force at once, for what is shown from now on. What was charged stays as it is."))
    if field == "daily_budget":
        left = max(0, (campaign.daily_budget_micros or 0) - spend.charged_today_micros)
        spent = money(spend.today_micros, currency)
        if campaign.daily_budget_micros is None:
            return str(gettext("In force at once. Today %(spent)s is already spent.", spent=spent))
        rest = {"spent": spent, "left": money(left, currency)}
        return str(
            gettext("In force at once. Today %(spent)s is already spent; the rest of the day may use %(left)s.", **rest)
        )
    if field == "total_budget":
        return str(gettext("%(spent)s is already spent. Empty means no such limit.",
                           spent=money(spend.total_micros, currency)))  # fmt: skip
    return ""
