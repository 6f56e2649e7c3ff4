"""Ranges of addresses from which nobody browses."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

from webapp.core.errors import KabinetError


class Ranges:
    """IPv4 ranges, both ends inclusive, merged where they touch."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for first, last in sorted(ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self._first = [first for first, _ in merged]
        self._last = [last for _, last in merged]

    def __contains__(self, address: int) -> bool:
        place = bisect_right(self._first, address) - 1
        return place >= 0 and address <= self._last[place]

    @classmethod
    def from_csv(cls, path: str) -> Ranges:
        """Read lines of `first,last,…`; raise KabinetError naming the line that is none."""
        with Path(path).open(newline="", encoding="utf-8") as file:
            return cls([_range(path, number, row) for number, row in enumerate(csv.reader(file), 1) if row])


def _range(path: str, number: int, row: list[str]) -> tuple[int, int]:
    try:
        first, last = int(IPv4Address(row[0].strip())), int(IPv4Address(row[1].strip()))
    except (ValueError, IndexError) as error:
        raise KabinetError(f"DATACENTERS_PATH: line {number} of {path} is not first,last,name") from error
    return first, last
