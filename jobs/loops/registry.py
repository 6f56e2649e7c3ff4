"""Which loops there are; each module makes those of its kind for an app."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from jobs.loops.runner import Loop
from webapp.web.app import KabinetFlask

#: Kind → the function that makes its loops, one a serving node where it says so.
KINDS: dict[str, str] = {
    "relay": "jobs.loops.relay:make",
    "consumers": "jobs.loops.consumers:make",
    "publisher": "jobs.loops.publisher:make",
    "allocator": "jobs.loops.allocator:make",
    "settle": "jobs.loops.settle:make",
    "ingest": "jobs.loops.ingest:make",
    "housekeeping": "jobs.loops.housekeeping:make",
}


def make_loops(app: KabinetFlask, kinds: Sequence[str] = ()) -> list[Loop]:
    """Return the loops of these kinds, of all when none is named; raise KeyError for an unknown kind."""
    made: list[Loop] = []
    for kind in kinds or KINDS:
        module, _, name = KINDS[kind].partition(":")
        made += getattr(importlib.import_module(module), name)(app)
    return made
