"""A request as the simulation's form asks about it, read from the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from webapp.core.errors import FieldError
from webapp.core.scope import Scope
from webapp.domain.ads.targeting import clean_domain, country_codes, language_codes
from webapp.domain.ads.types import Browser, Device, SiteMode, System, Targeting
from webapp.domain.delivery.inventory_store import OfferedPlace
from webapp.domain.delivery.types import DecisionRequest, Visitor, Wanted
from webapp.domain.delivery.windows import DAYS
from webapp.surfaces.cabinet.campaign_words import (
    codes_of,
    country_choices,
    country_name,
    language_choices,
    language_name,
)
from webapp.web.forms import error_text
from webapp.web.size_words import size_label

MOST_TEXT = 200
MOST_KEYWORDS = 20


@dataclass
class Question:
    """What is asked, as typed, and what is wrong with it."""

    place: str = ""
    country: str = ""
    device: str = ""
    os: str = ""
    browser: str = ""
    language: str = ""
    site: str = ""
    keywords: str = ""
    at: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> bool:
        """Tell whether somebody has asked."""
        return "place" in request.args


def typed(audience: Targeting, now: datetime, scope: Scope) -> Question:
    """Return what was typed; before anything was, somebody of the campaign's own audience."""
    if "place" in request.args:
        names = ("place", "country", "device", "os", "browser", "language", "site", "keywords", "at")
        given: dict[str, Any] = {name: request.args.get(name, "").strip()[:MOST_TEXT] for name in names}
        return Question(**given)
    first = next(iter(audience.countries), "")
    language = next(iter(audience.languages), "")
    return Question(
        country=country_name(first) if first else "",
        device=next(iter(audience.devices), Device.PHONE.value),
        os=next(iter(audience.systems), ""),
        browser=next(iter(audience.browsers), ""),
        language=language_name(language) if language else "",
        site=next(iter(audience.sites), "") if audience.site_mode is SiteMode.ONLY else "",
        keywords=next(iter(audience.keywords), ""),
        at=now.astimezone(scope.zone).strftime("%Y-%m-%dT%H:%M"),
    )


def place_options(places: Sequence[OfferedPlace]) -> dict[str, list[tuple[str, str]]]:
    """Return what can be asked for: any place of a size, then the places of each site."""
    sizes = sorted({place.size for place in places}, key=lambda size: (size != "native", size))
    groups = {_("Any place of a size"): [(size, size_label(size)) for size in sizes]}
    for place in places:
        groups.setdefault(place.site, []).append((place.public_id, f"{place.name}, {size_label(place.size)}"))
    return groups


def request_of(asked: Question, places: Sequence[OfferedPlace], now: datetime, scope: Scope) -> DecisionRequest | None:
    """Return the request that is meant; None with the errors beside their fields."""
    place = _place(asked.place, places)
    if place is None:
        asked.errors["place"] = _("Choose a place or a size.")
    visitor = Visitor(
        country=_code(asked, "country", country_codes(), country_choices()),
        device=asked.device if asked.device in tuple(Device) else "",
        os=asked.os if asked.os in tuple(System) else "",
        browser=asked.browser if asked.browser in tuple(Browser) else "",
        language=_code(asked, "language", language_codes(), language_choices()),
    )
    at, site = _instant(asked, now, scope), _site(asked)
    if asked.errors or place is None or at is None:
        return None
    words = [word.strip().lower() for word in asked.keywords.split(",") if word.strip()]
    wanted = (Wanted(place.public_id, 0, 0),)
    return DecisionRequest(int(at.timestamp() * 1000), wanted, visitor, tuple(words[:MOST_KEYWORDS]), site)


def _place(text: str, places: Sequence[OfferedPlace]) -> OfferedPlace | None:
    """Return the place of this id, or of those of a size the cheapest."""
    fitting = [place for place in places if text in (place.public_id, place.size)]
    return min(fitting, key=lambda place: place.floor_micros, default=None)


def _code(asked: Question, name: str, known: Any, choices: Sequence[tuple[str, str]]) -> str:
    text = getattr(asked, name)
    if not text:
        return ""
    (code,) = codes_of((text,), choices)
    for spelled in (code, code.upper(), code.lower()):
        if spelled in known:
            return spelled
    asked.errors[name] = _("There is no “%(text)s” here. Write its name or its two letters.", text=text)
    return ""


def _instant(asked: Question, now: datetime, scope: Scope) -> datetime | None:
    if not asked.at:
        return now
    try:
        at = datetime.fromisoformat(asked.at).replace(tzinfo=scope.zone)
    except ValueError:
        asked.errors["at"] = _("Write a day and a time.")
        return None
    today = now.astimezone(scope.zone).date()
    if not today <= at.date() < today + timedelta(days=DAYS):
        asked.errors["at"] = _("Only today and the next two days can be asked about.")
        return None
    return at


def _site(asked: Question) -> str:
    if not asked.site:
        return ""
    try:
        return clean_domain(asked.site)
    except FieldError as error:
        asked.errors["site"] = error_text(error)
        return ""
