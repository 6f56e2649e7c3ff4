"""Leases: money the node may spend, written through to the file with every change."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from webapp.domain.delivery.types import LeaseGrant, LeaseState

#: How long a closed lease's id is known, so that a late grant of it changes nothing.
CLOSED_KEPT_SECONDS = 3 * 86_400
_COLUMNS = (
    "number, lease_id, campaign_id, advertiser_id, amount, held, spent, day, day_starts, day_ends, closing, used_ms"
)


@dataclass(slots=True)
class Lent:
    """A lease that is not closed yet; what is left follows from the rest."""

    #: Grows with each grant: the oldest is spent first.
    number: int
    lease_id: int
    campaign_id: int
    advertiser_id: int
    amount: int
    held: int
    spent: int
    day: int
    day_starts: int
    day_ends: int
    closing: bool
    used_ms: int

    @property
    def left(self) -> int:
        """Return what is neither held nor spent."""
        return self.amount - self.held - self.spent

    def covers(self, now_ms: int, price: int) -> bool:
        """Tell whether a price may be taken from it at an instant, as far as it is for the lease to say."""
        return not self.closing and self.day_starts * 1000 <= now_ms < self.day_ends * 1000 and self.left >= price

    def as_state(self) -> LeaseState:
        """Return how it stands."""
        return LeaseState(
            self.lease_id, self.campaign_id, self.amount, self.left, self.held, self.spent, self.closing, self.used_ms
        )


class LeaseBook:
    """All open leases, and until when they may be spent."""

    def __init__(self, connection: sqlite3.Connection, fence_ms: int) -> None:
        self._connection = connection
        self.fence_ms = fence_ms
        self._by_id: dict[int, Lent] = {}
        self._by_campaign: dict[int, list[Lent]] = {}
        #: (campaign, day) → what was charged, from the day's counters.
        self._spent: dict[tuple[int, int], int] = {}

    @classmethod
    def read(cls, connection: sqlite3.Connection, fence_ms: int) -> LeaseBook:
        """Read the open leases and the days' charges from the file."""
        book = cls(connection, fence_ms)
        for row in connection.execute(f"SELECT {_COLUMNS} FROM leases WHERE NOT closed ORDER BY number"):  # noqa: S608
            book._enter(Lent(**{**dict(row), "closing": bool(row["closing"])}))
        charged = "SELECT campaign_id, day, SUM(charged_micros) FROM counters WHERE charged_micros > 0 GROUP BY 1, 2"
        book._spent = {(row[0], row[1]): row[2] for row in connection.execute(charged)}
        return book

    def grant(self, lease: LeaseGrant) -> None:
        """Take a lease, unless its id is known."""
        added = self._connection.execute(
            "INSERT INTO leases VALUES (NULL, ?, ?, ?, ?, 0, 0, ?, ?, ?, 0, 0, 0) ON CONFLICT (lease_id) DO NOTHING",
            (lease.lease_id, lease.campaign_id, lease.advertiser_id, lease.amount_micros,
             lease.day, lease.day_starts, lease.day_ends),
        )  # fmt: skip
        if added.rowcount == 1:
            number = added.lastrowid or 0
            self._enter(
                Lent(number, lease.lease_id, lease.campaign_id, lease.advertiser_id, lease.amount_micros, 0, 0,
                     lease.day, lease.day_starts, lease.day_ends, closing=False, used_ms=0)
            )  # fmt: skip

    def all(self) -> list[Lent]:
        """Return the open leases in the order they were granted."""
        return list(self._by_id.values())

    def get(self, lease_id: int) -> Lent | None:
        """Return an open lease."""
        return self._by_id.get(lease_id)

    def find(self, campaign_id: int, now_ms: int, price: int) -> Lent | None:
        """Return the oldest lease that covers a price now."""
        if now_ms >= self.fence_ms:
            return None
        return next((lent for lent in self._by_campaign.get(campaign_id, ()) if lent.covers(now_ms, price)), None)

    def day_used(self, campaign_id: int, day: int) -> int:
        """Return what of a campaign's day is spent or held here."""
        held = sum(lent.held for lent in self._by_campaign.get(campaign_id, ()) if lent.day == day)
        return held + self._spent.get((campaign_id, day), 0)

    def count_charge(self, campaign_id: int, day: int, charged: int) -> None:
        """Add a charge to its day."""
        self._spent[campaign_id, day] = self._spent.get((campaign_id, day), 0) + charged

    def hold(self, lent: Lent, price: int, now_ms: int) -> None:
        """Put a price aside."""
        lent.held += price
        lent.used_ms = now_ms
        self.write(lent)

    def release(self, lease_id: int, price: int) -> Lent | None:
        """Let go of a price that was put aside; return the lease."""
        if lent := self._by_id.get(lease_id):
            lent.held -= price
            self.write(lent)
        return lent

    def charge(self, lent: Lent, price: int, now_ms: int, held: bool) -> None:
        """Spend a price, put aside before or not."""
        lent.spent += price
        lent.held -= price if held else 0
        lent.used_ms = now_ms
        self.write(lent)

    def write(self, lent: Lent) -> None:
        """Write how a lease stands."""
        self._connection.execute(
            "UPDATE leases SET held = ?, spent = ?, closing = ?, used_ms = ? WHERE number = ?",
            (lent.held, lent.spent, lent.closing, lent.used_ms, lent.number),
        )

    def close(self, lent: Lent) -> None:
        """Drop a lease; its id stays known."""
        self._connection.execute("UPDATE leases SET closing = 1, closed = 1 WHERE number = ?", (lent.number,))
        del self._by_id[lent.lease_id]
        self._by_campaign[lent.campaign_id].remove(lent)
        if not self._by_campaign[lent.campaign_id]:
            del self._by_campaign[lent.campaign_id]

    def _enter(self, lent: Lent) -> None:
        self._by_id[lent.lease_id] = lent
        self._by_campaign.setdefault(lent.campaign_id, []).append(lent)
