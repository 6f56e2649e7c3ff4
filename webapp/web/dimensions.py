"""Words for dimensions, their values and metrics: the same on screen and in files."""

from __future__ import annotations

from collections.abc import Sequence

from babel import Locale
from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from webapp.core.periods import Grain, Preset
from webapp.domain.ads.services.names import Named
from webapp.domain.analytics.types import EXTRA_PREFIX, OBJECT_DIMENSIONS
from webapp.web.verdicts import verdict_label

#: One value, and many of them.
DIMENSIONS = {
    "campaign": (_l("Campaign"), _l("Campaigns")),
    "ad": (_l("Ad"), _l("Ads")),
    "country": (_l("Country"), _l("Countries")),
    "region": (_l("Region"), _l("Regions")),
    "device": (_l("Device"), _l("Devices")),
    "os": (_l("Operating system"), _l("Operating systems")),
    "browser": (_l("Browser"), _l("Browsers")),
    "site": (_l("Site"), _l("Sites")),
    "age": (_l("Age"), _l("Ages")),
    "gender": (_l("Gender"), _l("Genders")),
    "interest": (_l("Interest"), _l("Interests")),
    "placement": (_l("Place"), _l("Places")),
    "verdict": (_l("Reason"), _l("Reasons")),
}
METRICS = {
    "spend": _l("Spend"),
    "impressions": _l("Impressions"),
    "clicks": _l("Clicks"),
    "ctr": _l("CTR"),
    "cpc": _l("CPC"),
    "cpm": _l("CPM"),
    "conversions": _l("Conversions"),
    "cpa": _l("CPA"),
    "sales": _l("Sales"),
    "cvr": _l("CVR"),
    "filtered": _l("Filtered"),
}
PRESETS = {
    Preset.TODAY: _l("Today"),
    Preset.YESTERDAY: _l("Yesterday"),
    Preset.LAST_7: _l("Last 7 days"),
    Preset.LAST_14: _l("Last 14 days"),
    Preset.LAST_28: _l("Last 28 days"),
    Preset.LAST_90: _l("Last 90 days"),
    Preset.THIS_MONTH: _l("This month"),
    Preset.LAST_MONTH: _l("Last month"),
    Preset.THIS_YEAR: _l("This year"),
    Preset.ALL: _l("All time"),
}
GRAINS = {Grain.HOUR: _l("Hour"), Grain.DAY: _l("Day"), Grain.WEEK: _l("Week"), Grain.MONTH: _l("Month")}


def dimension_label(key: str) -> str:
    """Return a dimension's name; one of a file's own columns is called what the file called it."""
    return str(DIMENSIONS[key][0]) if key in DIMENSIONS else key.removeprefix(EXTRA_PREFIX)


def dimension_title(key: str) -> str:
    """Return the name of many values of a dimension."""
    return str(DIMENSIONS[key][1]) if key in DIMENSIONS else key.removeprefix(EXTRA_PREFIX)


def metric_label(key: str) -> str:
    """Return a metric's name."""
    return str(METRICS[key])


def counted(metric: str, count: int) -> str:
    """Return what was counted, as it stands after the figure: 1 click, 327 conversions."""
    words = {
        "impressions": ngettext("impression", "impressions", count),
        "clicks": ngettext("click", "clicks", count),
        "conversions": ngettext("conversion", "conversions", count),
        "sales": ngettext("sale", "sales", count),
        "filtered": ngettext("filtered event", "filtered events", count),
    }
    return str(words[metric])


def value_label(dimension: str, value: str, named: Named | None = None) -> str:
    """Return how a value of a dimension is called."""
    if named is not None:
        return named.name
    if dimension in OBJECT_DIMENSIONS or (dimension == "placement" and value):
        return str(gettext("No longer known"))
    if dimension == "verdict":
        return verdict_label(value)
    if not value:
        return str(gettext("Not set"))
    return country_name(value) if dimension == "country" else value


def country_name(code: str) -> str:
    """Return a country's name in the reader's language; what is no code stays."""
    locale: Locale | None = get_locale()
    names = locale.territories if locale else {}
    return str(names.get(code.upper(), code)) if len(code) == 2 else code


def list_of(words: Sequence[str], most: int = 4) -> str:
    """Return a few words in a row, and how many more there are."""
    if len(words) <= most:
        return ", ".join(words)
    shown = ", ".join(words[: most - 1])
    return str(gettext("%(first)s and %(more)s more", first=shown, more=len(words) - most + 1))
