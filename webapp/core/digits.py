"""Whole numbers as people and forms write them."""

from __future__ import annotations

#: Long enough for every number a form asks for, short enough for a column.
MOST_DIGITS = 9


def whole_number(text: str | None, *, most_digits: int = MOST_DIGITS) -> int | None:
    """Return the number that plain digits write, None for anything else.

    `str.isdigit` alone lets “²” and thousands of digits through, at both of which `int` raises.
    """
    if text is None or len(text) > most_digits or not (text.isascii() and text.isdigit()):
        return None
    return int(text)
