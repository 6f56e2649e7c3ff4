"""What the server process of `kabinet serve` loads: the application; embedded, also the worker and the loops."""

from __future__ import annotations

import atexit
import gc
import signal

from webapp.factory import create_app
from webapp.settings import Settings
from webapp.web.app import KabinetFlask


def _build() -> KabinetFlask:
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
    return built


def _tame_collector() -> None:
    """Keep the garbage collector from walking the whole program while somebody waits for a page.

    What is loaded by now stays for good, and a page makes tens of thousands of short-lived objects, hardly one of
    them in a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


app = _build()
_tame_collector()
