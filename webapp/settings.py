"""Settings from environment variables; the defaults are the embedded profile."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from webapp.core.mail_address import mail_tls

ROOT = Path(__file__).parents[1]
EVERYWHERE = "0.0.0.0"  # noqa: S104
#: The surface that may be served alone.
DELIVERY = "delivery"
MIN_SECRET_LENGTH = 32
MIN_SECRET_VARIETY = 10
#: Tokens have two bytes for the number of a serving node.
MOST_NODE = 65_535


class Profile(StrEnum):
    """Which set of stores is used."""

    EMBEDDED = "embedded"
    STACK = "stack"


class SettingsError(Exception):
    """The environment does not describe a system that may run; says every fault and its remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be chosen from outside."""

    profile: Profile
    instance: Path
    secret_key: str
    database_url: str
    #: `chdb:///folder` or `clickhouse://user:password@host:9000/database`.
    analytics_url: str
    #: `private:///folder` starts a redis-server of our own; otherwise redis:// or unix://.
    redis_url: str
    #: Folder of uploaded and exported files.
    files_path: Path
    #: `console:` or `smtp://user:password@host:587?tls=starttls`.
    mail_url: str
    mail_from: str
    payments: str
    #: One address a serving node: `tarantool://user:password@host:3301?node=1` or `local:///folder?node=1`.
    serving_urls: tuple[str, ...]
    #: `amqp://user:password@host:5672/` or `local:///folder`.
    bus_url: str
    #: Where people reach the cabinet; links in mail begin with it.
    public_url: str
    #: Where browsers reach `/d`, the delivery surface; tags begin with it.
    delivery_url: str
    host: str
    port: int
    rate_limits: bool = True
    secure_cookies: bool = False
    #: Whether the web process also works the queue, in a thread.
    worker_thread: bool = False
    #: Whether the web process also runs the loops (relay, allocator, ingest, settle …), in threads.
    loops: bool = False
    #: Whether simulated people keep the demo alive.
    live_demo: bool = False
    #: How long charges are gathered before they are written; the ledger is that far behind at most.
    settle_seconds: int = 2
    #: What floors are in and bids are ranked in; rates of other currencies serve the ranking alone.
    house_currency: str = "USD"
    #: Such as `EUR=1.08,GBP=1.27`: units of the house's currency for one of another; over those built in.
    exchange_rates: str = ""
    #: A credit for late-found invalid traffic above this needs a second person (in units of its currency).
    credit_limit: int = 100
    #: MaxMind database of cities or countries, and a list of data-centre ranges; '' for none.
    geoip_path: str = ""
    datacenters_path: str = ""
    #: Keys of servers that may tell a visitor's address and user agent themselves, separated by commas.
    server_keys: str = ""
    proxies: int = 0
    debug: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, surface: str = "") -> Settings:
        """Read the environment; raise SettingsError with every fault found, those of one surface when it is named."""
        values = os.environ if env is None else env
        try:
            profile = Profile(values.get("KABINET_PROFILE", "embedded"))
        except ValueError as error:
            raise SettingsError(
                f"KABINET_PROFILE is {values['KABINET_PROFILE']!r}; it may be embedded or stack"
            ) from error
        settings = _embedded(values) if profile is Profile.EMBEDDED else _stack(values)
        settings.check(surface)
        return settings

    def check(self, surface: str = "") -> None:
        """Raise SettingsError when the stack profile would run on embedded parts or without a secret."""
        # Delivery needs its secret and its nodes, and should not be given the database's password.
        found = _serving_faults if surface == DELIVERY else _faults
        faults = found(self) if self.profile is Profile.STACK else []
        faults += _node_faults(self.serving_urls)
        if faults:
            raise SettingsError("\n".join(faults))


def reachable(host: str) -> str:
    """Return an address people can open for one a server listens on."""
    return "127.0.0.1" if host in (EVERYWHERE, "::") else host


def _flag(values: Mapping[str, str], name: str, default: bool) -> bool:
    text = values.get(name, "").strip().lower()
    return default if not text else text in ("1", "true", "yes", "on")


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, "").strip() or str(default)
    if not text.isdigit():
        raise SettingsError(f"{name} is {text!r}; it must be a whole number")
    return int(text)


def _list(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part for part in values.get(name, "").replace(",", " ").split() if part)


def _delivery(values: Mapping[str, str]) -> dict[str, Any]:
    """Return what both profiles read alike."""
    return {
        "settle_seconds": _number(values, "SETTLE_SECONDS", 2),
        "house_currency": values.get("HOUSE_CURRENCY") or "USD",
        "exchange_rates": values.get("EXCHANGE_RATES", ""),
        "credit_limit": _number(values, "CREDIT_LIMIT", 100),
        "geoip_path": values.get("GEOIP_PATH", ""),
        "datacenters_path": values.get("DATACENTERS_PATH", ""),
        "server_keys": values.get("SERVER_KEYS", ""),
    }


def _embedded(values: Mapping[str, str]) -> Settings:
    instance = Path(values.get("KABINET_INSTANCE") or ROOT / "instance").resolve()
    instance.mkdir(parents=True, exist_ok=True)
    port = _number(values, "PORT", 5000)
    host = values.get("HOST", "127.0.0.1")
    public_url = (values.get("PUBLIC_URL") or f"http://{reachable(host)}:{port}").rstrip("/")
    return Settings(
        profile=Profile.EMBEDDED,
        instance=instance,
        secret_key=values.get("SECRET_KEY") or _kept_secret(instance / "secret_key"),
        database_url=values.get("DATABASE_URL") or f"sqlite:///{instance / 'kabinet.sqlite3'}",
        analytics_url=values.get("ANALYTICS_URL") or f"chdb://{instance / 'analytics'}",
        redis_url=values.get("REDIS_URL") or f"private://{instance / 'redis'}",
        files_path=Path(values.get("FILES_PATH") or instance / "files"),
        mail_url=values.get("MAIL_URL") or "console:",
        mail_from=values.get("MAIL_FROM") or "Kabinet <no-reply@kabinet.example>",
        payments=values.get("PAYMENTS") or "sandbox",
        serving_urls=_list(values, "SERVING_URLS") or (f"local://{instance / 'serving'}?node=1",),
        bus_url=values.get("BUS_URL") or f"local://{instance / 'bus'}",
        public_url=public_url,
        delivery_url=(values.get("DELIVERY_URL") or public_url).rstrip("/"),
        host=host,
        port=port,
        rate_limits=_flag(values, "RATE_LIMITS", True),
        worker_thread=_flag(values, "WORKER_THREAD", True),
        loops=_flag(values, "LOOPS", True),
        live_demo=_flag(values, "LIVE_DEMO", True),
        **_delivery(values),
        secure_cookies=_flag(values, "SECURE_COOKIES", False),
        proxies=_number(values, "PROXIES", 0),
        debug=_flag(values, "KABINET_DEBUG", False),
    )


def _stack(values: Mapping[str, str]) -> Settings:
    port = _number(values, "PORT", 5000)
    host = values.get("HOST", "127.0.0.1")
    public_url = (values.get("PUBLIC_URL") or f"http://{host}:{port}").rstrip("/")
    instance = Path(values.get("KABINET_INSTANCE") or ROOT / "instance").resolve()
    return Settings(
        profile=Profile.STACK,
        instance=instance,
        secret_key=values.get("SECRET_KEY", ""),
        database_url=values.get("DATABASE_URL", ""),
        analytics_url=values.get("ANALYTICS_URL", ""),
        redis_url=values.get("REDIS_URL", ""),
        files_path=Path(values.get("FILES_PATH") or instance / "files"),
        mail_url=values.get("MAIL_URL", ""),
        mail_from=values.get("MAIL_FROM") or "Kabinet <no-reply@kabinet.example>",
        payments=values.get("PAYMENTS") or "sandbox",
        serving_urls=_list(values, "SERVING_URLS"),
        bus_url=values.get("BUS_URL", ""),
        public_url=public_url,
        delivery_url=(values.get("DELIVERY_URL") or public_url).rstrip("/"),
        host=host,
        port=port,
        rate_limits=_flag(values, "RATE_LIMITS", True),
        worker_thread=_flag(values, "WORKER_THREAD", False),
        loops=_flag(values, "LOOPS", False),
        live_demo=False,
        **_delivery(values),
        secure_cookies=_flag(values, "SECURE_COOKIES", public_url.startswith("https://")),
        proxies=_number(values, "PROXIES", 0),
        debug=_flag(values, "KABINET_DEBUG", False),
    )


def _serving_faults(settings: Settings) -> list[str]:
    faults = []
    if len(settings.secret_key) < MIN_SECRET_LENGTH or len(set(settings.secret_key)) < MIN_SECRET_VARIETY:
        faults.append(
            "SECRET_KEY is missing or weak; make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if not settings.serving_urls or not all(url.startswith("tarantool://") for url in settings.serving_urls):
        faults.append(
            "SERVING_URLS must be tarantool://user:password@host:3301?node=1 (one a node) in the stack profile"
        )
    return faults


def _node_faults(urls: tuple[str, ...]) -> list[str]:
    """Return what is wrong with the numbers of nodes: two with one number would share offset, leases and events."""
    numbers = [parse_qs(urlsplit(url).query).get("node", ["1"])[-1] for url in urls]
    fine = all(number.isascii() and number.isdigit() and 0 < int(number) <= MOST_NODE for number in numbers)
    if fine and len({int(number) for number in numbers}) == len(numbers):
        return []
    return [f"SERVING_URLS must give each node a number of its own, from ?node=1 to ?node={MOST_NODE}"]


def _faults(settings: Settings) -> list[str]:
    faults = _serving_faults(settings)
    if not settings.database_url.startswith("mysql+pymysql://"):
        faults.append("DATABASE_URL must be mysql+pymysql://user:password@host/database in the stack profile")
    if not settings.analytics_url.startswith("clickhouse://"):
        faults.append("ANALYTICS_URL must be clickhouse://user:password@host:9000/database in the stack profile")
    if not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        faults.append("REDIS_URL must be redis://host:6379/0 in the stack profile")
    if not settings.bus_url.startswith(("amqp://", "amqps://")):
        faults.append("BUS_URL must be amqp://user:password@host:5672/ in the stack profile")
    if not settings.mail_url.startswith(("smtp://", "smtps://")):
        faults.append("MAIL_URL must be smtp://user:password@host:587?tls=starttls or smtps://… in the stack profile")
    else:
        faults += _mail_faults(settings.mail_url)
    return faults


def _mail_faults(url: str) -> list[str]:
    try:
        mail_tls(url)
    except ValueError as error:
        return [f"MAIL_URL: {error}"]
    return []


def _kept_secret(path: Path) -> str:
    """Return the secret kept beside the data, made on the first start, readable by its owner alone."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
