"""Reading figures as people and programs write them: exact, and only when there is one way to read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import repeat
from operator import add, itemgetter
from typing import cast

from webapp.core.money import CURRENCIES, MAX_MICROS
from webapp.domain.analytics.imports.types import Cell

#: Written where there is no figure: Google ` --`, Yandex `-`, databases NULL.
BLANKS = frozenset({"", "-", "--", "—", "–", "n/a", "na", "null", "none", "nan", "#n/a"})
MAX_COUNT = 10**15
_MILLION = 1_000_000

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’`]+")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
#: Figures grouped by thousands (also 12,34,567), with or without a fraction.
_GROUPED = {
    ",": re.compile(r"-?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?"),
    ".": re.compile(r"-?\d{1,3}(?:\.\d{2,3})*\.\d{3}(?:,\d+)?"),
}
_FIGURE = r"(?P<body>[-−]?[\d.,\s\u00a0\u202f'’]+(?:[eE][+-]?\d+)?)"
_SIGN = r"(?:[^\d\s.,+−()%-]{1,4}\.?)?"
_AMOUNT = re.compile(rf"(?P<minus>[-−(]?)\s*(?P<before>{_SIGN})\s*{_FIGURE}\s*(?P<after>{_SIGN})\)?")
#: In place of an account's currency: any will do.
ANY_CURRENCY = "*"
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "MXN", "BRL"})
_OF_SIGN: dict[str, frozenset[str]] = {
    **{code.casefold(): frozenset({code}) for code in CURRENCIES},
    **{
        sign.casefold(): frozenset(code for code, other in CURRENCIES.items() if other == sign)
        for sign in CURRENCIES.values()
    },
    **dict.fromkeys(("руб", "р", "rur", "руб."), frozenset({"RUB"})),
    "$": _DOLLARS,
    "us$": frozenset({"USD"}),
    "¥": frozenset({"JPY", "CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK"}),
}


class BadValue(ValueError):
    """A cell that cannot be read; `code` names the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_decimal(cell: Cell, mark: str, account: str = "") -> Decimal | None:
    """Return the figure a cell holds, None for a blank.

    `mark` is the file's decimal mark; `account` the currency whose sign may stand beside the figure, '' for none.
    """
    if isinstance(cell, int | float):
        return Decimal(repr(cell))
    if isinstance(cell, date):
        raise BadValue("not_a_number")
    text = cell.strip()
    if text.casefold() in BLANKS:
        return None
    if text.endswith("%"):
        raise BadValue("a_rate")
    return Decimal(_plain(text, mark, account))


def _plain(text: str, mark: str, account: str) -> str:
    """Return the figure as digits with a point; raise BadValue when it is none."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise BadValue("not_a_number")
    _check_sign((found["before"] or found["after"]).rstrip(".").casefold(), account)
    body = _SPACES.sub("", found["body"]).replace("−", "-")
    if found["minus"]:
        body = "-" + body
    thousands = "," if mark == "." else "."
    if thousands in body:
        if not _GROUPED[thousands].fullmatch(body):
            raise BadValue("not_a_number")
        body = body.replace(thousands, "")
    elif body.count(mark) > 1:  # 1.234.567 in a file whose decimal mark is the point
        if not _GROUPED[mark].fullmatch(body):
            raise BadValue("not_a_number")
        body = body.replace(mark, "")
    body = body.replace(",", ".")
    if not _PLAIN.fullmatch(body):
        raise BadValue("not_a_number")
    return body


def _check_sign(sign: str, account: str) -> None:
    """Raise BadValue for a sign that is none, or another currency's."""
    if not sign:
        return
    if sign not in _OF_SIGN or not account:
        raise BadValue("not_a_number")
    if account != ANY_CURRENCY and account not in _OF_SIGN[sign]:
        raise BadValue("other_currency")


def parse_count(cell: Cell, mark: str) -> int:
    """Return a whole number of impressions or clicks; a blank is 0."""
    if isinstance(cell, str) and cell.isascii() and cell.isdigit():
        return _bounded(int(cell) if len(cell) < 18 else MAX_COUNT + 1, MAX_COUNT)
    value = parse_decimal(cell, mark)
    if value is None:
        return 0
    if value != value.to_integral_value():
        raise BadValue("negative" if value < 0 else "a_fraction")
    return _bounded(int(value), MAX_COUNT)


def parse_millionths(cell: Cell, mark: str) -> int:
    """Return a count in millionths: for conversions, which some systems split between ads."""
    if isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) < 16:
        return int(cell) * _MILLION
    return _bounded(_to_millionths(parse_decimal(cell, mark)), MAX_COUNT * _MILLION)


