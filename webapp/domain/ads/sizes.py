"""The standard banner sizes by name, and which of them a picture has."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.core.words import N_


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
    AdSize(300, 250, N_("Medium rectangle")),
    AdSize(728, 90, N_("Leaderboard")),
    AdSize(160, 600, N_("Wide skyscraper")),
    AdSize(300, 600, N_("Half page")),
    AdSize(320, 50, N_("Smartphone banner")),
    AdSize(320, 100, N_("Large mobile banner")),
    AdSize(970, 250, N_("Billboard")),
    AdSize(336, 280, N_("Large rectangle")),
    AdSize(970, 90, N_("Super leaderboard")),
    AdSize(300, 1050, N_("Portrait")),
    AdSize(300, 50, N_("Small smartphone banner")),
    AdSize(320, 480, N_("Smartphone interstitial")),
    AdSize(480, 320, N_("Smartphone interstitial, landscape")),
    AdSize(250, 250, N_("Square")),
    AdSize(200, 200, N_("Small square")),
    AdSize(468, 60, N_("Full banner")),
    AdSize(234, 60, N_("Half banner")),
    AdSize(120, 600, N_("Skyscraper")),
    AdSize(120, 240, N_("Vertical banner")),
    AdSize(240, 400, N_("Vertical rectangle")),
    AdSize(180, 150, N_("Small rectangle")),
    AdSize(125, 125, N_("Square button")),
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
