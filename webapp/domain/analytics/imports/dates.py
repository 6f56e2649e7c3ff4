"""Reading days: every usual way of writing one, and which of day and month comes first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from webapp.core.periods import EPOCH
from webapp.domain.analytics.imports.numbers import BadValue
from webapp.domain.analytics.imports.types import Cell, DateOrder

_TIME = r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
_TIME += r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(
    rf"(?P<one>\d{{1,2}})(?P<mark>[-/.])(?P<two>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){_TIME}"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")
_DAY_NAME = r"(?:[^\W\d]{2,12}\.?,?\s+)?"
_DAY_MONTH = re.compile(
    rf"{_DAY_NAME}(?P<day>\d{{1,2}})[ -]+(?P<name>[^\W\d_]{{3,9}})\.?,?[ -]+(?P<year>\d{{4}})(?:\s*г\.?)?{_TIME}"
)
_MONTH_DAY = re.compile(rf"{_DAY_NAME}(?P<name>[^\W\d_]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_TIME}")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_MONTH_NAMES = "jan янв|feb фев|mar мар|apr апр|may май мая|jun июн|jul июл|aug авг|sep сен|oct окт|nov ноя|dec дек"
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for name in names.split()}
#: Day 1 of Excel is 1 January 1900; it also counts a 29 February 1900 that never was.
_EXCEL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_EXCEL_DAYS = (20_000, 80_000)
UNIX_DAY = date(1970, 1, 1).toordinal()

#: Seconds since 1970 in UTC, and days since 1970 in the advertiser's zone.
Moment = tuple[int, int]


def looks_like_day(cell: Cell) -> bool:
    """Tell whether a cell is written like a day in either order; plain numbers are not."""
    if isinstance(cell, date):
        return True
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    if _YEAR_LAST.fullmatch(text):
        return any(_readable(text, order) for order in DateOrder)
    return any(pattern.fullmatch(text) for pattern in (_YEAR_FIRST, _DAY_MONTH, _MONTH_DAY)) and _readable(text)


def _readable(text: str, order: DateOrder = DateOrder.DAY_FIRST) -> bool:
    try:
        read_local(text, order)
    except BadValue:
        return False
    return True


class OrderVotes:
    """Finds out from a whole column which of day and month comes first."""

    def __init__(self) -> None:
        self._seen: set[Cell] = set()
        self._day_first = self._month_first = self._either = 0
        #: Whether any date was written so that the order matters.
        self.matters = False

    def add(self, cells: Iterable[Cell]) -> None:
        """Look at a column's cells, each different one once."""
        fresh = set(cells) - self._seen
        if len(self._seen) < 100_000:
            self._seen |= fresh
        for cell in fresh:
            self._look(cell)

    def _look(self, cell: Cell) -> None:
        found = _YEAR_LAST.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if found is None:
            return
        one, two = int(found["one"]), int(found["two"])
        if found["mark"] == ".":
            return  # always the day first
        self.matters = True
        if one > 12 >= two:
            self._day_first += 1
        elif two > 12 >= one:
            self._month_first += 1
        elif max(one, two) <= 12 and one != two:
            self._either += 1

    @property
    def order(self) -> DateOrder | None:
        """Return the order, None when nothing speaks for either of them and it matters."""
        if self._day_first or self._month_first:
            return DateOrder.DAY_FIRST if self._day_first >= self._month_first else DateOrder.MONTH_FIRST
        return None if self._either else DateOrder.DAY_FIRST


def read_local(cell: Cell, order: DateOrder) -> datetime:
    """Return what a cell says, without a zone unless it names one; raise BadValue."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, int | float):
        return _from_serial(float(cell))
    text = cell.strip()
    found = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if found:
        return _build(found, int(found["month"]), int(found["day"]))
    found = _YEAR_LAST.fullmatch(text)
    if found:
        one, two = int(found["one"]), int(found["two"])
        day_first = order is DateOrder.DAY_FIRST or found["mark"] == "."
        return _build(found, two if day_first else one, one if day_first else two)
    found = _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text)
    if found:
        return _build(found, _MONTHS.get(found["name"][:3].casefold(), 0), int(found["day"]))
    if _SERIAL.fullmatch(text):
        return _from_serial(float(text))
    raise BadValue("no_date" if not text else "bad_date")


def _build(found: re.Match[str], month: int, day: int) -> datetime:
    parts = found.groupdict()
    year = int(parts["year"])
    year += 2000 if year < 70 else 1900 if year < 100 else 0
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or "").casefold().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_offset(parts.get("zone")))
    except ValueError as error:
        raise BadValue("bad_date") from error


def _offset(text: str | None) -> tzinfo | None:
    """Return the zone a written instant names; `fromisoformat` knows every offset."""
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        text = "+00:00"
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo


def _from_serial(number: float) -> datetime:
    """Return the day of an Excel serial number; the fraction is the time of day."""
    if not _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
        raise BadValue("bad_date")
    return (_EXCEL_ZERO + timedelta(seconds=round(number * 86_400))).replace(tzinfo=None)


class MomentReader:
    """Turns cells into moments in the advertiser's zone; refuses days that cannot have figures."""

    def __init__(self, zone: ZoneInfo, today: date, order: DateOrder) -> None:
        self._zone = zone
        self._today = today
        self._order = order

    def read(self, cell: Cell) -> Moment:
        """Return the moment; raise BadValue."""
        said = read_local(cell, self._order)
        local = said.replace(tzinfo=self._zone) if said.tzinfo is None else said.astimezone(self._zone)
        day = local.date()
        if day > self._today:
            raise BadValue("future_date")
        if day < EPOCH:
            raise BadValue("too_early")
        return int(local.timestamp()), day.toordinal() - UNIX_DAY

    def of_day(self, day: date) -> Moment:
        """Return the moment a local day begins with."""
        return self.read(day)
