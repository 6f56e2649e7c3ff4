"""The standard sizes by name."""

from __future__ import annotations

import pytest

from webapp.domain.ads.sizes import STANDARD_SIZES, find_fit, nearest_sizes


def test_sizes_are_told_apart_by_pixels() -> None:
    assert len({(size.width, size.height) for size in STANDARD_SIZES}) == len(STANDARD_SIZES)


@pytest.mark.parametrize(
    ("width", "height", "name", "scale"),
    [
        (300, 250, "Medium rectangle", 1),
        (600, 500, "Medium rectangle", 2),
        (300, 600, "Half page", 1),
        (320, 100, "Large mobile banner", 1),
        (1456, 180, "Leaderboard", 2),
        (250, 250, "Square", 1),
    ],
)
def test_a_listed_size_or_twice_of_it_fits(width: int, height: int, name: str, scale: int) -> None:
    fit = find_fit(width, height)
    assert fit is not None
    assert (fit.size.name, fit.scale) == (name, scale)


@pytest.mark.parametrize("pixels", [(128, 128), (250, 300), (301, 250), (900, 750), (601, 500), (1, 1)])
def test_anything_else_does_not(pixels: tuple[int, int]) -> None:
    assert find_fit(*pixels) is None


@pytest.mark.parametrize(
    ("pixels", "first"),
    [((128, 128), "125 × 125"), ((730, 90), "728 × 90"), ((310, 255), "300 × 250"), ((1, 9), "120 × 600")],
)
def test_the_nearest_have_the_nearest_shape(pixels: tuple[int, int], first: str) -> None:
    assert nearest_sizes(*pixels)[0].label == first


def test_a_size_is_written_as_people_write_it() -> None:
    assert STANDARD_SIZES[0].label == "300 × 250"
