"""Credits for traffic found invalid: what fits, what it comes to, who asked and who approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.errors import Invalid
from webapp.core.ids import PATTERN, PublicId, new_public_id
from webapp.core.paging import PageRequest
from webapp.core.periods import local_midnight
from webapp.core.permissions import Permission
from webapp.domain.accounts.directory import AdvertiserCard
from webapp.domain.ads.services.names import Named
from webapp.domain.analytics.credits import CreditQuery
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.credits import VERDICTS, Request
from webapp.domain.delivery.models import CreditStatus, TrafficCredit
from webapp.surfaces.admin import bp
from webapp.web.access import requires
from webapp.web.app import services
from webapp.web.filters import money
from webapp.web.forms import error_text
from webapp.web.htmx import go, invalid, page, toast
from webapp.web.ledger_words import exact_digits
from webapp.web.tenancy import staff_scope
from webapp.web.verdicts import kind_label, verdict_label

PAGE_SIZE = 50
LAST_HOUR = 24
FIELDS = ("advertiser", "campaign", "day", "site", "ip_prefix", "user_day", "from_hour", "to_hour")


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was typed, what it means, and what is wrong with it."""

    typed: dict[str, str]
    errors: dict[str, str]
    card: AdvertiserCard | None = None
    campaign: Named | None = None
    query: CreditQuery | None = None


@bp.get("/credits")
@requires(Permission.STAFF_LEDGER_READ)
def credit_list() -> ResponseReturnValue:
    """Show the credits that wait, or all of them."""
    every = request.args.get("show") == "all"
    wanted = PageRequest(max(1, request.args.get("page", 1, type=int)), PAGE_SIZE)
    found = services().credits.list_page(staff_scope(), wanted, None if every else CreditStatus.PENDING)
    ids = {row.advertiser_id for row in found.items}
    return page(
        "admin/credits/index.html",
        fragment="admin/credits/_table.html",
        found=found,
        every=every,
        names=services().directory.names(ids),
        accounts=services().directory.accounts(ids),
        verdict_label=verdict_label,
    )


@bp.get("/credits/new")
@requires(Permission.STAFF_LEDGER_ADJUST)
def credit_new() -> ResponseReturnValue:
    """Show the form and, once it says enough, what fits: how many events, what they cost, some of them."""
    return page("admin/credits/new.html", **_form(_asked(request.args.to_dict()), {}))


@bp.post("/credits")
@requires(Permission.STAFF_LEDGER_ADJUST)
def credit_ask() -> ResponseReturnValue:
    """Ask for the credit; the same form twice is one."""
    asked, given = _asked(request.form.to_dict()), request.form
    if asked.card is None or asked.query is None:
        return invalid("admin/credits/new.html", **_form(asked, {}))
    public_id = given.get("credit", "")
    wanted = Request(
        PublicId(public_id if PATTERN.fullmatch(public_id) else new_public_id("cr")),
        Holder(asked.card.id, asked.card.currency), asked.query, given.get("verdict", ""), given.get("reason", ""),
    )  # fmt: skip
    try:
        row = services().credits.ask(staff_scope(), wanted)
    except Invalid as error:
        return invalid("admin/credits/new.html", **_form(asked, error.errors))
    _say(row, asked.card.currency)
    return go(url_for(".credit_detail", credit_id=row.public_id))


@bp.get("/credits/<public_id:credit_id>")
@requires(Permission.STAFF_LEDGER_READ)
def credit_detail(credit_id: PublicId) -> ResponseReturnValue:
    """Show one credit with its events' sums, and what may be decided."""
    row = services().credits.get(staff_scope(), credit_id)
    card = services().directory.card(row.advertiser_id)
    own = row.requested_by == staff_scope().actor.user_id
    return page(
        "admin/credits/detail.html",
        row=row,
        card=card,
        own=own,
        campaign=services().event_subjects.campaign(row.advertiser_id, row.campaign_id),
        decides=row.status is CreditStatus.PENDING and staff_scope().can(Permission.STAFF_LEDGER_ADJUST),
        limit=services().credits.limit_micros,
        verdict_label=verdict_label,
        exact_digits=exact_digits,
    )


