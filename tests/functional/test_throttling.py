"""Signing in and asking for letters is throttled in Redis, by address and by account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask_migrate import upgrade

from tests.support.apps import settings_for
from tests.support.browser import Browser
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
    assert int(late.headers["Retry-After"]) > 0


def test_registrations_from_one_address_are_few(throttled: KabinetFlask) -> None:
    visitor = Browser(throttled.test_client())
    answers = [visitor.post("/register", {"email": "x"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_without_redis_people_still_sign_in(throttled: KabinetFlask) -> None:
    throttled.adapters.redis.flushdb()
    from webapp.extensions import limiter

    assert limiter.limiter is not None
    assert limiter._swallow_errors, "a dead Redis must not lock everybody out"
