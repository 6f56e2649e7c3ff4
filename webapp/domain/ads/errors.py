"""What may go wrong with campaigns and ads."""

from __future__ import annotations

from datetime import datetime

from webapp.core.errors import Conflict


class StaleVersion(Conflict):
    """Somebody saved this in the meantime."""

    code = "stale_version"

    def __init__(self, name: str, by: str = "", at: datetime | None = None) -> None:
        """Name the thing, and who saved it when, as far as is known."""
        if by and at:
            super().__init__(
                "“%(name)s” was changed by %(by)s in the meantime. Look at the new values, then save yours again.",
                name=name,
                by=by,
                at=at,
            )
        else:
            super().__init__("“%(name)s” was changed in the meantime. Look at it again, then save.", name=name)


class WrongState(Conflict):
    """In its present state nothing can do this."""

    code = "wrong_state"
