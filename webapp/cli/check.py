"""Whether the settings hold and every store answers."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
from sqlalchemy import text

from webapp.cli.context import application
from webapp.extensions import db


@click.command()
def check() -> None:
    """Say of every store whether it answers; leave with 1 when one does not."""
    with application() as app:
        stores: dict[str, Callable[[], object]] = {
            "database": lambda: db.session.execute(text("SELECT 1")),
            "analytics": app.adapters.analytics.ping,
            "redis": app.adapters.redis.ping,
            "bus": app.adapters.bus.ping,
            **{f"serving node {node.node}": node.ping for node in app.adapters.serving},
        }
        results = [_answers(name, ask) for name, ask in stores.items()]
    sys.exit(0 if all(results) else 1)


def _answers(name: str, ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception as error:  # noqa: BLE001  # whatever a driver raises is the answer
        click.echo(f"{name}: does not answer: {error}")
        return False
    click.echo(f"{name}: answers")
    return True
