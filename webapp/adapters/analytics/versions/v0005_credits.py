"""What an event had cost before it was found to be invalid and the money was given back."""

from __future__ import annotations

from webapp.adapters.analytics.versions.version import AddColumns, DropColumns, Version

VERSION = Version(
    number=5,
    up=(AddColumns("facts", {"credited_micros": "Int64"}),),
    down=(DropColumns("facts", ("credited_micros",)),),
)
