"""Outlines written as SVG path data, flattened into points."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

Point = tuple[float, float]
_TOKEN = re.compile(r"[a-zA-Z]|-?\d*\.?\d+")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "C": 6, "Z": 0}
_CURVE_STEPS = 12


def outlines(data: str) -> list[list[Point]]:
    """Return the sub-paths of path data (M L H V Q C Z, either case) as lists of points."""
    found: list[list[Point]] = []
    at = (0.0, 0.0)
    for command, numbers in _commands(data):
        if command in "Mm":
            at = _to(command, numbers, at)
            found.append([at])
            continue
        if command in "Zz":
            at = found[-1][0]
            found[-1].append(at)
            continue
        points = list(_draw(command, numbers, at))
        found[-1].extend(points)
        at = points[-1]
    return found


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    tokens = _TOKEN.findall(data)
    place, command = 0, ""
    while place < len(tokens):
        if tokens[place].isalpha():
            command = tokens[place]
            place += 1
        size = _ARGUMENTS[command.upper()]
        yield command, [float(token) for token in tokens[place : place + size]]
        place += size
        # Further pairs after a move are lines.
        command = {"M": "L", "m": "l"}.get(command, command)


def _to(command: str, numbers: Sequence[float], at: Point) -> Point:
    x, y = numbers[-2:]
    return (at[0] + x, at[1] + y) if command.islower() else (x, y)


def _draw(command: str, numbers: Sequence[float], at: Point) -> Iterator[Point]:
    base = at if command.islower() else (0.0, 0.0)
    if command in "Hh":
        yield base[0] + numbers[0], at[1]
    elif command in "Vv":
        yield at[0], base[1] + numbers[0]
    else:
        points = [(base[0] + x, base[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        yield from _CURVES[len(points)](at, *points)


def _line(_start: Point, end: Point) -> Iterator[Point]:
    yield end


def _quadratic(start: Point, bend: Point, end: Point) -> Iterator[Point]:
    for step in range(1, _CURVE_STEPS + 1):
        t = step / _CURVE_STEPS
        weights = ((1 - t) ** 2, 2 * t * (1 - t), t * t)
        yield _mix(weights, (start, bend, end))


def _cubic(start: Point, one: Point, two: Point, end: Point) -> Iterator[Point]:
    for step in range(1, _CURVE_STEPS + 1):
        t = step / _CURVE_STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield _mix(weights, (start, one, two, end))


def _mix(weights: Sequence[float], points: Sequence[Point]) -> Point:
    x = sum(weight * point[0] for weight, point in zip(weights, points, strict=True))
    return x, sum(weight * point[1] for weight, point in zip(weights, points, strict=True))


_CURVES: dict[int, Callable[..., Iterator[Point]]] = {1: _line, 2: _quadratic, 3: _cubic}
