"""What templates say about creatives, in the cabinet and to moderators."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext

from webapp.core.errors import KabinetError
from webapp.domain.ads.creative_policies import REASON_BY_CODE
from webapp.domain.ads.creative_types import Check
from webapp.domain.ads.models import Asset, CreativeKind
from webapp.domain.ads.sizes import find_fit
from webapp.web.forms import error_text


def check_text(check: Check) -> str:
    """Return a check's sentence in the reader's language."""
    values = {name: gettext(value) if name == "size" else value for name, value in check.values.items()}
    return error_text(KabinetError(check.sentence, **values))


def kind_text(kind: CreativeKind) -> str:
    """Return what a creative is."""
    return gettext("Native") if kind is CreativeKind.NATIVE else gettext("Image")


def size_text(kind: CreativeKind, asset: Asset | None) -> str:
    """Return a picture's size, a banner's by name: 300 × 250 Medium rectangle."""
    if asset is None:
        return ""
    pixels = f"{asset.width} × {asset.height}"
    fit = find_fit(asset.width, asset.height) if kind is CreativeKind.IMAGE else None
    return f"{fit.size.label} {gettext(fit.size.name)}" if fit else pixels


def field_text(field: str) -> str:
    """Return the name of a field of a creative."""
    names = {
        "title": gettext("Title"),
        "text": gettext("Text"),
        "picture": gettext("Picture"),
        "landing": gettext("Landing page"),
    }
    return names.get(field, field)


def reason_text(code: str) -> str:
    """Return a rejection code in words."""
    reason = REASON_BY_CODE.get(code)
    return gettext(reason.title) if reason else code


def register_creative_words(app: Flask) -> None:
    """Give them to templates."""
    app.jinja_env.globals.update(
        check_text=check_text, kind_text=kind_text, size_text=size_text, field_text=field_text, reason_text=reason_text
    )
