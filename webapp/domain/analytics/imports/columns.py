"""Turning the rows of a file into columns of clean values, many rows at a time.

Nothing here costs more per cell than looking it up: each different text of a column is read once and remembered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from operator import gt
from typing import Any, Generic, TypeVar

from webapp.core.money import MAX_MICROS
from webapp.domain.analytics.imports.dates import Moment, MomentReader, looks_like_day
from webapp.domain.analytics.imports.numbers import (
    BLANKS,
    MAX_COUNT,
    BadValue,
    parse_count,
    parse_micros,
    parse_millionths,
    plain_counts,
    plain_millionths,
)
from webapp.domain.analytics.imports.reading import RawBatch
from webapp.domain.analytics.imports.types import (
    DIMENSIONS,
    MAX_DIMENSION_CHARACTERS,
    METRICS,
    MONEY,
    Cell,
    Column,
    ImportOptions,
    Problem,
    Target,
)

T = TypeVar("T")
_REMEMBERED = 50_000
_LONG = 200
_MILLION = 1_000_000
_UNKNOWN = frozenset({"", "-", "--", "—", "–"})
_FRACTIONAL = (Target.CONVERSIONS, Target.SALES)
_TOTAL = re.compile(
    r"\s*(?:(?:grand\s+)?totals?\s*(?:$|[:(—–-]|rows?\b)|итого\b|всего\b|общий итог\b|results from \d+)", re.IGNORECASE
)
_TOTAL_WORDS = ("total", "итог", "всего", "results from")


class Memo(dict[Cell, T | None], Generic[T]):
    """Remembers what cells were read as; None stands for one that cannot be read."""

    def __init__(
        self, read: Callable[[Cell], T], at_once: Callable[[Sequence[Cell]], list[T] | None] = lambda _: None
    ) -> None:
        """Take how one cell is read, and how a column of simple ones is, None from which means one by one."""
        super().__init__()
        self._read = read
        self._at_once = at_once
        self.any_bad = False

    def read_all(self, cells: Sequence[Cell]) -> list[T | None]:
        """Return the values of a column."""
        values: Sequence[T | None] | None = self._at_once(cells) if cells else None
        return list(map(self.__getitem__, cells)) if values is None else list(values)

    def __missing__(self, cell: Cell) -> T | None:
        """Read a cell seen for the first time."""
        value: T | None
        try:
            value = self._read(cell)
        except BadValue:
            value = None
            self.any_bad = True
        if len(self) >= _REMEMBERED:
            self.clear()
        if not isinstance(cell, str) or len(cell) < _LONG:
            self[cell] = value
        return value

    def code_of(self, cell: Cell) -> str:
        """Return why a cell cannot be read."""
        try:
            self._read(cell)
        except BadValue as error:
            return error.code
        return ""


def clean_text(cell: Cell) -> str:
    """Return a text without control characters and outer spaces, in composed form; a dash for nothing is ''."""
    text = cell if isinstance(cell, str) else cell.isoformat() if isinstance(cell, date) else repr(cell)
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFC", "".join(" " if unicodedata.category(ch) == "Cc" else ch for ch in text))
    text = text.strip().strip("\ufeff")
    return "" if text in _UNKNOWN else text


def _dimension_text(cell: Cell) -> str:
    return clean_text(cell)[:MAX_DIMENSION_CHARACTERS]


@dataclass(slots=True)
class CleanBatch:
    """Good rows as columns of one length, and what was wrong with the others."""

    lines: Sequence[int]
    moments: list[Moment]
    campaign_keys: list[str]
    campaign_names: list[str]
    #: Empty when the file has no ads.
    ad_keys: list[str]
    ad_names: list[str]
    metrics: dict[Target, list[int]]
    dimensions: dict[str, list[str]]
    problems: list[Problem] = field(default_factory=list)
    bad_rows: int = 0
    #: Lines with totals.
    total_lines: list[int] = field(default_factory=list)
    #: The one row without any name, by its line: it may hold the totals.
    nameless: dict[int, dict[Target, int]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of good rows."""
        return len(self.moments)

    def odd_clicks(self) -> list[int]:
        """Return the lines with more clicks than impressions."""
        clicks, impressions = self.metrics.get(Target.CLICKS), self.metrics.get(Target.IMPRESSIONS)
        if clicks is None or impressions is None or not any(map(gt, clicks, impressions)):
            return []
        return list(compress(self.lines, map(gt, clicks, impressions)))


