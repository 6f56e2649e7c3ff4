"""Runs loops: a step at a time, for ever, in threads of one process; what fails rests and begins anew."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from webapp.core.beats import BEATS
from webapp.core.errors import Unavailable
from webapp.extensions import db
from webapp.web.app import KabinetFlask

log = logging.getLogger(__name__)

LONGEST_REST_SECONDS = 5.0


class Loop(Protocol):
    """Something done again and again."""

    #: Short and unique: `settle-1`.
    name: str
    #: How long to rest after a step that found nothing to do.
    pause_seconds: float

    def step(self) -> bool:
        """Do one batch, its own transactions included; tell whether more may be waiting."""

    def lag(self) -> dict[str, float]:
        """Return figures about what is behind, such as {"events": 12, "seconds": 0.4}."""


class LoopThread(threading.Thread):
    """One loop in one thread."""

    def __init__(self, app: KabinetFlask, loop: Loop) -> None:
        super().__init__(name=f"loop-{loop.name}", daemon=True)
        self._app = app
        self._loop = loop
        self._stop_event = threading.Event()
        self._beaten = 0.0

    def run(self) -> None:
        """Step until the end; after a failure rest longer each time, up to five seconds."""
        rest = 0.1
        while not self._stop_event.is_set():
            began = time.monotonic()
            more, error = self._step()
            self._beat(time.monotonic() - began, error)
            rest = min(rest * 2, LONGEST_REST_SECONDS) if error else 0.1
            if error or not more:
                self._stop_event.wait(rest if error else self._loop.pause_seconds)

    def _step(self) -> tuple[bool, str]:
        with self._app.app_context():
            try:
                return self._loop.step(), ""
            except Unavailable as error:
                log.warning("%s waits: %s", self._loop.name, error)
                return False, str(error)
            except Exception as error:
                log.exception("%s failed; it begins anew", self._loop.name)
                return False, _told(error)
            finally:
                db.session.remove()

    def _beat(self, took_seconds: float, error: str) -> None:
        if time.monotonic() - self._beaten < 1 and not error:
            return
        self._beaten = time.monotonic()
        beat = {
            "at": time.time(),
            "took_ms": round(took_seconds * 1000),
            "pause": self._loop.pause_seconds,
            "error": error[:500],
        }
        try:
            self._app.adapters.redis.hset(BEATS, self._loop.name, json.dumps({**beat, "lag": self._loop.lag()}))
        except RedisError as trouble:
            log.debug("no beat of %s: %s", self._loop.name, trouble)

    def stop(self) -> None:
        """Ask for the end after the step at hand."""
        self._stop_event.set()


def _told(error: Exception) -> str:
    """Say what went wrong on the system page; of the database's errors only the kind, for values may be in the rest."""
    if isinstance(error, DBAPIError):
        code = error.orig.args[0] if error.orig is not None and error.orig.args else ""
        return f"{type(error).__name__} {code}".strip() if isinstance(code, int) else type(error).__name__
    return f"{type(error).__name__}: {error}"


class Loops:
    """All loops of this process."""

    def __init__(self, app: KabinetFlask, loops: Sequence[Loop]) -> None:
        self._threads = [LoopThread(app, loop) for loop in loops]

    def start(self) -> None:
        """Start every loop."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 10) -> None:
        """Finish the steps at hand and end."""
        for thread in self._threads:
            thread.stop()
        ends = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
