"""The `kabinet` command."""

from __future__ import annotations

import importlib
import sys

import click

from webapp import __version__

FAULT = 2
#: Command → where it is; imported only when it is called, for the drivers behind some are slow to load.
COMMANDS = {
    "audit-ledger": "webapp.cli.books:audit_ledger",
    "check": "webapp.cli.check:check",
    "create-staff": "webapp.cli.accounts:create_staff",
    "demo": "webapp.cli.demo:demo",
    "import-stats": "webapp.cli.statistics:import_stats",
    "loops": "webapp.cli.loops:loops",
    "migrate": "webapp.cli.stores:migrate",
    "replay-ipinyou": "webapp.cli.replay:replay_ipinyou",
    "rebuild-rollups": "webapp.cli.rollups:rebuild_rollups",
    "simulate": "webapp.cli.simulate:simulate",
    "serve": "webapp.cli.serve:serve",
    "worker": "webapp.cli.worker:worker",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name every command."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by its name."""
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="kabinet")
def cli() -> None:
    """Kabinet, a self-hosted advertiser cabinet."""


def main() -> None:
    """Run the command; a fault of the environment or of the input is one sentence, not a traceback."""
    from webapp.core.errors import KabinetError
    from webapp.settings import SettingsError

    try:
        cli()
    except (SettingsError, KabinetError) as error:
        click.echo(f"kabinet: {error}", err=True)
        sys.exit(FAULT)
