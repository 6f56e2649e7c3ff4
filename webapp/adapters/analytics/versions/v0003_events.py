"""Events: facts that also say what happened, from which record of which node's log, and what became of it.

The offset of a node's log is in the facts themselves: each batch brings a row of its own (advertiser 0, kind `batch`),
so that batch and offset are one block, one part, there together or not at all. Such rows lie together at the start of
the table, where the newest is found without reading any event.
"""

from __future__ import annotations

from webapp.adapters.analytics.versions.v0001_facts import DIMENSIONS_VIEW
from webapp.adapters.analytics.versions.version import AddColumns, DropColumns, Version

COLUMNS = {
    "node": "UInt16",
    "seq": "UInt64",
    "kind": "String",
    "verdict": "String",
    "decision": "UInt64",
    "placement_id": "UInt32",
    "decided_ms": "Int64",
    "happened_ms": "Int64",
    "lease_id": "UInt64",
    "ip_prefix": "String",
    "user_day": "String",
    "after": "UInt64",
    "touched": "Array(UInt64)",
}
#: A placement and a reason are something to break a report down by, where events have them.
WITH_EVENTS = DIMENSIONS_VIEW.replace("'interest'],", "'interest', 'placement', 'verdict'],").replace(
    "interest != '']", "interest != '', placement_id != 0, verdict != '' AND kind != 'view']"
)
_DROP_VIEW = "DROP TABLE IF EXISTS facts_to_stats_dimensions"

VERSION = Version(
    number=3,
    up=(AddColumns("facts", COLUMNS), _DROP_VIEW, WITH_EVENTS),
    down=(_DROP_VIEW, DIMENSIONS_VIEW, DropColumns("facts", tuple(COLUMNS))),
)
