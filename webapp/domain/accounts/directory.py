"""Advertisers and their people as staff see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import AdvertiserRole, Permission, StaffRole
from webapp.core.scope import StaffScope
from webapp.db.likes import ESCAPE, anywhere
from webapp.domain.accounts.models import Advertiser, Membership, User


@dataclass(frozen=True, slots=True)
class AdvertiserCard:
    """An advertiser in a list of staff."""

    id: int
    public_id: PublicId
    name: str
    currency: str
    zone: str
    created_at: datetime
    users: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One person who belongs to an advertiser."""

    user: User
    role: AdvertiserRole
    since: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """What other services need to know of an advertiser to work for it."""

    id: int
    currency: str
    zone: str
    suspended: bool


class Directory:
    """Who is who, over all advertisers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def names(self, ids: Collection[int]) -> dict[int, str]:
        """Return the names of advertisers by internal id, for other services' lists."""
        if not ids:
            return {}
        rows = self._session.execute(select(Advertiser.id, Advertiser.name).where(Advertiser.id.in_(ids)))
        return {row.id: row.name for row in rows}

    def accounts(self, ids: Collection[int]) -> dict[int, Account]:
        """Return currency, zone and state of advertisers by internal id, in one query."""
        query = select(Advertiser.id, Advertiser.currency, Advertiser.zone, Advertiser.suspended_at)
        rows = self._session.execute(query.where(Advertiser.id.in_(ids))) if ids else ()
        return {row[0]: Account(row[0], row[1], row[2], row[3] is not None) for row in rows}

    def card(self, advertiser_id: int) -> AdvertiserCard:
        """Return an advertiser by internal id, for other services' pages; raise NotFound."""
        row = self._session.get(Advertiser, advertiser_id)
        if row is None:
            raise NotFound
        return _card(row)

    def id_of(self, public_id: str) -> int:
        """Return the internal id of an advertiser, for commands and loops; raise NotFound."""
        found = self._session.scalar(select(Advertiser.id).where(Advertiser.public_id == public_id))
        if found is None:
            raise NotFound
        return found

    def in_good_standing(self, ids: Collection[int]) -> dict[int, AdvertiserCard]:
        """Return those of these advertisers that are not suspended, by internal id, for the loops."""
        query = select(Advertiser).where(Advertiser.id.in_(ids), Advertiser.suspended_at.is_(None))
        return {row.id: _card(row) for row in self._session.scalars(query)} if ids else {}

    def search_advertisers(self, staff: StaffScope, page: PageRequest, text: str = "") -> Page[AdvertiserCard]:
        """Return a page of advertisers, newest first, filtered by name, id or a member's address."""
        staff.require(Permission.STAFF_ADVERTISERS)
        query = select(Advertiser)
        if text:
            like = anywhere(text)
            theirs = select(Membership.advertiser_id).join(User, User.id == Membership.user_id)
            query = query.where(
                or_(
                    Advertiser.name.like(like, escape=ESCAPE),
                    Advertiser.public_id == text,
                    Advertiser.id.in_(theirs.where(User.email.like(like, escape=ESCAPE))),
                )
            )
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = list(self._session.scalars(query.order_by(Advertiser.id.desc()).offset(page.offset).limit(page.size)))
        users = self._user_counts([row.id for row in rows])
        return Page([_card(row, users.get(row.id, 0)) for row in rows], total, page)

    def member_ids(self, advertiser_id: int, roles: Collection[AdvertiserRole]) -> list[int]:
        """Return the users with one of these roles at an advertiser who may sign in, for letters."""
        query = (
            select(User.id)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.advertiser_id == advertiser_id, Membership.role.in_(roles), *_reachable())
        )
        return list(self._session.scalars(query.order_by(User.id)))

    def staff_ids(self, roles: Collection[StaffRole]) -> list[int]:
        """Return the members of staff with one of these roles who may sign in, for letters."""
        query = select(User.id).where(User.staff_role.in_(roles), *_reachable())
        return list(self._session.scalars(query.order_by(User.id)))

    def get_advertiser(self, staff: StaffScope, public_id: PublicId) -> AdvertiserCard:
        """Return an advertiser or raise NotFound."""
        staff.require(Permission.STAFF_ADVERTISERS)
        row = self._session.scalar(select(Advertiser).where(Advertiser.public_id == public_id))
        if row is None:
            raise NotFound
        return _card(row, self._user_counts([row.id]).get(row.id, 0))

    def find_exactly(self, staff: StaffScope, text: str) -> AdvertiserCard | None:
        """Return the one advertiser of this id or of exactly this name; None when there is none, or several."""
        staff.require(Permission.STAFF_ADVERTISERS)
        query = select(Advertiser).where(or_(Advertiser.public_id == text, Advertiser.name == text))
        # MySQL takes names that differ in case or accents for equal.
        rows = [row for row in self._session.scalars(query) if text in (row.public_id, row.name)]
        return _card(rows[0], self._user_counts([rows[0].id]).get(rows[0].id, 0)) if len(rows) == 1 else None

    def members(self, staff: StaffScope, advertiser_id: int) -> list[Member]:
        """Return the people of an advertiser, the longest there first."""
        staff.require(Permission.STAFF_ADVERTISERS)
        query = (
            select(User, Membership.role, Membership.created_at)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.advertiser_id == advertiser_id)
            .order_by(Membership.id)
        )
        return [Member(*row) for row in self._session.execute(query)]

    def advertisers_of(self, staff: StaffScope, user_ids: Collection[int]) -> dict[int, list[str]]:
        """Return the advertiser names of users, by the user's internal id."""
        staff.require(Permission.STAFF_USERS)
        found: dict[int, list[str]] = {user_id: [] for user_id in user_ids}
        query = (
            select(Membership.user_id, Advertiser.name)
            .join(Advertiser, Advertiser.id == Membership.advertiser_id)
            .where(Membership.user_id.in_(user_ids))
            .order_by(Advertiser.name)
        )
        for user_id, name in self._session.execute(query) if user_ids else ():
            found[user_id].append(name)
        return found

    def _user_counts(self, ids: Collection[int]) -> dict[int, int]:
        query = (
            select(Membership.advertiser_id, func.count())
            .where(Membership.advertiser_id.in_(ids))
            .group_by(Membership.advertiser_id)
        )
        return {row[0]: row[1] for row in self._session.execute(query)} if ids else {}


def _reachable() -> tuple[ColumnElement[bool], ...]:
    return User.disabled_at.is_(None), User.email_confirmed_at.is_not(None)


def _card(row: Advertiser, users: int = 0) -> AdvertiserCard:
    return AdvertiserCard(row.id, PublicId(row.public_id), row.name, row.currency, row.zone, row.created_at, users)
