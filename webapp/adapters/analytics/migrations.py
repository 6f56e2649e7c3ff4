"""Runs the versions of the analytics tables up and down; every statement may be run again after a crash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webapp.adapters.analytics.engine import Engine, bind
from webapp.adapters.analytics.versions import ALL
from webapp.adapters.analytics.versions.version import AddColumns, Statement, Version

#: A log that is only added to, because old servers cannot change a row at once.
LOG = """
CREATE TABLE IF NOT EXISTS analytics_migrations (version UInt32, step Int8, at DateTime('UTC'))
ENGINE = MergeTree ORDER BY (version, at)
"""


def in_force(engine: Engine) -> set[int]:
    """Return the versions that were applied and not taken back."""
    engine.run(LOG)
    rows = engine.rows("SELECT version FROM analytics_migrations GROUP BY version HAVING sum(step) > 0")
    return {version for (version,) in rows}


def migrate(engine: Engine, target: int | None = None) -> Sequence[int]:
    """Bring the tables to `target` (None is the newest) and return the versions that were run, in their order."""
    aim = ALL[-1].number if target is None else target
    done = []
    for version, step in list(_plan(in_force(engine), aim, server_release(engine))):
        for statement in version.up if step > 0 else version.down:
            _run(engine, statement)
        engine.run(bind("INSERT INTO analytics_migrations SELECT %(version)s, %(step)s, now()", _entry(version, step)))
        done.append(version.number)
    return done


def _plan(applied: set[int], aim: int, release: tuple[int, int]) -> Iterator[tuple[Version, int]]:
    for version in reversed(ALL):
        if version.number in applied and version.number > aim:
            yield version, -1
    for version in ALL:
        if version.number not in applied and version.number <= aim and release >= version.needs:
            yield version, 1


def _run(engine: Engine, statement: Statement) -> None:
    """Run a statement; columns that are there, or gone already, were done before a crash."""
    if isinstance(statement, str):
        engine.run(statement)
        return
    found = _columns(engine, statement.table)
    if isinstance(statement, AddColumns):
        steps = [f"ADD COLUMN {name} {kind}" for name, kind in statement.columns.items() if name not in found]
    else:
        steps = [f"DROP COLUMN {name}" for name in statement.columns if name in found]
    if steps:
        engine.run(f"ALTER TABLE {statement.table} {', '.join(steps)}")


def _columns(engine: Engine, table: str) -> set[str]:
    select = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = %(table)s"
    return {str(name) for (name,) in engine.rows(bind(select, {"table": table}))}


def _entry(version: Version, step: int) -> dict[str, int]:
    return {"version": version.number, "step": step}


def server_release(engine: Engine) -> tuple[int, int]:
    """Return the server's year and release: (18, 16), (26, 9)."""
    year, release = str(engine.rows("SELECT version()")[0][0]).split(".")[:2]
    return int(year), int(release)
