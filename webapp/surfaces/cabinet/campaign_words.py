"""Statuses, terms and changes of campaigns in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.lists import format_list
from flask_babel import get_locale, gettext, ngettext, pgettext

from webapp.domain.ads.targeting import country_codes, language_codes
from webapp.domain.ads.types import (
    Browser,
    Device,
    EffectiveStatus,
    SiteMode,
    StatusCode,
    System,
    Tab,
    Targeting,
)
from webapp.surfaces.cabinet import bp
from webapp.web.app import services
from webapp.web.category_words import category_names
from webapp.web.filters import day_short, integer, money
from webapp.web.numerals import local
from webapp.web.status import status_look

#: More names than this become a count.
FEW = 5


@bp.app_template_filter("status_reason")
def status_reason(status: EffectiveStatus, zone: str | ZoneInfo) -> str:
    """Return why, as it stands behind the word of a status."""
    says = _REASONS.get(status.code)
    return says(status.values, zone) if says else ""


Values = Mapping[str, Any]


def _until(values: Values, zone: str | ZoneInfo) -> str:
    """Write the hour; the weekday too when it is not within a day from now."""
    moment = values.get("until")
    if moment is None:
        return ""
    there = local(moment, zone)
    time = f"{there:%H:%M}"
    if moment - services().clock.now() > timedelta(hours=24):
        time = f"{weekday_names()[there.weekday()]} {time}"
    return str(gettext("until %(time)s", time=time))


def _some_ads(values: Values, _zone: str | ZoneInfo) -> str:
    total, count = values["total"], values["count"]
    return str(ngettext("%(count)s of %(num)s ad", "%(count)s of %(num)s ads", total, count=count))


def _ended(values: Values, zone: str | ZoneInfo) -> str:
    return day_short(local(values["at"] - timedelta(microseconds=1), zone))


def _paused(values: Values, zone: str | ZoneInfo) -> str:
    day, by = day_short(local(values["at"], zone)), values["by"]
    return str(gettext("by %(name)s, %(day)s", name=by.split()[0], day=day)) if by else day


def _step(values: Values, _zone: str | ZoneInfo) -> str:
    return str(gettext("step %(step)s of %(steps)s", **values))


_REASONS: dict[StatusCode, Callable[[Values, str | ZoneInfo], str]] = {
    StatusCode.DAILY_BUDGET_SPENT: _until,
    StatusCode.OUTSIDE_HOURS: _until,
    StatusCode.REJECTED: _some_ads,
    StatusCode.IN_REVIEW: _some_ads,
    StatusCode.SCHEDULED: lambda values, zone: _moment(values["at"], zone),
    StatusCode.ENDED: _ended,
    StatusCode.TOTAL_BUDGET_SPENT: lambda values, _zone: day_short(values["on"]) if values["on"] else "",
    StatusCode.PAUSED: _paused,
    StatusCode.DRAFT: _step,
}


def _moment(moment: datetime, zone: str | ZoneInfo) -> str:
    there = local(moment, zone)
    return day_short(there) if (there.hour, there.minute) == (0, 0) else f"{day_short(there)}, {there:%H:%M}"


@bp.app_template_filter("status_note")
def status_note(status: EffectiveStatus) -> str:
    """Return what is said beside the status of a campaign that serves: ads rejected, ads in review."""
    count, total = status.values["count"], status.values["total"]
    if status.code is StatusCode.REJECTED:
        return str(
            ngettext("%(count)s of %(num)s ad rejected", "%(count)s of %(num)s ads rejected", total, count=count)
        )
    return str(ngettext("%(num)s ad in review", "%(num)s ads in review", count))


def weekday_names() -> list[str]:
    """Return Mon … Sun in the reader's language."""
    names = get_locale().days["format"]["abbreviated"]
    return [names[day] for day in range(7)]


@bp.app_template_filter("country_name")
def country_name(code: str) -> str:
    """Return a country's name; a region keeps its code."""
    return str(get_locale().territories.get(code, code))


@bp.app_template_filter("language_name")
def language_name(code: str) -> str:
    """Return a language's name."""
    return str(get_locale().languages.get(code, code))


def country_choices() -> list[tuple[str, str]]:
    """Return every country as (code, name), by name."""
    return sorted(((code, country_name(code)) for code in country_codes()), key=lambda pair: pair[1].casefold())


def language_choices() -> list[tuple[str, str]]:
    """Return every language as (code, name), by name."""
    return sorted(((code, language_name(code)) for code in language_codes()), key=lambda pair: pair[1].casefold())


