"""People for the demo: while its server runs they come to the sites, about one page view a second."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from webapp.db.engines import reading
from webapp.demo.audience import POOL, people
from webapp.demo.people import ZONE
from webapp.extensions import db
from webapp.simulator.advertisers import Advertisers
from webapp.simulator.clients import WsgiClient
from webapp.simulator.installation import currencies, offered_places
from webapp.simulator.people import Town
from webapp.simulator.places import Place
from webapp.simulator.run import Pace, Simulation
from webapp.simulator.truth import Forgetful
from webapp.simulator.visits import Manners, Visits
from webapp.surfaces.delivery.app import DeliveryApp

if TYPE_CHECKING:
    from webapp.web.app import KabinetFlask

log = logging.getLogger(__name__)

VIEWS_A_SECOND = 1.0
#: Sites and places are looked up anew after this.
_ROUND_SECONDS = 600.0
_REST_SECONDS = 5.0
_MANNERS = Manners(click_rate=0.009, buy_rate=0.08)
#: Pages come first: this thread alone is slower, where the system knows such a thing.
_NICE = 10


class Neighbourhoods:
    """Knows where the demo's people live, as the figures of its past have it."""

    def __init__(self) -> None:
        self._people = people()

    def locate(self, ip: str) -> tuple[str, str]:
        """Return country and region; all of one /24 live in the same."""
        person = self._people[zlib.crc32(ip.rpartition(".")[0].encode()) % POOL]
        return person.country, person.region

    def is_datacenter(self, ip: str) -> bool:  # noqa: ARG002
        """Tell that nobody here is one."""
        return False


class LivingDemo(threading.Thread):
    """Lets people come until it is stopped; where there is no demo nobody comes."""

    def __init__(self, app: KabinetFlask) -> None:
        super().__init__(name="living-demo", daemon=True)
        self._app = app
        self._ended = threading.Event()

    def run(self) -> None:
        """Let people come, round after round."""
        _be_modest()
        # The server starts first.
        self._ended.wait(_REST_SECONDS / 2)
        visits, town = self._visits()
        while not self._ended.is_set():
            try:
                places = self._places()
                if not places:
                    return
                Simulation(visits, town, places, self._ended, _hour).run(Pace(VIEWS_A_SECOND, _ROUND_SECONDS))
            except Exception:
                log.exception("the demo's people stay away for a moment")
                self._ended.wait(_REST_SECONDS)

    def stop(self, timeout: float = 5) -> None:
        """Let nobody come any more."""
        self._ended.set()
        if self.is_alive():
            self.join(timeout)

    def _visits(self) -> tuple[Visits, Town]:
        # The surface as it serves everybody, but for a key of its own, by which people have addresses in there.
        key = secrets.token_urlsafe(24)
        settings = replace(self._app.settings, server_keys=key)
        surface = DeliveryApp(settings, self._app.adapters.serving, Neighbourhoods())
        town = Town(int(time.time()))
        advertisers = Advertisers(settings.secret_key, currencies(self._app))
        return Visits(WsgiClient(surface), town, Forgetful(), key, _MANNERS, advertisers), town

    def _places(self) -> Sequence[Place]:
        # With it come pictures and all else a demo is made of, which no start of a server should wait for.
        from webapp.demo.load import is_loaded

        with self._app.app_context(), reading():
            try:
                loaded = is_loaded(db.session())
            finally:
                db.session.remove()
        return offered_places(self._app) if loaded else ()


def _hour() -> float:
    return float(datetime.now(ZoneInfo(ZONE)).hour)


def _be_modest() -> None:
    """Take less of the processor than pages do: on Linux a thread has a priority of its own."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
