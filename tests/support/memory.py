"""A database in memory and a settable clock, for unit tests of the domain."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from webapp.core.ids import new_public_id
from webapp.core.permissions import ADVERTISER_PERMISSIONS, STAFF_PERMISSIONS, AdvertiserRole, StaffRole
from webapp.core.scope import Actor, Scope, StaffScope
from webapp.db.base import Base
from webapp.db.engines import engine_options, prepare_engine
from webapp.domain.accounts.models import Advertiser

DOMAIN = Path(__file__).parents[2] / "webapp" / "domain"


def import_all_models() -> None:
    """Register every table on the metadata."""
    for path in sorted(DOMAIN.glob("*/models.py")):
        importlib.import_module(f"webapp.domain.{path.parent.name}.models")


@contextmanager
def memory_session() -> Iterator[Session]:
    """Give a session on an empty in-memory SQLite with every table."""
    import_all_models()
    engine = prepare_engine(create_engine("sqlite://", **engine_options("sqlite://")))
    Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@dataclass
class SettableClock:
    """A clock that stands still until it is moved."""

    current: datetime = field(default_factory=lambda: datetime(2026, 11, 19, 12, 32, tzinfo=UTC))

    def now(self) -> datetime:
        """Return the chosen instant."""
        return self.current

    def move(self, **delta: float) -> None:
        """Let time pass: `move(hours=2)`."""
        self.current += timedelta(**delta)


def add_advertiser(
    session: Session,
    *,
    name: str = "Tallbrook Outdoor",
    currency: str = "USD",
    zone: str = "Europe/Riga",
    role: AdvertiserRole = AdvertiserRole.OWNER,
    actor: Actor | None = None,
) -> Scope:
    """Add an advertiser and return the scope of a member acting for it."""
    row = Advertiser(
        public_id=new_public_id("a"),
        name=name,
        currency=currency,
        zone=zone,
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    session.add(row)
    session.flush()
    return Scope(
        actor=actor or Actor(user_id=1, name="Mara Lindholm"),
        advertiser_id=row.id,
        advertiser_public_id=row.public_id,  # type: ignore[arg-type]
        advertiser_name=name,
        currency=currency,
        zone_name=zone,
        permissions=ADVERTISER_PERMISSIONS[role],
        role=role,
    )


def staff_scope(role: StaffRole = StaffRole.ADMIN) -> StaffScope:
    """Return the scope of a member of staff."""
    return StaffScope(actor=Actor(user_id=2, name="Oskar Tamm"), permissions=STAFF_PERMISSIONS[role])
