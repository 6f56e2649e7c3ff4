"""Buses: RabbitMQ, or the same in this process."""

from __future__ import annotations

from webapp.domain.events.ports import Bus


def bus_from_url(url: str) -> Bus:
    """Return the bus at an address: `amqp://user:password@host:5672/vhost` or `local:`."""
    if url.startswith(("amqp://", "amqps://")):
        from webapp.adapters.bus.rabbitmq import RabbitBus

        return RabbitBus(url)
    from webapp.adapters.bus.local import LocalBus

    return LocalBus()
