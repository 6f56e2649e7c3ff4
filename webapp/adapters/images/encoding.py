"""Bare pixels in, a file to serve out."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

QUALITIES = (85, 75, 65)
MAX_PALETTE = 256


def encode_still(image: Image.Image, source: str, *, lossless: bool, most: int) -> tuple[bytes, str]:
    """Return the file and its type: that of the source, so that no editor is surprised."""
    if source == "JPEG":
        return _jpeg(image if image.mode in ("L", "RGB") else image.convert("RGB"), most), "image/jpeg"
    if source == "WEBP":
        return _webp(image, most, lossless=lossless), "image/webp"
    if source == "GIF":
        return _save(_opaque_or_rgba(image), "GIF", optimize=True), "image/gif"
    return _png(image), "image/png"


def encode_animation(
    frames: list[Image.Image], durations: list[int], loop: int | None, source: str
) -> tuple[bytes, str]:
    """Return the animation in the format it came in; `loop` is how often it runs, 0 for ever, None once."""
    clear = all(frame.getchannel("A").getextrema() == (255, 255) for frame in frames)
    shown = [frame.convert("RGB") for frame in frames] if clear else frames
    rest: dict[str, object] = {"save_all": True, "append_images": shown[1:], "duration": durations}
    if loop is not None:
        rest["loop"] = loop
    if source == "WEBP":
        return _save(shown[0], "WEBP", quality=80, method=3, minimize_size=True, **rest), "image/webp"
    if not clear:
        rest["disposal"] = 2  # what became transparent must be wiped; opaque frames only say what changed
    return _save(shown[0], "GIF", optimize=True, **rest), "image/gif"


def _jpeg(image: Image.Image, most: int) -> bytes:
    """Lower the quality only for a file that came under the limit by a lower one still."""
    data = b""
    for quality in QUALITIES:
        data = _save(image, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(data) <= most:
            break
    return data


def _webp(image: Image.Image, most: int, *, lossless: bool) -> bytes:
    data = _save(image, "WEBP", lossless=True, method=4) if lossless else b""
    if data and len(data) <= most:
        return data
    for quality in QUALITIES:
        data = _save(image, "WEBP", quality=quality, method=4)
        if len(data) <= most:
            break
    return data


def _png(image: Image.Image) -> bytes:
    """Write a palette when 256 colours are enough to lose nothing, else the pixels as they are."""
    whole = _save(image, "PNG", optimize=True)
    if image.mode != "RGB" or image.getcolors(MAX_PALETTE) is None:
        return whole
    palette = image.quantize(MAX_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    if palette.convert("RGB").tobytes() != image.tobytes():
        return whole
    return min(whole, _save(palette, "PNG", optimize=True), key=len)


def _opaque_or_rgba(image: Image.Image) -> Image.Image:
    if image.mode in ("LA", "RGBA"):
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode != "L" else image


def _save(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
