"""Reading the form in which a person says how a file is to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from webapp.core.digits import whole_number
from webapp.core.errors import Invalid
from webapp.domain.analytics.imports.encodings import ENCODINGS
from webapp.domain.analytics.imports.guessing import MAX_NAME_LENGTH
from webapp.domain.analytics.imports.types import Column, DateOrder, ImportOptions, Note, Target
from webapp.surfaces.cabinet.import_words import delimiter_choices

_MAX_LINE = 1000
_MAX_CAMPAIGN_NAME = 120
_TARGETS = frozenset(target.value for target in Target)
_ORDERS = frozenset(order.value for order in DateOrder)


@dataclass(frozen=True, slots=True)
class Change:
    """The options as the form has them; the columns are guessed again when the layout itself is another."""

    options: ImportOptions
    guess_again: bool = False
    keep_header: bool = False


def read_change(form: Mapping[str, str], options: ImportOptions) -> Change:
    """Return what the form makes of the options; what it does not mention stays."""
    laid_out = _with_layout(form, options)
    another_header = _header_line(form, options) != options.header_line
    if laid_out != options or another_header:
        changed = laid_out.with_changes(header_line=_header_line(form, options), **_choices(form))
        return Change(changed, guess_again=True, keep_header=another_header)
    return Change(options.with_changes(columns=tuple(_columns(form, options)), **_choices(form)))


def _with_layout(form: Mapping[str, str], options: ImportOptions) -> ImportOptions:
    encodings = (*ENCODINGS, options.encoding)
    delimiters = [sign for sign, _ in delimiter_choices(options.delimiter)]
    return options.with_changes(
        encoding=_one_of(form, "encoding", encodings, options.encoding),
        delimiter=_one_of(form, "delimiter", delimiters, options.delimiter),
        sheet=form.get("sheet", options.sheet)[:255] if options.kind == "workbook" else options.sheet,
    )


def _header_line(form: Mapping[str, str], options: ImportOptions) -> int:
    text = form.get("header_line", "").strip()
    if not text:
        return options.header_line
    number = whole_number(text)
    if number is None or number > _MAX_LINE:
        raise Invalid({"header_line": "Write the number of the line with the headings, 0 when there is none."})
    return number


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise Invalid({"day": "Choose a day, such as 2026-11-19."}) from error


#: Fields that may be empty: then the value is worked out from the file.
_FIELDS: dict[str, Callable[[str], object]] = {
    "decimal_mark": lambda text: text if text in (".", ",") else "",
    "date_order": lambda text: text if text in _ORDERS else "",
    "day": _day,
    "campaign_name": lambda text: text[:_MAX_CAMPAIGN_NAME],
    "money_unit": lambda text: text == "micros",
}
_OPTION_OF = {"money_unit": "money_in_micros"}


def _choices(form: Mapping[str, str]) -> dict[str, object]:
    return {_OPTION_OF.get(name, name): read(form[name].strip()) for name, read in _FIELDS.items() if name in form}


def _columns(form: Mapping[str, str], options: ImportOptions) -> Iterator[Column]:
    """Return the columns with what was chosen for each; the one of the list of others is named by its number."""
    other = form.get("other_column", "")
    for column in options.columns:
        chosen = form.get(f"column-{column.index}")
        if other == str(column.index):
            chosen = form.get("other_target")
        yield _column(column, chosen, form.get(f"name-{column.index}"))


def _column(column: Column, chosen: str | None, name: str | None) -> Column:
    target = Target(chosen) if chosen and chosen in _TARGETS else column.target
    named = (name or "").strip()[:MAX_NAME_LENGTH] or column.name or column.header[:MAX_NAME_LENGTH]
    own = named if target is Target.DIMENSION else ""
    if target is column.target and own == column.name:
        return column
    return replace(column, target=target, name=own, why=Note("chosen"))


def _one_of(form: Mapping[str, str], name: str, allowed: Sequence[str], default: str) -> str:
    value = form.get(name, default)
    return value if value in allowed else default
