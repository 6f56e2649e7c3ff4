"""Money as integer micros (10⁻⁶ of the currency unit) and an ISO currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

MICROS = 1_000_000
THOUSAND_DIGITS = 3
#: A ceiling no account passes; keeps every sum of a BIGINT far from overflow.
MAX_MICROS = 10**15

#: Currencies an account may be kept in, with the sign shown before or after the figure.
CURRENCIES: dict[str, str] = {
    "USD": "$", "EUR": "€", "GBP": "£", "RUB": "₽", "CHF": "CHF", "PLN": "zł", "CZK": "Kč", "SEK": "kr", "NOK": "kr",
    "DKK": "kr", "TRY": "₺", "UAH": "₴", "KZT": "₸", "INR": "₹", "NPR": "Rs", "JPY": "¥", "CNY": "CN¥", "BRL": "R$",
    "MXN": "MX$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "AED": "AED", "ILS": "₪", "ZAR": "R",
}  # fmt: skip


class MoneyError(ValueError):
    """An amount that is not money: unreadable, too large or of another currency."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount of one currency; amounts of different currencies never add up."""

    micros: int
    currency: str

    def __add__(self, other: Money) -> Money:
        """Return the sum of two amounts of one currency."""
        return Money(self.micros + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Return the difference of two amounts of one currency."""
        return Money(self.micros - self._same(other), self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add up")
        return other.micros

    @property
    def decimal(self) -> Decimal:
        """Return the amount in currency units."""
        return to_decimal(self.micros)


def to_decimal(micros: int) -> Decimal:
    """Return micros as an exact decimal of currency units."""
    return Decimal(micros).scaleb(-6)


def from_decimal(value: Decimal) -> int:
    """Return a decimal of currency units in micros, half to even beyond the sixth place."""
    if not value.is_finite():
        raise MoneyError("not a number")
    try:
        micros = int(value.scaleb(6).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    except InvalidOperation as error:
        raise MoneyError("too large") from error
    if abs(micros) > MAX_MICROS:
        raise MoneyError("too large")
    return micros


def parse_micros(text: str, point: str = ".") -> int:
    """Read '1 234,56', '1,234.56' or '$12.5' as micros; raise MoneyError when it is not one amount.

    `point` is the reader's decimal mark: to who writes 2,125 for two and an eighth, it is not two thousand.
    """
    return from_decimal(parse_decimal(text, point))


def parse_decimal(text: str, point: str = ".") -> Decimal:
    """Read a figure a person typed: spaces, one kind of thousands mark, comma or point, a currency sign."""
    cleaned = "".join(ch for ch in text if not ch.isspace() and ch not in "'’\u00a0\u202f").replace("−", "-")
    for sign in sorted(set(CURRENCIES.values()) | set(CURRENCIES), key=len, reverse=True):
        if cleaned.startswith(sign) or cleaned.endswith(sign):
            cleaned = cleaned.removeprefix(sign).removesuffix(sign)
            break
    negative = cleaned.startswith("-")
    digits = _one_point(cleaned[1:] if cleaned[:1] in ("+", "-") else cleaned, point)
    if not digits or not digits.replace(".", "", 1).isascii() or not digits.replace(".", "", 1).isdigit():
        raise MoneyError(f"{text!r} is not an amount")
    value = Decimal(digits)
    return -value if negative else value


def _one_point(digits: str, own: str) -> str:
    """Turn the last of ',' and '.' into the decimal point and drop thousands marks."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "," if point > comma else "."
        return digits.replace(thousands, "").replace(",", ".")
    mark = "," if comma >= 0 else "."
    groups = digits.split(mark)
    first_fits = len(groups[0]) <= THOUSAND_DIGITS and groups[0].strip("0") != ""
    grouped = first_fits and all(len(group) == THOUSAND_DIGITS for group in groups[1:])
    # One comma before three digits is a thousand ("1,000") unless the reader writes fractions with it; one point before
    # three is a fraction ("1.000").
    if grouped and (len(groups) > 2 or (len(groups) == 2 and mark == "," != own)):
        return "".join(groups)
    return digits.replace(",", ".")


def multiply_divide(micros: int, numerator: int, denominator: int) -> int:
    """Return micros × numerator ÷ denominator, half to even, without a float."""
    return int((Decimal(micros) * numerator / denominator).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
