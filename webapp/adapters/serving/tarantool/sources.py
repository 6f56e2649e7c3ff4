"""The procedures of a node, as they are sent to it."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "lua"
#: In the order they are run; each finds what the ones before it left in their shared table.
ORDER = (
    *("numbers", "collector", "memory", "undo", "limits", "schema", "log", "orders", "counters", "funnel", "leases"),
    *("snapshot", "caps", "pace", "candidates", "decisions", "decide", "rates", "verdicts", "record", "housekeeping"),
    "procedures",
)


def sources() -> list[list[str]]:
    """Return name and text of every source."""
    return [[f"{name}.lua", (FOLDER / f"{name}.lua").read_text(encoding="utf-8")] for name in ORDER]
