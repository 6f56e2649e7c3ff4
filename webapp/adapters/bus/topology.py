"""What RabbitMQ keeps for us: exchanges and queues, in the best kind this broker has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pika
from pika.exceptions import ChannelClosedByBroker

#: The broker gives a message back this often before it counts as poison; our own attempts end far sooner, and an
#: outage of ours, which gives messages back for hours, is no fault of theirs.
DELIVERY_LIMIT = 1_000_000
PRECONDITION_FAILED = 406
NOT_FOUND = 404
#: The arguments are those of a newer broker.
NOT_KNOWN = frozenset({PRECONDITION_FAILED, 503, 540})


@dataclass
class Topology:
    """The names and arguments of everything that begins with our prefix."""

    prefix: str
    delays: tuple[float, ...]
    consumers: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def events(self) -> str:
        """Return the exchange events are published to."""
        return f"{self.prefix}.events"

    @property
    def dead(self) -> str:
        """Return the exchange, and the queue, of what nobody can read."""
        return f"{self.prefix}.dead"

    def queue(self, consumer: str) -> str:
        """Return a consumer's queue."""
        return f"{self.prefix}.{consumer}"

    def resting(self, consumer: str, attempt: int) -> str:
        """Return the queue in which an event rests after a failed attempt."""
        seconds = self.delays[min(attempt, len(self.delays)) - 1]
        return f"{self.queue(consumer)}.retry.{round(seconds * 1000)}ms"

    def queues_of(self, consumer: str) -> list[str]:
        """Return all queues in which a consumer's events wait."""
        resting = [self.resting(consumer, attempt) for attempt in range(1, len(self.delays) + 1)]
        return [self.queue(consumer), *dict.fromkeys(resting)]

    def make(self, connection: pika.BlockingConnection) -> None:
        """Make what is missing; what is there stays, whatever its kind."""
        channel = connection.channel()
        channel.exchange_declare(self.events, "topic", durable=True)
        channel.exchange_declare(self.dead, "fanout", durable=True)
        channel.close()
        _make_queue(connection, self.dead, [{"x-queue-type": "quorum"}, {}])
        self._bind(connection, self.dead, self.dead, "")
        for consumer, patterns in self.consumers.items():
            self._make_consumer(connection, consumer)
            for pattern in patterns:
                self._bind(connection, self.queue(consumer), self.events, pattern)

    def _make_consumer(self, connection: pika.BlockingConnection, consumer: str) -> None:
        unread = {"x-dead-letter-exchange": self.dead}
        quorum = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT, **unread}
        _make_queue(connection, self.queue(consumer), [quorum, unread])
        for attempt, seconds in enumerate(self.delays, start=1):
            back = {
                "x-message-ttl": round(seconds * 1000),
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.queue(consumer),
            }
            # Without these two a crash of the broker could lose an event on its way back.
            sure = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
            wishes = [{"x-queue-type": "quorum", **back, **sure}, back]
            _make_queue(connection, self.resting(consumer, attempt), wishes)

    @staticmethod
    def _bind(connection: pika.BlockingConnection, queue: str, exchange: str, key: str) -> None:
        channel = connection.channel()
        channel.queue_bind(queue, exchange, key)
        channel.close()


def _make_queue(connection: pika.BlockingConnection, name: str, wishes: Sequence[Mapping[str, Any]]) -> None:
    """Declare a durable queue with the first arguments this broker takes, unless it is there in any form.

    Brokers older than 3.8 know no quorum queues and pass over what they do not know; those before 3.10 know them, but
    not with a time to live, and get a classic queue there.
    """
    if _is_there(connection, name):
        return
    for place, arguments in enumerate(wishes, start=1):
        channel = connection.channel()
        try:
            channel.queue_declare(name, durable=True, arguments=dict(arguments))
        except ChannelClosedByBroker as error:
            # Somebody else may have made it in this very moment.
            if _is_there(connection, name):
                return
            if error.reply_code not in NOT_KNOWN or place == len(wishes):
                raise
        else:
            channel.close()
            return


def _is_there(connection: pika.BlockingConnection, name: str) -> bool:
    channel = connection.channel()
    try:
        channel.queue_declare(name, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        return False
    channel.close()
    return True
