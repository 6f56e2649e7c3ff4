"""Signs of life of the loops: left by whoever runs them, read by whoever looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

#: The Redis hash where each loop leaves its last beat: name → JSON of at, took_ms, pause, error, lag.
BEATS = "kabinet:loops"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a loop said last."""

    name: str
    #: Seconds since 1970.
    at: float
    took_ms: int = 0
    #: How long the loop rests between two steps.
    pause: float = 0.0
    error: str = ""
    lag: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, name: str, text: str | bytes) -> Beat:
        """Read a beat."""
        found = json.loads(text)
        return cls(
            name,
            found["at"],
            found.get("took_ms", 0),
            found.get("pause", 0.0),
            found.get("error", ""),
            found.get("lag") or {},
        )
