"""What the server process of `kabinet serve --surface delivery` loads: no Flask, no database."""

from __future__ import annotations

import signal

from webapp.cli.process import tame_collector
from webapp.settings import DELIVERY, Settings
from webapp.surfaces.delivery.app import DeliveryApp, Wsgi, alone
from webapp.wiring import geography_of, serving_nodes


def _build() -> Wsgi:
    # As in webapp.cli.server: Ctrl-C reaches the parent, whose signal alone counts.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    settings = Settings.from_env(surface=DELIVERY)
    return alone(DeliveryApp(settings, serving_nodes(settings), geography_of(settings)))


app = _build()
tame_collector()
