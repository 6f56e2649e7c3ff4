"""Settings: embedded by default, strict in the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from webapp.settings import Profile, Settings, SettingsError

STACK = {
    "KABINET_PROFILE": "stack",
    "SECRET_KEY": "Zx81-long-enough-and-not-guessable-0123456789",
    "DATABASE_URL": "mysql+pymysql://root@127.0.0.1/kabinet",
    "ANALYTICS_URL": "clickhouse://default@127.0.0.1:9000/kabinet",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SERVING_URLS": "tarantool://127.0.0.1:3301?node=1 tarantool://127.0.0.1:3302?node=2",
    "BUS_URL": "amqp://guest:guest@127.0.0.1:5672/",
    "MAIL_URL": "smtp://127.0.0.1:25",
}


def test_the_default_is_embedded_and_keeps_its_secret(tmp_path: Path) -> None:
    first = Settings.from_env({"KABINET_INSTANCE": str(tmp_path)})
    again = Settings.from_env({"KABINET_INSTANCE": str(tmp_path)})
    assert first.profile is Profile.EMBEDDED
    assert first.database_url == f"sqlite:///{tmp_path}/kabinet.sqlite3"
    assert len(first.secret_key) >= 32
    assert first.secret_key == again.secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_full_stack_is_accepted() -> None:
    assert Settings.from_env(STACK).profile is Profile.STACK


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is missing or weak"),
        ("SECRET_KEY", "short", "SECRET_KEY is missing or weak"),
        ("SECRET_KEY", "a" * 64, "SECRET_KEY is missing or weak"),
        ("DATABASE_URL", "sqlite:///x", "DATABASE_URL must be mysql"),
        ("ANALYTICS_URL", "chdb:///x", "ANALYTICS_URL must be clickhouse"),
        ("REDIS_URL", "private:///x", "REDIS_URL must be redis"),
        ("SERVING_URLS", "local:///x", "SERVING_URLS must be tarantool"),
        ("SERVING_URLS", "tarantool://one:3301 tarantool://two:3301", "SERVING_URLS must give each node a number"),
        ("SERVING_URLS", "tarantool://one:3301?node=2 tarantool://two:3301?node=02", "a number of its own"),
        ("SERVING_URLS", "tarantool://one:3301?node=0", "a number of its own"),
        ("SERVING_URLS", "tarantool://one:3301?node=65536", "a number of its own"),
        ("BUS_URL", "local:", "BUS_URL must be amqp"),
        ("MAIL_URL", "console:", "MAIL_URL must be smtp"),
        ("MAIL_URL", "smtp://mara:secret@mail.example:587?tls=none", "MAIL_URL: tls=none would send the password"),
        ("MAIL_URL", "smtp://mara:secret@mail.example:587?tls=startls", "MAIL_URL: tls=startls is unknown"),
    ],
)
def test_the_stack_refuses_weak_secrets_and_embedded_parts(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_env({**STACK, name: value})


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"KABINET_PROFILE": "stack"})
    assert len(str(caught.value).splitlines()) == 7


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="embedded or stack"):
        Settings.from_env({"KABINET_PROFILE": "cloud"})


def test_delivery_alone_needs_its_secret_and_its_nodes_and_no_database() -> None:
    nodes = {
        "SERVING_URLS": "tarantool://kabinet:x@127.0.0.1:3301?node=1",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    }
    settings = Settings.from_env({"KABINET_PROFILE": "stack", **nodes}, surface="delivery")
    assert settings.database_url == ""
    with pytest.raises(SettingsError, match="SERVING_URLS") as caught:
        Settings.from_env({"KABINET_PROFILE": "stack", "SECRET_KEY": nodes["SECRET_KEY"]}, surface="delivery")
    assert "DATABASE_URL" not in str(caught.value)
