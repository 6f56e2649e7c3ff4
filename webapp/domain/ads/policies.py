"""The rules a campaign keeps: what may be bid, spent and planned, and which step follows which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.core.errors import FieldError, Invalid, KabinetError
from webapp.core.money import MICROS, Money
from webapp.core.scope import Scope
from webapp.domain.ads.categories import clean_category
from webapp.domain.ads.errors import WrongState
from webapp.domain.ads.models import HOURS_IN_WEEK, BidModel, Campaign, CampaignStatus
from webapp.domain.ads.schedule import end_instant, end_moment, start_instant, start_moment
from webapp.domain.ads.targeting import clean_labels, clean_targeting
from webapp.domain.ads.types import NO_SPEND, CampaignInput, LocalMoment
from webapp.domain.billing.types import CampaignSpend

MAX_NAME = 120
MAX_NOTES = 2000
#: In units of whatever currency the account is kept in.
LEAST_BID_MICROS = {BidModel.CPM: 10_000, BidModel.CPC: 1_000}
MAX_BID_MICROS = 10_000 * MICROS
MAX_BUDGET_MICROS = 100_000_000 * MICROS
MAX_CAP = 1000
#: One impression costs a thousandth of a CPM bid, and that must be whole micros.
CPM_STEP_MICROS = 1000
IMPRESSIONS_PER_BID = 1000
_CPM = BidModel.CPM
FIRST_YEAR, LAST_YEAR = 2000, 2100
STEPS = 4

Errors = dict[str, "str | KabinetError"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a set of terms is checked against."""

    scope: Scope
    now: datetime
    spend: CampaignSpend = NO_SPEND
    #: A finished campaign needs a bid and a budget; a draft may wait for them.
    complete: bool = True
    #: Start and end a campaign already has: kept to the second when not touched, and free to lie in the past.
    known_dates: tuple[datetime | None, datetime | None] = (None, None)


def clean_terms(given: CampaignInput, rules: Rules) -> dict[str, Any]:
    """Return the columns of a campaign with these terms; raise Invalid with every refusal by field."""
    errors: Errors = {}
    columns: dict[str, Any] = {
        "name": clean_name(given.name, "Give the campaign a name.", errors),
        "bid_model": given.bid_model,
        "bid_micros": given.bid_micros or 0,
        "daily_budget_micros": given.daily_budget_micros,
        "total_budget_micros": given.total_budget_micros,
        "pacing": given.pacing,
        "hours": given.hours,
        "notes": given.notes.strip(),
    }
    _check_bid(given, rules, errors)
    _check_budgets(given, rules, errors)
    columns["starts_at"], columns["ends_at"] = _check_dates(given, rules, errors)
    _check_hours(given.hours, errors)
    columns["cap_count"], columns["cap_window"] = _check_cap(given, errors)
    columns |= _check_lists(given, errors)
    if len(columns["notes"]) > MAX_NOTES:
        errors["notes"] = FieldError("Notes have up to %(limit)s characters.", limit=MAX_NOTES)
    if errors:
        raise Invalid(errors)
    return columns


def clean_name(text: str, missing: str, errors: Errors) -> str:
    """Return a name, tidied; note what is wrong with it, `missing` when there is none."""
    name = " ".join(text.split())
    if not name:
        errors["name"] = missing
    elif len(name) > MAX_NAME:
        errors["name"] = FieldError("This is %(length)s characters long; a name has up to %(limit)s.",
                                    length=len(name), limit=MAX_NAME)  # fmt: skip
    elif not name.isprintable():
        errors["name"] = "A name has only letters, figures and signs that can be seen."
    return name


def _check_bid(given: CampaignInput, rules: Rules, errors: Errors) -> None:
    bid, currency = given.bid_micros, rules.scope.currency
    if not bid:
        if rules.complete or bid == 0:
            errors["bid"] = _least(given.bid_model, currency)
    elif bid < LEAST_BID_MICROS[given.bid_model]:
        errors["bid"] = _least(given.bid_model, currency)
    elif bid > MAX_BID_MICROS:
        errors["bid"] = FieldError("The highest bid is %(most)s.", most=Money(MAX_BID_MICROS, currency))
    elif given.bid_model is BidModel.CPM and bid % CPM_STEP_MICROS:
        errors["bid"] = "A CPM bid has up to three decimals, so that each impression has an exact price."


def _least(model: BidModel, currency: str) -> FieldError:
    return FieldError("Bid at least %(least)s.", least=Money(LEAST_BID_MICROS[model], currency))


def price_micros(model: BidModel, bid_micros: int) -> int:
    """Return what one impression (CPM) or one click (CPC) costs."""
    return bid_micros // IMPRESSIONS_PER_BID if model is _CPM else bid_micros


