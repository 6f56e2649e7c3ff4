"""Events from their deed to their reader: each done once, whatever breaks on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from jobs.loops.consumers import ATTEMPTS, ConsumerLoop
from jobs.loops.relay import Relay
from jobs.loops.runner import Loops
from jobs.loops.subscriptions import CONSUMERS, Consumer, handler_of, patterns
from tests.support import events
from tests.support.browser import Browser
from tests.support.events import consume, forget_events, fresh_bus, record, relay
from tests.support.people import Person, new_staff
from webapp.adapters.bus.rabbitmq import RabbitBus
from webapp.core.beats import BEATS
from webapp.core.errors import Unavailable
from webapp.core.permissions import StaffRole
from webapp.db.transaction import rollback
from webapp.domain.events.models import DeadLetter, OutboxEvent
from webapp.domain.events.ports import Bus
from webapp.domain.events.types import CAMPAIGN_CHANGED, Envelope
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

NAME = "test.thing.happened.v1"


@pytest.fixture
def bus(app: KabinetFlask, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    """Give the application a bus of this test alone, and an outbox with nothing in it."""
    servers = None
    if app.settings.profile is Profile.STACK:
        servers = request.getfixturevalue("servers")
        servers.start_bus()
    forget_events(app)
    with fresh_bus(app, tmp_path, servers) as made:
        yield made


@pytest.fixture
def stubborn(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Subscribe a consumer that does as the test says."""
    monkeypatch.setitem(CONSUMERS, "stubborn", Consumer(("test.#",), "tests.support.events:stubborn"))
    events.seen.clear()
    events.trouble.clear()
    yield "stubborn"
    handler_of.cache_clear()
    events.trouble.clear()


def unrelayed(app: KabinetFlask) -> int:
    with app.app_context():
        query = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.relayed_at.is_(None))
        return db.session.scalar(query) or 0


def buried(app: KabinetFlask) -> list[DeadLetter]:
    with app.app_context():
        query = select(DeadLetter).where(DeadLetter.consumer == "stubborn", DeadLetter.replayed_at.is_(None))
        return list(db.session.scalars(query))


def numbers() -> list[object]:
    return [event.payload["number"] for event in events.seen]


def test_a_deed_of_a_page_reaches_its_reader(app: KabinetFlask, owner: Person, bus: Bus) -> None:
    bus.declare(patterns())
    form = {"name": "Autumn jackets", "bid_model": "cpm", "bid": "2.50", "daily_budget": "50"}
    assert owner.browser.post("/campaigns/new", form).status_code in (200, 303)
    relay(app)
    taken: list[Envelope] = []
    bus.take("publisher", lambda event, _: taken.append(event), 5)
    assert [(event.name, event.advertiser_id) for event in taken] == [(CAMPAIGN_CHANGED, owner.scope.advertiser_id)]
    assert unrelayed(app) == 0


def test_events_are_done_in_order_and_once(app: KabinetFlask, bus: Bus, stubborn: str) -> None:
    for number in range(230):
        record(app, NAME, None, {"number": number})
    relay(app)
    relay(app)
    consume(app, stubborn)
    assert numbers() == list(range(230))


def test_a_relay_that_died_before_it_marked_repeats_and_nothing_is_done_twice(
    app: KabinetFlask, bus: Bus, stubborn: str
) -> None:
    record(app, NAME, None, {"number": 1})
    bus.declare(patterns())
    with app.app_context():
        rows = app.adapters.services(db.session()).outbox.claim(10)
        bus.publish([event for _, event in rows])
        rollback(db.session())
    assert unrelayed(app) == 1
    relay(app)
    assert consume(app, stubborn) == 2
    assert numbers() == [1]


