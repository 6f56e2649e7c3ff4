"""Reading iPinYou's logs of shown and clicked ads (tab-separated, one bid a line, times of Beijing)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from webapp.core.errors import Invalid
from webapp.domain.delivery.types import EventKind

_BEIJING = timezone(timedelta(hours=8))
_COLUMNS = 24
_BID, _AT, _KIND, _AGENT, _IP, _EXCHANGE, _WIDTH, _HEIGHT, _CREATIVE, _PAID = 0, 1, 2, 4, 5, 8, 13, 14, 18, 20
_KINDS = {"1": EventKind.IMPRESSION, "2": EventKind.CLICK}
#: Prices are per 1,000 impressions, in whole units: one impression costs so many thousandths of a unit.
_MICROS_PER_MILLE = 1000


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A line of a log."""

    kind: EventKind
    bid: str
    at_ms: int
    user_agent: str
    ip: str
    exchange: str
    size: str
    creative: str
    price_micros: int

    @property
    def key(self) -> int:
        """Return the number of its decision: 63 bits of the bid's id."""
        return int.from_bytes(hashlib.sha256(self.bid.encode()).digest()[:8]) >> 1


def read_log(path: Path) -> list[LoggedEvent]:
    """Return the lines of a file in the order they stand; raise Invalid with the number of one that cannot be read."""
    return list(_lines(path))


def _lines(path: Path) -> Iterator[LoggedEvent]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _event(line.rstrip("\n").split("\t"))
            except (ValueError, IndexError, KeyError) as error:
                raise Invalid(f"{path.name}, line {number}: not a line of an iPinYou log ({error}).") from error


def _event(cells: list[str]) -> LoggedEvent:
    return LoggedEvent(
        kind=_KINDS[cells[_KIND]],
        bid=cells[_BID],
        at_ms=_milliseconds(cells[_AT]),
        user_agent=cells[_AGENT],
        # The last part of an address is masked; 0 stands for it, as the truncated prefix would have it.
        ip=cells[_IP].replace("*", "0"),
        exchange=cells[_EXCHANGE],
        size=f"{int(cells[_WIDTH])}x{int(cells[_HEIGHT])}",
        creative=cells[_CREATIVE],
        price_micros=int(cells[_PAID]) * _MICROS_PER_MILLE,
    )


def _milliseconds(text: str) -> int:
    at = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=_BEIJING).astimezone(UTC)
    return int(at.timestamp()) * 1000 + int(text[14:17])
