"""What is wrong with a card before anybody is asked: checksum, expiry, security code."""

from __future__ import annotations

import re
from datetime import date

from webapp.core.errors import Invalid
from webapp.domain.billing.ports import Card

_EXPIRY = re.compile(r"(\d{1,2})\s*[/.\-]?\s*(\d{2}|\d{4})")
_CENTURY = 2000
#: No card is issued for longer.
MAX_YEARS_AHEAD = 25


def read_card(number: str, expiry: str, security_code: str, *, today: date) -> Card:
    """Return the card that was typed; raise Invalid with a sentence for each field that is wrong."""
    digits = re.sub(r"[\s\-]", "", number)
    month, year = _read_expiry(expiry)
    errors = {
        "card_number": _number_error(digits),
        "card_expiry": _expiry_error(month, year, today),
        "card_code": _code_error(security_code.strip()),
    }
    if found := {field: sentence for field, sentence in errors.items() if sentence}:
        raise Invalid(found)
    return Card(digits, month, year, security_code.strip())


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the checksum of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _number_error(digits: str) -> str:
    if not digits:
        return "Enter the card number."
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19):
        return "A card number has 12 to 19 digits."
    return "" if passes_luhn(digits) else "This card number has a typing error: its digits do not check."


def _read_expiry(text: str) -> tuple[int, int]:
    match = _EXPIRY.fullmatch(text.strip())
    if match is None:
        return 0, 0
    year = int(match[2])
    return int(match[1]), year if year >= _CENTURY else _CENTURY + year


def _expiry_error(month: int, year: int, today: date) -> str:
    if not 1 <= month <= 12 or year > today.year + MAX_YEARS_AHEAD:
        return "Enter the expiry as MM/YY."
    return "" if (year, month) >= (today.year, today.month) else "This card has expired. Use another one."


def _code_error(code: str) -> str:
    return "" if re.fullmatch(r"[0-9]{3,4}", code) else "The security code is the 3 or 4 digits on the card."
