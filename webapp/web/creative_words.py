"""What templates say about creatives, in the cabinet and to moderators."""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import SequenceMatcher

from flask import Flask
from flask.sansio.app import App
from flask_babel import gettext, ngettext

from webapp.core.errors import KabinetError
from webapp.domain.ads.creative_policies import REASON_BY_CODE
from webapp.domain.ads.creative_types import Check
from webapp.domain.ads.models import Asset, CreativeKind
from webapp.domain.ads.services.moderation import LATE_AFTER
from webapp.domain.ads.sizes import find_fit
from webapp.web.app import services
from webapp.web.forms import error_text

HOUR, DAY = 60, 24 * 60


def check_text(check: Check) -> str:
    """Return a check's sentence in the reader's language."""
    values = {name: gettext(value) if name == "size" else value for name, value in check.values.items()}
    return error_text(KabinetError(check.sentence, **values))


def kind_text(kind: CreativeKind) -> str:
    """Return what a creative is."""
    return str(gettext("Native") if kind is CreativeKind.NATIVE else gettext("Image"))


def size_text(kind: CreativeKind, asset: Asset | None) -> str:
    """Return a picture's size, a banner's by name: 300 × 250 Medium rectangle."""
    if asset is None:
        return ""
    pixels = f"{asset.width} × {asset.height}"
    fit = find_fit(asset.width, asset.height) if kind is CreativeKind.IMAGE else None
    return f"{fit.size.label} {gettext(fit.size.name)}" if fit else pixels


def pixel_ratio(asset: Asset) -> int:
    """Return how many pixels a banner has for each of its slot's: 2 for one made for sharp screens."""
    fit = find_fit(asset.width, asset.height)
    return fit.scale if fit else 1


def field_text(field: str) -> str:
    """Return the name of a field of a creative."""
    names = {
        "title": gettext("Title"),
        "text": gettext("Text"),
        "picture": gettext("Picture"),
        "landing": gettext("Landing page"),
    }
    return str(names.get(field, field))


def reason_text(code: str) -> str:
    """Return a rejection code in words."""
    reason = REASON_BY_CODE.get(code)
    return str(gettext(reason.title)) if reason else code


def waited(since: datetime) -> str:
    """Return how long something has waited: 3 h 12 min."""
    minutes = max(0, (services().clock.now() - since) // timedelta(minutes=1))
    if minutes < HOUR:
        return str(gettext("%(minutes)s min", minutes=minutes))
    if minutes < DAY:
        return str(gettext("%(hours)s h %(minutes)s min", hours=minutes // HOUR, minutes=minutes % HOUR))
    return str(ngettext("%(num)s day", "%(num)s days", minutes // DAY))


def is_late(since: datetime) -> bool:
    """Tell whether something has waited for too long."""
    return services().clock.now() - since >= LATE_AFTER


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """Return the words of two sentences as (same, del or ins, words), in reading order."""
    old, new = before.split(), after.split()
    pieces: list[tuple[str, str]] = []
    for operation, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            pieces.append(("same", " ".join(old[start:end])))
            continue
        pieces += [("del", " ".join(old[start:end]))] if end > start else []
        pieces += [("ins", " ".join(new[new_start:new_end]))] if new_end > new_start else []
    return pieces


def register_creative_words(app: App) -> None:
    """Give them to templates."""
    shown = (check_text, kind_text, size_text, field_text, reason_text, pixel_ratio, waited, is_late, word_diff)
    assert isinstance(app, Flask)
    app.jinja_env.globals.update({function.__name__: function for function in shown})