def _check_budgets(given: CampaignInput, rules: Rules, errors: Errors) -> None:
    currency = rules.scope.currency
    daily, total = given.daily_budget_micros, given.total_budget_micros
    if daily is None and total is None and rules.complete:
        errors["daily_budget"] = "Set a daily budget, a total budget or both."
    _check_budget("daily_budget", daily, given, currency, errors)
    _check_budget("total_budget", total, given, currency, errors)
    if daily is not None and daily < rules.spend.today_micros:
        errors.setdefault(
            "daily_budget",
            FieldError("%(spent)s is already spent today: not below that. To stop for today, pause the campaign.",
                       spent=Money(rules.spend.today_micros, currency)),
        )  # fmt: skip
    if total is not None and total < rules.spend.total_micros:
        errors.setdefault(
            "total_budget",
            FieldError("%(spent)s is already spent: not below that.", spent=Money(rules.spend.total_micros, currency)),
        )
    if daily is not None and total is not None and daily > total:
        errors.setdefault("daily_budget", FieldError("The total budget is %(total)s: a day cannot have more than that.",
                                                     total=Money(total, currency)))  # fmt: skip


def _check_budget(field: str, micros: int | None, given: CampaignInput, currency: str, errors: Errors) -> None:
    if micros is None:
        return
    if micros <= 0:
        errors[field] = "A budget is more than zero. Leave it empty to have no such limit."
    elif micros > MAX_BUDGET_MICROS:
        errors[field] = FieldError("The highest budget is %(most)s.", most=Money(MAX_BUDGET_MICROS, currency))
    elif given.bid_micros and micros < price_micros(given.bid_model, given.bid_micros):
        errors[field] = FieldError("This does not cover one click at %(bid)s. Raise the budget or lower the bid.",
                                   bid=Money(given.bid_micros, currency))  # fmt: skip


def _check_dates(given: CampaignInput, rules: Rules, errors: Errors) -> tuple[datetime | None, datetime | None]:
    zone = rules.scope.zone
    first, last = _sane(given.starts, "starts", errors), _sane(given.ends, "ends", errors)
    known_start, known_end = rules.known_dates
    starts = start_instant(first, zone) if first else None
    if first == start_moment(known_start, zone):
        starts = known_start
    ends = end_instant(last, zone) if last else None
    if last == end_moment(known_end, zone):
        ends = known_end
    if starts is not None and ends is not None and ends <= starts:
        errors.setdefault("ends", "The end comes before the start. Choose a later day.")
    if ends is not None and ends <= rules.now and ends != known_end:
        errors.setdefault("ends", "This end is in the past. Choose a later day, or leave it empty to run on.")
    return starts, ends


def _sane(moment: LocalMoment | None, field: str, errors: Errors) -> LocalMoment | None:
    """Return the day; one of another century is a slip of the hand."""
    if moment is not None and not FIRST_YEAR <= moment.day.year < LAST_YEAR:
        errors[field] = "Check the year."
        return None
    return moment


def _check_hours(hours: str, errors: Errors) -> None:
    if len(hours) != HOURS_IN_WEEK or set(hours) - {"0", "1"}:
        errors["hours"] = "The grid has 168 hours, each on or off."
    elif "1" not in hours:
        errors["hours"] = "Leave at least one hour on. To stop the campaign, pause it."


def _check_cap(given: CampaignInput, errors: Errors) -> tuple[int | None, Any]:
    if given.cap_count is None:
        return None, None
    if not 1 <= given.cap_count <= MAX_CAP:
        errors["cap_count"] = FieldError("Between 1 and %(limit)s, or empty for no cap.", limit=MAX_CAP)
    elif given.cap_window is None:
        errors["cap_window"] = "Choose an hour, a day or the whole campaign."
    return given.cap_count, given.cap_window


def _check_lists(given: CampaignInput, errors: Errors) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    try:
        columns["targeting"] = clean_targeting(given.targeting).to_json()
    except Invalid as error:
        errors.update(error.errors)
    try:
        columns["labels"] = list(clean_labels(given.labels))
    except FieldError as error:
        errors["labels"] = error
    try:
        columns["category"] = clean_category(given.category)
    except FieldError as error:
        errors["category"] = error
    return columns


#: Which wish may follow which.
_STEPS: dict[str, frozenset[CampaignStatus]] = {
    "launch": frozenset({CampaignStatus.DRAFT}),
    "pause": frozenset({CampaignStatus.ACTIVE}),
    "resume": frozenset({CampaignStatus.PAUSED}),
    "archive": frozenset({CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED}),
    "unarchive": frozenset({CampaignStatus.ARCHIVED}),
}
_REFUSALS = {
    "launch": "This campaign has already been launched.",
    "pause": "Only a campaign that is on can be paused.",
    "resume": "Only a paused campaign can be switched on. A draft is launched, an archived one is restored first.",
    "archive": "This campaign is already in the archive.",
    "unarchive": "This campaign is not in the archive.",
}


def ensure_can(step: str, campaign: Campaign) -> None:
    """Raise WrongState unless the campaign's wish may take this step."""
    if campaign.status not in _STEPS[step]:
        raise WrongState(_REFUSALS[step])


def ensure_editable(campaign: Campaign) -> None:
    """Raise WrongState for a campaign in the archive."""
    if campaign.status is CampaignStatus.ARCHIVED:
        raise WrongState("This campaign is in the archive. Restore it to change it.")
