"""Other people's pictures: every good one is read, every bad one is refused with its reason."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from webapp.adapters.images.pillow import PillowPictureReader
from webapp.domain.ads.pictures import Picture, PictureProblem, PictureRefused, PictureRules

UPLOADS = Path(__file__).parents[3] / "shared" / "data" / "uploads"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not UPLOADS.is_dir(), reason=f"{UPLOADS} is not there"),
]

READER = PillowPictureReader()
#: PngSuite's pictures are icons; everything but their size must be fine.
ANY_SIZE = PictureRules(min_side=1)
PNGS = sorted((UPLOADS / "pngsuite").glob("*.png"))
CORRUPT = [path for path in PNGS if path.name.startswith("x")]
GOOD = [path for path in PNGS if not path.name.startswith("x")]


def read(path: Path, rules: PictureRules = ANY_SIZE) -> Picture:
    return READER.read(path.read_bytes(), path.name, rules)


def problem(path: Path, rules: PictureRules = ANY_SIZE) -> PictureProblem:
    with pytest.raises(PictureRefused) as caught:
        read(path, rules)
    assert path.name in str(caught.value)
    return caught.value.problem


def served(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(picture.data))
    image.load()
    return image


def test_all_of_the_suite_is_here() -> None:
    assert (len(GOOD), len(CORRUPT)) == (161, 14)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_png_is_read_and_looks_the_same(path: Path) -> None:
    picture = read(path)
    with Image.open(path) as source:
        assert (picture.width, picture.height) == source.size
        wanted = source.convert("RGBA")
        exact = source.mode in ("P", "RGB", "RGBA", "L", "LA", "1") and "transparency" not in source.info
    result = served(picture)
    assert result.mode in ("L", "LA", "P", "RGB", "RGBA")
    assert not result.getexif()
    assert set(result.info) <= {"transparency"}
    if exact:
        assert result.convert("RGBA").tobytes() == wanted.tobytes()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_as_a_creative_it_is_only_too_small(path: Path) -> None:
    assert problem(path, PictureRules()) is PictureProblem.TOO_SMALL


@pytest.mark.parametrize("path", CORRUPT, ids=lambda path: path.stem)
def test_a_corrupt_png_is_refused(path: Path) -> None:
    assert problem(path) in (PictureProblem.BROKEN, PictureProblem.UNKNOWN)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("broken.png", PictureProblem.BROKEN),
        ("broken_data_stream.png", PictureProblem.BROKEN),
        ("truncated_end_chunk.png", PictureProblem.BROKEN),
        ("truncated_jpeg.jpg", PictureProblem.BROKEN),
        ("hopper.bmp", PictureProblem.FORMAT),
        ("hopper.avif", PictureProblem.FORMAT),
    ],
)
def test_a_bad_picture_of_pillows_own_is_refused(name: str, expected: PictureProblem) -> None:
    assert problem(UPLOADS / "pillow" / name) is expected


@pytest.mark.parametrize("name", ["hopper.jpg", "hopper.png", "hopper.gif", "hopper.webp"])
def test_hopper_is_a_picture_for_a_native_creative_in_every_format(name: str) -> None:
    picture = read(UPLOADS / "pillow" / name, PictureRules())
    assert (picture.width, picture.height, picture.frames) == (128, 128, 1)
    with Image.open(UPLOADS / "pillow" / name) as source:
        wanted = ImageStat.Stat(source.convert("RGB")).mean
    got = ImageStat.Stat(served(picture).convert("RGB")).mean
    assert all(abs(a - b) < 3 for a, b in zip(wanted, got, strict=True))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_bad_exif_block_does_no_harm() -> None:
    picture = read(UPLOADS / "pillow" / "hopper_bad_exif.jpg", PictureRules())
    assert (picture.width, picture.height) == (500, 500)


def test_where_the_picture_was_taken_is_not_told() -> None:
    picture = read(UPLOADS / "pillow" / "exif_gps.jpg")
    assert not served(picture).getexif()
    assert b"Exif" not in picture.data


def test_cmyk_is_shown_in_rgb() -> None:
    assert served(read(UPLOADS / "pillow" / "pil_sample_cmyk.jpg", PictureRules())).mode == "RGB"


def test_an_animation_of_forty_two_frames_stays_one_and_gets_no_heavier() -> None:
    path = UPLOADS / "pillow" / "iss634.gif"
    picture = read(path, PictureRules())
    assert (picture.width, picture.height, picture.frames) == (245, 245, 42)
    assert len(picture.data) < path.stat().st_size * 1.1


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Landscape_1.jpg", (1800, 1200)),
        ("Landscape_6.jpg", (1800, 1200)),
        ("Portrait_1.jpg", (1200, 1800)),
        ("Portrait_3.jpg", (1200, 1800)),
    ],
)
def test_every_camera_position_ends_upright(name: str, size: tuple[int, int]) -> None:
    picture = read(UPLOADS / "exif" / name, PictureRules())
    assert (picture.width, picture.height) == size
    first = read(UPLOADS / "exif" / f"{name.partition('_')[0]}_1.jpg", PictureRules())
    got, wanted = (served(item).convert("L").resize((32, 32)) for item in (picture, first))
    pairs = zip(got.tobytes(), wanted.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / 1024 < 6
