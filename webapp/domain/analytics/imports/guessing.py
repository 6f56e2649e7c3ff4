"""Guessing what each column is, and saying why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from webapp.domain.analytics.imports.dates import looks_like_day
from webapp.domain.analytics.imports.headers import WITH_PREFIX, Meaning, meaning_of
from webapp.domain.analytics.imports.numbers import BLANKS
from webapp.domain.analytics.imports.sniffing import is_figure
from webapp.domain.analytics.imports.types import (
    COUNTS,
    MAX_EXTRA_DIMENSIONS,
    MONEY,
    REPEATABLE,
    Cell,
    Column,
    Note,
    Target,
)

MAX_NAME_LENGTH = 64
_LONG_TEXT = 100
#: The share of cells that must be readable before a column is taken for what its heading says.
_CONVINCING = 0.5
_ID_TARGETS = (Target.CAMPAIGN_ID, Target.AD_ID)
_NAME_OF = {Target.CAMPAIGN_ID: Target.CAMPAIGN, Target.AD_ID: Target.AD}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A column as far as the sample shows it."""

    index: int
    header: str
    cells: Sequence[str]
    meaning: Meaning | None
    different: int
    days: float
    figures: float
    longest: int


def guess_columns(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> tuple[Column, ...]:
    """Return what each column is taken for."""
    seen = [_look(index, header, rows) for index, header in enumerate(headings)]
    chosen = _choose(seen)
    columns = [_column(one, chosen, len(rows)) for one in seen]
    return tuple(_leave_room(_ids_as_names(columns)))


def _look(index: int, header: str, rows: Sequence[Sequence[Cell]]) -> _Seen:
    cells = [row[index] for row in rows if index < len(row)]
    filled = [cell for cell in cells if str(cell).strip().casefold() not in BLANKS]
    count = len(filled) or 1
    texts = [str(cell).strip() for cell in filled]
    return _Seen(
        index=index,
        header=header,
        cells=texts,
        meaning=meaning_of(header),
        different=len(set(texts)),
        days=sum(map(looks_like_day, filled)) / count,
        figures=sum(map(is_figure, filled)) / count,
        longest=max(map(len, texts), default=0),
    )


def _choose(seen: Sequence[_Seen]) -> dict[Target, _Seen]:
    """Give each target the column that suits it best."""
    chosen: dict[Target, _Seen] = {}
    for target in Target:
        if target in REPEATABLE:
            continue
        suited = [one for one in seen if one.meaning and one.meaning.target is target and _plausible(one, target)]
        if suited:
            chosen[target] = min(suited, key=_preference)
    if Target.DATE not in chosen:
        days = [one for one in seen if one.days >= _CONVINCING and one.meaning is None]
        if len(days) == 1:
            chosen[Target.DATE] = days[0]
    return chosen


def _plausible(one: _Seen, target: Target) -> bool:
    """Tell whether the cells are what the heading promises; an empty column may be anything."""
    if not one.cells:
        return True
    if target is Target.DATE:
        return one.days >= _CONVINCING or (one.figures >= _CONVINCING and all(len(cell) >= 5 for cell in one.cells))
    if target in COUNTS or target in MONEY:
        return one.figures >= _CONVINCING
    return True


def _preference(one: _Seen) -> tuple[int, int, int]:
    """Order columns of one meaning: a plain heading first; of several ids the one with the fewest values."""
    rank = one.meaning.rank if one.meaning else 0
    different = one.different if one.meaning and one.meaning.target in _ID_TARGETS and rank >= WITH_PREFIX else 0
    return rank, different, one.index


def _column(one: _Seen, chosen: Mapping[Target, _Seen], rows: int) -> Column:
    target, why = _judge(one, chosen, rows)
    name = one.header[:MAX_NAME_LENGTH] if target is Target.DIMENSION else ""
    samples = tuple(cell[:60] for cell in dict.fromkeys(one.cells))[:3]
    return Column(one.index, one.header, target, why, name, samples)


def _judge(one: _Seen, chosen: Mapping[Target, _Seen], rows: int) -> tuple[Target, Note]:
    for target, winner in chosen.items():
        if winner is one:
            return target, _why_chosen(one, target)
    if one.meaning and one.meaning.target is Target.IGNORE:
        values = {"how": one.meaning.formula} if one.meaning.formula else {}
        return Target.IGNORE, Note(one.meaning.why, values)
    if one.meaning and one.meaning.target in chosen and one.meaning.rank < WITH_PREFIX:
        return Target.IGNORE, Note("other_chosen", {"header": chosen[one.meaning.target].header})
    return _dimension_or_not(one, rows)


def _why_chosen(one: _Seen, target: Target) -> Note:
    if one.meaning is None:
        return Note("by_values")
    return Note("fewest" if target is Target.CAMPAIGN_ID and one.meaning.rank >= WITH_PREFIX else "by_name")


def _dimension_or_not(one: _Seen, rows: int) -> tuple[Target, Note]:
    """Keep a column we do not know under its own name, unless it makes no sense to group by it."""
    if not one.cells:
        return Target.IGNORE, Note("empty_column")
    if one.longest > _LONG_TEXT:
        return Target.IGNORE, Note("long_text")
    if one.figures >= _CONVINCING and any(not cell.isdigit() for cell in one.cells):
        return Target.IGNORE, Note("measure")
    if rows > 50 and one.different > rows * 0.9:
        return Target.IGNORE, Note("too_many_values")
    return Target.DIMENSION, Note("extra")


def _ids_as_names(columns: Sequence[Column]) -> list[Column]:
    """Take ids for names where there are no names."""
    taken = {column.target for column in columns}
    return [
        replace(column, target=_NAME_OF[column.target], why=_only_id(column))
        if column.target in _NAME_OF and _NAME_OF[column.target] not in taken
        else column
        for column in columns
    ]


def _only_id(column: Column) -> Note:
    return column.why if column.why.code == "fewest" else Note("only_id")


def _leave_room(columns: Sequence[Column]) -> list[Column]:
    """Keep as many dimensions as there is room for, and give each a name of its own."""
    names: set[str] = set()
    kept = []
    for column in columns:
        if column.target is not Target.DIMENSION:
            kept.append(column)
        elif len(names) == MAX_EXTRA_DIMENSIONS:
            kept.append(replace(column, target=Target.IGNORE, name="", why=Note("no_room")))
        else:
            name = column.name if column.name not in names else f"{column.name[:58]} {column.index + 1}"
            names.add(name)
            kept.append(replace(column, name=name))
    return kept
