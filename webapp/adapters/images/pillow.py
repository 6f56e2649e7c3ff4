"""Pictures read with Pillow: nothing a stranger sent is served, only what we encode ourselves."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from webapp.adapters.images.encoding import encode_animation, encode_still
from webapp.adapters.images.signatures import has_code, name_format
from webapp.domain.ads.pictures import Picture, PictureProblem, PictureRefused, PictureRules, too_heavy

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
#: What Pillow's readers let through when a file lies about itself.
BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, ArithmeticError, AttributeError),
    *(struct.error, zlib.error, MemoryError, Image.DecompressionBombError),
)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class PillowPictureReader:
    """Reads PNG, JPEG, GIF and WebP."""

    def read(self, data: bytes, name: str, rules: PictureRules) -> Picture:
        """Decode the whole file and encode it afresh; raise PictureRefused naming the rule it breaks."""
        _check_bytes(data, name, rules)
        try:
            with _open(data, name) as image:
                _check_size(image, name, rules)
                if image.format == "PNG":
                    _check_png(image, data, name)
                picture = _read_frames(image, data, name, rules)
        except BROKEN as error:
            raise PictureRefused(PictureProblem.BROKEN, name) from error
        if len(picture.data) > rules.max_bytes:
            raise too_heavy(name, len(picture.data), rules.max_bytes)
        return picture

    def thumbnail(self, data: bytes, edge: int) -> bytes:
        """Return the first frame as a WebP that fits a square of `edge` pixels; `data` is a Picture's."""
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            frame = image.convert("RGBA" if image.has_transparency_data else "RGB")
        frame.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        out = BytesIO()
        frame.save(out, "WEBP", quality=80, method=4)
        return out.getvalue()


def _check_bytes(data: bytes, name: str, rules: PictureRules) -> None:
    if not data:
        raise PictureRefused(PictureProblem.EMPTY, name)
    if len(data) > rules.max_bytes:
        raise too_heavy(name, len(data), rules.max_bytes)
    named = name_format(data)
    if named is not None:
        raise PictureRefused(PictureProblem.FORMAT, name, format=named)
    if has_code(data):
        raise PictureRefused(PictureProblem.CODE, name)


def _open(data: bytes, name: str) -> Image.Image:
    """Read the header alone."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        known = data[1:4] == b"PNG" or data.startswith((b"\xff\xd8\xff", b"GIF8")) or data[8:12] == b"WEBP"
        raise PictureRefused(PictureProblem.BROKEN if known else PictureProblem.UNKNOWN, name) from error


def _check_size(image: Image.Image, name: str, rules: PictureRules) -> None:
    """Look at the header's size; nothing has been decoded yet."""
    width, height = image.size
    if max(width, height) > rules.max_side or width * height > rules.max_pixels:
        megapixels = rules.max_pixels // 1_000_000
        raise PictureRefused(
            PictureProblem.TOO_LARGE, name, width=width, height=height, most=rules.max_side, megapixels=megapixels
        )
    if min(width, height) < rules.min_side:
        raise PictureRefused(PictureProblem.TOO_SMALL, name, width=width, height=height, least=rules.min_side)


def _check_png(image: Image.Image, data: bytes, name: str) -> None:
    """Check every checksum, which decoding alone skips over."""
    if getattr(image, "is_animated", False):
        raise PictureRefused(PictureProblem.ANIMATED_PNG, name)
    with Image.open(BytesIO(data), formats=("PNG",)) as again:
        again.verify()


def _read_frames(image: Image.Image, original: bytes, name: str, rules: PictureRules) -> Picture:
    frames = getattr(image, "n_frames", 1) if image.format in ("GIF", "WEBP") else 1
    if frames > 1:
        width, height = image.size
        if frames > rules.max_frames or frames * width * height > rules.max_animation_pixels:
            raise PictureRefused(PictureProblem.TOO_MANY_FRAMES, name, frames=frames, width=width, height=height)
        return _read_animation(image, name, rules, frames)
    source = "JPEG" if image.format == "MPO" else str(image.format)
    data, mime = encode_still(_clean(image), source, lossless=_is_lossless(original), most=rules.max_bytes)
    with Image.open(BytesIO(data)) as served:
        return Picture(data, mime, served.width, served.height, 1)


def _read_animation(image: Image.Image, name: str, rules: PictureRules, count: int) -> Picture:
    frames, durations = [], []
    for index in range(count):
        image.seek(index)
        image.load()
        frames.append(_clean(image).convert("RGBA"))
        # Browsers show frames of less than 20 ms for 100 ms; so do we, that the file means what it shows.
        duration = int(image.info.get("duration", 100))
        durations.append(duration if duration >= 20 else 100)
        if sum(durations) > rules.max_seconds * 1000:
            seconds = _total(image, durations, count)
            raise PictureRefused(PictureProblem.TOO_LONG, name, seconds=seconds, most=rules.max_seconds)
    loop = image.info.get("loop")
    data, mime = encode_animation(frames, durations, loop, str(image.format))
    return Picture(data, mime, image.width, image.height, count)


def _total(image: Image.Image, durations: list[int], count: int) -> int:
    """Return how many seconds the whole animation runs, rounded up."""
    total = sum(durations)
    for index in range(len(durations), count):
        image.seek(index)
        total += int(image.info.get("duration", 100))
    return -(-total // 1000)


def _clean(image: Image.Image) -> Image.Image:
    """Return the pixels alone: upright, eight bits, sRGB, grey or RGB with or without alpha."""
    image.load()
    upright = _upright(image)
    profile = image.info.get("icc_profile")
    pixels = _eight_bits(upright)
    if profile:
        pixels = _to_srgb(pixels, profile)
    if pixels.mode not in ("L", "LA", "RGB", "RGBA"):
        pixels = pixels.convert("RGB")
    bare = Image.new(pixels.mode, pixels.size)
    bare.paste(pixels)
    return bare


def _upright(image: Image.Image) -> Image.Image:
    """Turn the picture the way the camera was held; a damaged EXIF block says nothing."""
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:
        return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return eight bits a channel, with alpha where anything is transparent."""
    if image.mode.startswith("I"):
        # 16 bits of grey; the transparent shade of such a PNG has no eight-bit twin and is left out.
        return image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode == "P" or (image.mode in ("1", "L", "RGB") and "transparency" in image.info):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("1", "La"):
        return image.convert("L" if image.mode == "1" else "LA")
    return image


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from the embedded colour profile; one that does not fit its pixels is ignored."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(colours, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _is_lossless(data: bytes) -> bool:
    """Tell whether a WebP kept every pixel of its source."""
    if data[8:12] != b"WEBP":
        return False
    place = 12
    while place + 8 <= len(data):
        if data[place : place + 4] in (b"VP8 ", b"VP8L"):
            return data[place : place + 4] == b"VP8L"
        place += 8 + int.from_bytes(data[place + 4 : place + 8], "little") + (data[place + 4] & 1)
    return False
