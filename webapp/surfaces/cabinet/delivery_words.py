"""The steps at which a campaign loses requests, in words, each with the change that would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.models import Campaign
from webapp.domain.ads.types import StatusCode
from webapp.domain.delivery.explaining import STEPS, Funnel, Outcome, Simulated
from webapp.domain.delivery.types import NoFill, Removal
from webapp.surfaces.cabinet.campaign_words import cap_text
from webapp.web.filters import percent

#: What costs less than one request of so many is not worth a hand before what was chosen.
TELLING = 20


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that would help, and where it is made."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One line of the funnel: what was lost here, and what was left after it."""

    removal: Removal
    name: str
    sentence: str
    lost: int
    left: int
    remedy: Remedy | None
    #: The step that costs most of what a change could bring back.
    worst: bool = False


def step_name(removal: Removal) -> str:
    """Return what happened at a step, in a few words."""
    return str(
        {
            Removal.SITE: _("Site or category does not fit"),
            Removal.SCHEDULE: _("Outside your days and hours"),
            Removal.TARGETING: _("Outside your audience"),
            Removal.FREQUENCY: _("Person had seen it often enough"),
            Removal.PACING: _("Held back to spread the day evenly"),
            Removal.BUDGET: _("No money left for it"),
            Removal.BID: _("Another bid was higher"),
            Removal.WON: _("Chosen"),
        }[removal]
    )


def step_sentence(removal: Removal, campaign: Campaign) -> str:
    """Return what it means for this campaign."""
    cap = cap_text(campaign.cap_count, campaign.cap_window)
    return str(
        {
            Removal.SITE: _("Your list of sites leaves the page out.")
            if campaign.category
            else _("Your list of sites leaves the page out, or the place takes certain categories and you chose none."),
            Removal.SCHEDULE: _("The request came before the start, after the end or in an hour that is off."),
            Removal.TARGETING: _("Country, device, system, browser, language or keywords were others."),
            Removal.FREQUENCY: _("The frequency cap is: %(cap)s.", cap=cap),
            Removal.PACING: _("The day’s budget is kept for the hours that are still to come."),
            Removal.BUDGET: _("The daily or total budget, or the balance, did not cover one more."),
            Removal.BID: _("Somebody paid more for the place, or its least price is above your bid."),
            Removal.WON: _("It would be shown."),
        }[removal]
    )


def remedy_of(removal: Removal, scope: Scope, campaign: Campaign, code: StatusCode) -> Remedy | None:
    """Return the change that would help at a step, None for who may not make it."""
    if removal is Removal.BUDGET:
        return _money_remedy(scope, campaign, code)
    if not scope.can(Permission.CAMPAIGN_WRITE) or code is StatusCode.ARCHIVED:
        return None
    edit = url_for("cabinet.campaign_edit", campaign_id=campaign.public_id)
    if removal is Removal.SITE and not campaign.category:
        return Remedy(_("Choose a category"), f"{edit}#goal")
    return {
        Removal.SITE: Remedy(_("Change the sites"), f"{edit}#row-sites"),
        Removal.SCHEDULE: Remedy(_("Change the hours"), f"{edit}#hours"),
        Removal.TARGETING: Remedy(_("Widen the audience"), f"{edit}#audience"),
        Removal.FREQUENCY: Remedy(_("Raise the cap"), f"{edit}#row-cap"),
        Removal.PACING: Remedy(_("Spend faster"), f"{edit}#row-pacing"),
        Removal.BID: Remedy(_("Raise the bid"), _inline(campaign, "bid")),
    }.get(removal)


def _money_remedy(scope: Scope, campaign: Campaign, code: StatusCode) -> Remedy | None:
    if code is StatusCode.BALANCE_EMPTY and scope.can(Permission.BALANCE_TOP_UP):
        return Remedy(_("Top up"), url_for("cabinet.balance"))
    if not scope.can(Permission.CAMPAIGN_WRITE) or code is StatusCode.ARCHIVED:
        return None
    if code is StatusCode.TOTAL_BUDGET_SPENT or campaign.daily_budget_micros is None:
        return Remedy(_("Raise the total budget"), _inline(campaign, "total_budget"))
    return Remedy(_("Raise the daily budget"), _inline(campaign, "daily_budget"))


