"""Events as text, the same on every bus."""

from __future__ import annotations

import json
from datetime import datetime

from webapp.domain.events.types import Envelope

#: How long an event rests after its first failed attempt, its second …; the last stands for all that follow.
DELAYS = (1.0, 10.0, 60.0, 300.0)


def to_wire(event: Envelope) -> str:
    """Write an event as JSON."""
    return json.dumps(
        {
            "id": event.id,
            "name": event.name,
            "advertiser_id": event.advertiser_id,
            "payload": dict(event.payload),
            "at": event.at.isoformat(),
        },
        ensure_ascii=False,
    )


def from_wire(text: str | bytes) -> Envelope:
    """Read an event; raise ValueError, KeyError or TypeError when it is none of ours."""
    found = json.loads(text)
    return Envelope(
        str(found["id"]),
        str(found["name"]),
        found["advertiser_id"],
        dict(found["payload"]),
        datetime.fromisoformat(found["at"]),
    )
