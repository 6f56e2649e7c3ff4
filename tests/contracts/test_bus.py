"""What every bus does; RabbitMQ and the local file answer to the same tests."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers import Servers
from webapp.adapters.bus.local import LocalBus
from webapp.adapters.bus.rabbitmq import RabbitBus
from webapp.core.errors import Unavailable
from webapp.domain.events.ports import Bus
from webapp.domain.events.types import Envelope

DELAYS = (0.05, 0.1)
LONG = 10.0
SHORT = 0.05
CONSUMERS: dict[str, Sequence[str]] = {"sync": ("ads.#",), "notices": ("ads.creative.*.v1", "billing.balance.low.v1")}
MakeBus = Callable[[], Bus]


@pytest.fixture(params=["local", "rabbitmq"])
def make_bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeBus]:
    """Give a maker of buses that share their queues, as processes do."""
    made: list[Bus] = []
    prefix = f"test-{secrets.token_hex(4)}"
    if request.param == "rabbitmq":
        servers: Servers = request.getfixturevalue("servers")
        servers.start_bus()

    def make() -> Bus:
        bus: Bus = LocalBus(tmp_path / "bus", DELAYS)
        if request.param == "rabbitmq":
            bus = RabbitBus(servers.bus_url, DELAYS, prefix)
        bus.declare(CONSUMERS)
        made.append(bus)
        return bus

    yield make
    for bus in made:
        bus.close()


@pytest.fixture
def bus(make_bus: MakeBus) -> Bus:
    return make_bus()


def event(name: str = "ads.campaign.changed.v1", id: str = "") -> Envelope:
    at = datetime(2026, 11, 3, 12, 30, 1, 250_000, tzinfo=UTC)
    return Envelope(id or f"ev_{secrets.token_hex(6)}", name, 7, {"campaign_id": 12, "word": "ключ"}, at)


def drain(bus: Bus, consumer: str, wait: float = SHORT) -> list[Envelope]:
    """Take until nothing comes any more."""
    found: list[Envelope] = []
    while bus.take(consumer, lambda envelope, _: found.append(envelope), wait):
        pass
    return found


def test_an_event_arrives_whole(bus: Bus) -> None:
    sent = event()
    bus.publish([sent])
    assert drain(bus, "sync", LONG if not bus.waiting()["sync"] else SHORT) == [sent]


def test_events_arrive_in_the_order_they_were_sent_in(bus: Bus) -> None:
    sent = [event(id=f"ev_{number}") for number in range(120)]
    bus.publish(sent[:70])
    bus.publish(sent[70:])
    assert drain(bus, "sync") == sent


def test_one_that_only_reads_gets_all_of_a_long_queue_in_order(make_bus: MakeBus) -> None:
    sent = [event(id=f"ev_{number}") for number in range(180)]
    make_bus().publish(sent)
    assert drain(make_bus(), "sync") == sent


def test_each_consumer_hears_of_what_it_listens_to(bus: Bus) -> None:
    changed, decided = event("ads.creative.changed.v1"), event("ads.creative.decided.v1")
    low, campaign = event("billing.balance.low.v1"), event("ads.campaign.changed.v1")
    bus.publish([changed, decided, low, campaign])
    assert drain(bus, "sync") == [changed, decided, campaign]
    assert drain(bus, "notices") == [changed, decided, low]


def test_an_event_nobody_listens_to_holds_nothing_up(bus: Bus) -> None:
    heard = event()
    bus.publish([event("delivery.weather.changed.v1"), heard])
    assert drain(bus, "sync") == [heard]
    assert drain(bus, "notices") == []


def test_what_was_done_never_comes_again(make_bus: MakeBus) -> None:
    first = make_bus()
    first.publish([event()])
    assert len(drain(first, "sync")) == 1
    first.close()
    assert drain(make_bus(), "sync") == []


def test_what_nobody_took_outlives_the_process(make_bus: MakeBus) -> None:
    sent = event()
    first = make_bus()
    first.publish([sent])
    first.close()
    assert drain(make_bus(), "sync") == [sent]


def test_a_failed_event_comes_again_with_its_attempt_counted(bus: Bus) -> None:
    attempts: list[int] = []

    def fail_twice(_: Envelope, attempt: int) -> None:
        attempts.append(attempt)
        if attempt < 3:
            raise ValueError("not yet")

    bus.publish([event()])
    for _ in range(3):
        assert bus.take("sync", fail_twice, LONG) == 1
    assert attempts == [1, 2, 3]
    assert drain(bus, "sync", 2 * DELAYS[-1]) == []


def test_a_failed_event_does_not_hold_up_those_behind_it(bus: Bus) -> None:
    bad, good = event(id="ev_bad"), event(id="ev_good")
    done: list[str] = []

    def handle(envelope: Envelope, attempt: int) -> None:
        if envelope == bad and attempt == 1:
            raise ValueError("bad")
        done.append(envelope.id)

    bus.publish([bad, good])
    while len(done) < 2:
        assert bus.take("sync", handle, LONG) > 0
    assert done == ["ev_good", "ev_bad"]


def test_one_consumers_failure_is_nothing_to_the_others(bus: Bus) -> None:
    def fail(_: Envelope, attempt: int) -> None:
        raise ValueError

    sent = event("ads.creative.decided.v1")
    bus.publish([sent])
    bus.take("sync", fail, LONG)
    assert drain(bus, "notices") == [sent]


def test_an_outage_is_no_attempt(bus: Bus) -> None:
    attempts: list[int] = []

    def outage(_: Envelope, attempt: int) -> None:
        attempts.append(attempt)
        raise Unavailable

    bus.publish([event()])
    for _ in range(4):
        with pytest.raises(Unavailable):
            bus.take("sync", outage, LONG)
    assert bus.take("sync", lambda _, attempt: attempts.append(attempt), LONG) == 1
    assert attempts == [1, 1, 1, 1, 1]


def test_an_event_put_again_comes_to_that_consumer_alone_as_new(bus: Bus) -> None:
    sent = event("ads.creative.decided.v1")
    seen: list[tuple[Envelope, int]] = []
    bus.put_again([("notices", sent)])
    assert bus.take("notices", lambda envelope, attempt: seen.append((envelope, attempt)), LONG) == 1
    assert seen == [(sent, 1)]
    assert drain(bus, "sync") == []


def test_many_are_put_again_in_their_order_on_one_connection(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    for kind, name in ((RabbitBus, "_connect"), (LocalBus, "_open")):
        real = getattr(kind, name)

        def opening(self: object, real: Callable[[object], object] = real) -> object:
            opened.append(1)
            return real(self)

        monkeypatch.setattr(kind, name, opening)
    sent = [event(id=f"ev_{number}") for number in range(60)]
    bus.put_again([("sync" if number % 2 else "notices", each) for number, each in enumerate(sent)])
    assert len(opened) <= 1
    assert drain(bus, "sync") == sent[1::2]
    assert drain(bus, "notices") == sent[::2]
    bus.put_again([])


def test_it_says_how_many_wait_for_whom_also_while_they_rest(bus: Bus) -> None:
    def fail(_: Envelope, attempt: int) -> None:
        raise ValueError

    assert bus.waiting() == {"notices": 0, "sync": 0}
    bus.publish([event("ads.creative.decided.v1"), event()])
    settled(lambda: bus.waiting() == {"notices": 1, "sync": 2})
    bus.take("notices", fail, LONG)
    settled(lambda: bus.waiting()["notices"] == 1 or bus.take("notices", fail, 0) > 0)


def settled(holds: Callable[[], bool]) -> None:
    """Look until it is so: a broker counts a moment after it took."""
    for _ in range(500):
        if holds():
            return
    pytest.fail("it never came to be so")


def test_nothing_waits_for_nobody(bus: Bus) -> None:
    assert bus.take("sync", lambda *_: None, 0.01) == 0


def test_it_answers(bus: Bus) -> None:
    bus.ping()


def test_a_broker_that_is_down_is_an_outage() -> None:
    bus = RabbitBus("amqp://guest:guest@127.0.0.1:1/", DELAYS)
    bus.declare(CONSUMERS)
    for work in (
        bus.ping,
        bus.waiting,
        lambda: bus.publish([event()]),
        lambda: bus.put_again([("sync", event())]),
        lambda: bus.take("sync", lambda *_: None, 0.01),
    ):
        with pytest.raises(Unavailable):
            work()


def test_a_file_that_cannot_be_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "bus").write_text("in the way")
    with pytest.raises(Unavailable):
        LocalBus(tmp_path / "bus").ping()


def test_an_unreadable_message_is_put_aside(servers: Servers) -> None:
    servers.start_bus()
    bus = RabbitBus(servers.bus_url, DELAYS, "test-unreadable")
    bus.declare(CONSUMERS)
    bus.publish([event()])
    with bus._short_line() as channel:
        channel.basic_publish("", "test-unreadable.sync", b"\xff no event")
    assert len(drain(bus, "sync", 0.5)) == 1
    with bus._short_line() as channel:
        settled(lambda: channel.queue_declare("test-unreadable.dead", passive=True).method.message_count == 1)
    bus.close()


def test_an_unreadable_message_in_a_file_is_put_aside(tmp_path: Path) -> None:
    bus = LocalBus(tmp_path / "bus", DELAYS)
    bus.declare(CONSUMERS)
    bus.publish([event()])
    with bus._writing() as database:
        database.execute("INSERT INTO waiting (consumer, event) VALUES ('sync', 'no event')")
    bus.publish([event()])
    assert len(drain(bus, "sync", 2 * DELAYS[-1])) == 2
    assert bus.waiting() == {"notices": 0, "sync": 0}
    with bus._database() as database:
        assert database.execute("SELECT consumer, message FROM dead").fetchall() == [("sync", "no event")]
    bus.close()


def test_lost_queues_are_made_anew(servers: Servers) -> None:
    servers.start_bus()
    bus = RabbitBus(servers.bus_url, DELAYS, "test-lost")
    bus.declare(CONSUMERS)
    bus.publish([event()])
    with bus._short_line() as channel:
        channel.queue_delete("test-lost.sync")
    sent = event()
    bus.publish([sent])
    assert drain(bus, "sync", 0.5) == [sent]
    bus.close()
