"""Loading the demo account, and how to sign in to it."""

from __future__ import annotations

import time

import click
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from webapp.cli.context import application
from webapp.core.errors import Conflict
from webapp.db.engines import engine_options, prepare_engine, reading
from webapp.db.transaction import transaction
from webapp.demo.load import ensure_empty, is_loaded, load
from webapp.demo.people import OWNER, PASSWORD, STAFF
from webapp.extensions import db
from webapp.settings import Settings


@click.command()
@click.option("--logins/--no-logins", "say_logins", default=True, help="Say who can sign in.")
def demo(say_logins: bool) -> None:
    """Load the demo account into an empty cabinet; where it is loaded already, only say so."""
    with application() as app:
        session = db.session()
        if is_loaded(session):
            click.echo("demo: already loaded")
        else:
            _refuse_if_used(session)
            started = time.monotonic()
            click.echo("demo: loading…")
            with transaction(session):
                loaded = load(app.adapters, session, app.adapters.clock.now())
            seconds = time.monotonic() - started
            click.echo(
                f"demo: {loaded.campaigns} campaigns, {loaded.transactions:,} transactions, {loaded.facts:,} facts"
                f" in {seconds:.1f} s"
            )
        for line in logins(app.settings) if say_logins else ():
            click.echo(f"  {line}")


def _refuse_if_used(session: Session) -> None:
    try:
        ensure_empty(session)
    except Conflict as error:
        raise click.ClickException(str(error)) from error


def logins(settings: Settings) -> list[str]:
    """Return the lines that say who can sign in to the demo; none where it is not loaded."""
    engine = prepare_engine(create_engine(settings.database_url, **engine_options(settings.database_url)))
    try:
        with reading(), Session(engine) as session:
            if not is_loaded(session):
                return []
    finally:
        engine.dispose()
    return [
        f"Advertiser: {OWNER[0]} / {PASSWORD}",
        *(f"Staff, {role}: {email} / {PASSWORD}" for email, _, role in STAFF),
    ]
