"""What may be advertised, in a dozen kinds: campaigns are of one, placements take all or some."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.core.errors import FieldError
from webapp.core.words import N_

#: Code → English name, a gettext key. Codes are kept for ever: campaigns and placements carry them.
CATEGORIES: dict[str, str] = {
    "alcohol": N_("Alcohol"),
    "autos": N_("Cars and transport"),
    "beauty": N_("Beauty and care"),
    "dating": N_("Dating"),
    "education": N_("Education and jobs"),
    "electronics": N_("Electronics and software"),
    "entertainment": N_("Films, music, events"),
    "fashion": N_("Clothes and shoes"),
    "finance": N_("Finance and insurance"),
    "food": N_("Food and drink"),
    "gambling": N_("Gambling"),
    "gaming": N_("Games"),
    "health": N_("Health and medicine"),
    "home": N_("Home and garden"),
    "politics": N_("Politics and society"),
    "property": N_("Property"),
    "sport": N_("Sport and outdoors"),
    "travel": N_("Travel"),
}
MAX_CATEGORY = 32


def clean_category(code: str) -> str:
    """Return one category, '' for none; raise FieldError for one nobody has."""
    if code and code not in CATEGORIES:
        raise FieldError("There is no category “%(text)s”. Choose one of the list.", text=code[:MAX_CATEGORY])
    return code


def clean_categories(codes: Iterable[str]) -> tuple[str, ...]:
    """Return categories in the order of the list, each once; raise FieldError for one nobody has."""
    chosen = {clean_category(code) for code in codes if code}
    return tuple(code for code in CATEGORIES if code in chosen)
