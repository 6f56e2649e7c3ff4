"""Pictures: what goes in, what comes out, what is refused and in which words."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from webapp.adapters.images.pillow import PillowPictureReader
from webapp.core.files import ByteSize
from webapp.domain.ads.pictures import Picture, PictureProblem, PictureRefused, PictureRules

RULES = PictureRules()
READER = PillowPictureReader()


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(data: bytes, name: str = "shell.png", rules: PictureRules = RULES) -> Picture:
    return READER.read(data, name, rules)


def refusal(data: bytes, name: str = "shell.png", rules: PictureRules = RULES) -> PictureRefused:
    with pytest.raises(PictureRefused) as caught:
        READER.read(data, name, rules)
    return caught.value


def opened(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(picture.data))
    image.load()
    return image


def half_red_half_blue(mode: str = "RGB", size: tuple[int, int] = (120, 80)) -> Image.Image:
    image = Image.new("RGB", size, (220, 20, 20))
    image.paste((20, 20, 220), (size[0] // 2, 0, size[0], size[1]))
    return image.convert(mode)


@pytest.mark.parametrize(("kind", "mime"), [("PNG", "png"), ("JPEG", "jpeg"), ("GIF", "gif"), ("WEBP", "webp")])
def test_each_format_stays_what_it_was(kind: str, mime: str) -> None:
    picture = read(file_of(half_red_half_blue(), kind))
    assert (picture.mime, picture.width, picture.height, picture.frames) == (f"image/{mime}", 120, 80, 1)
    assert opened(picture).format == kind
    left, right = opened(picture).convert("RGB").getpixel((10, 40)), opened(picture).convert("RGB").getpixel((110, 40))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] - left[2] > 100
    assert right[2] - right[0] > 100


def test_a_jpeg_is_progressive() -> None:
    assert opened(read(file_of(half_red_half_blue(), "JPEG"))).info.get("progressive")


def test_all_metadata_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SecretName")
    png = file_of(half_red_half_blue(), "PNG", pnginfo=text, exif=exif)
    jpeg = file_of(half_red_half_blue(), "JPEG", exif=exif, comment=b"SecretNote")
    webp = file_of(half_red_half_blue(), "WEBP", exif=exif, xmp=b"<x:xmpmeta>Secret</x:xmpmeta>")
    for data in (png, jpeg, webp):
        assert b"Secret" in data
        picture = read(data)
        assert b"Secret" not in picture.data
        assert not opened(picture).getexif()


def test_the_picture_is_turned_as_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # quarter turn clockwise to be shown upright
    picture = read(file_of(half_red_half_blue(), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (80, 120)
    top = opened(picture).getpixel((40, 10))
    assert isinstance(top, tuple)
    assert top[0] > top[2]


def test_cmyk_becomes_rgb() -> None:
    picture = read(file_of(half_red_half_blue("CMYK"), "JPEG"))
    assert opened(picture).mode == "RGB"
    pixel = opened(picture).getpixel((10, 40))
    assert isinstance(pixel, tuple)
    assert pixel[0] > pixel[2]


def test_sixteen_bits_of_grey_become_eight() -> None:
    grey = Image.new("I;16", (60, 60), 0x8000)
    picture = read(file_of(grey, "PNG"))
    assert opened(picture).mode == "L"
    assert opened(picture).getpixel((5, 5)) in (127, 128)


def test_a_palette_keeps_its_transparent_parts() -> None:
    image = Image.new("P", (60, 60), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(1, (0, 0, 30, 60))
    picture = read(file_of(image, "PNG", transparency=0))
    pixels = opened(picture).convert("RGBA")
    assert pixels.getpixel((50, 5)) == (255, 0, 0, 0)
    assert pixels.getpixel((5, 5)) == (0, 255, 0, 255)


def test_few_colours_make_a_small_png_without_losing_one() -> None:
    image = half_red_half_blue(size=(300, 250))
    picture = read(file_of(image, "PNG"))
    assert opened(picture).convert("RGB").tobytes() == image.tobytes()
    assert len(picture.data) < 1000


def test_a_colour_profile_is_applied_and_dropped() -> None:
    lab_white = Image.new("RGB", (60, 60), (255, 255, 255))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = read(file_of(lab_white, "PNG", icc_profile=profile))
    assert "icc_profile" not in opened(picture).info
    assert opened(picture).convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_a_broken_profile_is_ignored() -> None:
    assert read(file_of(half_red_half_blue(), "PNG", icc_profile=b"not a profile")).width == 120


def animation(kind: str, frames: int = 3, duration: int = 100, size: tuple[int, int] = (120, 80), **more: Any) -> bytes:
    images = [Image.new("RGB", size, (index * 60 % 255, 20, 20)) for index in range(frames)]
    return file_of(images[0], kind, save_all=True, append_images=images[1:], duration=duration, **more)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_stays_one(kind: str) -> None:
    picture = read(animation(kind, loop=0))
    served: Any = Image.open(BytesIO(picture.data))
    assert picture.frames == served.n_frames == 3
    assert served.info["loop"] == 0
    served.seek(1)
    served.load()
    assert served.info["duration"] == 100


def test_a_gif_that_runs_once_runs_once() -> None:
    assert "loop" not in opened(read(animation("GIF"))).info


def test_see_through_frames_are_wiped_before_the_next() -> None:
    frames = [Image.new("RGBA", (60, 60), (0, 0, 0, 0)) for _ in range(2)]
    frames[0].paste((255, 0, 0, 255), (0, 0, 30, 60))
    frames[1].paste((255, 0, 0, 255), (30, 0, 60, 60))
    data = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, disposal=2)
    served: Any = Image.open(BytesIO(read(data).data))
    served.seek(1)
    shown = served.convert("RGBA")
    assert shown.getpixel((5, 5))[3] == 0
    assert shown.getpixel((50, 5)) == (255, 0, 0, 255)


def test_too_long_an_animation_says_how_long_it_is() -> None:
    error = refusal(animation("GIF", frames=7, duration=5000), "gale.gif")
    assert str(error) == "gale.gif runs for 35 s. An animation may run for 30 s."


def test_too_many_frames_are_refused_before_they_are_decoded() -> None:
    rules = PictureRules(max_animation_pixels=120 * 80 * 2)
    assert refusal(animation("GIF"), rules=rules).problem is PictureProblem.TOO_MANY_FRAMES
    assert refusal(animation("WEBP"), rules=PictureRules(max_frames=2)).problem is PictureProblem.TOO_MANY_FRAMES


def test_an_animated_png_is_named() -> None:
    assert refusal(animation("PNG")).problem is PictureProblem.ANIMATED_PNG


def test_the_weight_is_said_and_never_reads_as_the_limit() -> None:
    error = refusal(b"\x89PNG\r\n\x1a\n" + bytes(3_561_000), "studio-shell-raw.png")
    assert str(error) == (
        "studio-shell-raw.png is 3.4 MB. The limit is 1 MB. Save it as JPEG or WebP and upload it again."
    )
    assert "is 1.1 MB. The limit is 1 MB." in str(refusal(bytes(1_048_577)))


def test_a_small_picture_says_its_size() -> None:
    error = refusal(file_of(Image.new("RGB", (32, 32)), "PNG"), "dot.png")
    assert str(error) == "dot.png is 32 × 32 pixels. Each side needs 50 or more."


def header_only_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b""
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("size", [(60_000, 60_000), (20_000, 20_000), (5000, 100), (4000, 4000)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refusal(header_only_png(*size)).problem in (PictureProblem.TOO_LARGE, PictureProblem.BROKEN)


def test_a_zipped_text_bomb_is_refused() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(80_000_000))
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = file_of(half_red_half_blue(), "PNG")
    assert refusal(data[:33] + chunk + data[33:]).problem is PictureProblem.BROKEN


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- made by hand -->\n<svg >", "SVG"),
        (b"\xef\xbb\xbf<!DOCTYPE html><title>x</title>", "HTML"),
        (b"  <html><body>", "HTML"),
        ("<svg ".encode("utf-16"), "SVG"),
        (b"BM" + bytes(60), "BMP"),
        (b"\0\0\0\x1cftypavif" + bytes(60), "AVIF"),
        (b"\0\0\0\x18ftypmp42" + bytes(60), "video"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04" + bytes(60), "ZIP"),
        (b"II*\0" + bytes(60), "TIFF"),
    ],
)
def test_what_is_not_a_picture_we_take_is_named(data: bytes, named: str) -> None:
    error = refusal(data, "jacket.png")
    assert str(error) == f"jacket.png is of type {named}. Upload a PNG, JPEG, GIF or WebP."


@pytest.mark.parametrize("data", [b"hello", bytes(100), b"RIFF\x10\0\0\0AVI LIST"])
def test_what_is_no_picture_at_all(data: bytes) -> None:
    assert refusal(data).problem is PictureProblem.UNKNOWN


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert str(refusal(b"", "shell.jpg")) == "shell.jpg is empty. Choose the picture again."


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("part", [20, 60, 90])
def test_a_file_cut_short_is_refused(kind: str, part: int) -> None:
    noise = Image.effect_noise((120, 90), 80).convert("RGB")
    data = file_of(noise, kind)
    assert refusal(data[: len(data) * part // 100]).problem is PictureProblem.BROKEN


@pytest.mark.parametrize("code", [b"<script>alert(1)</script>", b"<?php system($_GET[0]); ?>", b"<!DOCTYPE HTML>"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_picture_with_a_program_behind_it_is_refused(kind: str, code: bytes) -> None:
    assert refusal(file_of(half_red_half_blue(), kind) + code).problem is PictureProblem.CODE


def test_what_hangs_behind_a_picture_is_not_served() -> None:
    picture = read(file_of(half_red_half_blue(), "JPEG") + b"PK\x03\x04 an archive rides along")
    assert b"PK\x03\x04" not in picture.data


def test_a_thumbnail_fits_its_square_and_keeps_what_is_clear() -> None:
    tall = Image.new("RGBA", (100, 400), (255, 0, 0, 0))
    thumbnail = Image.open(BytesIO(READER.thumbnail(read(file_of(tall, "PNG")).data, 96)))
    assert thumbnail.format == "WEBP"
    assert thumbnail.size == (24, 96)
    assert thumbnail.mode == "RGBA"


def test_lossless_webp_stays_lossless() -> None:
    noise = Image.effect_noise((120, 90), 80).convert("RGB")
    picture = read(file_of(noise, "WEBP", lossless=True))
    assert opened(picture).convert("RGB").tobytes() == noise.tobytes()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "1 KB"), (831_488, "812 KB"), (1_048_576, "1 MB"), (3_565_158, "3.4 MB"), (10_485_760, "10 MB")],
)
def test_weights_read_as_people_write_them(size: int, text: str) -> None:
    assert str(ByteSize(size)) == text
