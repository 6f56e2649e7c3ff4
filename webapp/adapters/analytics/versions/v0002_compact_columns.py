"""What newer servers store more tightly: repeated words as numbers, sorted columns as differences."""

from __future__ import annotations

from webapp.adapters.analytics.versions.version import Version

_WORDS = ("country", "region", "device", "os", "browser", "site", "age", "gender", "interest")

VERSION = Version(
    number=2,
    needs=(21, 1),
    up=(
        *(f"ALTER TABLE facts MODIFY COLUMN {name} LowCardinality(String)" for name in _WORDS),
        "ALTER TABLE facts MODIFY COLUMN dim_names Array(LowCardinality(String))",
        "ALTER TABLE facts MODIFY COLUMN ts DateTime('UTC') CODEC(DoubleDelta, LZ4)",
    ),
    down=(
        *(f"ALTER TABLE facts MODIFY COLUMN {name} String" for name in _WORDS),
        "ALTER TABLE facts MODIFY COLUMN dim_names Array(String)",
        "ALTER TABLE facts MODIFY COLUMN ts DateTime('UTC') CODEC(Default)",
    ),
)
