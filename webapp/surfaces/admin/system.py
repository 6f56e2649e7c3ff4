"""The system page: which stores answer, which loops live and how far behind they are, what waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask.typing import ResponseReturnValue
from flask_babel import gettext
from redis.exceptions import RedisError
from sqlalchemy import text

from webapp.core.beats import BEATS, Beat
from webapp.core.errors import Unavailable
from webapp.core.permissions import Permission
from webapp.surfaces.admin import bp
from webapp.surfaces.admin.loop_words import lag_words, loop_text, loop_title
from webapp.web.access import requires
from webapp.web.app import kabinet, services, session
from webapp.web.htmx import page

#: A loop that has not been heard of for so long, its rest left out, is likely not running.
SILENT_SECONDS = 30
#: And after so long it has likely been taken out.
FORGOTTEN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class StoreState:
    """One store at this moment."""

    name: str
    place: str
    took_ms: int
    error: str


@dataclass(frozen=True, slots=True)
class LoopState:
    """One loop's last beat."""

    beat: Beat
    at: datetime
    is_silent: bool


@bp.get("/system")
@requires(Permission.STAFF_JOBS)
def system() -> ResponseReturnValue:
    """Show the state of everything around the cabinet."""
    unrelayed, oldest = services().outbox.backlog()
    return page(
        "admin/system/index.html",
        stores=_stores(),
        loops=_loops(),
        waiting=_waiting(),
        unrelayed=unrelayed,
        oldest=oldest,
        buried=services().dead_letters.count(),
        loop_title=loop_title,
        loop_text=loop_text,
        lag_words=lag_words,
    )


def _stores() -> list[StoreState]:
    """Ask all at once: the slowest answer is as long as anybody waits."""
    adapters, settings = kabinet().adapters, kabinet().settings
    started = time.monotonic()
    session().execute(text("SELECT 1"))
    database = StoreState(gettext("Database"), _place(settings.database_url), _since(started), "")
    asked: list[tuple[str, str, Callable[[], object]]] = [
        (gettext("Analytics"), settings.analytics_url, adapters.analytics.ping),
        (gettext("Queue"), adapters.redis_url, adapters.redis.ping),
        (gettext("Events"), settings.bus_url, adapters.bus.ping),
    ]
    for number, (url, node) in enumerate(zip(settings.serving_urls, adapters.serving, strict=True), start=1):
        asked.append((gettext("Serving node %(number)s", number=number), url, node.ping))
    with ThreadPoolExecutor(len(asked)) as threads:
        return [database, *threads.map(lambda store: _state(*store), asked)]


def _state(name: str, url: str, ping: Callable[[], object]) -> StoreState:
    started = time.monotonic()
    try:
        ping()
    except Exception as error:  # noqa: BLE001  # whatever a driver raises, the store does not answer
        return StoreState(name, _place(url), _since(started), f"{type(error).__name__}: {error}"[:300])
    return StoreState(name, _place(url), _since(started), "")


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _place(url: str) -> str:
    """Return where a store is, without the password that stands in its address."""
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    return f"{parts.scheme.split('+')[0]} {host}".strip()


def _loops() -> list[LoopState] | None:
    """Return what the loops said last, None when nobody can tell."""
    try:
        found: Mapping[bytes, bytes] = kabinet().adapters.redis.hgetall(BEATS)  # type: ignore[assignment]
    except RedisError:
        return None
    beats = sorted((Beat.from_json(name.decode(), said) for name, said in found.items()), key=lambda beat: beat.name)
    now = time.time()
    return [
        LoopState(beat, datetime.fromtimestamp(beat.at, UTC), now - beat.at > SILENT_SECONDS + beat.pause)
        for beat in beats
        if now - beat.at < FORGOTTEN_SECONDS
    ]


def _waiting() -> Mapping[str, int] | None:
    """Return how many events wait for each consumer, None when the bus is down."""
    try:
        return kabinet().adapters.bus.waiting()
    except Unavailable:
        return None
