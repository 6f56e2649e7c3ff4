"""RabbitMQ: a topic exchange, a durable queue a consumer, queues where failed events rest, and one for the unreadable.

A connection belongs to one thread. What runs all the time (relay, consumers) keeps its own; a page opens one for its
question and closes it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, NackError, UnroutableError
from pika.spec import Basic, BasicProperties

from webapp.adapters.bus.topology import Topology
from webapp.adapters.bus.wire import DELAYS, from_wire, to_wire
from webapp.core.errors import Unavailable
from webapp.domain.events.topics import matches
from webapp.domain.events.types import Envelope

log = logging.getLogger(__name__)
# The driver writes pages about each connection it cannot open; what we raise says as much in a line.
logging.getLogger("pika").setLevel(logging.CRITICAL)
T = TypeVar("T")

ATTEMPT = "x-attempt"
#: How many events one `take` hands over at most, and how many the broker sends ahead.
BATCH = 50
AHEAD = 20
#: How long `take` looks for a second event after the first.
MOMENT_SECONDS = 0.005
TIMEOUT_SECONDS = 5.0
BLOCKED_SECONDS = 10.0


class RabbitBus:
    """Events on a RabbitMQ server; `prefix` begins the names of everything made there."""

    def __init__(self, url: str, delays: Sequence[float] = DELAYS, prefix: str = "kabinet") -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.socket_timeout = TIMEOUT_SECONDS
        self._parameters.stack_timeout = TIMEOUT_SECONDS * 2
        self._parameters.blocked_connection_timeout = BLOCKED_SECONDS
        self._topology = Topology(prefix, tuple(delays))
        self._mine = threading.local()
        #: Whether the exchanges and queues are there as far as we know.
        self._made = False

    def declare(self, consumers: dict[str, Sequence[str]]) -> None:
        """Remember the consumers; they are set up on the server with the next connection."""
        self._topology.consumers.update(consumers)
        self._made = False

    def publish(self, events: Sequence[Envelope]) -> None:
        """Return once the broker has confirmed each event in the queues of all who listen to it."""
        wanted = [event for event in events if self._somebody_listens(event)]
        try:
            self._on_my_line(lambda channel: self._publish(channel, wanted))
        except UnroutableError:
            # The broker lost our queues. They were made anew with the line that follows.
            self._hang_up()
            self._on_my_line(lambda channel: self._publish(channel, wanted))

    def put_again(self, events: Sequence[tuple[str, Envelope]]) -> None:
        """Give each consumer its event anew, with its attempts forgotten."""
        if not events:
            return
        with self._short_line() as channel:
            for consumer, event in events:
                self._send(channel, "", self._topology.queue(consumer), event, attempt=1)

    def take(self, consumer: str, handle: Callable[[Envelope, int], None], wait_seconds: float) -> int:
        """Hand over what waits; see `Subscriber.take`."""
        handled = 0
        with self._translated():
            channel = self._consuming(consumer)
            while handled < BATCH:
                waiting = channel.consume(
                    self._topology.queue(consumer), inactivity_timeout=MOMENT_SECONDS if handled else wait_seconds
                )
                method, properties, body = next(waiting, (None, None, None))
                if method is None or properties is None or body is None:
                    break
                self._deliver(channel, consumer, (method, properties, body), handle)
                handled += 1
        return handled

    def waiting(self) -> dict[str, int]:
        """Return how many events wait for each consumer, those that rest included, those in hand not."""
        with self._short_line() as channel:
            return {
                consumer: sum(self._length(channel, name) for name in self._topology.queues_of(consumer))
                for consumer in sorted(self._topology.consumers)
            }

    def ping(self) -> None:
        """Raise Unavailable unless the broker lets us in."""
        with self._short_line():
            pass

    def close(self) -> None:
        """Close this thread's connection; what it had in hand goes to others."""
        self._hang_up()

    # --- events -------------------------------------------------------------------------------

    def _somebody_listens(self, event: Envelope) -> bool:
        patterns = [pattern for listed in self._topology.consumers.values() for pattern in listed]
        return not patterns or any(matches(pattern, event.name) for pattern in patterns)

    def _publish(self, channel: BlockingChannel, events: Sequence[Envelope]) -> None:
        for event in events:
            self._send(channel, self._topology.events, event.name, event, attempt=1)

    @staticmethod
    def _send(channel: BlockingChannel, exchange: str, key: str, event: Envelope, *, attempt: int) -> None:
        """Publish and wait for the confirm; raise UnroutableError when no queue took the event."""
        properties = BasicProperties(
            content_type="application/json", delivery_mode=2, message_id=event.id, type=event.name,
            headers={ATTEMPT: attempt},
        )  # fmt: skip
        channel.basic_publish(exchange, key, to_wire(event).encode(), properties, mandatory=True)

    def _deliver(
        self,
        channel: BlockingChannel,
        consumer: str,
        message: tuple[Basic.Deliver, BasicProperties, bytes],
        handle: Callable[[Envelope, int], None],
    ) -> None:
        method, properties, body = message
        tag = method.delivery_tag
        try:
            event, attempt = from_wire(body), int((properties.headers or {}).get(ATTEMPT, 1))
        except (ValueError, KeyError, TypeError):
            log.exception("an unreadable message goes to %s", self._topology.dead)
            channel.basic_reject(tag, requeue=False)
            return
        try:
            handle(event, attempt)
        except Unavailable:
            channel.basic_nack(tag, requeue=True)
            raise
        except Exception:
            log.warning("%s failed on %s %s, attempt %d", consumer, event.name, event.id, attempt, exc_info=True)
            # First the copy that comes later, then the end of this one: a crash in between makes two, never none.
            self._send(channel, "", self._topology.resting(consumer, attempt), event, attempt=attempt + 1)
        channel.basic_ack(tag)

    @staticmethod
    def _length(channel: BlockingChannel, queue: str) -> int:
        return int(channel.queue_declare(queue, passive=True).method.message_count)

    # --- lines --------------------------------------------------------------------------------

    def _on_my_line(self, work: Callable[[BlockingChannel], T]) -> T:
        """Work on this thread's channel; on a new one when the old turns out to be dead."""
        with self._translated():
            kept = getattr(self._mine, "channel", None)
            if kept is not None:
                try:
                    return work(kept)
                except UnroutableError:
                    raise
                except (AMQPError, OSError):
                    self._hang_up()
            self._mine.channel = self._confirming(self._my_connection())
            return work(self._mine.channel)

    def _consuming(self, consumer: str) -> BlockingChannel:
        """Return this thread's channel for one consumer."""
        connection = self._my_connection()
        channels: dict[str, BlockingChannel] = self._mine.__dict__.setdefault("consuming", {})
        if consumer not in channels or channels[consumer].is_closed:
            channels[consumer] = self._confirming(connection)
            channels[consumer].basic_qos(prefetch_count=AHEAD)
        return channels[consumer]

    def _my_connection(self) -> pika.BlockingConnection:
        connection: pika.BlockingConnection | None = getattr(self._mine, "connection", None)
        if connection is None or connection.is_closed:
            self._hang_up()
            connection = self._mine.connection = self._connect()
        return connection

    def _connect(self) -> pika.BlockingConnection:
        connection = pika.BlockingConnection(self._parameters)
        if not self._made:
            self._topology.make(connection)
            self._made = True
        return connection

    @staticmethod
    def _confirming(connection: pika.BlockingConnection) -> BlockingChannel:
        channel = connection.channel()
        channel.confirm_delivery()
        return channel

    @contextmanager
    def _short_line(self) -> Iterator[BlockingChannel]:
        """Give a channel for one question."""
        with self._translated(mine=False):
            connection = self._connect()
            try:
                yield self._confirming(connection)
            finally:
                with suppress(AMQPError, OSError):
                    connection.close()

    @contextmanager
    def _translated(self, *, mine: bool = True) -> Iterator[None]:
        """Turn the driver's troubles into ours, and leave a broken line."""
        try:
            yield
        except UnroutableError as error:
            self._made = False
            if mine:
                raise
            raise Unavailable("The bus has no queue for an event.") from error
        except (AMQPError, OSError, NackError) as error:
            self._made = False
            if mine:
                self._hang_up()
            raise Unavailable(f"The bus does not answer: {_told(error)}") from error

    def _hang_up(self) -> None:
        connection = self._mine.__dict__.get("connection")
        self._mine.__dict__.clear()
        if connection is not None and connection.is_open:
            with suppress(AMQPError, OSError):
                connection.close()


def _told(error: Any) -> str:
    return f"{type(error).__name__} {error}".strip()[:200]
