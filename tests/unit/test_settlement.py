"""Settling, record by record: worked examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.scope import Scope
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.models import SpendDay, Transaction, TransactionKind
from webapp.domain.billing.postings import reservation
from webapp.domain.billing.services import Balances, Ledger
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.lease_store import HeldLease, LeaseStore, day_number
from webapp.domain.delivery.leases import Day
from webapp.domain.delivery.models import ChargeHour, Lease, LeaseStatus, ServingNode
from webapp.domain.delivery.settlement import BrokenLog, Settlement, hour_of, unsettled
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict
from webapp.domain.events.services import Outbox

UNIT = 1_000_000
PRICE = 3_000
START = 1_763_000_000 * 1_000_000
RIGA, KATHMANDU, BERLIN = ZoneInfo("Europe/Riga"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as found:
        yield found


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


class Desk:
    """An advertiser with one lease on node 1, and the log of that node."""

    def __init__(self, session: Session, clock: SettableClock) -> None:
        self.session = session
        self.clock = clock
        self.ledger = Ledger(session, clock, AuditLog(session, clock), Outbox(session, clock))
        self.settlement = Settlement(session, clock, self.ledger)
        self.scope: Scope = add_advertiser(session)
        self.ledger.top_up(self.scope, 10 * UNIT, "first")
        self.lease = self.lend(UNIT)
        self.seq = START - 1

    def lend(self, micros: int, campaign_id: int = 7) -> HeldLease:
        store, day = LeaseStore(self.session), Day.at(self.clock.now(), RIGA)
        number = len(store.lent()) + 1
        (lease,) = store.add([{
            "public_id": f"ls_{number}", "node": 1, "advertiser_id": self.scope.advertiser_id,
            "campaign_id": campaign_id, "currency": "USD", "amount_micros": micros, "settled_micros": 0,
            "forgiven_micros": 0, "day": day.date, "day_starts_at": day.starts_at, "day_ends_at": day.ends_at,
            "status": LeaseStatus.OPEN, "created_at": self.clock.now(),
        }])  # fmt: skip
        key = f"lease:{lease.public_id}"
        self.ledger.post(reservation(Holder.of(self.scope), campaign_id, micros, key, day.date))
        return lease

    def record(
        self, kind: EventKind = EventKind.IMPRESSION, micros: int = PRICE, lease: HeldLease | None = None,
        at: datetime = NOON, verdict: Verdict = Verdict.OK,
    ) -> LogRecord:  # fmt: skip
        own = lease or self.lease
        self.seq += 1
        return LogRecord(
            seq=self.seq, kind=kind, verdict=verdict, at_ms=int(at.timestamp() * 1000), decided_ms=0, key=self.seq,
            advertiser_id=own.advertiser_id, campaign_id=own.campaign_id, ad_id=1, placement_id=1, site="",
            charged_micros=micros, lease_id=own.id if micros or kind is EventKind.LEASE_CLOSED else 0,
            day=day_number(own.day),
        )  # fmt: skip

    def settle(self, *records: LogRecord) -> None:
        self.settlement.settle(1, records)
        self.session.flush()

    def row(self, lease: HeldLease | None = None) -> Lease:
        self.session.expire_all()
        found = self.session.get(Lease, (lease or self.lease).id)
        assert found is not None
        return found

    def spend_days(self) -> dict[date, int]:
        return {row.day: row.spent_micros for row in self.session.scalars(select(SpendDay))}

    def pockets(self) -> tuple[int, int, int]:
        found = Balances(self.session, self.clock).balance(self.scope)
        return found.available_micros, found.reserved_micros, found.spent_micros

    def charges(self) -> list[Transaction]:
        query = select(Transaction).where(Transaction.kind == TransactionKind.SPEND).order_by(Transaction.id)
        return list(self.session.scalars(query))


@pytest.fixture
def desk(session: Session, clock: SettableClock) -> Desk:
    return Desk(session, clock)


def test_a_batch_is_one_charge_a_campaign_and_hour(desk: Desk) -> None:
    other = desk.lend(UNIT, campaign_id=8)
    later = NOON + timedelta(hours=1)
    desk.settle(
        desk.record(), desk.record(), desk.record(lease=other, micros=5_000), desk.record(at=later),
        desk.record(EventKind.CLICK, micros=0), desk.record(micros=0, verdict=Verdict.RATE),
    )  # fmt: skip
    assert [(row.campaign_id, row.reference[11:16]) for row in desk.charges()] == [
        (7, "12:00"), (7, "13:00"), (8, "12:00"),
    ]  # fmt: skip
    assert desk.pockets() == (8 * UNIT, 2 * UNIT - 14_000, 14_000)
    hours = desk.session.scalars(select(ChargeHour).order_by(ChargeHour.campaign_id, ChargeHour.hour_at))
    assert [(row.campaign_id, row.events, row.spent_micros) for row in hours] == [
        (7, 2, 6_000), (7, 1, 3_000), (8, 1, 5_000),
    ]  # fmt: skip
    assert (desk.row().settled_micros, desk.row(other).settled_micros) == (9_000, 5_000)
    node = desk.session.get(ServingNode, 1)
    assert node is not None
    assert (node.settled_seq, node.settled_event_at) == (START + 5, NOON)


def test_the_same_batch_again_and_one_that_overlaps_change_nothing_twice(desk: Desk) -> None:
    records = [desk.record() for _ in range(4)]
    desk.settle(*records[:3])
    desk.settle(*records[:3])
    desk.settle(*records)
    assert desk.row().settled_micros == 4 * PRICE
    assert sum(desk.spend_days().values()) == 4 * PRICE


def test_the_last_word_gives_back_what_was_not_spent(desk: Desk) -> None:
    desk.settle(desk.record(), desk.record(EventKind.LEASE_CLOSED, micros=PRICE))
    assert desk.row().status is LeaseStatus.CLOSED
    assert desk.pockets() == (10 * UNIT - PRICE, 0, PRICE)


def test_a_lost_lease_charges_nobody(desk: Desk) -> None:
    desk.settle(desk.record())
    desk.row().status = LeaseStatus.LOST
    desk.session.flush()
    before = desk.pockets()
    desk.settle(desk.record(), desk.record(), desk.record(EventKind.LEASE_CLOSED, micros=3 * PRICE))
    assert (desk.row().status, desk.row().settled_micros, desk.row().forgiven_micros) == (
        LeaseStatus.LOST, PRICE, 2 * PRICE,
    )  # fmt: skip
    assert desk.pockets() == before


def test_a_lease_never_charges_more_than_it_is(desk: Desk) -> None:
    small = desk.lend(2 * PRICE)
    desk.settle(*(desk.record(lease=small) for _ in range(3)))
    assert (desk.row(small).settled_micros, desk.row(small).forgiven_micros) == (2 * PRICE, PRICE)


def test_a_record_of_a_lease_nobody_made_stops_everything(desk: Desk) -> None:
    stranger = replace(desk.record(), lease_id=4711)
    with pytest.raises(BrokenLog, match="4711"):
        desk.settle(stranger)


def test_a_gap_is_an_alarm_and_a_new_store_is_none(desk: Desk) -> None:
    first, _, third = desk.record(), desk.record(), desk.record()
    with pytest.raises(BrokenLog, match=f"record {third.seq} after {first.seq}"):
        unsettled([first, third], first.seq - 1, 1)
    with pytest.raises(BrokenLog):
        unsettled([third], first.seq, 1)
    fresh = replace(first, seq=START + 5_000_000)
    assert unsettled([fresh], third.seq, 1) == [fresh]
    with pytest.raises(BrokenLog):
        unsettled([first, fresh], first.seq - 1, 1)
    assert unsettled([third], 0, 1) == [third]


def lease_of(zone: ZoneInfo, at: datetime, desk: Desk) -> HeldLease:
    day = Day.at(at, zone)
    return replace(desk.lease, day=day.date, day_starts_at=day.starts_at, day_ends_at=day.ends_at)


@pytest.mark.parametrize(
    ("zone", "decided", "at", "hour"),
    [
        (RIGA, NOON, NOON + timedelta(minutes=59), NOON),
        # Hours of Kathmandu begin at a quarter past of UTC.
        (KATHMANDU, NOON, NOON, datetime(2026, 11, 19, 11, 15, tzinfo=UTC)),
        (KATHMANDU, datetime(2026, 11, 19, 18, 14, tzinfo=UTC), datetime(2026, 11, 19, 18, 20, tzinfo=UTC),
         datetime(2026, 11, 19, 17, 15, tzinfo=UTC)),
        # The day of 25 hours: its last hour, also for what was seen after it.
        (BERLIN, datetime(2026, 10, 25, 22, 59, tzinfo=UTC), datetime(2026, 10, 25, 23, 5, tzinfo=UTC),
         datetime(2026, 10, 25, 22, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_charge_counts_in_an_hour_of_the_day_it_is_charged_to(
    desk: Desk, zone: ZoneInfo, decided: datetime, at: datetime, hour: datetime
) -> None:
    assert hour_of(desk.record(at=at), lease_of(zone, decided, desk)) == hour
