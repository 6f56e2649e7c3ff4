"""Who can sign in to the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webapp.core.ids import new_public_id
from webapp.core.permissions import STAFF_PERMISSIONS, AdvertiserRole, StaffRole
from webapp.core.scope import Actor, StaffScope
from webapp.domain.accounts.models import Advertiser, User
from webapp.domain.tasks.services import Tasks

if TYPE_CHECKING:
    from webapp.wiring import Services

PASSWORD = "demo-tallbrook-2026"  # noqa: S105  # printed at every start: the demo has no secrets
OWNER = ("mara@tallbrook.example", "Mara Lindholm")
ZONE = "Europe/Riga"
MEMBERS = (
    ("jonas@tallbrook.example", "Jonas Berg", AdvertiserRole.MANAGER),
    ("elza@tallbrook.example", "Elza Kalna", AdvertiserRole.ANALYST),
    ("rita@tallbrook.example", "Rita Saar", AdvertiserRole.BILLING),
)
STAFF = (
    ("oskar@kabinet.example", "Oskar Tamm", StaffRole.ADMIN),
    ("ines@kabinet.example", "Ines Koppel", StaffRole.MODERATOR),
    ("pavel@kabinet.example", "Pavel Ozols", StaffRole.FINANCE),
    ("greta@kabinet.example", "Greta Lund", StaffRole.SUPPORT),
)


class SilentTasks(Tasks):
    """Background work that nobody does: the demo makes its own thumbnails and writes no letters."""

    def enqueue(self, *_: Any, **__: Any) -> Any:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class People:
    """Those the demo needs to act."""

    owner: User
    password_hash: str
    staff: dict[StaffRole, StaffScope]

    @property
    def actor(self) -> Actor:
        """Return the owner as an actor."""
        return Actor(self.owner.id, self.owner.name)


def add_people(services: Services) -> People:
    """Add the owner, and one member of staff for each role."""
    # One password for all, hashed once: that alone takes a moment.
    password_hash = services.adapters.passwords.hash(PASSWORD)
    staff = {}
    for email, name, role in STAFF:
        add_user(services, email, name, password_hash)
        user = services.accounts.create_staff(email, PASSWORD, name, role)
        staff[role] = StaffScope(Actor(user.id, user.name), STAFF_PERMISSIONS[role])
    return People(add_user(services, *OWNER, password_hash), password_hash, staff)


def add_user(services: Services, email: str, name: str, password_hash: str) -> User:
    """Add a user whose address is confirmed."""
    now = services.clock.now()
    user = User(
        public_id=new_public_id("u"), email=email, name=name, password_hash=password_hash,
        locale="en", email_confirmed_at=now, session_epoch=1, created_at=now,
    )  # fmt: skip
    services.session.add(user)
    services.session.flush()
    return user


def open_advertiser(
    services: Services, owner: User, name: str, currency: str, role: AdvertiserRole, zone: str = ZONE
) -> Advertiser:
    """Open an advertiser with its first member."""
    actor = Actor(owner.id, owner.name)
    advertiser = services.accounts.create_advertiser(actor, name, currency, zone)
    services.accounts.add_member(actor, advertiser, owner, role)
    return advertiser


def add_members(services: Services, people: People, advertiser: Advertiser) -> None:
    """Add the other members of the account, one for each role."""
    for email, name, role in MEMBERS:
        user = add_user(services, email, name, people.password_hash)
        services.accounts.add_member(people.actor, advertiser, user, role)
