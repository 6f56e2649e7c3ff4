"""A broker that is killed: what it confirmed is there when it is back, what it did not confirm waits in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.loops.consumers import ConsumerLoop
from jobs.loops.relay import Relay
from jobs.loops.subscriptions import CONSUMERS, Consumer, handler_of
from tests.servers.process import Server, free_port
from tests.servers.rabbitmq import start_rabbitmq
from tests.support import events
from tests.support.apps import running_app
from tests.support.events import consume, record, relay
from webapp.adapters.bus.rabbitmq import RabbitBus
from webapp.core.errors import Unavailable
from webapp.domain.events.types import Envelope
from webapp.settings import Profile
from webapp.web.app import KabinetFlask

NAME = "test.thing.happened.v1"
RESTS = (3.0,)


class Broker:
    """A broker that can be killed and started again where it was."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        folder.mkdir()
        self._server = self._started()
        self.url = self._server.url

    def kill(self) -> None:
        self._server.stop()

    def begin_again(self) -> None:
        self._server = self._started()

    def _started(self) -> Server:
        server = start_rabbitmq(self._folder, self._port)
        server.wait()
        return server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "rabbitmq")
    yield broker
    broker.kill()


@pytest.fixture
def app(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[KabinetFlask]:
    """An application on that broker, with a consumer that does as the test says."""
    monkeypatch.setitem(CONSUMERS, "stubborn", Consumer(("test.#",), "tests.support.events:stubborn"))
    events.seen.clear()
    events.trouble.clear()
    with running_app(Profile.EMBEDDED, tmp_path / "app", None) as built:
        built.adapters.bus = RabbitBus(broker.url, RESTS)
        yield built
    handler_of.cache_clear()


def done() -> list[int]:
    return [int(event.payload["number"]) for event in events.seen]


def test_events_outlive_the_broker(app: KabinetFlask, broker: Broker) -> None:
    for number in range(40):
        record(app, NAME, None, {"number": number})
    relay(app)
    # One of them failed and rests.
    events.trouble.append(ValueError("not yet"))
    loop = ConsumerLoop(app, "stubborn")
    with app.app_context(), pytest.raises(Unavailable):
        app.adapters.bus.take("stubborn", lambda event, attempt: _first_only(loop, event, attempt), 5)
    events.trouble.clear()
    events.seen.clear()
    broker.kill()
    record(app, NAME, None, {"number": 40})
    with app.app_context(), pytest.raises(Unavailable):
        Relay(app).step()
    broker.begin_again()
    relay(app)
    _until_all_are_done(app, 41)
    assert sorted(done()) == list(range(41))


def _first_only(loop: ConsumerLoop, event: Envelope, attempt: int) -> None:
    """Let the first event fail, and leave the others where they are."""
    if events.seen:
        raise Unavailable
    loop.handle(event, attempt)


def _until_all_are_done(app: KabinetFlask, count: int) -> None:
    for _ in range(300):
        if len(events.seen) >= count:
            return
        consume(app, "stubborn")