def test_several_relays_lose_nothing_and_keep_the_order(app: KabinetFlask, bus: Bus, stubborn: str) -> None:
    for number in range(400):
        record(app, NAME, None, {"number": number})
    threads = [threading.Thread(target=relay, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay(app)
    consume(app, stubborn)
    assert numbers() == list(range(400))


def test_what_no_bus_took_waits_and_arrives_when_it_is_back(
    app: KabinetFlask, owner: Person, staff: Browser, bus: Bus, stubborn: str
) -> None:
    app.adapters.bus = RabbitBus("amqp://guest:guest@127.0.0.1:1/")
    try:
        record(app, NAME, owner.scope.advertiser_id, {"number": 7})
        form = {"name": "Autumn jackets", "bid_model": "cpm", "bid": "2.50", "daily_budget": "50"}
        assert owner.browser.post("/campaigns/new", form).status_code in (200, 303)
        for page in ("/", "/campaigns", "/notices"):
            assert owner.browser.get(page).status_code == 200
        with app.app_context(), pytest.raises(Unavailable):
            Relay(app).step()
        waiting = unrelayed(app)
        assert waiting >= 2
        assert "what carries events does not answer" in staff.get("/admin/system").text
    finally:
        app.adapters.bus = bus
    relay(app)
    consume(app, stubborn)
    assert numbers() == [7]
    assert unrelayed(app) == 0


def test_an_outage_is_no_attempt_however_long_it_lasts(app: KabinetFlask, bus: Bus, stubborn: str) -> None:
    bus.declare(patterns())
    events.trouble.append(Unavailable("The analytics store does not answer."))
    record(app, NAME, None, {"number": 3})
    relay(app)
    with app.app_context():
        loop = ConsumerLoop(app, stubborn)
        for _ in range(2 * ATTEMPTS):
            with pytest.raises(Unavailable):
                bus.take(stubborn, loop.handle, 5)
        events.trouble.clear()
        assert bus.take(stubborn, loop.handle, 5) == 1
    assert buried(app) == []
    assert numbers() == [3] * (2 * ATTEMPTS + 1)


def test_what_always_fails_becomes_a_dead_letter_that_staff_replay(
    app: KabinetFlask, owner: Person, staff: Browser, bus: Bus, stubborn: str
) -> None:
    events.trouble.append(ValueError("no such thing, 50 %"))
    record(app, NAME, owner.scope.advertiser_id, {"number": 5})
    relay(app)
    assert consume(app, stubborn) == ATTEMPTS
    (letter,) = buried(app)
    assert (letter.attempts, letter.error) == (ATTEMPTS, "ValueError: no such thing, 50 %")
    page = staff.get(f"/admin/dead-letters/{letter.public_id}").text
    assert "ValueError: no such thing" in page
    assert "&#34;number&#34;: 5" in page or '"number": 5' in page
    assert letter.public_id in staff.get("/admin/dead-letters").text
    events.trouble.clear()
    assert staff.post(f"/admin/dead-letters/{letter.public_id}/replay").status_code in (200, 303)
    assert buried(app) == []
    assert "under way" in staff.get("/admin/dead-letters?show=replayed").text
    assert consume(app, stubborn) == 1
    assert numbers() == [5] * (ATTEMPTS + 1)
    assert "done" in staff.get(f"/admin/dead-letters/{letter.public_id}").text
    staff.post(f"/admin/dead-letters/{letter.public_id}/replay")
    assert consume(app, stubborn) == 1
    assert numbers() == [5] * (ATTEMPTS + 1), "what was done is not done again"


def test_all_dead_letters_are_replayed_at_once_and_may_fail_again(
    app: KabinetFlask, staff: Browser, bus: Bus, stubborn: str
) -> None:
    events.trouble.append(ValueError("first trouble"))
    for number in range(3):
        record(app, NAME, None, {"number": number})
    relay(app)
    consume(app, stubborn)
    assert len(buried(app)) == 3
    events.trouble[0] = ValueError("second trouble")
    staff.post("/admin/dead-letters/replay")
    assert buried(app) == []
    consume(app, stubborn)
    again = buried(app)
    assert [(row.error, row.attempts) for row in again] == [("ValueError: second trouble", 2 * ATTEMPTS)] * 3
    events.trouble.clear()
    staff.post("/admin/dead-letters/replay")
    consume(app, stubborn)
    assert buried(app) == []


def test_a_replay_without_a_bus_leaves_the_letter_where_it_is(
    app: KabinetFlask, staff: Browser, bus: Bus, stubborn: str
) -> None:
    events.trouble.append(ValueError("trouble"))
    record(app, NAME, None, {"number": 1})
    relay(app)
    consume(app, stubborn)
    (letter,) = buried(app)
    app.adapters.bus = RabbitBus("amqp://guest:guest@127.0.0.1:1/")
    try:
        assert staff.post(f"/admin/dead-letters/{letter.public_id}/replay").status_code == 503
    finally:
        app.adapters.bus = bus
    assert len(buried(app)) == 1
    staff.post(f"/admin/dead-letters/{letter.public_id}/replay")


@pytest.mark.parametrize("role", [role for role in StaffRole if role is not StaffRole.ADMIN])
def test_the_pages_are_for_those_who_run_the_installation(app: KabinetFlask, role: StaffRole) -> None:
    other = new_staff(app, role)
    for url in ("/admin/system", "/admin/dead-letters"):
        assert other.get(url).status_code == 403
        assert url not in other.get("/admin/advertisers").text
    assert other.post("/admin/dead-letters/replay").status_code == 403


def test_an_owner_sees_none_of_it(owner: Person) -> None:
    for url in ("/admin/system", "/admin/dead-letters"):
        assert owner.browser.get(url).status_code in (403, 404)


def test_the_system_page_names_every_store_and_no_password(app: KabinetFlask, staff: Browser, bus: Bus) -> None:
    page = staff.get("/admin/system").text
    for name in ("Database", "Analytics", "Queue", "Events", "Serving node 1", "Dead letters"):
        assert name in page
    assert "guest" not in page
    assert "kabinet:kabinet" not in page


def beats_of(app: KabinetFlask) -> dict[str, dict[str, Any]]:
    found: Any = app.adapters.redis.hgetall(BEATS)
    return {name.decode(): json.loads(said) for name, said in found.items()}


def test_loops_say_that_they_live_and_how_far_behind_they_are(app: KabinetFlask, staff: Browser, bus: Bus) -> None:
    loops = Loops(app, [Relay(app), ConsumerLoop(app, "notices")])
    loops.start()
    beats: dict[str, dict[str, Any]] = {}
    try:
        for _ in range(200):
            beats = beats_of(app)
            if {"relay", "consumer-notices"} <= beats.keys():
                break
            time.sleep(0.05)
    finally:
        loops.stop()
    assert beats["relay"]["lag"]["events"] >= 0
    page = staff.get("/admin/system").text
    assert "consumer-notices" in page
    assert "Notices and letters" in page
    assert "up to date" in page
    long_ago = {**beats["relay"], "at": time.time() - 45, "pause": 0.2}
    app.adapters.redis.hset(BEATS, "sleeper", json.dumps(long_ago))
    assert "silent" in staff.get("/admin/system").text
    app.adapters.redis.hset(BEATS, "sleeper", json.dumps({**long_ago, "pause": 60}))
    assert "silent" not in staff.get("/admin/system").text
    app.adapters.redis.hdel(BEATS, "sleeper")


def test_one_who_only_tells_keeps_nobody_from_writing_and_does_it_once(
    app: KabinetFlask, bus: Bus, stubborn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []

    def tell(services: Services, event: Envelope) -> None:
        assert not services.consumption.is_done(stubborn, event)
        hand = threading.Thread(target=lambda: record(app, "test.other.v1", None, {}))
        hand.start()
        hand.join(5)
        waited.append(hand.is_alive())

    monkeypatch.setattr(events, "stubborn", tell)
    monkeypatch.setitem(CONSUMERS, stubborn, replace(CONSUMERS[stubborn], only_tells=True))
    handler_of.cache_clear()
    sent = Envelope("ev_told", NAME, None, {"number": 1}, app.adapters.clock.now())
    bus.declare(patterns())
    bus.put_again([(stubborn, sent), (stubborn, sent)])
    assert consume(app, stubborn) == 2
    assert waited == [False]
