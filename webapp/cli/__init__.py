"""The `kabinet` command."""

from __future__ import annotations

import sys

import click

from webapp import __version__
from webapp.cli.accounts import create_staff
from webapp.cli.books import audit_ledger
from webapp.cli.check import check
from webapp.cli.demo import demo
from webapp.cli.serve import serve
from webapp.cli.statistics import import_stats
from webapp.cli.stores import migrate
from webapp.cli.worker import worker
from webapp.core.errors import KabinetError
from webapp.settings import SettingsError

FAULT = 2


@click.group()
@click.version_option(__version__, prog_name="kabinet")
def cli() -> None:
    """Kabinet, a self-hosted advertiser cabinet."""


for command in (serve, worker, migrate, demo, create_staff, import_stats, audit_ledger, check):
    cli.add_command(command)


def main() -> None:
    """Run the command; a fault of the environment or of the input is one sentence, not a traceback."""
    try:
        cli()
    except (SettingsError, KabinetError) as error:
        click.echo(f"kabinet: {error}", err=True)
        sys.exit(FAULT)
