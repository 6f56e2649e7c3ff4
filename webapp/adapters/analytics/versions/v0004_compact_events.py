"""What newer servers store of events more tightly."""

from __future__ import annotations

from webapp.adapters.analytics.versions.version import Version

_WORDS = ("kind", "verdict", "ip_prefix")
_RISING = {"seq": "UInt64", "decided_ms": "Int64", "happened_ms": "Int64"}

VERSION = Version(
    number=4,
    needs=(21, 1),
    up=(
        *(f"ALTER TABLE facts MODIFY COLUMN {name} LowCardinality(String)" for name in _WORDS),
        *(f"ALTER TABLE facts MODIFY COLUMN {name} {kind} CODEC(DoubleDelta, LZ4)" for name, kind in _RISING.items()),
    ),
    down=(
        *(f"ALTER TABLE facts MODIFY COLUMN {name} String" for name in _WORDS),
        *(f"ALTER TABLE facts MODIFY COLUMN {name} {kind} CODEC(Default)" for name, kind in _RISING.items()),
    ),
)
