"""Rows of the campaign list, written out: fifty of them are most of the page's time, so nothing is looked up twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.types import SWITCHLESS, EffectiveStatus, StatusCode
from webapp.domain.analytics.listing import CampaignRow
from webapp.surfaces.cabinet.campaign_words import status_reason
from webapp.web.filters import current_style
from webapp.web.graphics import icon, spark, status
from webapp.web.numerals import NOTHING, decimal_text, micros_text, money_text, percent_text
from webapp.web.periods import period_params

_UNIT = 1_000_000
_QUIET = frozenset({StatusCode.ENDED, StatusCode.TOTAL_BUDGET_SPENT})


@dataclass(slots=True)
class RowView:
    """One line of the list in words and figures."""

    id: str
    name: str
    href: str
    #: The address of the campaign, and what its deeds carry along of the page's days.
    base: str
    query: str
    #: None where a switch would change nothing.
    on: bool | None
    editable: bool
    quiet: bool
    status: Markup
    model: str
    bid: str
    today: str
    budget: str
    #: (of, spent, whether all of it, label) of today's bar.
    bar: tuple[int, int, bool, str] | None
    spend: str
    spend_money: str
    impressions: str
    clicks: str
    ctr: str
    cpc: str
    conversions: str
    trend: Markup


class RowWriter:
    """Writes rows for one reader."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._style = current_style()
        self._writes = scope.can(Permission.CAMPAIGN_WRITE)
        self._list = url_for("cabinet.campaign_list")
        params = period_params()
        self._query = f"?{urlencode(params)}" if params else ""
        self._statuses: dict[tuple[Any, ...], Markup] = {}
        self._today = gettext("Today %(spent)s of %(budget)s", spent="{0}", budget="{1}")

    def write(self, row: CampaignRow) -> RowView:
        """Return a row as the template shows it."""
        campaign, figures = row.campaign, row.metrics
        editable = self._writes and row.code is not StatusCode.ARCHIVED
        base = f"{self._list}/{campaign.public_id}"
        counted = bool(figures.impressions or figures.clicks or figures.spend_micros or figures.conversions)
        quiet = campaign.status != "active" or row.code in _QUIET
        draft = row.code is StatusCode.DRAFT and editable
        return RowView(
            id=campaign.public_id,
            name=campaign.name,
            href=f"{base}/setup/goal" if draft else base + self._query,
            base=base,
            query=self._query,
            on=campaign.status == "active" if editable and row.code not in SWITCHLESS else None,
            editable=editable,
            quiet=quiet,
            status=self._status(row.report.status),
            model=campaign.bid_model.upper(),
            bid=self._amount(campaign.bid_micros or None),
            today=self._spent_today(row),
            budget=self._budget(campaign.daily_budget_micros),
            bar=self._bar(row),
            spend=self._amount(figures.spend_micros) if counted else NOTHING,
            spend_money=self._money(figures.spend_micros) if counted else NOTHING,
            impressions=self._count(figures.impressions, counted),
            clicks=self._count(figures.clicks, counted),
            ctr=percent_text(figures.ctr, 2, self._style),
            cpc=self._amount(figures.cpc_micros),
            conversions=self._count(figures.conversions, counted),
            trend=spark(row.trend, 64, 20, "text-c0" if quiet else "text-c1"),
        )

    def _status(self, found: EffectiveStatus) -> Markup:
        key = (found.code, *found.values.values())
        if key not in self._statuses:
            self._statuses[key] = status(found.code, status_reason(found, self._scope.zone_name))
        return self._statuses[key]

    def _amount(self, micros: int | None, digits: int = 2) -> str:
        return NOTHING if micros is None else micros_text(micros, digits, self._style)

    def _money(self, micros: int) -> str:
        return money_text(micros, self._scope.currency, self._style)

    def _count(self, value: int, counted: bool) -> str:
        return decimal_text(value, 0, self._style) if counted else NOTHING

    def _budget(self, micros: int | None) -> str:
        if micros is None:
            return "∞"
        return self._amount(micros, 2 if micros % _UNIT else 0)

    def _spent_today(self, row: CampaignRow) -> str:
        if not row.runs_today:
            return NOTHING
        return self._amount(row.spend.today_micros) if row.spend.today_micros else "0"

    def _bar(self, row: CampaignRow) -> tuple[int, int, bool, str] | None:
        daily, spent = row.campaign.daily_budget_micros, row.spend.today_micros
        if daily is None or not row.runs_today:
            return None
        label = self._today.format(self._money(spent), self._money(daily))
        return daily, spent, row.code is StatusCode.DAILY_BUDGET_SPENT, label


def row_words() -> dict[str, Any]:
    """Return the words every row repeats."""
    return {
        "on": gettext("On: %(name)s", name="\0"),
        "rename": gettext("Rename %(name)s", name="\0"),
        "bid": gettext("Change the bid of %(name)s", name="\0"),
        "daily_budget": gettext("Change the daily budget of %(name)s", name="\0"),
        "saved": icon("check", "!size-3.5", gettext("Saved")),
        "pencil": icon("pencil", "!size-3"),
    }
