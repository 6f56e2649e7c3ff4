"""The standard banner sizes by name, and which of them a picture has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdSize:
    """A slot that sites sell, in CSS pixels."""

    width: int
    height: int
    #: English; a gettext key.
    name: str

    @property
    def label(self) -> str:
        """Return the size as people write it: 300 × 250."""
        return f"{self.width} × {self.height}"


@dataclass(frozen=True, slots=True)
class Fit:
    """A standard size and the pixels a picture has for each of its own."""

    size: AdSize
    scale: int


# Names of the IAB fixed-size list; those it has since retired are kept while sites still sell them.
STANDARD_SIZES: tuple[AdSize, ...] = (
    AdSize(300, 250, "Medium rectangle"),
    AdSize(728, 90, "Leaderboard"),
    AdSize(160, 600, "Wide skyscraper"),
    AdSize(300, 600, "Half page"),
    AdSize(320, 50, "Smartphone banner"),
    AdSize(320, 100, "Large mobile banner"),
    AdSize(970, 250, "Billboard"),
    AdSize(336, 280, "Large rectangle"),
    AdSize(970, 90, "Super leaderboard"),
    AdSize(300, 1050, "Portrait"),
    AdSize(300, 50, "Small smartphone banner"),
    AdSize(320, 480, "Smartphone interstitial"),
    AdSize(480, 320, "Smartphone interstitial, landscape"),
    AdSize(250, 250, "Square"),
    AdSize(200, 200, "Small square"),
    AdSize(468, 60, "Full banner"),
    AdSize(234, 60, "Half banner"),
    AdSize(120, 600, "Skyscraper"),
    AdSize(120, 240, "Vertical banner"),
    AdSize(240, 400, "Vertical rectangle"),
    AdSize(180, 150, "Small rectangle"),
    AdSize(125, 125, "Square button"),
)
RETINA = 2
_BY_PIXELS = {(size.width, size.height): size for size in STANDARD_SIZES}


def find_fit(width: int, height: int) -> Fit | None:
    """Return the standard size that a picture has, or has exactly twice; None for any other."""
    exact = _BY_PIXELS.get((width, height))
    if exact is not None:
        return Fit(exact, 1)
    if width % RETINA or height % RETINA:
        return None
    half = _BY_PIXELS.get((width // RETINA, height // RETINA))
    return None if half is None else Fit(half, RETINA)


def nearest_sizes(width: int, height: int, count: int = 3) -> list[AdSize]:
    """Return the standard sizes that need least cropping and scaling, best first."""

    def effort(size: AdSize) -> tuple[int, int]:
        # Cross-multiplied, so that the same shape costs nothing, whatever its size.
        skew = abs(width * size.height - height * size.width) * 1000 // (width * size.height + height * size.width)
        return skew // 100, abs(width - size.width) + abs(height - size.height)

    return sorted(STANDARD_SIZES, key=effort)[:count]
