"""Credits for traffic that is found invalid after it was charged: asked for, approved by a second person, given back.

The money goes back in the transaction of the decision; the events follow by the event recorded in it. Which events a
credit means is settled when it is asked for: what comes in later does not belong to it.

The store of events is asked before the balance is locked, for settlement waits at that lock; under it there is only a
look whether another credit of the day was given meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.ids import PublicId
from webapp.core.money import MICROS
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import StaffScope
from webapp.domain.analytics.credits import Creditable, CreditQuery
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.services import Ledger
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.credit_store import CreditStore
from webapp.domain.delivery.models import CreditStatus, TrafficCredit
from webapp.domain.delivery.types import Verdict
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import TRAFFIC_CREDITED

#: What charged events may turn out to have been.
VERDICTS = (Verdict.BOT_UA, Verdict.DATACENTER, Verdict.RATE, Verdict.TOO_FAST, Verdict.DUPLICATE, Verdict.FREQUENCY)
MAX_REASON = 500


class CreditableEvents(Protocol):
    """The part of the store of events that credits need."""

    def creditable(self, query: CreditQuery, sample: int = 0) -> Creditable:
        """Return what charged events come to, and a few of them."""

    def credit_events(self, query: CreditQuery, verdict: str) -> None:
        """Count these events as filtered and free."""


@dataclass(frozen=True, slots=True)
class Request:
    """A credit somebody asks for; its id comes with the form, so that the same form twice is one credit."""

    public_id: PublicId
    holder: Holder
    query: CreditQuery
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Counted:
    """What events come to that no credit has given back, as of the credits of the day that were given by then."""

    found: Creditable
    given: frozenset[str]


class Credits:
    """Credits of all advertisers, for staff who may correct ledgers."""

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, ledger: Ledger, outbox: Outbox,
        events: CreditableEvents, limit_units: int,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._audit = audit
        self._ledger = ledger
        self._outbox = outbox
        self._events = events
        self._store = CreditStore(session)
        self.limit_micros = limit_units * MICROS

    def preview(self, staff: StaffScope, query: CreditQuery, sample: int = 10) -> Creditable:
        """Return what a credit would give back, and some of its events."""
        staff.require(Permission.STAFF_LEDGER_ADJUST)
        return self._events.creditable(query, sample)

    def ask(self, staff: StaffScope, wanted: Request) -> TrafficCredit:
        """Ask for a credit: small ones are given at once, others wait for a second person."""
        staff.require(Permission.STAFF_LEDGER_ADJUST)
        _check(wanted)
        if row := self._store.find(wanted.public_id):
            return row
        counted = self._count(wanted.query)
        found = counted.found
        if not found.events:
            raise Invalid({"criteria": "No charged event fits."})
        self._ledger.hold(wanted.holder)
        if row := self._store.find(wanted.public_id, lock=True):
            return row
        self._refuse_given_since(counted, wanted.query)
        row = self._store.add(self._row(staff, wanted, found))
        self._note(staff, "credit.request", row)
        return self._give(staff, row, wanted.holder) if found.micros <= self.limit_micros else row

    def approve(self, staff: StaffScope, public_id: PublicId, holder: Holder) -> TrafficCredit:
        """Give the money back; only somebody else than who asked may, and only once."""
        row = self._waiting(staff, public_id, holder, lock=False)
        if row.requested_by == staff.actor.user_id:
            raise Conflict("A second person must approve this credit.")
        counted = self._count(query_of(row))
        row = self._waiting(staff, public_id, holder)
        self._refuse_given_since(counted, query_of(row))
        found = counted.found
        if (found.impressions, found.clicks, found.micros) != (row.impressions, row.clicks, row.amount_micros):
            raise Conflict("These events were credited meanwhile, all or some of them. Decline this and ask again.")
        return self._give(staff, row, holder)

    def decline(self, staff: StaffScope, public_id: PublicId, holder: Holder) -> TrafficCredit:
        """Give nothing back."""
        row = self._waiting(staff, public_id, holder)
        self._decide(staff, row, CreditStatus.DECLINED)
        self._note(staff, "credit.decline", row)
        return row

    def get(self, staff: StaffScope, public_id: PublicId) -> TrafficCredit:
        """Return a credit, or raise NotFound."""
        staff.require(Permission.STAFF_LEDGER_READ)
        row = self._store.find(public_id)
        if row is None:
            raise NotFound
        return row

    def list_page(self, staff: StaffScope, page: PageRequest, status: CreditStatus | None) -> Page[TrafficCredit]:
        """Return a page of credits, the newest first."""
        staff.require(Permission.STAFF_LEDGER_READ)
        return self._store.page(page, status)

    def apply(self, public_id: str) -> None:
        """Let the events of a credit that was given count no more; done again, nothing changes."""
        row = self._store.find(PublicId(public_id))
        if row is not None and row.status is CreditStatus.APPROVED:
            self._events.credit_events(query_of(row), row.verdict)

    def _waiting(self, staff: StaffScope, public_id: PublicId, holder: Holder, *, lock: bool = True) -> TrafficCredit:
        staff.require(Permission.STAFF_LEDGER_ADJUST)
        if lock:
            self._ledger.hold(holder)
        row = self._store.find(public_id, lock=lock)
        if row is None or row.advertiser_id != holder.advertiser_id:
            raise NotFound
        if row.status is not CreditStatus.PENDING:
            raise Conflict("This credit was decided already.")
        return row

    def _count(self, query: CreditQuery) -> _Counted:
        """Ask what events come to, once those of the day's other credits count no more: they would be given twice."""
        given = self._store.given_on(query.advertiser_id, query.campaign_id, query.day)
        if any(self._events.creditable(query_of(other)).events for other in given):
            raise _carried_out()
        return _Counted(self._events.creditable(query), frozenset(other.public_id for other in given))

    def _refuse_given_since(self, counted: _Counted, query: CreditQuery) -> None:
        """Refuse when another credit of the day was given since the count; whoever gives one holds the balance."""
        now = self._store.given_on(query.advertiser_id, query.campaign_id, query.day, lock=True)
        if any(other.public_id not in counted.given for other in now):
            raise _carried_out()

    def _row(self, staff: StaffScope, wanted: Request, found: Creditable) -> TrafficCredit:
        query = replace(wanted.query, upto=found.upto)
        return TrafficCredit(
            public_id=wanted.public_id, advertiser_id=query.advertiser_id, campaign_id=query.campaign_id,
            day=query.day, verdict=wanted.verdict, criteria=criteria_of(query), impressions=found.impressions,
            clicks=found.clicks, amount_micros=found.micros, reason=wanted.reason.strip(),
            status=CreditStatus.PENDING, requested_by=staff.actor.user_id,
            requested_by_name=staff.actor.name[:120], created_at=self._clock.now(),
        )  # fmt: skip

    def _give(self, staff: StaffScope, row: TrafficCredit, holder: Holder) -> TrafficCredit:
        posted = self._ledger.credit(
            staff, holder, row.amount_micros, f"credit:{row.public_id}", reason=row.reason,
            campaign_id=row.campaign_id, budget_day=row.day,
        )  # fmt: skip
        row.transaction_id = posted.public_id
        self._decide(staff, row, CreditStatus.APPROVED)
        self._note(staff, "credit.approve", row)
        self._outbox.record(TRAFFIC_CREDITED, row.advertiser_id, {"credit_id": row.public_id})
        return row

    def _decide(self, staff: StaffScope, row: TrafficCredit, status: CreditStatus) -> None:
        row.status, row.decided_at = status, self._clock.now()
        row.decided_by, row.decided_by_name = staff.actor.user_id, staff.actor.name[:120]

    def _note(self, staff: StaffScope, action: str, row: TrafficCredit) -> None:
        change = {"field": "amount_micros", "before": None, "after": row.amount_micros}
        self._audit.record(
            staff.actor, action, advertiser_id=row.advertiser_id, subject_type="credit", subject_id=row.public_id,
            changes=[change], reason=row.reason,
        )  # fmt: skip


