"""Who acts, and for which advertiser: the first argument of every service method."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from webapp.core.errors import Forbidden
from webapp.core.ids import PublicId
from webapp.core.permissions import ADVERTISER_PERMISSIONS, AdvertiserRole, Permission


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that changes the books: a user (with an id) or the system (without)."""

    user_id: int | None
    name: str
    ip: str = ""


SYSTEM = Actor(user_id=None, name="system")


@dataclass(frozen=True, slots=True)
class Scope:
    """An actor at work for one advertiser."""

    actor: Actor
    advertiser_id: int
    advertiser_public_id: PublicId
    advertiser_name: str
    currency: str
    zone_name: str
    permissions: frozenset[Permission]
    role: AdvertiserRole | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Return the advertiser's time zone."""
        return ZoneInfo(self.zone_name)

    def can(self, permission: Permission) -> bool:
        """Tell whether the actor may do this."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the actor may do this."""
        if permission not in self.permissions:
            raise Forbidden


@dataclass(frozen=True, slots=True)
class StaffScope:
    """A member of staff at work over all advertisers."""

    actor: Actor
    permissions: frozenset[Permission]

    def can(self, permission: Permission) -> bool:
        """Tell whether the actor may do this."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the actor may do this."""
        if permission not in self.permissions:
            raise Forbidden


#: What jobs and commands may do for an advertiser: all that its owner may.
SYSTEM_PERMISSIONS = ADVERTISER_PERMISSIONS[AdvertiserRole.OWNER]
