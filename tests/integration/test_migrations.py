"""Migrations go up, down and up again on every database, and end at the models."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from tests.support.apps import settings_for
from webapp.db.base import Base
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Profile, Settings
from webapp.web.app import KabinetFlask
from webapp.wiring import build_adapters


@pytest.fixture(params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def scratch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings whose database is empty and is thrown away afterwards."""
    profile: Profile = request.param
    if profile is Profile.EMBEDDED:
        yield settings_for(profile, tmp_path, None)
        return
    servers = request.getfixturevalue("servers")
    settings = replace(settings_for(profile, tmp_path, servers), redis_url=servers.redis_url)
    url = make_url(settings.database_url)
    name = f"migrations_{secrets.token_hex(4)}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    try:
        yield replace(settings, database_url=url.set(database=name).render_as_string(hide_password=False))
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        server.dispose()


@pytest.fixture
def unmigrated(scratch: Settings) -> Iterator[KabinetFlask]:
    adapters = build_adapters(scratch)
    built = create_app(scratch, adapters)
    with built.app_context():
        yield built
        db.engine.dispose()
    adapters.close()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(unmigrated: KabinetFlask) -> None:
    upgrade()
    assert tables() == set(Base.metadata.tables)
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == set(Base.metadata.tables)


def test_the_migrations_end_at_the_models(unmigrated: KabinetFlask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert not differences, f"write a migration for {differences}"
