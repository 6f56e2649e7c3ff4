"""What a picture may be, what is made of it, and the port that reads one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from webapp.core.errors import FieldError
from webapp.core.files import MEGABYTE, ByteSize
from webapp.core.words import N_


@dataclass(frozen=True, slots=True)
class PictureRules:
    """The limits of an upload."""

    max_bytes: int = MEGABYTE
    #: The lowest slot is 50 high; a side below that is of no use anywhere.
    min_side: int = 50
    max_side: int = 4096
    #: Checked against the header, before anything is decoded.
    max_pixels: int = 12_000_000
    max_frames: int = 300
    max_seconds: int = 30
    #: All frames together, four bytes each while they are encoded.
    max_animation_pixels: int = 24_000_000


class PictureProblem(StrEnum):
    """Why a picture is refused."""

    EMPTY = "empty"
    TOO_HEAVY = "too_heavy"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    FORMAT = "format"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    ANIMATED_PNG = "animated_png"
    TOO_LONG = "too_long"
    TOO_MANY_FRAMES = "too_many_frames"
    CODE = "code"


#: English sentences, used as gettext keys: what is wrong, what is allowed, what to do.
SENTENCES: dict[PictureProblem, str] = {
    PictureProblem.EMPTY: N_("%(name)s is empty. Choose the picture again."),
    PictureProblem.TOO_HEAVY: N_(
        "%(name)s is %(weight)s. The limit is %(limit)s. Save it as JPEG or WebP and upload it again."
    ),
    PictureProblem.TOO_SMALL: N_("%(name)s is %(width)s × %(height)s pixels. Each side needs %(least)s or more."),
    PictureProblem.TOO_LARGE: N_(
        "%(name)s is %(width)s × %(height)s pixels. A side may have %(most)s,"
        " the whole picture %(megapixels)s megapixels. Scale it down and upload it again."
    ),
    PictureProblem.FORMAT: N_("%(name)s is of type %(format)s. Upload a PNG, JPEG, GIF or WebP."),
    PictureProblem.UNKNOWN: N_("%(name)s is not a picture we know. Upload a PNG, JPEG, GIF or WebP."),
    PictureProblem.BROKEN: N_(
        "%(name)s is damaged or cut short: it cannot be read to its end. Save it again as PNG, JPEG, GIF or WebP."
    ),
    PictureProblem.ANIMATED_PNG: N_("%(name)s is an animated PNG, which few sites show. Save it as GIF or WebP."),
    PictureProblem.TOO_LONG: N_("%(name)s runs for %(seconds)s s. An animation may run for %(most)s s."),
    PictureProblem.TOO_MANY_FRAMES: N_(
        "%(name)s has %(frames)s frames of %(width)s × %(height)s,"
        " more than an animation may have. Leave out frames or make it smaller."
    ),
    PictureProblem.CODE: N_(
        "%(name)s has program code inside. Export the picture again from the editor it was made in."
    ),
}


class PictureRefused(FieldError):
    """A file that is not a picture we take; `problem` says which rule it breaks."""

    def __init__(self, problem: PictureProblem, name: str, **values: object) -> None:
        self.problem = problem
        super().__init__(SENTENCES[problem], name=name, **values)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as we serve it: decoded, upright, sRGB, encoded again without any metadata."""

    data: bytes
    mime: str
    width: int
    height: int
    frames: int

    @property
    def extension(self) -> str:
        """Return the usual file name ending."""
        return EXTENSIONS[self.mime]


EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def too_heavy(name: str, size: int, limit: int) -> PictureRefused:
    """Return the refusal of a file above the limit; its size is rounded up, so that it never reads as the limit."""
    shown = -(-size * 10 // MEGABYTE) * MEGABYTE // 10
    return PictureRefused(PictureProblem.TOO_HEAVY, name, weight=ByteSize(shown), limit=ByteSize(limit))


class PictureReader(Protocol):
    """Reads pictures that strangers send."""

    def read(self, data: bytes, name: str, rules: PictureRules) -> Picture:
        """Decode the whole file and encode it afresh; raise PictureRefused naming the rule it breaks."""

    def thumbnail(self, data: bytes, edge: int) -> bytes:
        """Return the first frame as a WebP that fits a square of `edge` pixels; `data` is a Picture's."""
