"""Loads the demo into an empty cabinet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from webapp.core.errors import Conflict
from webapp.core.permissions import AdvertiserRole, StaffRole
from webapp.core.scope import Actor
from webapp.demo.account import Written, write_small, write_tallbrook
from webapp.demo.artwork import FERNWAY_ART, HIMAL_ART, NEIGHBOURS
from webapp.demo.inventory import add_inventory
from webapp.demo.money import Books
from webapp.demo.objects import Maker, TurnedClock
from webapp.demo.people import OWNER, ZONE, People, SilentTasks, add_members, add_people, open_advertiser
from webapp.demo.plans import FERNWAY, HIMAL
from webapp.demo.shape import TODAY, Today
from webapp.domain.accounts.models import Advertiser, User
from webapp.domain.accounts.services import scope_of
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.models import ChargeHour

if TYPE_CHECKING:
    from webapp.wiring import Adapters, Services

_OPENED_DAYS_AGO = 262
_FERNWAY_PAID = ((-9, 600), (18, 500), (45, 500))
_FERNWAY_LEASED_MICROS = 18_000_000
_HIMAL_ZONE = "Asia/Kathmandu"
_HIMAL_OPENED_DAY = 22
_HIMAL_PAID = ((23, 80_000), (37, 60_000), (50, 60_000))
_HIMAL_LEASED_MICROS = 900_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded."""

    advertisers: int
    campaigns: int
    transactions: int
    facts: int


def is_loaded(session: Session) -> bool:
    """Tell whether the demo is here already."""
    return session.scalar(select(User.id).where(User.email == OWNER[0])) is not None


def ensure_empty(session: Session) -> None:
    """Raise Conflict when somebody works here: the demo is not mixed with real accounts."""
    if session.scalar(select(func.count()).select_from(User)):
        raise Conflict("This cabinet has accounts already. The demo is only loaded into an empty one.")


def load(adapters: Adapters, session: Session, now: datetime) -> Loaded:
    """Add the demo to an empty cabinet; the caller commits."""
    ensure_empty(session)
    return fill(adapters, session, now)


def fill(adapters: Adapters, session: Session, now: datetime) -> Loaded:
    """Add the demo's people, accounts, ledger and facts, whatever else there is; the caller commits."""
    today = Today.at(now, ZoneInfo(ZONE))
    clock = TurnedClock(now - timedelta(days=_OPENED_DAYS_AGO))
    services = adapters.services(session)
    # Everything below is made by the services themselves, at the times it would have been made.
    services.clock = clock
    services.__dict__["tasks"] = SilentTasks(session, clock, adapters.queue)
    people = add_people(services)
    add_inventory(services, people.staff[StaffRole.ADMIN])
    tallbrook = open_advertiser(services, people.owner, "Tallbrook Outdoor", "USD", AdvertiserRole.OWNER)
    add_members(services, people, tallbrook)
    written = [write_tallbrook(*_tools(services, clock, people, tallbrook, today, "tallbrook.example"))]
    clock.current = now - timedelta(days=TODAY + 9)
    fernway = open_advertiser(services, people.owner, "Fernway Cycles", "EUR", AdvertiserRole.MANAGER)
    tools = _tools(services, clock, people, fernway, today, "fernway.example")
    written.append(write_small(*tools, FERNWAY, FERNWAY_ART, _FERNWAY_PAID, _FERNWAY_LEASED_MICROS))
    there = Today.at(now, ZoneInfo(_HIMAL_ZONE))
    clock.current = there.moment(_HIMAL_OPENED_DAY, 11).astimezone(UTC)
    himal = open_advertiser(services, people.owner, "Himal Treks", "NPR", AdvertiserRole.MANAGER, _HIMAL_ZONE)
    tools = _tools(services, clock, people, himal, there, "himal-treks.example")
    written.append(write_small(*tools, HIMAL, HIMAL_ART, _HIMAL_PAID, _HIMAL_LEASED_MICROS))
    _add_neighbours(services, clock, people, today)
    clock.current = now
    for item in written:
        _write(services, item)
    return Loaded(3 + len(NEIGHBOURS), 30, sum(len(item.postings) for item in written), _facts(written))


def _tools(
    services: Services, clock: TurnedClock, people: People, advertiser: Advertiser, today: Today, site: str
) -> tuple[Maker, Books]:
    scope = scope_of(advertiser, people.actor)
    moderator, finance = people.staff[StaffRole.MODERATOR], people.staff[StaffRole.FINANCE]
    maker = Maker(services, clock, scope, moderator, today, site)
    return maker, Books(Holder.of(scope), people.actor, finance.actor, today)


def _add_neighbours(services: Services, clock: TurnedClock, people: People, today: Today) -> None:
    """Add advertisers whose creatives wait for review, so that moderators have a queue."""
    for neighbour in NEIGHBOURS:
        clock.current = today.moment(-20, 10).astimezone(UTC)
        desk = Actor(None, neighbour.name)
        advertiser = services.accounts.create_advertiser(desk, neighbour.name, neighbour.currency, ZONE)
        scope, moderator = scope_of(advertiser, desk), people.staff[StaffRole.MODERATOR]
        maker = Maker(services, clock, scope, moderator, today, f"{neighbour.name.split()[0].lower()}.example")
        for art in neighbour.art:
            maker.add_art(art)


def _write(services: Services, written: Written) -> None:
    services.ledger.post_many(written.postings)
    services.leases.store.add(written.leases)
    services.session.execute(insert(ChargeHour), written.hours)
    analytics, advertiser_id = services.adapters.analytics, written.sheet.advertiser_id
    if analytics.first_day(advertiser_id) is not None:
        # An earlier attempt was cut off between the two stores.
        analytics.remove_import(advertiser_id, 0)
    for batch in written.sheet.batches():
        analytics.insert(batch)


def _facts(written: list[Written]) -> int:
    return sum(len(item.sheet.batch) for item in written)
