"""Replaying real logs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from webapp.cli.context import application
from webapp.core.money import to_decimal
from webapp.db.transaction import run_in_transaction
from webapp.extensions import db
from webapp.simulator.ipinyou import read_log
from webapp.simulator.replay import NODE, Replay, Replayed
from webapp.wiring import private_node

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("impressions", type=_FILE)
@click.argument("clicks", type=_FILE)
@click.option("--advertiser", required=True, help="Public id of the advertiser who pays; a… in the address bar.")
def replay_ipinyou(impressions: Path, clicks: Path, advertiser: str) -> None:
    """Deliver a day of iPinYou's logs again: the same impressions, clicks and prices, charged to an advertiser."""
    shown, clicked = read_log(impressions), read_log(clicks)
    with application() as app, tempfile.TemporaryDirectory(prefix="kabinet-replay-") as folder:
        app.adapters.analytics.ping()
        session = db.session()
        services = app.adapters.services(session)
        scope = services.accounts.system_scope(advertiser)

        def commit(work: Callable[[], None]) -> None:
            run_in_transaction(session, work)

        done = Replay(app.adapters, services, scope, private_node(Path(folder), NODE)).run(shown, clicked, commit)
    _tell(done, scope.currency)


def _tell(done: Replayed, currency: str) -> None:
    for (kind, verdict), count in sorted(done.events.items()):
        click.echo(f"{kind.value:12} {verdict.value or 'counted':26} {count:>8,}")
    click.echo(f"charged {to_decimal(done.charged_micros)} {currency}")
