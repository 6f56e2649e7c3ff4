"""The rules a creative keeps: how long its words may be, what it needs before review, why it may be refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from webapp.core.errors import FieldError, Invalid, KabinetError
from webapp.core.files import ByteSize
from webapp.core.words import N_
from webapp.domain.ads.creative_types import Check, CreativeInput, FieldChange, Rejection
from webapp.domain.ads.models import Asset, CreativeKind, CreativeVersion
from webapp.domain.ads.sizes import find_fit, nearest_sizes

MAX_NAME = 120
MAX_TITLE = 60
MAX_TEXT = 140
#: A native picture is cropped by its slot, so any shape will do, but not any size.
NATIVE_MIN_SIDE = 100
MAX_SENTENCE = 500
MIN_SENTENCE = 10
MAX_FILE_NAME = 255

Errors = dict[str, "str | KabinetError"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a moderator may refuse: title, template and default field; English texts are gettext keys."""

    code: str
    title: str
    sentence: str
    field: str


#: In the order of the keys 1 to 8.
REJECTION_REASONS: tuple[Reason, ...] = (
    Reason(
        "claim.misleading",
        N_("Misleading promise"),
        N_("The promise cannot be kept as it is written. Say what people really get."),
        "text",
    ),
    Reason(
        "claim.superlative",
        N_("Superlative without proof"),
        N_(
            "A superlative needs proof on the landing page. Add the test or the award you refer to, or say it without"
            " the superlative."
        ),
        "title",
    ),
    Reason(
        "landing.mismatch",
        N_("Landing page does not match"),
        N_("The landing page does not show what the ad offers. Lead people straight to the offer, or change the ad."),
        "landing",
    ),
    Reason(
        "landing.down",
        N_("Landing page is down"),
        N_(
            "The landing page did not open when we looked. Repair it or choose another address, then send the ad again."
        ),
        "landing",
    ),
    Reason(
        "image.quality",
        N_("Picture is unreadable"),
        N_("The picture is too blurred or its letters are too small to read. Upload a sharper one."),
        "picture",
    ),
    Reason(
        "rights.mark",
        N_("Someone else’s mark"),
        N_("The ad shows a mark that belongs to somebody else. Send us their permission, or leave the mark out."),
        "picture",
    ),
    Reason(
        "goods.restricted",
        N_("Restricted goods"),
        N_(
            "These goods may not be advertised here, or only with a licence. Send us the licence, or advertise"
            " something else."
        ),
        "text",
    ),
    Reason("other", N_("Something else"), "", "title"),
)
REASON_BY_CODE = {reason.code: reason for reason in REJECTION_REASONS}
FIELDS = ("title", "text", "picture", "landing")
FIELDS_OF_KIND = {CreativeKind.NATIVE: FIELDS, CreativeKind.IMAGE: ("picture", "landing")}

_SPACES = re.compile(r"\s+")
_PATH = re.compile(r"[/\\]")