def _inline(campaign: Campaign, field: str) -> str:
    return url_for("cabinet.campaign_inline", campaign_id=campaign.public_id, field=field)


def shown_steps(scope: Scope, campaign: Campaign, code: StatusCode, funnel: Funnel) -> Sequence[ShownStep]:
    """Return the funnel's lines in order; the one to begin with is marked."""
    left, worst = funnel.seen, _worst(funnel)
    found = []
    for removal in STEPS:
        lost = funnel.lost(removal)
        left = max(0, left - lost)
        found.append(
            ShownStep(
                removal,
                step_name(removal),
                step_sentence(removal, campaign),
                lost,
                left,
                remedy_of(removal, scope, campaign, code),
                removal is worst,
            )
        )
    return found


def _worst(funnel: Funnel) -> Removal | None:
    """Return the step to mend first; None when nothing is lost.

    Sites, hours and audience were chosen: they come after what costs a twentieth of the requests against the wish.
    """
    unwished = max(STEPS[STEPS.index(Removal.FREQUENCY) :], key=funnel.lost)
    if funnel.lost(unwished) * TELLING >= funnel.seen > 0:
        return unwished
    removal = max(STEPS, key=funnel.lost)
    return removal if funnel.lost(removal) else None


def next_step(step: ShownStep, seen: int) -> str:
    """Return what to do first, and how much of what was asked for it is about."""
    share = percent(step.lost / seen, 0 if step.lost * 100 >= seen else 1)
    return str(
        {
            Removal.SITE: _("let it run on more sites: %(share)s of the requests come from others.", share=share),
            Removal.SCHEDULE: _("give it more hours: %(share)s of the requests come when it is off.", share=share),
            Removal.TARGETING: _("widen the audience: %(share)s of the requests come from outside of it.", share=share),
            Removal.FREQUENCY: _(
                "raise the frequency cap: %(share)s of the requests come from people who have seen it.", share=share
            ),
            Removal.PACING: _(
                "raise the daily budget, or spend it as it comes: %(share)s of the requests are held back.", share=share
            ),
            Removal.BUDGET: _(
                "give it more money: %(share)s of the requests come when there is none left.", share=share
            ),
            Removal.BID: _("raise the bid: %(share)s of the requests go to a higher one.", share=share),
        }[step.removal]
    )


def answer_words(answer: Simulated, campaign_id: int) -> str:
    """Return what would come of a request, in one sentence."""
    if answer.no_fill is NoFill.UNKNOWN_PLACEMENT:
        return str(_("The serving node does not know this place yet. Try again in a minute."))
    if answer.winner == campaign_id:
        return str(_("This campaign would be shown."))
    if answer.winner is not None:
        return str(_("Another campaign of yours would be shown."))
    if answer.others_win:
        return str(_("Another advertiser’s ad would be shown."))
    return str(_("The place would stay empty."))


def outcome_words(reason: str, campaign: Campaign | None, *, others_win: bool, filled: bool) -> tuple[str, str, str]:
    """Return glyph tone, word and sentence for what a simulated request would come to."""
    if reason == Removal.WON:
        return "text-success", _("Would be shown"), _("It is the highest bid that may stand there.")
    if reason == Outcome.NOT_THERE:
        return "text-muted", str(_("Takes no part")), str(_("It is off, over, or has no approved ad of this size."))
    if reason == Removal.BID:
        return "text-c2", str(_("Not chosen")), _bid_sentence(others_win=others_win, filled=filled)
    removal = Removal(reason)
    return "text-c2", step_name(removal), step_sentence(removal, campaign) if campaign else ""


def _bid_sentence(*, others_win: bool, filled: bool) -> str:
    if others_win:
        return str(_("Another advertiser’s bid is higher."))
    if filled:
        return str(_("Another campaign of yours brings more and is chosen first."))
    return str(_("The least price of the place is above its bid."))
