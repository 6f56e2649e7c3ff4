"""Commands about the stores' schemas."""

from __future__ import annotations

import click
from flask_migrate import downgrade, upgrade

from webapp.cli.context import application


@click.command()
@click.option("--down-to", default=None, help="Take the database back to this revision (`base` for nothing).")
def migrate(down_to: str | None) -> None:
    """Bring the database, the analytics store and every serving node to this version's schema."""
    with application() as app:
        if down_to is not None:
            downgrade(revision=down_to)
            click.echo(f"database: taken back to {down_to}")
            return
        upgrade()
        click.echo("database: up to date")
        applied = app.adapters.analytics.migrate()
        click.echo(f"analytics: {f'applied {list(applied)}' if applied else 'up to date'}")
        for store in app.adapters.serving:
            store.migrate()
            click.echo(f"serving node {store.node}: up to date")