@bp.post("/credits/<public_id:credit_id>/approve")
@requires(Permission.STAFF_LEDGER_ADJUST)
def credit_approve(credit_id: PublicId) -> ResponseReturnValue:
    """Give the money back."""
    row = services().credits.get(staff_scope(), credit_id)
    card = services().directory.card(row.advertiser_id)
    _say(services().credits.approve(staff_scope(), credit_id, Holder(card.id, card.currency)), card.currency)
    return go(url_for(".credit_detail", credit_id=credit_id))


@bp.post("/credits/<public_id:credit_id>/decline")
@requires(Permission.STAFF_LEDGER_ADJUST)
def credit_decline(credit_id: PublicId) -> ResponseReturnValue:
    """Give nothing back."""
    row = services().credits.get(staff_scope(), credit_id)
    card = services().directory.card(row.advertiser_id)
    services().credits.decline(staff_scope(), credit_id, Holder(card.id, card.currency))
    toast(_("The credit was declined."))
    return go(url_for(".credit_detail", credit_id=credit_id))


def _say(row: TrafficCredit, currency: str) -> None:
    amount = money(row.amount_micros, currency, exact_digits(row.amount_micros))
    if row.status is CreditStatus.APPROVED:
        toast(_("%(amount)s were given back.", amount=amount))
    else:
        toast(_("%(amount)s wait for a second person.", amount=amount))


def _form(asked: Asked, errors: dict[str, Any]) -> dict[str, Any]:
    found = services().credits.preview(staff_scope(), asked.query) if asked.query else None
    return {
        "asked": asked,
        "found": found,
        "errors": {**asked.errors, **{name: error_text(text) for name, text in errors.items()}},
        "credit": request.form.get("credit") or new_public_id("cr"),
        "verdict": request.form.get("verdict", ""),
        "reason": request.form.get("reason", ""),
        "verdicts": [(item.value, str(verdict_label(item))) for item in VERDICTS],
        "verdict_label": verdict_label,
        "kind_label": kind_label,
        "exact_digits": exact_digits,
        "limit": services().credits.limit_micros,
    }


def _asked(given: dict[str, str]) -> Asked:
    typed = {name: given.get(name, "").strip()[:200] for name in FIELDS}
    if not any(typed.values()):
        return Asked(typed, {})
    card = services().directory.find_exactly(staff_scope(), typed["advertiser"])
    if card is None:
        return Asked(typed, {"advertiser": _("No advertiser has this id or exactly this name.")})
    campaign = _campaign(card, typed["campaign"])
    if campaign is None:
        return Asked(typed, {"campaign": _("No campaign has this id or exactly this name.")}, card)
    try:
        day = date.fromisoformat(typed["day"])
    except ValueError:
        return Asked(typed, {"day": _("Choose a day.")}, card, campaign[1])
    first, last = _hour(typed["from_hour"], 0), _hour(typed["to_hour"], LAST_HOUR)
    if first is None or last is None or first >= last:
        return Asked(
            typed, {"from_hour": _("Choose hours from 0 to 24, the first before the last.")}, card, campaign[1]
        )
    midnight = local_midnight(day, ZoneInfo(card.zone))
    query = CreditQuery(
        card.id, campaign[0], day, typed["site"], typed["ip_prefix"], typed["user_day"],
        midnight + timedelta(hours=first) if first else None,
        midnight + timedelta(hours=last) if last < LAST_HOUR else None,
    )  # fmt: skip
    return Asked(typed, {}, card, campaign[1], query)


def _campaign(card: AdvertiserCard, text: str) -> tuple[int, Named] | None:
    scope = services().accounts.system_scope_by_id(card.id, staff_scope().actor)
    fits = [row for row in services().campaigns.every(scope) if text in (row.public_id, row.name)]
    return (fits[0].id, Named(PublicId(fits[0].public_id), fits[0].name)) if len(fits) == 1 else None


def _hour(text: str, default: int) -> int | None:
    if not text:
        return default
    return int(text) if text.isascii() and text.isdigit() and int(text) <= LAST_HOUR else None
