"""Buses: RabbitMQ, or a file of this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from webapp.domain.events.ports import Bus


def bus_from_url(url: str) -> Bus:
    """Return the bus at an address: `amqp://user:password@host:5672/vhost`, `local:///folder`, `local:` for memory."""
    if url.startswith(("amqp://", "amqps://")):
        from webapp.adapters.bus.rabbitmq import RabbitBus

        return RabbitBus(url)
    from webapp.adapters.bus.local import LocalBus

    path = urlsplit(url).path
    return LocalBus(Path(path) if path else None)
