"""Marking sentences that are translated later, where they are shown."""

from __future__ import annotations

#: An English sentence or label; the catalogue collects whatever is put into a field, argument or constant of this type.
Message = str


def N_(text: str) -> str:  # noqa: N802 — gettext's own name
    """Return the text as it is; the catalogue collects it by this call."""
    return text
