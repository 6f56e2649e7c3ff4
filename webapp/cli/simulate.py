"""Letting simulated people browse: against a server, over HTTP."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

import click

from webapp.cli.context import application
from webapp.settings import Settings
from webapp.simulator.advertisers import Advertisers
from webapp.simulator.clients import HttpClient
from webapp.simulator.installation import currencies, offered_places
from webapp.simulator.people import Town
from webapp.simulator.places import Place
from webapp.simulator.run import Pace, Simulation
from webapp.simulator.truth import Truth
from webapp.simulator.visits import Manners, Visits

#: What was begun may end: somebody clicks, buys, and the shop's server tells it twice.
_WIND_DOWN_SECONDS = 10.0
_YEARS = 3e9
_MANNERS = Manners(click_rate=0.02, buy_rate=0.2)
_MOST_SURPRISES = 10


@click.command()
@click.option("--url", default="http://127.0.0.1:5000", show_default=True, help="Where /d answers.")
@click.option("--views-per-second", "views", default=5.0, show_default=True, help="Page views, on the mean of a day.")
@click.option("--seconds", default=60.0, show_default=True, help="How long people come.")
@click.option("--forever", is_flag=True, help="Until Ctrl-C.")
@click.option("--seed", default=1, show_default=True, help="The same seed brings the same people in the same order.")
@click.option("--key", default="", help="One of the server's SERVER_KEYS; that of this environment when left out.")
@click.option("--placement", "placements", multiple=True, help="Public id of a placement; again for more.")
def simulate(
    url: str, views: float, seconds: float, forever: bool, seed: int, key: str, placements: tuple[str, ...]
) -> None:
    """Let people visit pages with placements, click, buy, and misbehave; say what was answered.

    Works on the placements of this environment's database when none is named.
    """
    settings = Settings.from_env()
    key = key or settings.server_keys.split(",")[0].strip()
    if not key:
        raise click.ClickException(
            "people need addresses of their own: start the server with SERVER_KEYS=… and give one of them as --key"
        )
    truth, town, client = Truth(), Town(seed), HttpClient(url)
    with application() as app:
        places = [Place(name) for name in placements] or offered_places(app)
        if not places:
            raise click.ClickException("there are no placements yet; add some at /admin/sites")
        visits = Visits(client, town, truth, key, _MANNERS, Advertisers(settings.secret_key, currencies(app)))
        simulation = Simulation(visits, town, places, _until_signal(), lambda: float(datetime.now(UTC).hour))
        simulation.run(Pace(views, _YEARS if forever else seconds, _WIND_DOWN_SECONDS))
    client.close()
    for line in table(truth):
        click.echo(line)


def _until_signal() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


def table(truth: Truth) -> list[str]:
    """Return what a simulation came to, line by line."""
    rows = [
        ("ads asked for", "", truth.decisions),
        ("", "filled", truth.filled),
        ("", "in doubt", truth.lost_decisions),
    ]
    rows += [
        (kind.value, verdict.value or "counted", count) for (kind, verdict), count in sorted(truth.totals().items())
    ]
    rows += [("forged tokens", "", truth.forged), ("conversions", "refused", truth.refused)]
    rows += [("in doubt", kind.value, count) for kind, count in sorted(truth.doubts().items())]
    rows.append(("surprises", "", len(truth.unexplained())))
    lines = [f"{name:14}{what:26}{count:>10,}" for name, what, count in rows]
    shown = truth.unexplained()[:_MOST_SURPRISES]
    return lines + [f"  {each.kind.value}: {each.answered or 'counted'}, not {each.expected.value}" for each in shown]
