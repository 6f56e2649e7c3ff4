"""Flat landscapes with a thing in front, in a box of 300 by 250: what the demo advertisers show."""

from __future__ import annotations

from dataclasses import dataclass

#: In a shape, the place of the thing's main, dark and light colour.
MAIN, DARK, LIGHT = 0, 1, 2
Shape = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Near, middle and far colour, the sun, and the thing with its three colours."""

    ground: tuple[str, str, str]
    sun: str
    thing: str
    colours: tuple[str, str, str]
    sky: str = ""
    indoor: bool = False


SCENES: dict[str, Scene] = {
    "jacket": Scene(("#27424d", "#3f6570", "#6f959a"), "#e9c46a", "jacket", ("#d9622b", "#b84d1f", "#f3a26d"), "rain"),
    "jacket2": Scene(("#3c3a52", "#5a5674", "#8d86a4"), "#f0b9a0", "jacket", ("#2f8f83", "#22736a", "#7cc7bd")),
    "boot": Scene(("#8fa7b8", "#b8c9d4", "#e4ecf0"), "#ffffff", "boot", ("#7a4a2b", "#5b3620", "#c08457")),
    "shoe": Scene(("#294b38", "#3f6e50", "#7fa67f"), "#f4d58d", "shoe", ("#e4572e", "#b93f1c", "#ffd9c7")),
    "pack": Scene(("#5a6270", "#858d9b", "#c3c8d0"), "#f6e3c5", "pack", ("#27548a", "#1d4070", "#8fb3dc")),
    "lamp": Scene(("#10172a", "#1c2740", "#2d3b59"), "#f5f0c9", "lamp", ("#f2c14e", "#c99a2e", "#fff4c2"), "stars"),
    "tent": Scene(("#43314f", "#6d4a64", "#b4707a"), "#ffd29d", "tent", ("#f2a541", "#c97f22", "#ffe0a8")),
    "layer": Scene(("#d7cfc2", "#e6dfd3", "#f3eee5"), "#c7b79b", "jacket", ("#3f3f46", "#2c2c31", "#8c8c95")),
    "rain": Scene(("#4a6fa5", "#7396c4", "#b5cbe6"), "#ffffff", "jacket", ("#f4c430", "#cf9f14", "#fff0b0"), "rain"),
    "helmet": Scene(("#7aa0b8", "#a9c5d6", "#e8f1f6"), "#ffffff", "helmet", ("#b3261e", "#8c1a14", "#ef9a94")),
    "cup": Scene(("#e8dccb", "#efe6d9", "#f8f3ea"), "#d8b98a", "cup", ("#2f5d62", "#22464a", "#a9cdd0"), indoor=True),
    "book": Scene(("#dfe3e8", "#e9ecf0", "#f4f6f8"), "#c9b79c", "book", ("#8c3b3b", "#6d2b2b", "#e2b4b4"), indoor=True),
}

FAR_HILLS = "M0 168 52 120 96 156 150 104 208 160 252 128 300 166V250H0z"
NEAR_HILLS = "M0 206 70 178 140 200 214 174 300 204V250H0z"

THINGS: dict[str, tuple[Shape, ...]] = {
    "jacket": (
        ("fill", "M104 96 134 78q16 12 32 0l30 18 26 74-22 9-15-38 4 74H111l4-74-15 38-22-9z", MAIN),
        ("fill", "M150 84v131h39l-4-74 15 38 22-9-26-74-30-18q-7 6-16 6z", DARK),
        ("fill", "M132 79q18-24 36 0-18 16-36 0z", LIGHT),
        ("line", "M150 90v125", LIGHT, 2.5),
        ("line", "M122 172h17M161 172h17", LIGHT, 3),
    ),
    "boot": (
        ("fill", "M116 78h52v70q0 10 12 14l34 12q18 7 18 24v6H110q-6-30 4-58 4-14 2-68z", MAIN),
        ("fill", "M108 200h126v10q0 5-6 5H114q-6 0-6-5z", DARK),
        ("fill", "M116 78h52v14h-52z", LIGHT),
        ("line", "M150 110h20M150 126h20M152 142h22", LIGHT, 4),
    ),
    "shoe": (
        ("fill", "M78 148q22 12 46-10l18-16q10 6 18 18 14 20 50 26 24 4 24 22v10H82q-8-24-4-50z", MAIN),
        ("fill", "M80 190h154v12q0 8-9 8H92q-10 0-12-20z", LIGHT),
        ("line", "M140 136l14-8M150 148l14-8M162 158l13-7", LIGHT, 4),
        ("fill", "M78 148q12 7 24 4l2 38H81q-6-20-3-42z", DARK),
    ),
    "pack": (
        ("line", "M130 76q0-18 20-18q20 0 20 18", DARK, 8),
        ("box", 100, 72, 100, 136, 30, MAIN),
        ("box", 112, 136, 76, 58, 10, DARK),
        ("line", "M112 154h76", LIGHT, 3),
        ("line", "M118 104h64", LIGHT, 4),
    ),
    "lamp": (
        ("fill", "M150 118 300 40v200z", LIGHT, 0.28),
        ("fill", "M150 118 300 84v110z", LIGHT, 0.35),
        ("line", "M60 118q0-34 46-40", DARK, 12),
        ("box", 98, 92, 54, 52, 14, MAIN),
        ("disc", 144, 118, 18, LIGHT),
    ),
    "tent": (
        ("fill", "M150 88 236 208H64z", MAIN),
        ("fill", "M150 88 236 208H172z", DARK),
        ("fill", "M150 120 176 208h-52z", LIGHT),
        ("line", "M150 88l-8-12M150 88l8-12", DARK, 4),
    ),
    "helmet": (
        ("fill", "M84 164q0-74 70-74 66 0 66 66v14H92q-8 0-8-6z", MAIN),
        ("fill", "M150 164v-16q0-10 10-10h60v32z", LIGHT, 0.9),
        ("fill", "M84 164h138v12q0 6-7 6H94q-10 0-10-18z", DARK),
        ("line", "M120 104q18-10 40-8M108 120q6-8 14-12", LIGHT, 5),
    ),
    "cup": (
        ("line", "M188 118h12q18 0 18 20q-2 22-22 22h-12", DARK, 10),
        ("fill", "M96 104h92v52q0 42-46 42q-46 0-46-42z", MAIN),
        ("line", "M84 208h116", DARK, 8),
        ("line", "M122 88q-8-12 0-22M148 88q-8-12 0-22", LIGHT, 5),
    ),
    "book": (
        ("box", 96, 76, 96, 132, 6, MAIN),
        ("box", 96, 76, 16, 132, 4, DARK),
        ("line", "M128 108h48M128 122h34", LIGHT, 5),
        ("fill", "M104 200h88v10h-88z", "#ffffff"),
    ),
}  # fmt: skip
