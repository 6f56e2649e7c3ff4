"""Commands about figures."""

from __future__ import annotations

from pathlib import Path

import click

from webapp.cli.context import application
from webapp.cli.import_stats import import_statistics


@click.command("import-stats")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--advertiser", required=True, help="Public id of the advertiser, such as a_7Q2M….")
@click.option("--day", default=None, help="The day of all rows when the file has no dates (YYYY-MM-DD).")
@click.option("--good-rows", is_flag=True, help="Import the good rows although others are faulty.")
def import_stats(file: Path, advertiser: str, day: str | None, good_rows: bool) -> None:
    """Import the statistics of an existing ad account from CSV, TSV or XLSX."""
    with application() as app:
        import_statistics(app, file, advertiser, day=day, good_rows=good_rows, say=click.echo)
