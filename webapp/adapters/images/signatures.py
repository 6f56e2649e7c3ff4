"""What a file is by its first bytes, and whether somebody hid a program in it."""

from __future__ import annotations

import re

#: Formats people send by mistake, so that the message can name them.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"8BPS", "PSD"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\0\0\1\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"%!PS", "EPS"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"heim": "HEIC"}
_VIDEO_BRANDS = (b"isom", b"iso2", b"mp41", b"mp42", b"qt  ", b"M4V ", b"avc1")
_HEAD = 1024
_SVG = re.compile(rb"<svg[\s>/]", re.IGNORECASE)
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|script)[\s>]", re.IGNORECASE)
#: Every picture is encoded again, so code could not survive; a file that carries some was still made to do harm.
_CODE = re.compile(rb"<script[\s>]|<!doctype\s+html|<html[\s>]|<\?php|<%@\s*page", re.IGNORECASE)


def name_format(data: bytes) -> str | None:
    """Return the name of a known format we do not take; None for one we take or do not know."""
    for start, name in _STARTS:
        if data.startswith(start):
            return name
    if data[4:8] == b"ftyp":
        return "video" if data[8:12] in _VIDEO_BRANDS else _BRANDS.get(data[8:12])
    if data.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF")):
        return None
    return _name_text(data[:_HEAD].replace(b"\0", b""))


def _name_text(head: bytes) -> str | None:
    if _SVG.search(head):
        return "SVG"
    return "HTML" if _HTML.search(head) else None


def has_code(data: bytes) -> bool:
    """Tell whether a page or a script hides in the file."""
    return _CODE.search(data) is not None
