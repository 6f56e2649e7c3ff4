"""What templates may ask for: figures, days and drawings in the reader's locale."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import get_locale, gettext
from markupsafe import Markup

from webapp.core.money import CURRENCIES
from webapp.core.scope import SYSTEM
from webapp.web import graphics, numerals
from webapp.web.assets import register_assets
from webapp.web.numerals import Number, Style, style_of
from webapp.web.status import status_look
from webapp.web.toasts import register_toasts


def current_style() -> Style:
    """Return how the reader writes figures; English where nobody reads yet."""
    locale = get_locale()
    return style_of(locale.language if locale else "en")


def money(micros: Number | None, currency: str, digits: int = 2, *, sign: bool = False) -> str:
    """Write an amount with its currency: $13,051.33 · 13 051,33 $."""
    return numerals.money_text(micros, currency, current_style(), digits, sign=sign)


def amount(micros: Number | None, digits: int = 2) -> str:
    """Write an amount whose currency stands in the column's head."""
    return numerals.NOTHING if micros is None else numerals.micros_text(micros, digits, current_style())


def integer(value: Number | None) -> str:
    """Write a count: 4,896,911."""
    return numerals.decimal_text(value, 0, current_style())


def decimal(value: Number | None, digits: int = 2) -> str:
    """Write a plain figure with decimals."""
    return numerals.decimal_text(value, digits, current_style())


def percent(ratio: Number | None, digits: int = 2) -> str:
    """Write a ratio as a percentage: 0.62% · 0,62 %."""
    return numerals.percent_text(ratio, digits, current_style())


def change(current: Number | None, previous: Number | None, *, pp: bool = False) -> str:
    """Write a change as plain text: ↑ 12.7%."""
    moved = numerals.change_of(current, previous, pp=pp)
    if moved is None:
        return numerals.NOTHING
    return f"{'↑' if moved >= 0 else '↓'}{numerals.NBSP}{numerals.change_text(moved, current_style(), pp=pp)}"


def delta(current: Number | None, previous: Number | None, good: str = "up", *, pp: bool = False) -> Markup:
    """Show a change with its arrow and tone."""
    return graphics.delta_of(current, previous, current_style(), good, pp=pp)


def day_short(day: date) -> str:
    """Write a day: 19 Nov; with the year when it is not this one."""
    return numerals.day_text(_day(day), current_style().locale, year=_other_year(day))


def day_long(day: date) -> str:
    """Write a day with its weekday: Thu 19 Nov."""
    return numerals.day_text(_day(day), current_style().locale, weekday=True, year=_other_year(day))


def day_range(first: date, last: date) -> str:
    """Write a period: 23 Oct – 19 Nov; the year stands where it is needed."""
    locale, year = current_style().locale, _other_year(first) or _other_year(last)
    if _day(first) == _day(last):
        return numerals.day_text(_day(last), locale, year=year)
    start = numerals.day_text(_day(first), locale, year=year and first.year != last.year)
    return f"{start} – {numerals.day_text(_day(last), locale, year=year)}"


def time_of(moment: datetime | None, zone: str | ZoneInfo = "UTC") -> str:
    """Write the time of day in a zone: 14:32."""
    return numerals.NOTHING if moment is None else numerals.local(moment, zone).strftime("%H:%M")


def moment(value: datetime | None, zone: str | ZoneInfo = "UTC", *, weekday: bool = False) -> str:
    """Write day and time in a zone: 19 Nov, 14:32."""
    if value is None:
        return numerals.NOTHING
    there = numerals.local(value, zone)
    return f"{day_long(there) if weekday else day_short(there)}, {there:%H:%M}"


def ago(value: datetime | None, now: datetime | None = None, zone: str | ZoneInfo = "UTC") -> str:
    """Write how long ago it was: 4 s ago; the day itself when that is longer."""
    if value is None:
        return numerals.NOTHING
    seconds = numerals.seconds_between(value, now or datetime.now(UTC))
    return numerals.ago_text(seconds, current_style()) or day_short(numerals.local(value, zone))


def actor(name: str) -> str:
    """Return who did something: a person's name as it is, our own work in the reader's language."""
    return str(gettext("system")) if name == SYSTEM.name else name


def file_size(size: int) -> str:
    """Write a file's weight: 212 KB · 3,4 МБ."""
    return numerals.bytes_text(size, current_style())


def currency_head(label: object, currency: str) -> str:
    """Write a column's head with its unit once: Spend, $."""
    return f"{label}, {currency_sign(currency)}"


def currency_sign(currency: str) -> str:
    """Return the sign that stands inside a money field."""
    return CURRENCIES.get(currency, currency)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _other_year(value: date) -> bool:
    return value.year != datetime.now(UTC).year


def register_filters(app: Flask) -> None:
    """Give templates assets, toasts, the filters, and the drawings as globals: icon, glyph, status, delta, spark."""
    register_assets(app)
    register_toasts(app)
    env = app.jinja_env
    formats = (money, amount, integer, decimal, percent, change, day_short, day_long, day_range, time_of, moment, ago)
    env.filters.update({function.__name__: function for function in formats})
    env.filters["bytes"] = file_size
    env.filters["actor"] = actor
    env.filters["currency_head"] = currency_head
    drawings = (graphics.icon, graphics.glyph, graphics.status, graphics.status_glyph, graphics.spark, delta)
    env.globals.update({function.__name__: function for function in drawings})
    env.globals.update(
        money=money, amount=amount, day_range=day_range, currency_sign=currency_sign, status_look=status_look
    )
