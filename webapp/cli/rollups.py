"""Commands about the store of figures."""

from __future__ import annotations

from datetime import date, datetime

import click

from webapp.cli.context import application
from webapp.core.periods import EPOCH, Period
from webapp.domain.delivery.ingest import rebuild
from webapp.extensions import db

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("rebuild-rollups")
@click.option("--from", "first", type=DAY, help="The first day, in the advertisers' zones; the first of all.")
@click.option("--to", "last", type=DAY, help="The last day; the last of all.")
@click.option("--advertiser", "public_id", default="", help="Only this advertiser's (a_…).")
def rebuild_rollups(first: datetime | None, last: datetime | None, public_id: str) -> None:
    """Compare the sums that pages read with the events behind them, and put right what differs.

    Safe while the system runs, and safe to be interrupted: only differences are added, a day at a time.
    """
    period = Period(first.date() if first else EPOCH, last.date() if last else date(2105, 12, 31))
    with application() as app:
        owner = app.adapters.services(db.session()).directory.id_of(public_id) if public_id else None
        db.session.remove()
        checked = repaired = 0
        locks = app.adapters.new_locks()
        for day, tables in rebuild(app.adapters.analytics, locks, period, owner):
            checked += 1
            repaired += bool(tables)
            if tables:
                click.echo(f"{day.isoformat()}: {', '.join(tables)}")
        locks.close()
    click.echo(f"{checked} days compared, {repaired} put right")
