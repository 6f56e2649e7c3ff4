"""Finding out which letters a file is written in."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from charset_normalizer import from_bytes

#: Offered in the form; the names are Python's.
ENCODINGS = ("utf-8", "utf-16", "cp1251", "cp1252", "latin-1", "koi8-r", "cp866", "cp1250", "mac-cyrillic")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_SAMPLE = 64 * 1024
_CYRILLIC = ("cp1251", "koi8-r", "mac-cyrillic", "cp866")
_SINGLE_BYTE = ["cp1251", "cp1252", "koi8_r", "cp866", "mac_cyrillic", "cp1250"]


def detect_encoding(file: BinaryIO) -> str:
    """Return the encoding of the whole file; leaves the file at its start."""
    file.seek(0)
    head = file.read(_SAMPLE)
    name = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _wide(head)
    if name is None:
        file.seek(0)
        odd = _first_not_utf8(file)
        name = "utf-8" if odd is None else _single_byte(odd)
    file.seek(0)
    return name


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark by its zero bytes."""
    if len(head) < 4 or head.count(0) < len(head) // 5:
        return None
    return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"


def _first_not_utf8(file: BinaryIO) -> bytes | None:
    """Return the bytes around the first that are not UTF-8, None when all of them are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    while chunk := file.read(_CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return before[-_SAMPLE:] + chunk[: error.start + _SAMPLE]
        before = chunk
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return before[-_SAMPLE:]
    return None


def _single_byte(sample: bytes) -> str:
    """Return the likeliest one-byte encoding of a text that is not UTF-8."""
    if _looks_cyrillic(sample):
        foreign = bytes(byte for byte in sample if byte > 127)
        return max(_CYRILLIC, key=lambda name: _common_share(foreign, name))
    best = from_bytes(sample, cp_isolation=_SINGLE_BYTE).best()
    return best.encoding.replace("_", "-") if best else "cp1252"


def _looks_cyrillic(sample: bytes) -> bool:
    """Tell whether the letters beyond ASCII stand together in words, as they do in Russian and not in French."""
    runs = [run for run in sample.translate(_ONLY_FOREIGN).split() if len(run) >= 3]
    return sum(map(len, runs)) * 2 > sum(byte > 127 for byte in sample)


_ONLY_FOREIGN = bytes(32 if byte < 128 else byte for byte in range(256))


def _common_share(foreign: bytes, encoding: str) -> float:
    """Return how much of a text is common Russian small letters: words are mostly those in the right encoding only."""
    text = foreign.decode(encoding, errors="replace")
    return sum(letter in "оеаинтсрвлкмдпуяызбьгч" for letter in text) / max(1, len(text))