def clean_line(text: str) -> str:
    """Return typed words as they will be shown: one line, no control marks, one way to write each letter."""
    visible = "".join(ch if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cs") else "" for ch in text)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def clean_file_name(name: str) -> str:
    """Return the last part of an uploaded file's name, fit for a sentence."""
    return clean_line(_PATH.split(name)[-1])[-MAX_FILE_NAME:] or "file"


def clean_input(kind: CreativeKind, given: CreativeInput, asset: Asset | None) -> CreativeInput:
    """Return the words as they are kept; raise Invalid with every one that is too long."""
    title, text = (clean_line(given.title), clean_line(given.text)) if kind is CreativeKind.NATIVE else ("", "")
    name = clean_line(given.name) or title or _name_from(asset)
    errors: Errors = {}
    for field, value, most in (("name", name, MAX_NAME), ("title", title, MAX_TITLE), ("text", text, MAX_TEXT)):
        if len(value) > most:
            errors[field] = FieldError("%(length)s characters; %(most)s fit. Shorten it.", length=len(value), most=most)
    if not name:
        errors["name"] = FieldError("Give it a name, a title or a picture.")
    if errors:
        raise Invalid(errors)
    return CreativeInput(name, title, text, given.asset_id)


def _name_from(asset: Asset | None) -> str:
    return clean_line(asset.original_name.rpartition(".")[0] or asset.original_name)[:MAX_NAME] if asset else ""


def review_errors(kind: CreativeKind, version: CreativeVersion, asset: Asset | None) -> Errors:
    """Return by field what keeps a version from being sent for review."""
    errors: Errors = {}
    if kind is CreativeKind.NATIVE:
        if not version.title:
            errors["title"] = FieldError("Write a title.")
        if not version.text:
            errors["text"] = FieldError("Write a text.")
    picture = FieldError("Upload a picture.") if asset is None else picture_error(kind, asset)
    if picture is not None:
        errors["picture"] = picture
    return errors


def picture_error(kind: CreativeKind, asset: Asset) -> FieldError | None:
    """Return why a picture does not suit this kind of creative, None when it does."""
    values = {"name": asset.original_name, "width": asset.width, "height": asset.height}
    if kind is CreativeKind.NATIVE:
        if min(asset.width, asset.height) >= NATIVE_MIN_SIDE:
            return None
        return FieldError(
            "%(name)s is %(width)s × %(height)s. A native picture needs %(least)s × %(least)s or more.",
            **values,
            least=NATIVE_MIN_SIDE,
        )
    if find_fit(asset.width, asset.height) is not None:
        return None
    return FieldError(
        "%(name)s is %(width)s × %(height)s, no size that sites sell. The nearest are %(sizes)s, or twice as many"
        " pixels each way. Crop it, or use it in a native creative.",
        **values,
        sizes=_nearest(asset),
    )


def _nearest(asset: Asset) -> str:
    return ", ".join(size.label for size in nearest_sizes(asset.width, asset.height))


def picture_checks(kind: CreativeKind, asset: Asset, max_bytes: int) -> list[Check]:
    """Return what is looked at in a picture."""
    weight = {"weight": ByteSize(asset.byte_size), "limit": ByteSize(max_bytes), "format": asset.mime[6:].upper()}
    return [
        _size_check(kind, asset),
        Check(True, "%(format)s, %(weight)s of %(limit)s", weight),
        Check(True, "Camera data is taken out"),
    ]


def checks(kind: CreativeKind, title: str, text: str, asset: Asset | None, max_bytes: int) -> list[Check]:
    """Return what is looked at before review, in the order of the form."""
    found = picture_checks(kind, asset, max_bytes) if asset is not None else []
    if kind is CreativeKind.NATIVE:
        fits = 0 < len(title) <= MAX_TITLE and 0 < len(text) <= MAX_TEXT
        found.append(Check(fits, N_("Title and text fit every slot") if fits else N_("Title and text are both needed")))
    return found


def _size_check(kind: CreativeKind, asset: Asset) -> Check:
    values = {"width": asset.width, "height": asset.height}
    if kind is CreativeKind.NATIVE:
        return Check(picture_error(kind, asset) is None, "%(width)s × %(height)s", values)
    fit = find_fit(asset.width, asset.height)
    if fit is None:
        near = {**values, "sizes": _nearest(asset)}
        return Check(False, "%(width)s × %(height)s is no standard size. The nearest: %(sizes)s.", near)
    sentence = (
        N_("%(width)s × %(height)s: %(size)s") if fit.scale == 1 else N_("%(width)s × %(height)s: %(size)s, sharp")
    )
    return Check(True, sentence, {**values, "size": fit.size.name})


def changed_fields(
    version: CreativeVersion, asset: Asset | None, before: CreativeVersion, before_asset: Asset | None
) -> tuple[FieldChange, ...]:
    """Return the fields in which a version is another than an earlier one."""
    pairs = (
        ("title", before.title, version.title),
        ("text", before.text, version.text),
        ("picture", _picture_name(before_asset), _picture_name(asset)),
    )
    same_picture = version.asset_id == before.asset_id
    return tuple(
        FieldChange(field, old, new)
        for field, old, new in pairs
        if (old != new if field != "picture" else not same_picture)
    )


def _picture_name(asset: Asset | None) -> str:
    return asset.original_name if asset else ""


def clean_rejection(kind: CreativeKind, given: Rejection) -> Rejection:
    """Return the refusal as it is kept; raise Invalid with what is missing."""
    errors: Errors = {}
    sentence = given.sentence.strip()
    if given.code not in REASON_BY_CODE:
        errors["code"] = FieldError("Choose a reason.")
    if given.field not in FIELDS_OF_KIND[kind]:
        errors["field"] = FieldError("Choose the field it is about.")
    if len(sentence) < MIN_SENTENCE:
        errors["sentence"] = FieldError("Write what is wrong and what to do; the advertiser reads this.")
    elif len(sentence) > MAX_SENTENCE:
        errors["sentence"] = FieldError(
            "%(length)s characters; %(most)s fit. Shorten it.", length=len(sentence), most=MAX_SENTENCE
        )
    if errors:
        raise Invalid(errors)
    return Rejection(given.code, given.field, sentence)
