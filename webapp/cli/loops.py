"""The loops of delivery as a process of their own."""

from __future__ import annotations

import signal
import threading

import click

from jobs.loops.registry import KINDS, make_loops
from jobs.loops.runner import Loops
from webapp.cli.context import application


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(list(KINDS)), metavar="[KIND]...")
def loops(kinds: tuple[str, ...]) -> None:
    """Run the loops of these kinds, all when none is named, until a signal.

    Kinds: relay, consumers, publisher, allocator, settle, ingest, housekeeping. Each may run in several processes.
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with application() as app:
        running = Loops(app, make_loops(app, kinds))
        running.start()
        # Waiting without an end would keep the main thread from its signals on some systems.
        while not ended.wait(1):
            pass
        running.stop()
