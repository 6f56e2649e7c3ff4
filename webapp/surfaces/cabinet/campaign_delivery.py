"""Why a campaign is not shown more: where its requests go, and what one request would meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask.typing import ResponseReturnValue

from webapp.core.errors import Unavailable
from webapp.core.ids import PublicId
from webapp.core.periods import Grain, Period, today_in
from webapp.core.permissions import Permission
from webapp.domain.ads.models import BidModel, Campaign
from webapp.domain.ads.types import ListedCampaign, Targeting
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import Metrics, total
from webapp.domain.delivery.explaining import Outcome, Simulated
from webapp.domain.delivery.shape import FLAT
from webapp.domain.delivery.types import NoFill, Removal
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.campaigns import head_context
from webapp.surfaces.cabinet.delivery_question import Question, place_options, request_of, typed
from webapp.surfaces.cabinet.delivery_words import answer_words, next_step, outcome_words, shown_steps
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.htmx import page, wants_fragment
from webapp.web.tenancy import scope


@dataclass(frozen=True, slots=True)
class Met:
    """What one of the advertiser's campaigns would meet."""

    campaign: ListedCampaign
    tone: str
    word: str
    sentence: str


@bp.get("/campaigns/<public_id:campaign_id>/delivery")
@requires(Permission.CAMPAIGN_READ)
def campaign_delivery(campaign_id: PublicId) -> ResponseReturnValue:
    """Show where a campaign's requests went, and answer what a request would meet."""
    campaign = services().campaigns.get(scope(), campaign_id)
    simulation = _simulation(campaign)
    if wants_fragment():
        return page("cabinet/campaigns/_simulation.html", campaign=campaign, **simulation)
    return page("cabinet/campaigns/delivery.html", **head_context(campaign), **_funnel(campaign), **simulation)


def _funnel(campaign: Campaign) -> dict[str, Any]:
    """Return what became of the requests of the last 24 hours."""
    funnel = services().explainer.funnel(campaign.id)
    report = services().statuses.of(scope(), [campaign])[campaign.id]
    steps = shown_steps(scope(), campaign, report.status.code, funnel)
    worst = next((step for step in steps if step.worst and step.remedy), None)
    counted = _counted(campaign)
    clicks = campaign.bid_model is BidModel.CPC
    return {
        "funnel": funnel,
        "steps": steps,
        "worst": worst,
        "next_step": next_step(worst, funnel.seen) if worst else "",
        "counted": counted,
        "by_click": clicks,
        "billed": 0 if counted is None else counted.clicks if clicks else counted.impressions,
        "since": services().explainer.since(),
    }


def _counted(campaign: Campaign) -> Metrics | None:
    """Return what was delivered in the same hours; None while the figures cannot be read."""
    now = services().clock.now()
    today = today_in(scope().zone, now)
    since = services().explainer.since()
    selection = Selection(Period(today - timedelta(days=1), today), campaign_ids=(campaign.id,))
    try:
        points = services().figures.chart(scope(), selection, Grain.HOUR).points
    except Unavailable:
        return None
    return total(
        point.current
        for point in points
        if point.current is not None and isinstance(point.at, datetime) and point.at >= since
    )


def _simulation(campaign: Campaign) -> dict[str, Any]:
    now, places = services().clock.now(), services().inventory.offered()
    asked = typed(Targeting.from_json(campaign.targeting), now, scope())
    if not asked.asked:
        asked.place = _usual_size(campaign)
    answer: dict[str, Any] = {}
    if asked.asked:
        answer = _answer(campaign, asked, places)
    return {
        "asked": asked,
        "places": place_options(places) if places else {},
        "met": (),
        "silent": False,
        "answer": None,
        **answer,
    }


def _usual_size(campaign: Campaign) -> str:
    """Return a size the campaign has an ad of, '' while it has none to show."""
    documents = services().publishing.campaigns(FLAT, (campaign.id,))
    return next((ad.size for document in documents for ad in document.ads), "")


def _answer(campaign: Campaign, asked: Question, places: Sequence[Any]) -> dict[str, Any]:
    wanted = request_of(asked, places, services().clock.now(), scope())
    if wanted is None:
        return {}
    own = {row.id: row for row in services().campaigns.every(scope())}
    try:
        simulated = services().explainer.simulate(wanted, list(own))
    except Unavailable:
        return {"silent": True}
    met = () if simulated.no_fill is NoFill.UNKNOWN_PLACEMENT else _met(campaign, own, simulated)
    return {"answer": simulated, "said": answer_words(simulated, campaign.id), "met": met}


def _met(campaign: Campaign, own: dict[int, ListedCampaign], simulated: Simulated) -> list[Met]:
    """Return this campaign first, then the one that wins, then the others that take part, in the order of the list."""
    found = []
    for told in simulated.told:
        if told.campaign_id != campaign.id and told.reason == Outcome.NOT_THERE:
            continue
        row = own[told.campaign_id]
        words = outcome_words(
            told.reason,
            campaign if told.campaign_id == campaign.id else None,
            others_win=simulated.others_win,
            filled=simulated.no_fill is None,
        )
        found.append(Met(row, *words))
    order = {told.campaign_id: told.reason != Removal.WON for told in simulated.told}
    return sorted(found, key=lambda met: (met.campaign.id != campaign.id, order[met.campaign.id]))
