"""What imports say on screen: names of targets, reasons, warnings, problems, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask.sansio.app import App
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webapp.domain.analytics.imports import sentences
from webapp.domain.analytics.imports.encodings import ENCODINGS
from webapp.domain.analytics.imports.types import DIMENSIONS, Note, Problem, Target
from webapp.web.dimensions import dimension_label
from webapp.web.filters import day_short, integer

#: The longest text of a file that is worth a place on the page; the rest of a cell says nothing more.
SHOWN_CHARACTERS = 160

_TARGETS = {
    Target.DATE: _l("Date"),
    Target.CAMPAIGN: _l("Campaign"),
    Target.CAMPAIGN_ID: _l("Campaign id"),
    Target.AD: _l("Ad"),
    Target.AD_ID: _l("Ad id"),
    Target.IMPRESSIONS: _l("Impressions"),
    Target.CLICKS: _l("Clicks"),
    Target.SPEND: _l("Spend"),
    Target.CONVERSIONS: _l("Conversions"),
    Target.SALES: _l("Sales"),
    Target.REVENUE: _l("Revenue"),
    Target.CURRENCY: _l("Currency"),
    Target.DIMENSION: _l("Dimension of its own"),
    Target.IGNORE: _l("Ignored"),
}
_NAMED = (Target.DATE, Target.CAMPAIGN, Target.CAMPAIGN_ID, Target.AD, Target.AD_ID)
_FIGURES = (
    Target.IMPRESSIONS, Target.CLICKS, Target.SPEND, Target.CONVERSIONS, Target.SALES, Target.REVENUE, Target.CURRENCY,
)  # fmt: skip
_DELIMITERS = {
    ",": _l("Comma"),
    ";": _l("Semicolon"),
    "\t": _l("Tab"),
    "|": _l("Vertical bar"),
}
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8, BOM",
    "utf-16": "UTF-16",
    "cp1251": "Windows-1251",
    "cp1252": "Windows-1252",
    "latin-1": "ISO 8859-1",
    "koi8-r": "KOI8-R",
    "cp866": "CP866",
    "cp1250": "Windows-1250",
    "mac-cyrillic": "Mac Cyrillic",
}
_DAYS = frozenset({"day", "first", "last"})


def target_label(target: Target | str) -> str:
    """Return what a column becomes."""
    target = Target(target)
    return dimension_label(target.value) if target in DIMENSIONS else str(_TARGETS[target])


def target_groups() -> dict[str, list[tuple[str, str]]]:
    """Return the choices of a column."""
    return {
        gettext("Left out"): _pairs((Target.IGNORE,)),
        gettext("Day and names"): _pairs(_NAMED),
        gettext("Figures"): _pairs(_FIGURES),
        gettext("Dimensions"): _pairs((*DIMENSIONS, Target.DIMENSION)),
    }


def _pairs(targets: tuple[Target, ...]) -> list[tuple[str, str]]:
    return [(target.value, target_label(target)) for target in targets]


def delimiter_label(delimiter: str) -> str:
    """Return the name of a delimiter."""
    return str(_DELIMITERS.get(delimiter, f"“{delimiter}”"))


def delimiter_choices(chosen: str) -> list[tuple[str, str]]:
    """Return the delimiters to choose from, the one of the file among them."""
    return [(sign, delimiter_label(sign)) for sign in dict.fromkeys((*_DELIMITERS, chosen))]


def encoding_label(encoding: str) -> str:
    """Return the usual name of an encoding."""
    return _ENCODINGS.get(encoding, encoding.upper())


def encoding_choices(chosen: str) -> list[tuple[str, str]]:
    """Return the encodings to choose from, the one of the file among them."""
    return [(name, encoding_label(name)) for name in dict.fromkeys((*ENCODINGS, chosen))]


def reason_text(note: Note) -> str:
    """Say why a column is taken for what it is."""
    return _said(sentences.REASONS, note)


def warning_text(note: Note) -> str:
    """Say what is odd about a file."""
    return _said(sentences.WARNINGS, note)


def obstacle_text(note: Note) -> str:
    """Say what stands in the way of a file."""
    return _said(sentences.OBSTACLES, note)


def problem_text(problem: Problem) -> str:
    """Say what is wrong with a row."""
    return _said(sentences.PROBLEMS, Note(problem.code, {"value": problem.value}))


def problem_kind(code: str) -> str:
    """Name a kind of problem, for counting."""
    return str(_KINDS.get(code, code))


_KINDS = {
    "bad_date": _l("Not a date"),
    "no_date": _l("No date"),
    "future_date": _l("Date in the future"),
    "too_early": _l("Date too early"),
    "negative": _l("Negative"),
    "not_a_number": _l("Not a number"),
    "a_rate": _l("A rate"),
    "a_fraction": _l("A fraction"),
    "too_large": _l("Too large"),
    "no_campaign": _l("No campaign"),
    "other_currency": _l("Another currency"),
    "more_cells": _l("More cells than headings"),
    "clicks_over_impressions": _l("More clicks than impressions"),
}


def short(text: object) -> str:
    """Cut a text of the file to what can be read on a page."""
    whole = str(text)
    return whole if len(whole) <= SHOWN_CHARACTERS else f"{whole[:SHOWN_CHARACTERS]}…"


def as_day(text: str) -> str:
    """Write a day of the file as the reader does."""
    return day_short(date.fromisoformat(text))


def _said(table: Mapping[str, str], note: Note) -> str:
    values = {name: _written(name, value) for name, value in note.values.items()}
    text = str(gettext(table[note.code]))
    return text % values if values else text


def _written(name: str, value: Any) -> str:
    if name in _DAYS:
        return day_short(date.fromisoformat(value))
    if name == "target":
        return target_label(value)
    if name == "how":
        return str(gettext(sentences.FORMULAS[value]))
    return integer(value) if isinstance(value, int) else short(value)


def register_import_words(app: App) -> None:
    """Give templates the words of imports."""
    app.jinja_env.filters.update(short=short)
    app.jinja_env.globals.update(
        target_label=target_label,
        import_reason=reason_text,
        import_warning=warning_text,
        import_obstacle=obstacle_text,
        import_problem=problem_text,
        import_problem_kind=problem_kind,
        encoding_label=encoding_label,
        delimiter_label=delimiter_label,
        dimension_label=dimension_label,
        as_day=as_day,
    )
