"""Serving the cabinet, with everything it needs in the embedded profile."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import click
from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import create_engine, inspect, text

from webapp.settings import DELIVERY, Profile, Settings, reachable
from webapp.wiring import private_redis_of

TARGETS = {"": "webapp.cli.server:app", DELIVERY: "webapp.cli.delivery_server:app"}
DELIVERY_PORT = "8090"
#: Chart and page work is mostly Python: more threads than this only wait for one another.
EMBEDDED_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)


@click.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo account into an empty embedded cabinet.")
@click.option("--threads", default=EMBEDDED_THREADS, show_default=True, help="Threads that answer requests.")
@click.option("--workers", default=1, show_default=True, help="Processes; the embedded profile has one.")
@click.option("--surface", default="", type=click.Choice(list(TARGETS)), help="Serve this surface alone.")
def serve(demo: bool, threads: int, workers: int, surface: str) -> None:
    """Serve the cabinet over HTTP until Ctrl-C."""
    if surface == DELIVERY:
        os.environ.setdefault("PORT", DELIVERY_PORT)
    settings = Settings.from_env(surface=surface)
    _ensure_port_free(settings)
    if surface:
        click.echo(f"\n  Kabinet's {surface}: http://{reachable(settings.host)}:{settings.port}\n")
        _run(settings, TARGETS[surface], workers, threads)
        return
    private = private_redis_of(settings.redis_url)
    try:
        if settings.profile is Profile.EMBEDDED:
            if private is not None:
                os.environ["REDIS_URL"] = private.start()
            _prepare(settings, demo)
            workers = 1
        _say_where(settings)
        _run(settings, TARGETS[""], workers, threads)
    finally:
        if private is not None:
            private.stop()


def _run(settings: Settings, target: str, workers: int, threads: int) -> None:
    Granian(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_enabled=True,
        workers_kill_timeout=10,
    ).serve()


def _ensure_port_free(settings: Settings) -> None:
    """Say which port is taken before anything is started."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise click.ClickException(
                f"port {settings.port} on {settings.host} cannot be used ({error.strerror}); choose another: PORT=5001"
            ) from error


def _prepare(settings: Settings, demo: bool) -> None:
    """Bring the schemas up to date and load the demo account into an empty cabinet."""
    environment = {**os.environ, "WORKER_THREAD": "0"}
    wanted = [["migrate"]] if not _is_migrated(settings) else []
    wanted += [["demo", "--no-logins"]] if demo and _is_empty(settings) else []
    for command in wanted:
        done = subprocess.run([sys.executable, "-m", "webapp.cli", *command], env=environment, check=False)
        if done.returncode:
            raise click.ClickException(f"`kabinet {command[0]}` failed; nothing is served")


def _is_migrated(settings: Settings) -> bool:
    """Tell whether the database is at this version's last revision, without starting the whole application."""
    from alembic.script import ScriptDirectory

    from webapp.settings import ROOT

    engine = create_engine(settings.database_url)
    try:
        if not inspect(engine).has_table("alembic_version"):
            return False
        with engine.connect() as connection:
            current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    finally:
        engine.dispose()
    return bool(current == ScriptDirectory(str(ROOT / "migrations")).get_current_head())


def _is_empty(settings: Settings) -> bool:
    engine = create_engine(settings.database_url)
    try:
        if not inspect(engine).has_table("advertisers"):
            return True
        with engine.connect() as connection:
            return not connection.scalar(text("SELECT COUNT(*) FROM users"))
    finally:
        engine.dispose()


def _say_where(settings: Settings) -> None:
    click.echo(f"\n  Kabinet: http://{reachable(settings.host)}:{settings.port}")
    if settings.profile is Profile.EMBEDDED and not _is_empty(settings):
        from webapp.cli.demo import logins

        for line in logins(settings):
            click.echo(f"  {line}")
    click.echo("  Ctrl-C stops it.\n")
