"""Sizes of placements in the reader's words."""

from __future__ import annotations

from flask_babel import gettext

from webapp.domain.ads.sizes import STANDARD_SIZES
from webapp.domain.delivery.types import NATIVE


def size_names() -> dict[str, str]:
    """Return every size a placement may have: 300 × 250, Medium rectangle."""
    banners = {f"{size.width}x{size.height}": f"{size.label}, {gettext(size.name)}" for size in STANDARD_SIZES}
    return {NATIVE: str(gettext("Native: picture, title and text")), **banners}


def size_label(size: str) -> str:
    """Return a size in short: 300 × 250, or Native."""
    return str(gettext("Native")) if size == NATIVE else size.replace("x", " × ")


def size_name(size: str) -> str:
    """Return the name of a banner's size, '' for a native one."""
    return next((str(gettext(item.name)) for item in STANDARD_SIZES if f"{item.width}x{item.height}" == size), "")
