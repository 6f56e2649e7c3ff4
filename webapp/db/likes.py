"""Searching for a text as it was typed."""

from __future__ import annotations

#: Pass it as `escape=` beside every pattern of `anywhere`.
ESCAPE = "\\"


def anywhere(text: str) -> str:
    """Return a LIKE pattern that means the text and nothing else, anywhere."""
    return "%" + text.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_") + "%"
