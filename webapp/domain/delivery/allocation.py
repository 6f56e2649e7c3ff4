"""How much to lend to whom, and what to call back: rules without a database, in whole micros.

A lease is a multiple of the price. It covers about twelve minutes of what the campaign spent on that node lately, and
begins with two hundredths of the room; none takes more than a quarter of the room while there is a lot of it, and what
is left at the end goes out whole, for the last impression of a budget is to be spent too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: For so long a lease should last; below a third of it the next one is lent.
TARGET_SECONDS = 12 * 60
#: A pace is measured over ten seconds at least, so that one quick impression is no stampede.
SHORTEST_SECONDS = 10
#: A room of so many prices is small: it is lent whole.
SMALL_ROOM = 20
#: A lease that nobody used for so long may be called back for somebody who waits.
IDLE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """How a campaign's money stands on one node."""

    node: int
    #: What its open leases of the day may still hold or spend.
    left_micros: int = 0
    #: What its leases of the last half hour spent or hold, and for how long they have been there.
    used_micros: int = 0
    age_seconds: int = 0
    #: It lost a request because no lease covered its price.
    hungry: bool = False

    @property
    def pace_micros(self) -> int:
        """Return what it spends in the time a lease should last."""
        return self.used_micros * TARGET_SECONDS // max(self.age_seconds, SHORTEST_SECONDS)

    @property
    def target_micros(self) -> int:
        """Return what it should have: enough for its pace, twice what it used of late where it waits nevertheless."""
        return max(self.pace_micros, 2 * self.used_micros if self.hungry else 0)

    def wants(self, price_micros: int) -> bool:
        """Tell whether it should have more: it waits, cannot pay one more event, or soon cannot."""
        return self.hungry or self.left_micros < max(price_micros, self.pace_micros // 3)


@dataclass(frozen=True, slots=True)
class Budget:
    """A campaign's limits on a day, with what is gone of them: charged, or lent out and not charged yet."""

    daily_micros: int | None
    total_micros: int | None
    spent_day_micros: int = 0
    spent_total_micros: int = 0
    lent_day_micros: int = 0
    lent_total_micros: int = 0

    def left_micros(self) -> int | None:
        """Return what both budgets leave; None without any."""
        rooms = []
        if self.daily_micros is not None:
            rooms.append(self.daily_micros - self.spent_day_micros - self.lent_day_micros)
        if self.total_micros is not None:
            rooms.append(self.total_micros - self.spent_total_micros - self.lent_total_micros)
        return min(rooms, default=None)

    def room_micros(self, spendable_micros: int) -> int:
        """Return what may be lent: never more than a budget or the balance leaves."""
        left = self.left_micros()
        return max(0, spendable_micros if left is None else min(left, spendable_micros))

    @property
    def overdrawn(self) -> bool:
        """Tell whether more is lent than the budgets leave: they were lowered since."""
        left = self.left_micros()
        return left is not None and left < 0

    def spent(self, price_micros: int) -> str:
        """Return which budget covers no more event by what was charged alone: `total`, `daily` or ''."""
        if self.total_micros is not None and self.total_micros - self.spent_total_micros < price_micros:
            return "total"
        if self.daily_micros is not None and self.daily_micros - self.spent_day_micros < price_micros:
            return "daily"
        return ""


def shares(room_micros: int, price_micros: int, standings: Sequence[Standing]) -> dict[int, int]:
    """Return what to lend by node; those who wait come first, and nobody gets a part of an event."""
    wanting = sorted(
        (standing for standing in standings if standing.wants(price_micros)),
        key=lambda standing: (not standing.hungry, standing.left_micros, standing.node),
    )
    begin = max(price_micros, room_micros // 50 // max(1, len(standings)))
    found: dict[int, int] = {}
    for place, standing in enumerate(wanting):
        events = room_micros // price_micros
        asked = -(-max(begin, standing.target_micros) // price_micros)
        if events > SMALL_ROOM:
            lent = min(asked, events // 4)
        elif standing.hungry:
            # The end of a budget: those who wait share all of it.
            lent = -(-events // sum(other.hungry for other in wanting[place:]))
        else:
            lent = min(asked, events)
        if lent:
            found[standing.node] = lent * price_micros
            room_micros -= lent * price_micros
    return found


@dataclass(frozen=True, slots=True)
class Idle:
    """An open lease that could be called back."""

    lease_id: int
    left_micros: int
    idle_seconds: int


def to_call_back(needed_micros: int, leases: Iterable[Idle]) -> list[int]:
    """Return the leases to call back until what is needed is covered, the longest unused first."""
    found: list[int] = []
    unused = (lease for lease in leases if lease.left_micros > 0 and lease.idle_seconds >= IDLE_SECONDS)
    for lease in sorted(unused, key=lambda lease: (-lease.idle_seconds, lease.lease_id)):
        if needed_micros <= 0:
            break
        found.append(lease.lease_id)
        needed_micros -= lease.left_micros
    return found


def is_used_up(left_micros: int, held_micros: int, price_micros: int) -> bool:
    """Tell whether a lease can pay for nothing more: what is left of it is better given back."""
    return held_micros == 0 and left_micros < price_micros
