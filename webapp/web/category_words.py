"""Kinds of goods in the reader's words."""

from __future__ import annotations

from flask_babel import gettext

from webapp.domain.ads.categories import CATEGORIES


def category_names() -> dict[str, str]:
    """Return every category by its code, in alphabetical order of the names."""
    names = {code: str(gettext(name)) for code, name in CATEGORIES.items()}
    return dict(sorted(names.items(), key=lambda pair: pair[1].casefold()))


def category_name(code: str) -> str:
    """Return one category in words, the code itself for one that is no longer sold."""
    return category_names().get(code, code)
