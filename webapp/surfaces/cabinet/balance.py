"""The balance page: where every cent is, the ledger, and each transaction's entries."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from webapp.core.ids import PATTERN, PublicId
from webapp.core.periods import Period, month_period, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.services.names import Named, ObjectNames
from webapp.domain.billing.types import Group, LedgerFilter, LedgerRow, Summary
from webapp.surfaces.cabinet import bp
from webapp.surfaces.cabinet.charge_list import charge_url
from webapp.surfaces.cabinet.ledger_lines import Place, lines_of
from webapp.surfaces.cabinet.top_up import asked_form, top_up_context
from webapp.web.access import requires
from webapp.web.app import services, session
from webapp.web.htmx import page, wants_fragment
from webapp.web.ledger_words import ACCOUNTS, GROUPS, exact_digits, line_of
from webapp.web.periods import here
from webapp.web.tenancy import scope

PAGE_SIZE = 50
#: The width of the bar's drawing.
BAR = 1000


@bp.get("/balance")
@requires(Permission.BALANCE_READ)
def balance() -> ResponseReturnValue:
    """Show where the money is and the ledger; a filter or another page redraws the ledger alone."""
    context = ledger_context(scope())
    if not wants_fragment():
        context |= money_context(scope())
        if scope().can(Permission.BALANCE_TOP_UP):
            context |= top_up_context(scope(), asked_form(scope()), context["summary"].pockets)
    return page("cabinet/balance/index.html", fragment="cabinet/balance/_ledger.html", **context)


@bp.get("/balance/transactions/<public_id:transaction_id>")
@requires(Permission.BALANCE_READ)
def transaction_detail(transaction_id: PublicId) -> ResponseReturnValue:
    """Show the entries of one transaction: under its row, or as a page."""
    row = services().balances.transaction(scope(), transaction_id)
    return page(
        "cabinet/balance/transaction.html",
        fragment="cabinet/balance/_entries.html",
        line=line_of(row, scope(), _campaigns(scope(), [row])),
        accounts=ACCOUNTS,
        scope=scope(),
        shut=request.args.get("shut") == "1",
    )


def money_context(scope: Scope) -> dict[str, Any]:
    """Return the equation, its bar, and the three sums that must be one."""
    summary = services().balances.summary(scope)
    terms = (summary.pockets.spendable_micros, summary.pockets.reserved_micros, summary.charged_micros)
    return {
        "summary": summary,
        "terms": terms,
        "exact_digits": exact_digits,
        "bar": _bar(terms),
        "agreement": services().balances.agreement(scope),
        "pace": services().balances.daily_pace(scope),
        "since": today_in(scope.zone, summary.since) if summary.since else None,
        "sources": _sources(summary),
        "live": services().live_spending.today(scope),
    }


def _sources(summary: Summary) -> list[tuple[str, int]]:
    """Return where the money came from; what every account has is always named."""
    kinds = [("top_ups", summary.top_ups_micros), ("promo", summary.promo_micros), ("credits", summary.credits_micros)]
    rare = [("adjustments", summary.adjustments_micros)] if summary.adjustments_micros else []
    return [*kinds, ("refunds", -summary.refunds_micros), *rare]


def _bar(terms: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return start and width of each part of the bar; a part that is there is at least seen."""
    total, parts, at = sum(terms), [], 0
    for term in terms:
        width = max(term * BAR // total, 4) if total and term else 0
        parts.append((at, width))
        at += width
    return parts


def ledger_context(scope: Scope) -> dict[str, Any]:
    """Return one page of the ledger, its filters and the addresses of other ones."""
    group, month, campaign = _group(), _month(), _campaign(scope)
    everything = request.args.get("also") == "reservations"
    chosen = LedgerFilter(group, month, campaign[0] if campaign else None, reservations=everything)
    found = lines_of(scope, chosen, Place.read(request.args), PAGE_SIZE)
    months = services().balances.months(scope)
    return {
        "scope": scope,
        "found": found,
        "today": today_in(scope.zone, services().clock.now()),
        "groups": [
            (str(name), _ledger_url(group=None if key is Group.ALL else key.value), key is group)
            for key, name in GROUPS.items()
        ],
        "months": [(month_name(first), _ledger_url(month=f"{first:%Y-%m}"), _is(first, month)) for first in months],
        "month": month,
        "campaign": campaign[1] if campaign else None,
        "filtered": group is not Group.ALL or month is not None or campaign is not None,
        "also": (_ledger_url(also=None if everything else "reservations"), everything) if group is Group.ALL else None,
        "charge_url": charge_url,
        "urls": {
            "all_months": _ledger_url(month=None),
            "all_campaigns": _ledger_url(campaign=None),
            "older": _ledger_url(**found.older.params()) if found.older else "",
            "newest": "" if found.is_first else _ledger_url(),
        },
        "export_params": json.dumps(_export_params(group, month, campaign[1] if campaign else None)),
    }


def month_name(first: date) -> str:
    """Return a month in words, with its year."""
    return str(format_date(first, "LLLL y"))


def _is(first: date, month: Period | None) -> bool:
    return month is not None and month.first == first


def _export_params(group: Group, month: Period | None, campaign: Named | None) -> dict[str, list[str]]:
    found = {"group": [group.value]}
    if month is not None:
        found["month"] = [f"{month.first:%Y-%m}"]
    if campaign is not None:
        found["campaign"] = [campaign.public_id]
    return found


def _ledger_url(**changes: str | None) -> str:
    """Return this ledger's address with another filter, back on its first page."""
    own: dict[str, str | int | None] = {"before": None, "hour": None, "amount": None, "payment": None, **changes}
    return here(**own)


def _campaigns(scope: Scope, rows: Any) -> dict[int, Named]:
    ids = {row.campaign_id for row in rows if isinstance(row, LedgerRow) and row.campaign_id is not None}
    return dict(ObjectNames(session()).named(scope, "campaign", ids)) if ids else {}


def _group() -> Group:
    text = request.args.get("group", "")
    return Group(text) if text in tuple(Group) else Group.ALL


def _month() -> Period | None:
    """Read `month=2026-11`; what is no month is passed over."""
    try:
        return month_period(request.args.get("month", ""))
    except ValueError:
        return None


def _campaign(scope: Scope) -> tuple[int, Named] | None:
    """Read `campaign=c_…`; raise NotFound for another advertiser's."""
    text = request.args.get("campaign", "")
    if not PATTERN.fullmatch(text):
        return None
    campaign = services().campaigns.get(scope, PublicId(text))
    return campaign.id, Named(PublicId(campaign.public_id), campaign.name)


bp.add_app_template_filter(month_name, "month_name")