def parse_micros(cell: Cell, mark: str, account: str, *, in_micros: bool = False) -> int:
    """Return an amount in micros, half to even beyond the sixth place; a blank is 0."""
    value = parse_decimal(cell, mark, account)
    if value is None:
        return 0
    micros = int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) if in_micros else _to_millionths(value)
    return _bounded(micros, MAX_MICROS)


def _to_millionths(value: Decimal | None) -> int:
    if value is None:
        return 0
    if value.adjusted() > 18:
        raise BadValue("too_large")
    return int(value.scaleb(6).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _bounded(value: int, ceiling: int) -> int:
    if value < 0:
        raise BadValue("negative")
    if value > ceiling:
        raise BadValue("too_large")
    return value


def plain_counts(cells: Sequence[Cell]) -> list[int] | None:
    """Return a whole column of counts when all are plain digits, else None: much faster than one by one."""
    texts = cast("Sequence[str]", cells)
    try:
        if not _all_digits("".join(texts)):
            return None
        values = [int(text or "0") for text in texts] if "" in texts else list(map(int, texts))
    except (TypeError, ValueError):  # a number from a workbook; a text of thousands of digits
        return None
    return values if max(values) <= MAX_COUNT else None


def plain_millionths(cells: Sequence[Cell], mark: str, ceiling: int) -> list[int] | None:
    """Return a whole column of figures of up to six places in millionths, else None; exact, without a Decimal each."""
    texts = cast("Sequence[str]", cells)
    try:
        values = _equally_long(texts, mark)
        values = _by_parts(texts, mark) if values is None else values
    except (TypeError, ValueError):
        return None
    return values if values is not None and max(values) <= ceiling else None


def _equally_long(texts: Sequence[str], mark: str) -> list[int] | None:
    """Read figures with one number of places all down the column, as most systems write them."""
    together = "\n".join(texts)
    places = len(texts[0].partition(mark)[2])
    if not 0 < places <= 6 or together.count(mark) != len(texts) or "" in texts:
        return None
    if min(map(len, texts)) <= places or set(map(itemgetter(-1 - places), texts)) != {mark}:
        return None
    zeros = "0" * (6 - places)
    digits = f"{together.replace(mark, '').replace(chr(10), zeros + chr(10))}{zeros}".split("\n")
    return list(map(int, digits)) if _all_digits("".join(digits)) and len(digits) == len(texts) else None


def _by_parts(texts: Sequence[str], mark: str) -> list[int] | None:
    """Read figures with any number of places up to six, blanks among them."""
    wholes, _, places = zip(*map(str.partition, texts, repeat(mark)), strict=True)
    padded = list(map(str.ljust, places, repeat(6), repeat("0")))
    if not _all_digits("".join(wholes) + "".join(padded)) or set(map(len, padded)) != {6} or mark in texts:
        return None
    return list(map(int, map(add, wholes, padded)))


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


class MarkVotes:
    """Finds out a file's decimal mark from all its figures."""

    #: One or two digits, or four and more, behind the only mark; a nought before it; thousands parted before it.
    _FRACTION = {
        mark: re.compile(
            rf"^[^\d\n]*(?:\d+{re.escape(mark)}(?:\d{{1,2}}|\d{{4,}})|0{re.escape(mark)}\d+"
            rf"|\d{{1,3}}(?:[{other} \u00a0\u2007\u2009\u202f'’`]\d{{3}})+{re.escape(mark)}\d+)[^\d\n.,]*$",
            re.MULTILINE,
        )
        for mark, other in ((".", ","), (",", "."))
    }
    _THOUSANDS = {
        mark: re.compile(rf"^[^\d\n]*\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+[^\d\n.,]*$", re.MULTILINE) for mark in ".,"
    }

    def __init__(self) -> None:
        self._votes = {".": 0, ",": 0}

    @property
    def decided(self) -> bool:
        """Tell whether there is proof enough to stop looking."""
        return abs(self._votes["."] - self._votes[","]) > 1000

    def add(self, cells: Iterable[Cell], *, whole: bool) -> None:
        """Look at a column's cells; `whole` columns hold counts, so a mark in them parts thousands."""
        text = "\n".join([cell for cell in cells if isinstance(cell, str)])
        for mark, other in ((".", ","), (",", ".")):
            if mark not in text:
                continue
            self._votes[mark] += sum(1 for _ in self._FRACTION[mark].finditer(text))
            if whole:
                self._votes[other] += sum(1 for _ in self._THOUSANDS[mark].finditer(text))

    @property
    def mark(self) -> str:
        """Return the decimal mark most figures speak for."""
        return "," if self._votes[","] > self._votes["."] else "."
