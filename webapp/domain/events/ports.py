"""The bus: carries events from the outbox to their readers, at least once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from webapp.domain.events.types import Envelope


class Publisher(Protocol):
    """Takes events."""

    def publish(self, events: Sequence[Envelope]) -> None:
        """Return once the bus has all of them for good; raise Unavailable when it has not."""


class Subscriber(Protocol):
    """Gives a consumer its events."""

    def take(self, consumer: str, handle: Callable[[Envelope, int], None], wait_seconds: float) -> int:
        """Hand over what waits for a consumer, with the attempt's number (from 1); return how many were handled.

        What `handle` returns from is done; what it raises on comes again after a delay that grows. Unavailable is no
        attempt: the event stays where it was, and the error is raised to the caller, who rests a little. What nobody
        can read is put aside at once.
        """

    def put_again(self, events: Sequence[tuple[str, Envelope]]) -> None:
        """Give each consumer its event anew, in order and with its attempts forgotten, on one connection."""


class Bus(Publisher, Subscriber, Protocol):
    """Both ends of it: RabbitMQ, or a file of this machine."""

    def declare(self, consumers: dict[str, Sequence[str]]) -> None:
        """Set up each consumer with the patterns of the names it listens to (`ads.#`, `*` for one word).

        A bus that is down is no error here: it is set up when it is reached.
        """

    def waiting(self) -> dict[str, int]:
        """Return how many events wait for each consumer."""

    def ping(self) -> None:
        """Raise Unavailable unless the bus answers."""

    def close(self) -> None:
        """Let go of what this thread opened."""
