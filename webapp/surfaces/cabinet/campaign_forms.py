"""The form of a campaign: what is typed, and the input it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import Optional

from webapp.core.digits import whole_number
from webapp.domain.ads.models import BidModel, CapWindow, Pacing
from webapp.domain.ads.schedule import hours_of
from webapp.domain.ads.types import CampaignInput, LocalMoment, SiteMode, Targeting
from webapp.surfaces.cabinet.campaign_words import codes_of, country_choices, language_choices
from webapp.web.category_words import category_names
from webapp.web.forms import Form, MoneyField, trimmed

GOAL_FIELDS = (
    "name", "category", "labels", "bid_model", "bid", "daily_budget", "total_budget", "pacing", "starts", "ends",
    "notes",
)  # fmt: skip
AUDIENCE_FIELDS = (
    "countries", "regions", "devices", "site_mode", "sites", "hours", "keywords", "cap_count", "cap_window",
    "systems", "browsers", "languages",
)  # fmt: skip
#: Which fields each step of the form asks for.
STEP_FIELDS = {"goal": GOAL_FIELDS, "audience": AUDIENCE_FIELDS}


class WordsField(StringField):
    """A growing set of words, sent as one text with commas."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Cut the text at commas, semicolons and line ends."""
        text = ",".join(valuelist).replace(";", ",").replace("\n", ",")
        self.data: Any = tuple(word.strip() for word in text.split(",") if word.strip())


class TicksField(Field):
    """Any number of ticked boxes of one name."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was ticked."""
        self.data: Any = tuple(valuelist)


class HoursField(Field):
    """The 168 hours of a week."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the ticked hours."""
        self.data: Any = hours_of(valuelist)

    @property
    def on(self) -> set[int]:
        """Return the positions that are on."""
        return {position for position, mark in enumerate(self.data or "") if mark == "1"}


class WholeField(IntegerField):
    """A whole number, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number in plain words when it is none."""
        text = valuelist[0].strip() if valuelist else ""
        self.data: Any = whole_number(text)
        if text and self.data is None:
            raise ValueError(gettext("Write a whole number."))


class DayField(DateField):
    """A day, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day in plain words when it is none."""
        text = valuelist[0].strip() if valuelist else ""
        self.data: Any = None
        if not text:
            return
        try:
            self.data = date.fromisoformat(text)
        except ValueError:
            raise ValueError(gettext("Write a day such as 2026-12-01.")) from None


