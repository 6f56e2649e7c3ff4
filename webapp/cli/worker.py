"""The queue's worker as a process of its own."""

from __future__ import annotations

import click

from jobs.worker import run_worker
from webapp.cli.context import application


@click.command()
@click.option("--burst", is_flag=True, help="Leave when the queues are empty.")
def worker(burst: bool) -> None:
    """Work the queue: letters, thumbnails, imports, exports."""
    with application() as app:
        run_worker(app, burst=burst)
