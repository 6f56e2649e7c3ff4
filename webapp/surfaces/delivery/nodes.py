"""Which serving node a request goes to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from zlib import crc32

from webapp.core.errors import Unavailable
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import Decision, DecisionRequest, IncomingEvent, Recorded, Verdict

T = TypeVar("T")

#: A node that did not answer is left alone this long, so that nobody waits for it again and again.
REST_SECONDS = 0.5
_LOWEST_HASH_DIGITS = 8


class Counts:
    """How often something rare happened in this process."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str) -> None:
        """Count one more."""
        with self._lock:
            self._counted[name] += 1

    def read(self) -> dict[str, int]:
        """Return all counts."""
        with self._lock:
            return dict(self._counted)


class Nodes:
    """Sends a visitor to always the same node, to the next while that one is down."""

    def __init__(
        self, serving: Sequence[ServingStore], counts: Counts, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stores = sorted(serving, key=lambda store: store.node)
        self._by_node = {store.node: store for store in self._stores}
        self._orders = [tuple(self._stores[first:] + self._stores[:first]) for first in range(len(self._stores))]
        self._resting: dict[int, float] = {}
        self._counts = counts
        self._clock = clock

    def decide(self, request: DecisionRequest) -> tuple[int, Sequence[Decision]]:
        """Return who decided and what; raise Unavailable when no node answers."""
        for store in self._order(request.visitor.user_key):
            if not self._rests(store.node):
                try:
                    return store.node, store.decide(request)
                except Unavailable:
                    self._let_rest(store.node)
        raise Unavailable

    def record(self, node: int, event: IncomingEvent) -> Recorded:
        """Take an event to the node that made its decision; raise Unavailable when that does not answer."""
        if event.order and event.verdict is Verdict.OK and len(self._stores) > 1:
            return self._record_order(node, event)
        return self._record(node, event)

    def _record_order(self, node: int, event: IncomingEvent) -> Recorded:
        """Let an order count once, whichever nodes its decisions are from: it is claimed on a home of its own first.

        A crash in between leaves it claimed for this decision, which may tell it again.
        """
        home = self._home(event)
        if home.node == node:
            return self._record(node, event)
        mine = self._call(home, lambda: home.claim_order(event.advertiser_id, event.order, event.key, event.now_ms))
        recorded = self._record(node, event if mine else replace(event, verdict=Verdict.DUPLICATE))
        if mine and recorded.verdict not in (Verdict.OK, Verdict.DUPLICATE):
            self._call(home, lambda: home.release_order(event.advertiser_id, event.order, event.key))
        return recorded

    def _home(self, event: IncomingEvent) -> ServingStore:
        return self._stores[crc32(f"{event.advertiser_id}:{event.order}".encode()) % len(self._stores)]

    def _record(self, node: int, event: IncomingEvent) -> Recorded:
        store = self._by_node.get(node)
        if store is None:
            self._counts.add("events_lost")
            raise Unavailable
        return self._call(store, lambda: store.record(event))

    def _call(self, store: ServingStore, work: Callable[[], T]) -> T:
        if self._rests(store.node):
            self._counts.add("events_lost")
            raise Unavailable
        try:
            return work()
        except Unavailable:
            self._let_rest(store.node)
            self._counts.add("events_lost")
            raise

    def missing(self) -> list[str]:
        """Return the names of the nodes that do not answer now."""
        return [f"serving-{store.node}" for store in self._stores if not _answers(store)]

    @property
    def count(self) -> int:
        """Return how many nodes there are."""
        return len(self._stores)

    def _order(self, user_key: str) -> Sequence[ServingStore]:
        if len(self._orders) <= 1:
            return self._stores
        return self._orders[int(user_key[:_LOWEST_HASH_DIGITS] or "0", 16) % len(self._orders)]

    def _rests(self, node: int) -> bool:
        return bool(self._resting) and self._resting.get(node, 0) > self._clock()

    def _let_rest(self, node: int) -> None:
        self._resting[node] = self._clock() + REST_SECONDS
        self._counts.add("node_down")


def _answers(store: ServingStore) -> bool:
    try:
        store.ping()
    except Unavailable:
        return False
    return True
