"""What the server process of `kabinet serve` loads: the cabinet behind delivery; embedded, all that moves it too."""

from __future__ import annotations

import atexit
import signal

from webapp.cli.process import tame_collector
from webapp.factory import create_app
from webapp.settings import Settings
from webapp.surfaces.delivery.app import DeliveryApp, Wsgi, mounted


def _build() -> Wsgi:
    # Ctrl-C reaches this process and its parent, which answers with SIGTERM. granian's handler locks up when the second
    # signal interrupts it in the first, and then the process is killed after ten seconds: let the parent's alone count.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    settings = Settings.from_env()
    built = create_app(settings)
    built.adapters.analytics.migrate()
    if settings.worker_thread:
        from jobs.worker import start_worker_thread

        thread = start_worker_thread(built)
        atexit.register(thread.stop)
    if settings.loops:
        from jobs.loops.registry import make_loops
        from jobs.loops.runner import Loops

        loops = Loops(built, make_loops(built))
        loops.start()
        # What is registered last ends first: the loops before the worker.
        atexit.register(loops.stop)
    if settings.live_demo:
        from webapp.demo.living import LivingDemo

        people = LivingDemo(built)
        people.start()
        # People end before the loops, which then carry the last events on.
        atexit.register(people.stop)
    return mounted(DeliveryApp(settings, built.adapters.serving, built.adapters.geography), built)


app = _build()
tame_collector()
