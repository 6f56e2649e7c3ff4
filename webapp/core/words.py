"""Marking sentences that are translated later, where they are shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 — gettext's own name
    """Return the text as it is; the catalogue collects it by this call."""
    return text
