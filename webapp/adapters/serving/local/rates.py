"""How often one address or one person comes in a minute."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum

from webapp.domain.delivery.types import FAR, EventKind, IncomingEvent, Limits, Visitor

MINUTE_MS = 60_000


class Asked(IntEnum):
    """How much was asked for, against the limit."""

    FAIR = 0
    TOO_MUCH = 1
    FAR_TOO_MUCH = 2


class Rates:
    """Counts arrivals in memory; a restart begins them anew."""

    def __init__(self, limits: Limits) -> None:
        self._most = {
            EventKind.IMPRESSION.value: (limits.impressions_a_minute, limits.user_impressions_a_minute),
            EventKind.CLICK.value: (limits.clicks_a_minute, limits.user_clicks_a_minute),
            "decision": (limits.decisions_a_minute, limits.user_decisions_a_minute),
        }
        #: Minute → arrivals by kind and address, and by kind and person.
        self._minutes: dict[int, Counter[tuple[str, str, str]]] = {}

    def too_many(self, event: IncomingEvent) -> bool:
        """Count an arrival; tell whether its address or its person came too often in this minute."""
        return bool(self._arrive(event.kind.value, event.visitor, event.now_ms, 1))

    def asked(self, visitor: Visitor, now_ms: int, wanted: int) -> Asked:
        """Count what a request wants; tell whether its address or its person wants too much in this minute."""
        return self._arrive("decision", visitor, now_ms, wanted)

    def forget(self, now_ms: int) -> int:
        """Drop the minutes before the last; return how many counts went."""
        old = [minute for minute in self._minutes if minute < now_ms // MINUTE_MS - 1]
        return sum(len(self._minutes.pop(minute)) for minute in old)

    def _arrive(self, kind: str, visitor: Visitor, now_ms: int, count: int) -> Asked:
        arrivals = self._minutes.setdefault(now_ms // MINUTE_MS, Counter())
        by_address, by_person = self._most[kind]
        return max(
            self._more(arrivals, (kind, "ip", visitor.ip_prefix), count, by_address),
            self._more(arrivals, (kind, "user", visitor.user_day), count, by_person),
        )

    def _more(self, arrivals: Counter[tuple[str, str, str]], key: tuple[str, str, str], count: int, most: int) -> Asked:
        if not key[2]:
            return Asked.FAIR
        arrivals[key] += count
        if arrivals[key] <= most:
            return Asked.FAIR
        return Asked.TOO_MUCH if arrivals[key] <= most * FAR else Asked.FAR_TOO_MUCH
