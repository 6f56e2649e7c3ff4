"""Signing in and asking for letters is throttled in Redis, by address and by account."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask_limiter import RequestLimit
from flask_migrate import upgrade

from tests.support.apps import settings_for
from tests.support.browser import Browser
from tests.support.people import new_owner, sign_in
from webapp.factory import create_app
from webapp.settings import Profile
from webapp.web.app import KabinetFlask
from webapp.wiring import build_adapters


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def throttled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KabinetFlask]:
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    settings = replace(settings_for(profile, tmp_path, servers), rate_limits=True)
    adapters = build_adapters(settings)
    adapters.redis.flushdb()
    built = create_app(settings, adapters)
    with built.app_context():
        upgrade()
    yield built
    adapters.redis.flushdb()
    adapters.close()


def test_the_eleventh_try_to_sign_in_waits(throttled: KabinetFlask) -> None:
    visitor = Browser(throttled.test_client())
    form = {"email": "mara@tallbrook.example", "password": "wrong wrong wrong"}
    answers = [visitor.post("/sign-in", form).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    late = visitor.post("/sign-in", form)
    assert 0 < int(late.headers["Retry-After"]) <= 60


def test_the_answer_says_how_long_the_limit_lasts(throttled: KabinetFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestLimit, "reset_at", property(lambda _hit: int(time.time()) + 1500))
    visitor = Browser(throttled.test_client())
    late = [visitor.post("/register", {"email": "x"}) for _ in range(6)][-1]
    assert late.status_code == 429
    assert 1490 <= int(late.headers["Retry-After"]) <= 1500


def test_guessing_the_password_of_an_open_session_waits(throttled: KabinetFlask) -> None:
    person = new_owner(throttled)
    assert person.scope.actor.user_id is not None
    elsewhere = sign_in(throttled, person.scope.actor.user_id)
    form = {"current": "wrong wrong wrong", "new": "another good horse"}
    answers = [person.browser.post("/settings/password", form).status_code for _ in range(10)]
    assert answers == [422] * 10
    assert elsewhere.post("/settings/password", form).status_code == 429
    assert new_owner(throttled).browser.post("/settings/password", form).status_code == 422


def test_registrations_from_one_address_are_few(throttled: KabinetFlask) -> None:
    visitor = Browser(throttled.test_client())
    answers = [visitor.post("/register", {"email": "x"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_without_redis_people_still_sign_in(throttled: KabinetFlask) -> None:
    throttled.adapters.redis.flushdb()
    from webapp.extensions import limiter

    assert limiter.limiter is not None
    assert limiter._swallow_errors, "a dead Redis must not lock everybody out"
