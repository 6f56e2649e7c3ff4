"""Figures as the reader writes them: grouping, decimal mark, true minus, no-break spaces. No floats near money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date

from webapp.core.money import CURRENCIES

Number = int | Decimal | Fraction | float
NOTHING = "—"
MINUS = "\u2212"
NBSP = "\u00a0"
_MICRO_DIGITS = 6

#: Units after figures belong to the locale, like its decimal mark.
_POINTS = {"en": "pp", "ru": "п. п."}
_BYTES = {"en": ("B", "KB", "MB", "GB"), "ru": ("Б", "КБ", "МБ", "ГБ")}
_AGO = {
    "en": ("just now", "{} s ago", "{} min ago", "{} h ago"),
    "ru": ("только что", "{} с назад", "{} мин назад", "{} ч назад"),
}
_AGO_STEPS = ((60, 1), (3600, 60), (86_400, 3600))


@dataclass(frozen=True, slots=True)
class Style:
    """What one locale puts around digits."""

    locale: str
    group: str
    point: str
    percent: str
    sign_first: bool


@lru_cache
def style_of(locale: str) -> Style:
    """Return the number style of a locale from CLDR."""
    data = Locale.parse(locale)
    symbols = data.number_symbols["latn"]
    percent = data.percent_formats[None].pattern.removeprefix("#,##0").replace(" ", NBSP)
    return Style(
        locale=data.language,
        group=symbols["group"].replace(" ", NBSP),
        point=symbols["decimal"],
        percent=percent,
        sign_first=data.currency_formats["standard"].pattern.startswith("¤"),
    )


def grouped(digits: str, style: Style) -> str:
    """Turn Python's 1,234.50 into the locale's writing."""
    if style.group == "," and style.point == ".":
        return digits.replace("-", MINUS)
    return digits.translate({ord(","): style.group, ord("."): style.point, ord("-"): MINUS})


def micros_text(micros: Number, digits: int, style: Style) -> str:
    """Write micros in currency units, half to even at the last shown digit."""
    units = _exact(micros).scaleb(-_MICRO_DIGITS).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return grouped(f"{abs(units) if units == 0 else units:,f}", style)


def money_text(micros: Number | None, currency: str, style: Style, digits: int = 2, *, sign: bool = False) -> str:
    """Write an amount with its currency sign: $13,051.33 or 13 051,33 $."""
    if micros is None:
        return NOTHING
    figure = micros_text(micros, digits, style)
    mark = figure[0] if figure.startswith(MINUS) else "+" if sign and micros > 0 else ""
    return mark + with_currency(figure.removeprefix(MINUS), currency, style)


def with_currency(figure: str, currency: str, style: Style) -> str:
    """Put the currency's sign where the locale wants it."""
    symbol = CURRENCIES.get(currency, currency)
    if style.sign_first:
        return f"{symbol}{NBSP if symbol[-1].isalpha() else ''}{figure}"
    return f"{figure}{NBSP}{symbol}"


def decimal_text(value: Number | None, digits: int, style: Style) -> str:
    """Write a plain figure with so many decimals."""
    if value is None:
        return NOTHING
    shown = f"{_exact(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN):,f}"
    return grouped(shown.removeprefix("-") if not shown.strip("-0.,") else shown, style)


def percent_text(ratio: Number | None, digits: int, style: Style) -> str:
    """Write a ratio as a percentage: 0.62% or 0,62 %."""
    if ratio is None:
        return NOTHING
    return decimal_text(_exact(ratio) * 100, digits, style) + style.percent


def change_of(current: Number | None, previous: Number | None, *, pp: bool = False) -> Decimal | None:
    """Return the change in per cent, or in percentage points of two ratios; None when there is nothing to compare."""
    if current is None or previous is None or (not previous and not pp):
        return None
    now, before = _exact(current), _exact(previous)
    return (now - before) * 100 if pp else (now / before - 1) * 100


def change_text(change: Decimal, style: Style, *, pp: bool = False) -> str:
    """Write a change without its sign: 12.7% or 0.04 pp."""
    if pp:
        return decimal_text(abs(change), 2, style) + NBSP + _POINTS[style.locale]
    return decimal_text(abs(change), 1, style) + style.percent


def bytes_text(size: int, style: Style) -> str:
    """Write a file's weight: 212 KB, 3.4 MB."""
    value, names = Decimal(size), _BYTES[style.locale]
    step = 0
    while value >= 1024 and step < len(names) - 1:
        value, step = value / 1024, step + 1
    shown = f"{value:.1f}" if step > 1 and value < 100 else f"{value:.0f}"
    return grouped(shown.removesuffix(".0"), style) + NBSP + names[step]


@lru_cache(maxsize=4096)
def day_text(day: date, locale: str, *, weekday: bool = False, year: bool = False) -> str:
    """Write a day: 19 Nov, Thu 19 Nov, 19 Nov 2025."""
    pattern = f"{'EEE ' if weekday else ''}d MMM{' y' if year else ''}"
    return format_date(day, pattern, locale=locale)


def ago_text(seconds: int, style: Style) -> str | None:
    """Write how long ago something was, or None beyond a day."""
    now, *wordings = _AGO[style.locale]
    if seconds < 1:
        return now
    for wording, (below, unit) in zip(wordings, _AGO_STEPS, strict=True):
        if seconds < below:
            return wording.format(seconds // unit).replace(" ", NBSP, 1)
    return None


def local(moment: datetime, zone: str | ZoneInfo) -> datetime:
    """Return an instant on the clock of a zone."""
    return moment.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))


def seconds_between(earlier: datetime, later: datetime) -> int:
    """Return whole seconds, never below zero: clocks of two machines may disagree."""
    return max(0, (later - earlier) // timedelta(seconds=1))


def _exact(value: Number) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / value.denominator
    return Decimal(repr(value))