class _Part:
    """The rows at work: their columns as written, and what is wrong by position."""

    def __init__(self, lines: Sequence[int], columns: Sequence[Sequence[Cell]] = ()) -> None:
        self.lines = lines
        self.columns = columns
        self.bad: dict[int, list[Problem]] = {}
        #: Conversions that needed no millionths.
        self.whole: set[Target] = set()

    def refuse(self, position: int, code: str, header: str = "", value: str = "") -> None:
        """Note why a row is refused."""
        self.bad.setdefault(position, []).append(Problem(self.lines[position], code, header, value[:60]))

    def values(self, memo: Memo[Any], column: Column) -> list[Any]:
        """Return the values of a column; those that cannot be read are noted, and are None."""
        cells = self.columns[column.index]
        values = memo.read_all(cells)
        if memo.any_bad:
            for position, value in enumerate(values):
                if value is None:
                    self.refuse(position, memo.code_of(cells[position]), column.header, str(cells[position]))
        return values


def dimension_key(column: Column) -> str:
    """Return the key of the dimension a column is kept as; one of our own is named, another is prefixed."""
    return column.target.value if column.target in DIMENSIONS else f"x:{column.name}"


class RowReader:
    """Reads the rows of one file; made once for a pass over it."""

    def __init__(
        self, options: ImportOptions, moments: MomentReader, day: date, mark: str, currency: str,
        skip_lines: Iterable[int] = (),
    ) -> None:  # fmt: skip
        self._options = options
        self._width = len(options.columns)
        self._skip = frozenset(skip_lines)
        self._moment_of_day = moments.of_day(day)
        self._date = options.column_of(Target.DATE)
        self._dates: Memo[Moment] = Memo(moments.read)
        self._metrics = {
            target: (column, _metric_memo(target, mark, currency, options))
            for target in METRICS
            if (column := options.column_of(target))
        }
        self._names = {
            target: (column, Memo(clean_text))
            for target in (Target.CAMPAIGN, Target.CAMPAIGN_ID, Target.AD, Target.AD_ID)
            if (column := options.column_of(target))
        }
        self._dimensions = [
            (dimension_key(column), column, Memo(_dimension_text))
            for column in options.columns
            if column.target in DIMENSIONS or column.target is Target.DIMENSION
        ]
        self._currency = options.column_of(Target.CURRENCY)
        self._currencies: Memo[str] = Memo(lambda cell: _same_currency(cell, currency))
        self._carried = dict.fromkeys(_FRACTIONAL, 0)
        #: Counts that had fractions.
        self.rounded: set[Target] = set()

    def read(self, raw: RawBatch) -> CleanBatch:
        """Return the good rows of a batch as columns."""
        part, total_lines = self._part(raw)
        count = len(part.lines)
        moments = part.values(self._dates, self._date) if self._date else [self._moment_of_day] * count
        if self._currency:
            part.values(self._currencies, self._currency)
        metrics = {target: self._figures(part, target) for target in self._metrics}
        names = {target: part.values(memo, column) for target, (column, memo) in self._names.items()}
        dimensions = {key: part.values(memo, column) for key, column, memo in self._dimensions}
        campaigns = self._pair(names, Target.CAMPAIGN_ID, Target.CAMPAIGN, count)
        nameless = self._refuse_nameless(campaigns[0], names, metrics, part)
        ads = self._pair(names, Target.AD_ID, Target.AD, count)
        batch = CleanBatch(part.lines, moments, *campaigns, *ads, metrics, dimensions)
        batch.total_lines, batch.nameless = total_lines, nameless
        if part.bad:
            _drop(batch, part.bad)
        self._round_fractions(batch, part.whole)
        return batch

    def _part(self, raw: RawBatch) -> tuple[_Part, list[int]]:
        """Return the rows to be read as columns, and the lines of totals among them."""
        if raw.columns is not None and len(raw.columns) == self._width and self._all_are_rows(raw, raw.columns[0]):
            return _Part(raw.lines, raw.columns), []
        rows, lines, total_lines = self._without_headings_and_totals(raw)
        part = _Part(lines)
        part.columns = self._transpose(rows, part)
        return part, total_lines

    def _all_are_rows(self, raw: RawBatch, firsts: Sequence[Cell]) -> bool:
        """Tell whether a batch surely holds neither headings nor totals."""
        if raw.lines[0] <= self._options.header_line or (self._skip and self._skip.intersection(raw.lines)):
            return False
        return "" not in firsts and not _speaks_of_totals("\n".join(map(str, firsts)))

    def _figures(self, part: _Part, target: Target) -> list[int]:
        """Return a column of figures; conversions are in millionths unless all of them are whole."""
        column, memo = self._metrics[target]
        if target in _FRACTIONAL:
            counts = None if self._carried[target] else plain_counts(part.columns[column.index])
            if counts is not None:
                part.whole.add(target)
                return counts
        return part.values(memo, column)

    def _without_headings_and_totals(self, raw: RawBatch) -> tuple[Sequence[Sequence[Cell]], Sequence[int], list[int]]:
        """Leave out what is above the rows and the lines that sum them up."""
        rows, lines = raw.rows, raw.lines
        if lines and lines[0] <= self._options.header_line:
            start = sum(line <= self._options.header_line for line in lines)
            rows, lines = rows[start:], lines[start:]
        totals = self._totals(rows, lines)
        if not totals:
            return rows, lines, []
        keep = [line not in totals for line in lines]
        return list(compress(rows, keep)), list(compress(lines, keep)), sorted(totals)

    def _totals(self, rows: Sequence[Sequence[Cell]], lines: Sequence[int]) -> set[int]:
        found = set(self._skip.intersection(lines)) if self._skip else set()
        firsts = [row[0] for row in rows]
        if "" in firsts or _speaks_of_totals("\n".join(map(str, firsts))):
            maybe = [at for at, first in enumerate(firsts) if first == "" or _speaks_of_totals(str(first))]
            found |= {lines[position] for position in maybe if self._is_total(rows[position])}
        return found

    def _is_total(self, row: Sequence[Cell]) -> bool:
        first = next((cell for cell in row if isinstance(cell, str) and clean_text(cell)), "")
        if not _TOTAL.match(first):
            return False
        return self._date is None or self._date.index >= len(row) or not looks_like_day(row[self._date.index])

    def _transpose(self, rows: Sequence[Sequence[Cell]], part: _Part) -> list[tuple[Cell, ...]]:
        """Return the rows as columns; short rows are filled up, longer ones refused."""
        try:
            columns = list(zip(*rows, strict=True))
        except ValueError:
            columns = []
        if not rows:
            return [()] * self._width
        if len(columns) == self._width:
            return columns
        return list(zip(*(self._fit(row, position, part) for position, row in enumerate(rows)), strict=True))

    def _fit(self, row: Sequence[Cell], position: int, part: _Part) -> Sequence[Cell]:
        beyond = next((cell for cell in row[self._width :] if cell != ""), "")
        if beyond != "":
            part.refuse(position, "more_cells", value=str(beyond))
        return [*row[: self._width], *[""] * (self._width - len(row))]

    def _pair(
        self, names: dict[Target, list[str]], of_id: Target, of_name: Target, count: int
    ) -> tuple[list[str], list[str]]:
        """Return keys and names of campaigns or ads: the id is the key, each stands in for the other."""
        ids, texts = names.get(of_id), names.get(of_name)
        if ids is not None and texts is not None and "" not in ids and "" not in texts:
            return ids, texts
        if ids is not None and texts is not None:
            keys = [one or other for one, other in zip(ids, texts, strict=True)]
            return keys, [other or one for one, other in zip(ids, texts, strict=True)]
        given = ids if ids is not None else texts
        if given is not None:
            return given, given
        if of_name is Target.AD:
            return [], []
        return [self._options.campaign_name] * count, [self._options.campaign_name] * count

    def _refuse_nameless(
        self, keys: list[str], names: dict[Target, list[str]], metrics: dict[Target, list[int]], part: _Part
    ) -> dict[int, dict[Target, int]]:
        """Note rows without a campaign; return those that name nothing at all, with their figures."""
        nameless: dict[int, dict[Target, int]] = {}
        if "" not in keys:
            return nameless
        header = next((column.header for column, _ in self._names.values()), "")
        for position, key in enumerate(keys):
            if key:
                continue
            part.refuse(position, "no_campaign", header)
            if len(nameless) < 2 and not any(values[position] for values in names.values()):
                nameless[part.lines[position]] = {target: values[position] or 0 for target, values in metrics.items()}
        return nameless

    def _round_fractions(self, batch: CleanBatch, whole: set[Target]) -> None:
        """Make whole numbers of conversions in millionths; what a row loses goes to the next, so sums stay right."""
        for target in _FRACTIONAL:
            values = batch.metrics.get(target)
            if values is None or target in whole:
                continue
            if not self._carried[target] and not any(value % _MILLION for value in values):
                batch.metrics[target] = [value // _MILLION for value in values]
                continue
            self.rounded.add(target)
            batch.metrics[target] = self._round(target, values)

    def _round(self, target: Target, values: Iterable[int]) -> list[int]:
        carried, whole = self._carried[target], []
        for value in values:
            rounded = (value + carried + _MILLION // 2) // _MILLION
            carried += value - rounded * _MILLION
            whole.append(rounded)
        self._carried[target] = carried
        return whole


def _speaks_of_totals(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _TOTAL_WORDS)


def _metric_memo(target: Target, mark: str, currency: str, options: ImportOptions) -> Memo[int]:
    if target in MONEY and options.money_in_micros:
        return Memo(lambda cell: parse_micros(cell, mark, currency, in_micros=True))
    if target in MONEY:
        return Memo(
            lambda cell: parse_micros(cell, mark, currency), lambda cells: plain_millionths(cells, mark, MAX_MICROS)
        )
    if target in _FRACTIONAL:
        return Memo(
            lambda cell: parse_millionths(cell, mark), lambda cells: plain_millionths(cells, mark, MAX_COUNT * _MILLION)
        )
    return Memo(lambda cell: parse_count(cell, mark), plain_counts)


def _same_currency(cell: Cell, currency: str) -> str:
    text = clean_text(cell).upper()
    if text.casefold() not in BLANKS and text != currency:
        raise BadValue("other_currency")
    return text


def _drop(batch: CleanBatch, bad: dict[int, list[Problem]]) -> None:
    """Take the bad rows out of every column."""
    keep = [position not in bad for position in range(len(batch.moments))]
    batch.problems = [found for position in sorted(bad) for found in bad[position]]
    batch.bad_rows = len(bad)
    for name in ("lines", "moments", "campaign_keys", "campaign_names", "ad_keys", "ad_names"):
        setattr(batch, name, list(compress(getattr(batch, name), keep)))
    batch.metrics = {target: list(compress(values, keep)) for target, values in batch.metrics.items()}
    batch.dimensions = {key: list(compress(values, keep)) for key, values in batch.dimensions.items()}
