"""Notices in words: a sentence, what comes of it, and where it leads; the same in the cabinet and in letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from webapp.domain.notifications.types import NoticeKind
from webapp.web.app import kabinet
from webapp.web.filters import money

Values = Mapping[str, Any]
_K = NoticeKind


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as it is read."""

    title: str
    text: str
    icon: str
    tone: str
    path: str
    link: str


def notice_text(kind: str, values: Values) -> NoticeText:
    """Return a notice in the reader's language."""
    return _TEXTS[NoticeKind(kind)](values)


def _approved(values: Values) -> NoticeText:
    return NoticeText(
        gettext("“%(name)s” was approved", name=values["name"]),
        gettext("Version %(number)s is shown from now on.", number=values["number"]),
        icon="check",
        tone="text-success",
        path=_path("cabinet.creative_detail", values),
        link=gettext("Open the creative"),
    )


def _rejected(values: Values) -> NoticeText:
    return NoticeText(
        gettext("“%(name)s” was rejected", name=values["name"]),
        values.get("reason") or gettext("The reason stands beside the version."),
        icon="octagon-x",
        tone="text-error",
        path=_path("cabinet.creative_detail", values),
        link=gettext("Open the creative"),
    )


def _low(values: Values) -> NoticeText:
    return NoticeText(
        gettext("%(amount)s is left on the balance", amount=_amount(values)),
        gettext("Top up, so that the campaigns go on."),
        icon="wallet",
        tone="text-warning",
        path=_path("cabinet.balance"),
        link=gettext("Open the balance"),
    )


def _empty(values: Values) -> NoticeText:
    return NoticeText(
        gettext("The balance is empty"),
        gettext(
            "%(amount)s is left, less than any campaign needs. Nothing is shown until money comes in.",
            amount=_amount(values),
        ),
        icon="wallet",
        tone="text-error",
        path=_path("cabinet.balance"),
        link=gettext("Open the balance"),
    )


def _budget(values: Values) -> NoticeText:
    daily = values.get("budget") == "daily"
    name = values["name"]
    return NoticeText(
        gettext("“%(name)s” has used up its daily budget", name=name)
        if daily
        else gettext("“%(name)s” has used up its total budget", name=name),
        gettext("It goes on with the next day.") if daily else gettext("Raise the total budget to let it go on."),
        icon="gauge",
        tone="text-warning",
        path=_path("cabinet.campaign_detail", values),
        link=gettext("Open the campaign"),
    )


def _ended(values: Values) -> NoticeText:
    return NoticeText(
        gettext("“%(name)s” came to its end", name=values["name"]),
        gettext("Its last day is over. Give it a later one to let it go on."),
        icon="flag",
        tone="text-muted",
        path=_path("cabinet.campaign_detail", values),
        link=gettext("Open the campaign"),
    )


def _differs(values: Values) -> NoticeText:
    about = {"name": values["name"], "day": values.get("day", ""), "difference": values.get("difference", "")}
    return NoticeText(
        gettext("The books of “%(name)s” differ", name=values["name"]),
        gettext("On %(day)s ledger, events and counters of “%(name)s” do not agree: %(difference)s.", **about),
        icon="triangle-alert",
        tone="text-error",
        path=_path("admin.system"),
        link=gettext("Open the staff pages"),
    )


def _amount(values: Values) -> str:
    return money(int(values["available_micros"]), str(values["currency"]))


def _path(endpoint: str, values: Values | None = None) -> str:
    """Return an address without a host; letters are written where there is no request."""
    noun = endpoint.rpartition(".")[2].removesuffix("_detail")
    arguments = {f"{noun}_id": values["public_id"]} if values else {}
    return str(kabinet().url_map.bind("localhost").build(endpoint, arguments))


_TEXTS: dict[NoticeKind, Callable[[Values], NoticeText]] = {
    _K.CREATIVE_APPROVED: _approved,
    _K.CREATIVE_REJECTED: _rejected,
    _K.BALANCE_LOW: _low,
    _K.BALANCE_EMPTY: _empty,
    _K.BUDGET_SPENT: _budget,
    _K.CAMPAIGN_ENDED: _ended,
    _K.RECONCILIATION_FAILED: _differs,
}
