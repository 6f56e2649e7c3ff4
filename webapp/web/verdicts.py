"""Words for what happened and what became of it: the same on screen and in files."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

KINDS = {
    "impression": (_l("Impression"), _l("Impressions")),
    "view": (_l("View"), _l("Views")),
    "click": (_l("Click"), _l("Clicks")),
    "conversion": (_l("Conversion"), _l("Conversions")),
}
VERDICTS = {
    "": _l("Counted"),
    "duplicate": _l("Repeated"),
    "expired": _l("Too late"),
    "bad_signature": _l("Wrong signature"),
    "bot_ua": _l("Bot"),
    "datacenter": _l("Data centre"),
    "click_without_impression": _l("Click without an impression"),
    "view_without_impression": _l("View without an impression"),
    "too_fast": _l("Clicked too fast"),
    "rate": _l("Too many in a minute"),
    "frequency": _l("Over the frequency cap"),
    "budget": _l("Nothing left in the budget"),
}


def kind_label(kind: str) -> str:
    """Return the name of one event of a kind."""
    return str(KINDS[kind][0]) if kind in KINDS else kind


def kind_title(kind: str) -> str:
    """Return the name of many events of a kind."""
    return str(KINDS[kind][1]) if kind in KINDS else kind


def verdict_label(verdict: str) -> str:
    """Return a reason in words."""
    return str(VERDICTS.get(verdict, verdict))
