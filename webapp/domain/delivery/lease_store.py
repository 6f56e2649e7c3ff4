"""Queries on leases, over all advertisers: only the loops ask them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from webapp.domain.billing.types import Holder
from webapp.domain.delivery.models import Lease, LeaseStatus
from webapp.domain.delivery.types import LeaseGrant

#: Their money is lent out: what of it was not charged may still be.
LENT = (LeaseStatus.OPEN, LeaseStatus.CLOSING)
_COLUMNS = (
    Lease.id, Lease.public_id, Lease.node, Lease.advertiser_id, Lease.campaign_id, Lease.currency,
    Lease.amount_micros, Lease.settled_micros, Lease.forgiven_micros, Lease.day, Lease.day_starts_at,
    Lease.day_ends_at, Lease.status, Lease.granted_at, Lease.created_at,
)  # fmt: skip
#: How many one pruning removes, so that it holds nobody up.
PRUNED = 500
_TABLE = cast(Table, Lease.__table__)


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease as it stands in the books."""

    id: int
    public_id: str
    node: int
    advertiser_id: int
    campaign_id: int
    currency: str
    amount_micros: int
    settled_micros: int
    forgiven_micros: int
    day: date
    day_starts_at: datetime
    day_ends_at: datetime
    status: LeaseStatus
    granted_at: datetime | None
    created_at: datetime

    @property
    def lent_micros(self) -> int:
        """Return what of it was not charged yet."""
        return self.amount_micros - self.settled_micros

    @property
    def holder(self) -> Holder:
        """Return whose money it is."""
        return Holder(self.advertiser_id, self.currency)

    def grant(self) -> LeaseGrant:
        """Return it as its node takes it; one that ends already gets no time to be spent in."""
        spendable = self.status is LeaseStatus.OPEN
        return LeaseGrant(
            lease_id=self.id,
            campaign_id=self.campaign_id,
            advertiser_id=self.advertiser_id,
            amount_micros=self.amount_micros,
            day=day_number(self.day),
            day_starts=int(self.day_starts_at.timestamp()),
            day_ends=int((self.day_ends_at if spendable else self.day_starts_at).timestamp()),
        )


def day_number(day: date) -> int:
    """Return a day as the serving nodes count them: days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


class LeaseStore:
    """Leases in the system of record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lent(self) -> list[HeldLease]:
        """Return every lease whose money is lent out, the oldest first."""
        return self._found(select(*_COLUMNS).where(Lease.status.in_(LENT)).order_by(Lease.id))

    def by_id(self, ids: Collection[int], *, lock: bool = False) -> dict[int, HeldLease]:
        """Return these leases."""
        query = select(*_COLUMNS).where(Lease.id.in_(ids)).order_by(Lease.id)
        rows = self._found(query.with_for_update() if lock else query) if ids else []
        return {row.id: row for row in rows}

    def lent_to(self, node: int) -> list[HeldLease]:
        """Return what a node has, locked."""
        query = select(*_COLUMNS).where(Lease.node == node, Lease.status.in_(LENT))
        return self._found(query.order_by(Lease.id).with_for_update())

    def closed_since(
        self, campaign_ids: Collection[int], days: Collection[date], since: datetime
    ) -> Sequence[HeldLease]:
        """Return the leases of these campaigns and days that were made after an instant and are closed."""
        if not campaign_ids:
            return []
        return self._found(
            select(*_COLUMNS).where(
                Lease.campaign_id.in_(campaign_ids),
                Lease.day.in_(days),
                Lease.created_at >= since,
                Lease.status == LeaseStatus.CLOSED,
            )
        )

    def lent_micros(self, campaign_ids: Collection[int]) -> dict[int, dict[date, int]]:
        """Return what is lent and not charged yet, by campaign and day."""
        query = (
            select(Lease.campaign_id, Lease.day, func.sum(Lease.amount_micros - Lease.settled_micros))
            .where(Lease.campaign_id.in_(campaign_ids), Lease.status.in_(LENT))
            .group_by(Lease.campaign_id, Lease.day)
        )
        found: dict[int, dict[date, int]] = {}
        for id, day, micros in self._session.execute(query) if campaign_ids else ():
            found.setdefault(id, {})[day] = int(micros)
        return found

    def add(self, rows: Sequence[Mapping[str, Any]]) -> list[HeldLease]:
        """Insert leases and return them."""
        self._session.execute(insert(_TABLE), [dict(row) for row in rows])
        names = [row["public_id"] for row in rows]
        return self._found(select(*_COLUMNS).where(Lease.public_id.in_(names)).order_by(Lease.id))

    def mark_granted(self, ids: Collection[int], at: datetime) -> None:
        """Remember that the nodes have these."""
        query = update(_TABLE).where(_TABLE.c.id.in_(ids), _TABLE.c.granted_at.is_(None))
        self._session.execute(query.values(granted_at=at))

    def mark_closing(self, ids: Collection[int]) -> None:
        """Remember that these are called back."""
        query = update(_TABLE).where(_TABLE.c.id.in_(ids), _TABLE.c.status == LeaseStatus.OPEN)
        self._session.execute(query.values(status=LeaseStatus.CLOSING))

    def settle(self, id: int, **values: Any) -> None:
        """Write what was charged of a lease, or its end; its row is locked by the caller."""
        self._session.execute(update(_TABLE).where(_TABLE.c.id == id).values(**values))

    def prune(self, before: datetime) -> int:
        """Forget some leases whose nodes' last word was settled before an instant; return how many.

        What was forgiven on a lease stays known, and a lost one may still be spoken of. The newest lease stays too:
        without it SQLite would give its number out again.
        """
        newest = select(func.max(Lease.id)).scalar_subquery()
        old = (
            select(Lease.id)
            .where(Lease.status == LeaseStatus.CLOSED, Lease.closed_at < before)
            .where(Lease.forgiven_micros == 0, Lease.id < newest)
            .order_by(Lease.closed_at)
            .limit(PRUNED)
        )
        ids = self._session.scalars(old).all()
        if ids:
            self._session.execute(delete(_TABLE).where(_TABLE.c.id.in_(ids)))
        return len(ids)

    def _found(self, query: Select[*tuple[Any, ...]]) -> list[HeldLease]:
        return [HeldLease(*row) for row in self._session.execute(query)]
