"""Draws the scenes as pictures of any size."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, ImageColor, ImageDraw

from webapp.demo.paths import Point, outlines
from webapp.demo.scenes import FAR_HILLS, NEAR_HILLS, SCENES, THINGS, Scene, Shape

_WIDTH, _HEIGHT = 300, 250
#: Drawn larger and scaled down, so that edges are smooth.
_FINE = 2
_WHITE = "#ffffff"
Colour = tuple[int, ...]


class _Canvas:
    """An image that is drawn on in the coordinates of a scene."""

    def __init__(self, image: Image.Image, scale: float, left: float, top: float) -> None:
        self._draw = ImageDraw.Draw(image, "RGBA")
        self._scale, self._left, self._top = scale, left, top

    def _at(self, point: Point) -> Point:
        return point[0] * self._scale + self._left, point[1] * self._scale + self._top

    def fill(self, path: str, colour: Colour) -> None:
        for outline in outlines(path):
            self._draw.polygon([self._at(point) for point in outline], fill=colour)

    def line(self, path: str, colour: Colour, width: float) -> None:
        for outline in outlines(path):
            points = [self._at(point) for point in outline]
            self._draw.line(points, fill=colour, width=max(1, round(width * self._scale)), joint="curve")
            for end in (points[0], points[-1]):
                self._round(end, width * self._scale / 2, colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self._round(self._at((x, y)), radius * self._scale, colour)

    def _round(self, centre: Point, radius: float, colour: Colour) -> None:
        x, y = centre
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def box(self, x: float, y: float, width: float, height: float, radius: float, colour: Colour) -> None:
        edges = (*self._at((x, y)), *self._at((x + width, y + height)))
        self._draw.rounded_rectangle(edges, radius * self._scale, fill=colour)

    def shape(self, shape: Shape, colours: tuple[str, str, str]) -> None:
        """Draw one part of a thing."""
        kind, *values = shape
        if kind == "line":
            path, colour, width = values
            self.line(str(path), _colour(colour, colours), _number(width))
        elif kind == "fill":
            path, colour, *rest = values
            self.fill(str(path), _colour(colour, colours, _number(rest[0]) if rest else 1))
        else:
            *numbers, colour = values
            getattr(self, str(kind))(*map(_number, numbers), _colour(colour, colours))


def _number(value: Any) -> float:
    return float(value)


def _colour(chosen: object, colours: tuple[str, str, str], opacity: float = 1) -> Colour:
    text = colours[chosen] if isinstance(chosen, int) else str(chosen)
    return (*ImageColor.getrgb(text)[:3], round(opacity * 255))


def picture(name: str, width: int, height: int) -> bytes:
    """Return a scene as a PNG: the land fills the picture, the thing fits into it."""
    scene = SCENES[name]
    wide, high = width * _FINE, height * _FINE
    image = Image.new("RGB", (wide, high), scene.ground[2])
    cover = max(wide / _WIDTH, high / _HEIGHT)
    _land(_Canvas(image, cover, (wide - _WIDTH * cover) / 2, (high - _HEIGHT * cover) / 2), scene)
    fit = min(wide / _WIDTH, high / _HEIGHT)
    thing = _Canvas(image, fit, (wide - _WIDTH * fit) / 2, (high - _HEIGHT * fit) / 2)
    for shape in THINGS[scene.thing]:
        thing.shape(shape, scene.colours)
    out = BytesIO()
    small = image.reduce(_FINE)
    small.quantize(96, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def _land(canvas: _Canvas, scene: Scene) -> None:
    near, middle, _ = scene.ground
    canvas.disc(232, 62, 26, _colour(scene.sun, scene.ground, 0.85))
    if scene.sky == "stars":
        for star in range(18):
            canvas.disc(star * 61 % 300, star * 29 % 110 + 6, 1.3, _colour(_WHITE, scene.ground, 0.7))
    if scene.indoor:
        canvas.fill("M0 196H300V250H0z", _colour(near, scene.ground))
        return
    canvas.fill(FAR_HILLS, _colour(middle, scene.ground))
    canvas.fill(NEAR_HILLS, _colour(near, scene.ground))
    if scene.sky == "rain":
        for drop in range(16):
            path = f"M{drop * 37 % 300} {drop * 53 % 140 + 8}l-5 16"
            canvas.line(path, _colour(_WHITE, scene.ground, 0.35), 1.6)
