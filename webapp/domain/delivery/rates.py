"""Approximate exchange rates: bids of different currencies are ranked by them, and nothing is ever charged by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from webapp.core.errors import Invalid
from webapp.core.money import CURRENCIES

#: Millionths of a US dollar for one unit, rounded, as of autumn 2025; an installation sets its own where it matters.
DOLLAR_MILLIONTHS: dict[str, int] = {
    "USD": 1_000_000, "EUR": 1_160_000, "GBP": 1_330_000, "RUB": 12_300, "CHF": 1_250_000, "PLN": 273_000,
    "CZK": 47_700, "SEK": 105_000, "NOK": 99_000, "DKK": 155_000, "TRY": 23_900, "UAH": 23_900, "KZT": 1_870,
    "INR": 11_300, "NPR": 7_060, "JPY": 6_600, "CNY": 140_300, "BRL": 186_000, "MXN": 54_000, "CAD": 713_000,
    "AUD": 650_000, "NZD": 575_000, "AED": 272_300, "ILS": 305_000, "ZAR": 57_500,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rates:
    """Units of the house's currency for one unit of another."""

    house: str
    of_unit: Mapping[str, Fraction]

    @classmethod
    def of(cls, house: str, given: str = "") -> Rates:
        """Return the built-in rates with those of `EUR=1.08,GBP=1.27` over them; raise Invalid for what is no rate."""
        base = Fraction(DOLLAR_MILLIONTHS[house])
        rates = {code: Fraction(value) / base for code, value in DOLLAR_MILLIONTHS.items()}
        for part in filter(None, given.replace(" ", "").split(",")):
            code, _, text = part.partition("=")
            rates[_known(code)] = _rate(text, part)
        rates[house] = Fraction(1)
        return cls(house, rates)

    def to_house(self, micros: int, currency: str) -> int:
        """Return an amount in micros of the house's currency, at least 1 for any that is more than nothing."""
        converted = round(micros * self.of_unit[currency])
        return max(1, converted) if micros > 0 else converted


def _known(code: str) -> str:
    if code not in CURRENCIES:
        raise Invalid(f"EXCHANGE_RATES names {code!r}, which is no currency of this installation.")
    return code


def _rate(text: str, part: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise Invalid(f"EXCHANGE_RATES has {part!r}; write it as EUR=1.08.") from error
    if rate <= 0:
        raise Invalid(f"EXCHANGE_RATES has {part!r}; a rate is more than zero.")
    return rate