def _carried_out() -> Conflict:
    return Conflict("Another credit of this day is being carried out. Try again in a moment.")


def _check(wanted: Request) -> None:
    errors: dict[str, str] = {}
    if wanted.verdict not in VERDICTS:
        errors["verdict"] = "Choose what the events turned out to be."
    if not wanted.reason.strip() or len(wanted.reason.strip()) > MAX_REASON:
        errors["reason"] = "Say why, in at most 500 characters."
    if errors:
        raise Invalid(errors)


def criteria_of(query: CreditQuery) -> dict[str, Any]:
    """Return what a credit remembers of its events."""
    moments = {"starts_at": query.starts_at, "ends_at": query.ends_at}
    return {
        "site": query.site, "ip_prefix": query.ip_prefix, "user_day": query.user_day,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "upto": {str(node): seq for node, seq in (query.upto or {}).items()},
    }  # fmt: skip


def query_of(row: TrafficCredit) -> CreditQuery:
    """Return the events a credit means."""
    kept: Mapping[str, Any] = row.criteria
    return CreditQuery(
        row.advertiser_id, row.campaign_id, row.day, kept["site"], kept["ip_prefix"], kept["user_day"],
        _moment(kept["starts_at"]), _moment(kept["ends_at"]), {int(node): seq for node, seq in kept["upto"].items()},
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
