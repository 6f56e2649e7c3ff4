"""How often one address or one person comes in a minute."""

from __future__ import annotations

from collections import Counter

from webapp.domain.delivery.types import EventKind, IncomingEvent, Limits

MINUTE_MS = 60_000


class Rates:
    """Counts arrivals in memory; a restart begins them anew."""

    def __init__(self, limits: Limits) -> None:
        self._most = {
            EventKind.IMPRESSION: (limits.impressions_a_minute, limits.user_impressions_a_minute),
            EventKind.CLICK: (limits.clicks_a_minute, limits.user_clicks_a_minute),
        }
        #: Minute → arrivals by kind and address, and by kind and person.
        self._minutes: dict[int, Counter[tuple[EventKind, str, str]]] = {}

    def too_many(self, event: IncomingEvent) -> bool:
        """Count an arrival; tell whether its address or its person came too often in this minute."""
        arrivals = self._minutes.setdefault(event.now_ms // MINUTE_MS, Counter())
        by_address, by_person = self._most[event.kind]
        address = self._one_more(arrivals, (event.kind, "ip", event.visitor.ip_prefix), by_address)
        person = self._one_more(arrivals, (event.kind, "user", event.visitor.user_day), by_person)
        return address or person

    def forget(self, now_ms: int) -> int:
        """Drop the minutes before the last; return how many counts went."""
        old = [minute for minute in self._minutes if minute < now_ms // MINUTE_MS - 1]
        return sum(len(self._minutes.pop(minute)) for minute in old)

    def _one_more(
        self, arrivals: Counter[tuple[EventKind, str, str]], key: tuple[EventKind, str, str], most: int
    ) -> bool:
        if not key[2]:
            return False
        arrivals[key] += 1
        return arrivals[key] > most