def codes_of(words: Sequence[str], choices: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return codes for names people typed; what is no name stays as it is."""
    codes = {name.casefold(): code for code, name in choices}
    return tuple(codes.get(word.casefold(), word) for word in words)


def device_names() -> dict[str, str]:
    """Return devices in words."""
    return {
        Device.PHONE.value: gettext("Phone"),
        Device.DESKTOP.value: gettext("Desktop"),
        Device.TABLET.value: gettext("Tablet"),
    }


def system_names() -> dict[str, str]:
    """Return operating systems as they are called."""
    return {System.ANDROID.value: "Android", System.IOS.value: "iOS", System.WINDOWS.value: "Windows",
            System.MACOS.value: "macOS", System.LINUX.value: "Linux"}  # fmt: skip


def browser_names() -> dict[str, str]:
    """Return browsers as they are called."""
    names = {item.value: item.value.capitalize() for item in Browser}
    return names | {Browser.SAMSUNG.value: "Samsung Internet", Browser.YANDEX.value: "Yandex Browser"}


def tab_names() -> dict[Tab, str]:
    """Return the tabs of the list in words, in order."""
    return {
        Tab.ALL: gettext("All"),
        Tab.SERVING: gettext("Serving"),
        Tab.WAITING: gettext("Waiting"),
        Tab.ATTENTION: gettext("Needs attention"),
        Tab.UPCOMING: gettext("Upcoming"),
        Tab.PAUSED: gettext("Paused"),
        Tab.ENDED: gettext("Ended"),
        Tab.DRAFTS: gettext("Drafts"),
        Tab.ARCHIVED: gettext("Archived"),
    }


def audience_lines(audience: Targeting) -> list[tuple[str, str]]:
    """Return an audience as (what, which) lines; only what was narrowed."""
    places = [country_name(code) for code in audience.countries] + list(audience.regions)
    lines = [
        (gettext("Countries"), _list(places)),
        (gettext("Devices"), _list([device_names()[key] for key in audience.devices])),
        (gettext("Systems"), _list([system_names()[key] for key in audience.systems])),
        (gettext("Browsers"), _list([browser_names()[key] for key in audience.browsers])),
        (gettext("Languages"), _list([language_name(code) for code in audience.languages])),
        (gettext("Sites"), _sites(audience)),
        (gettext("Keywords"), _list(list(audience.keywords))),
    ]
    return [(what, which) for what, which in lines if which]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _sites(audience: Targeting) -> str:
    count = len(audience.sites)
    if audience.site_mode is SiteMode.EXCEPT:
        return str(gettext("All but %(count)s", count=count)) if count > FEW else gettext(
            "All but %(sites)s", sites=_list(audience.sites))  # fmt: skip
    if audience.site_mode is SiteMode.ONLY:
        return _list(audience.sites) if count <= FEW else str(gettext("Only %(count)s", count=count))
    return ""


def audience_short(audience: Targeting, hours: str) -> str:
    """Return an audience in a few words: 4 countries, phone and desktop, 98 of 168 hours."""
    parts = []
    places = len(audience.countries) + len(audience.regions)
    if places:
        parts.append(ngettext("%(num)s country", "%(num)s countries", places))
    else:
        parts.append(gettext("All countries"))
    if audience.devices:
        names = [device_names()[key].lower() for key in audience.devices]
        parts.append(format_list(names, locale=get_locale()))
    on = hours.count("1")
    if on < len(hours):
        parts.append(gettext("%(count)s of 168 hours", count=on))
    return ", ".join(parts)


def field_names() -> dict[str, str]:
    """Return the fields of campaigns and ads as history calls them."""
    return {
        "name": gettext("Name"),
        "bid": gettext("Bid"),
        "bid_model": gettext("Bid model"),
        "daily_budget": gettext("Daily budget"),
        "total_budget": gettext("Total budget"),
        "pacing": gettext("Pacing"),
        "starts_at": gettext("Start"),
        "ends_at": gettext("End"),
        "hours": gettext("Hours"),
        "cap_count": gettext("Frequency cap"),
        "cap_window": gettext("Cap counts over"),
        "countries": gettext("Countries"),
        "regions": gettext("Regions"),
        "devices": gettext("Devices"),
        "systems": gettext("Systems"),
        "browsers": gettext("Browsers"),
        "languages": gettext("Languages"),
        "sites": gettext("Sites"),
        "site_mode": gettext("Sites"),
        "keywords": gettext("Keywords"),
        "labels": gettext("Labels"),
        "category": gettext("Category"),
        "notes": gettext("Notes"),
        "status": gettext("Status"),
        "landing_url": gettext("Landing address"),
        "creative_id": gettext("Creative"),
        "weight": gettext("Weight"),
        "enabled": gettext("Switch"),
    }


_MONEY = frozenset({"bid", "daily_budget", "total_budget"})


def value_text(field: str, value: Any, currency: str, zone: str) -> str:
    """Return one side of a change in words."""
    if value is None or value in ("", []):
        return "—"
    if field in _MONEY:
        return money(value, currency)
    if field in ("starts_at", "ends_at"):
        return _moment(datetime.fromisoformat(value), zone)
    if field == "hours":
        return str(gettext("%(count)s of 168 hours", count=str(value).count("1")))
    if field == "status":
        return str(status_look(value).label)
    if field == "enabled":
        return str(gettext("on") if value else gettext("off"))
    return _named_values(field, value)


def _named_values(field: str, value: Any) -> str:
    names: Mapping[str, str] = {
        "devices": device_names(),
        "systems": system_names(),
        "browsers": browser_names(),
        "site_mode": site_mode_names(),
        "pacing": pacing_names(),
        "cap_window": window_names(),
        "bid_model": {"cpm": "CPM", "cpc": "CPC"},
        "category": category_names(),
    }.get(field, {})
    values = value if isinstance(value, list) else [value]
    if field == "countries":
        return _list([country_name(code) for code in values])
    if field == "languages":
        return _list([language_name(code) for code in values])
    return _list([names.get(item, str(item)) for item in values])


def site_mode_names() -> dict[str, str]:
    """Return what a list of sites means."""
    return {"all": gettext("All"), "only": gettext("Only these"), "except": gettext("All but these")}


def pacing_names() -> dict[str, str]:
    """Return how a day's budget is spread."""
    return {"even": gettext("Even"), "asap": gettext("As fast as possible")}


def window_names() -> dict[str, str]:
    """Return what a cap counts over."""
    return {"hour": gettext("hour"), "day": gettext("day"), "campaign": gettext("campaign")}


def cap_text(count: int | None, window: str | None) -> str:
    """Return a frequency cap: 3 a day."""
    if count is None or window is None:
        return str(gettext("No cap"))
    words = {
        "hour": gettext("%(count)s an hour", count=integer(count)),
        "day": gettext("%(count)s a day", count=integer(count)),
        "campaign": gettext("%(count)s in all", count=integer(count)),
    }
    return str(words[window])


def run_text(starts_at: datetime | None, ends_at: datetime | None, zone: str) -> str:
    """Return from when to when a campaign runs: 14 Sep – 13 Dec."""
    first = _moment(starts_at, zone) if starts_at else ""
    last = _last(ends_at, zone) if ends_at else ""
    if first and last:
        return f"{first} – {last}"
    if first:
        return str(gettext("from %(day)s", day=first))
    return str(gettext("until %(time)s", time=last)) if last else str(gettext("Always"))


def _last(ends_at: datetime, zone: str) -> str:
    there = local(ends_at, zone)
    whole_day = (there.hour, there.minute) == (0, 0)
    return day_short(there - timedelta(days=1)) if whole_day else _moment(ends_at, zone)


def deed_text(action: str, subject: str) -> str:
    """Return a deed that changed no field in words."""
    sentences = {
        "campaign.create": gettext("Created"),
        "campaign.launch": gettext("Launched"),
        "campaign.pause": pgettext("deed", "Paused"),
        "campaign.resume": pgettext("deed", "Switched on"),
        "campaign.archive": pgettext("deed", "Archived"),
        "campaign.unarchive": gettext("Restored from the archive"),
        "ad.create": gettext("Ad “%(name)s” added", name=subject),
        "ad.pause": gettext("Ad “%(name)s” switched off", name=subject),
        "ad.resume": gettext("Ad “%(name)s” switched on", name=subject),
        "ad.archive": gettext("Ad “%(name)s” archived", name=subject),
        "ad.unarchive": gettext("Ad “%(name)s” restored", name=subject),
        "ad.update": gettext("Ad “%(name)s” changed", name=subject),
        "creative.submit": gettext("“%(name)s” sent to review", name=subject),
        "creative.approve": gettext("“%(name)s” approved", name=subject),
        "creative.reject": gettext("“%(name)s” rejected", name=subject),
    }
    return str(sentences.get(action, gettext("“%(name)s” changed", name=subject)))


def register_choices() -> None:
    """Give the form its lists."""
    for function in (country_choices, language_choices, device_names, system_names, browser_names):
        bp.add_app_template_global(function, function.__name__)


register_choices()
