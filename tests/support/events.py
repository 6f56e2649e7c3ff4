"""Carrying events by hand: what the relay and the consumers do all the time, done now."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jobs.loops.consumers import ConsumerLoop
from jobs.loops.relay import Relay
from tests.servers import Servers
from webapp.adapters.bus.local import LocalBus
from webapp.adapters.bus.rabbitmq import RabbitBus
from webapp.core.errors import Unavailable
from webapp.db.transaction import transaction
from webapp.domain.events.ports import Bus
from webapp.domain.events.types import Envelope
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

DELAYS = (0.01, 0.02)

#: What the stubborn handler was given, and what it answers with.
seen: list[Envelope] = []
trouble: list[Exception] = []


def stubborn(services: Services, event: Envelope) -> None:
    """Fail for as long as there is trouble."""
    seen.append(event)
    if trouble:
        raise trouble[0]


@contextmanager
def fresh_bus(app: KabinetFlask, folder: Path, servers: Servers | None) -> Iterator[Bus]:
    """Give the application a bus of this test alone, whose retries come at once."""
    before = app.adapters.bus
    prefix = f"test-{secrets.token_hex(4)}"
    app.adapters.bus = RabbitBus(servers.bus_url, DELAYS, prefix) if servers else LocalBus(folder / "bus", DELAYS)
    try:
        yield app.adapters.bus
    finally:
        app.adapters.bus.close()
        app.adapters.bus = before


def record(app: KabinetFlask, name: str, advertiser_id: int | None, payload: dict[str, Any]) -> None:
    """Write an event as a deed would."""
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).outbox.record(name, advertiser_id, payload)


def forget_events(app: KabinetFlask) -> None:
    """Take what earlier tests left in the outbox for told."""
    with app.app_context(), transaction(db.session()) as session:
        outbox = app.adapters.services(session).outbox
        while rows := outbox.waiting(500):
            outbox.mark_relayed([id for id, _ in rows])


def relay(app: KabinetFlask) -> None:
    """Tell the bus all that the outbox holds."""
    with app.app_context():
        loop = Relay(app)
        while loop.step():
            db.session.remove()
        db.session.remove()


def consume(app: KabinetFlask, consumer: str, rounds: int = 200) -> int:
    """Let a consumer do what waits, again and again until nothing comes; return how much it was handed."""
    with app.app_context():
        loop, handed = ConsumerLoop(app, consumer), 0
        for _ in range(rounds):
            try:
                taken = app.adapters.bus.take(consumer, loop.handle, 0.15)
            except Unavailable:
                taken = 1
            finally:
                db.session.remove()
            if not taken:
                return handed
            handed += taken
    raise AssertionError(f"{consumer} was handed {handed} events and it does not end")


def tell(app: KabinetFlask, consumer: str = "notices") -> None:
    """Carry all events to one consumer."""
    relay(app)
    consume(app, consumer)