class CampaignForm(Form):
    """Everything a person decides about a campaign."""

    name = StringField(_l("Name"), filters=[trimmed])
    category = SelectField(_l("Category"), validate_choice=False, default="")
    labels = WordsField(_l("Labels"))
    bid_model = RadioField(
        _l("What you pay for"),
        choices=[(BidModel.CPM.value, _l("1,000 impressions")), (BidModel.CPC.value, _l("A click"))],
        default=BidModel.CPM.value,
    )
    bid = MoneyField(_l("Bid"))
    daily_budget = MoneyField(_l("Daily budget"))
    total_budget = MoneyField(_l("Total budget"))
    pacing = RadioField(
        _l("Pacing"),
        choices=[(Pacing.EVEN.value, _l("Evenly over the day")), (Pacing.ASAP.value, _l("As fast as possible"))],
        default=Pacing.EVEN.value,
    )
    starts = DayField(_l("First day"), validators=[Optional()])
    starts_time = TimeField(_l("from"), validators=[Optional()])
    ends = DayField(_l("Last day"), validators=[Optional()])
    ends_time = TimeField(_l("to"), validators=[Optional()])
    notes = TextAreaField(_l("Notes"))
    countries = WordsField(_l("Countries"))
    regions = WordsField(_l("Regions"))
    devices = TicksField(_l("Devices"))
    site_mode = RadioField(
        _l("Which sites"),
        choices=[
            (SiteMode.ALL.value, _l("All")),
            (SiteMode.ONLY.value, _l("Only these")),
            (SiteMode.EXCEPT.value, _l("All but these")),
        ],
        default=SiteMode.ALL.value,
    )
    sites = WordsField(_l("Sites"))
    hours = HoursField(_l("Hours"))
    keywords = WordsField(_l("Keywords"))
    cap_count = WholeField(_l("Impressions"))
    cap_window = RadioField(
        _l("Window"),
        choices=[
            (CapWindow.HOUR.value, _l("an hour")),
            (CapWindow.DAY.value, _l("a day")),
            (CapWindow.CAMPAIGN.value, _l("the whole campaign")),
        ],
        default=CapWindow.DAY.value,
    )
    systems = TicksField(_l("Systems"))
    browsers = TicksField(_l("Browsers"))
    languages = WordsField(_l("Languages"))
    version = HiddenField(validators=[Optional()])

    @property
    def seen_version(self) -> int | None:
        """Return the version the form was filled from."""
        return whole_number(str(self.version.data or ""))

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget what is wrong with fields this page does not ask for; a wrong hour is said beside its day."""
        for day, clock in ((self.starts, self.starts_time), (self.ends, self.ends_time)):
            day.errors = [*day.errors, *clock.errors]
        for field in self:
            if field.name not in names:
                field.errors = []

    def holds_errors(self, names: Iterable[str]) -> bool:
        """Tell whether one of these fields could not be read."""
        return any(self[name].errors for name in names)


def form_of(terms: CampaignInput, version: int | None) -> CampaignForm:
    """Return the form filled with these terms, or with what was sent."""
    audience = terms.targeting
    data = {
        "name": terms.name,
        "category": terms.category,
        "labels": terms.labels,
        "bid_model": terms.bid_model.value,
        "bid": terms.bid_micros,
        "daily_budget": terms.daily_budget_micros,
        "total_budget": terms.total_budget_micros,
        "pacing": terms.pacing.value,
        "starts": terms.starts.day if terms.starts else None,
        "starts_time": terms.starts.at if terms.starts else None,
        "ends": terms.ends.day if terms.ends else None,
        "ends_time": terms.ends.at if terms.ends else None,
        "notes": terms.notes,
        "countries": audience.countries,
        "regions": audience.regions,
        "devices": audience.devices,
        "site_mode": audience.site_mode.value,
        "sites": audience.sites,
        "hours": terms.hours,
        "keywords": audience.keywords,
        "cap_count": terms.cap_count,
        "cap_window": (terms.cap_window or CapWindow.DAY).value,
        "systems": audience.systems,
        "browsers": audience.browsers,
        "languages": audience.languages,
        "version": version,
    }
    form = CampaignForm(request.form if request.method == "POST" else None, data=data)
    form.category.choices = [("", gettext("None chosen")), *category_names().items()]
    return form


def terms_from(form: CampaignForm, base: CampaignInput, names: Iterable[str]) -> CampaignInput:
    """Return the terms with what the page's fields say; fields of other pages stay as they are."""
    asked = set(names)
    terms = base
    if "name" in asked:
        terms = _with_goal(form, terms)
    if "hours" in asked:
        terms = _with_audience(form, terms)
    return terms


def _with_goal(form: CampaignForm, terms: CampaignInput) -> CampaignInput:
    return replace(
        terms,
        name=form.name.data or "",
        category=form.category.data or "",
        labels=form.labels.data or (),
        bid_model=_choice(BidModel, form.bid_model.data, terms.bid_model),
        bid_micros=form.bid.data,
        daily_budget_micros=form.daily_budget.data,
        total_budget_micros=form.total_budget.data,
        pacing=_choice(Pacing, form.pacing.data, terms.pacing),
        starts=_moment(form.starts.data, form.starts_time.data),
        ends=_moment(form.ends.data, form.ends_time.data),
        notes=form.notes.data or "",
    )


def _with_audience(form: CampaignForm, terms: CampaignInput) -> CampaignInput:
    count = form.cap_count.data
    return replace(
        terms,
        hours=form.hours.data or "",
        cap_count=count,
        cap_window=None if count is None else _choice(CapWindow, form.cap_window.data, CapWindow.DAY),
        targeting=Targeting(
            countries=codes_of(form.countries.data or (), country_choices()),
            regions=form.regions.data or (),
            devices=form.devices.data or (),
            systems=form.systems.data or (),
            browsers=form.browsers.data or (),
            languages=codes_of(form.languages.data or (), language_choices()),
            sites=form.sites.data or (),
            site_mode=_choice(SiteMode, form.site_mode.data, SiteMode.ALL),
            keywords=form.keywords.data or (),
        ),
    )


def _choice(kind: Any, value: Any, default: Any) -> Any:
    return kind(value) if value in tuple(kind) else default


def _moment(day: date | None, at: time | None) -> LocalMoment | None:
    return None if day is None else LocalMoment(day, at)
