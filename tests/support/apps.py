"""Applications of both profiles, built on private stores for one test run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher
from flask_migrate import upgrade

from tests.servers import Servers
from webapp.domain.accounts.passwords import Passwords
from webapp.domain.accounts.ports import Message
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Profile, Settings
from webapp.web.app import KabinetFlask
from webapp.wiring import build_adapters


@dataclass
class RecordingMailer:
    """Keeps letters for a test to read."""

    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """Keep the letter."""
        self.sent.append(message)

    def last_to(self, address: str) -> Message:
        """Return the newest letter to an address."""
        return next(message for message in reversed(self.sent) if message.to == address)


def settings_for(profile: Profile, folder: Path, servers: Servers | None) -> Settings:
    """Return settings of a profile whose data lies in `folder` or on the private servers."""
    stack = profile is Profile.STACK
    if stack and servers is None:
        raise AssertionError("the stack profile needs servers")
    return Settings(
        profile=profile,
        instance=folder,
        secret_key="a-secret-for-tests-only-0123456789-abcdef",
        database_url=servers.mysql_url if stack and servers else f"sqlite:///{folder / 'kabinet.sqlite3'}",
        analytics_url=servers.clickhouse_url if stack and servers else f"chdb://{folder / 'analytics'}",
        redis_url=servers.redis_url if stack and servers else f"private://{folder / 'redis'}",
        files_path=folder / "files",
        mail_url="console:",
        mail_from="Kabinet <no-reply@kabinet.example>",
        payments="sandbox",
        serving_urls=servers.serving_urls if stack and servers else (f"local://{folder / 'serving'}?node=1",),
        bus_url=servers.bus_url if stack and servers else f"local://{folder / 'bus'}",
        public_url="http://localhost",
        delivery_url="http://localhost",
        host="127.0.0.1",
        port=5000,
        rate_limits=False,
    )


def close_database(app: KabinetFlask) -> None:
    """Let go of the database while its server still answers: later, the collector would find broken connections."""
    with app.app_context():
        db.engine.dispose()


@contextmanager
def running_app(profile: Profile, folder: Path, servers: Servers | None) -> Iterator[KabinetFlask]:
    """Give a migrated application whose letters are kept and whose password hashes are cheap."""
    settings = settings_for(profile, folder, servers)
    adapters = build_adapters(settings)
    adapters.mailer = RecordingMailer()
    adapters.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    app = create_app(settings, adapters)
    app.testing = False
    with app.app_context():
        upgrade()
    adapters.analytics.migrate()
    for node in adapters.serving:
        node.migrate()
    try:
        yield app
    finally:
        close_database(app)
        adapters.close()
