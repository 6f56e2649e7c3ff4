"""The one writer of money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict
from webapp.core.ids import new_public_id
from webapp.core.permissions import Permission
from webapp.core.scope import Scope, StaffScope
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing import policies
from webapp.domain.billing.models import Account, TransactionKind
from webapp.domain.billing.policies import Move
from webapp.domain.billing.shift import ShiftStore
from webapp.domain.billing.store import Found, LedgerStore
from webapp.domain.billing.types import Holder, Posted, Posting
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import BALANCE_CHANGED

_SPENDING = (TransactionKind.SPEND, TransactionKind.CREDIT_NOTE)


class Ledger:
    """Moves money: every transaction, with its entries, balance and spend day, is written here and nowhere else."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, outbox: Outbox) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._store = LedgerStore(session)
        self._shifts = ShiftStore(session)

    def post(self, posting: Posting) -> Posted:
        """Write one transaction under the balance's lock, or return the one that has its key."""
        policies.check(posting)
        try:
            return self._post(posting)
        except _KeyTaken:
            # Only the insert was undone, and nothing comes before it: look again.
            return self._post(posting)

    def post_many(self, postings: Sequence[Posting]) -> list[Posted]:
        """Write many transactions of one advertiser, in order, under one lock: all of them or none."""
        if not postings:
            return []
        for posting in postings:
            policies.check(posting)
        holder = postings[0].holder
        if any(posting.holder != holder for posting in postings):
            raise Conflict("A batch belongs to one advertiser.")
        batch = _Batch(self._store, holder, self._store.lock(holder, self._clock.now()), self._clock.now())
        found = self._store.find_many(holder, [posting.idempotency_key for posting in postings])
        answers = [batch.add(posting, found) for posting in postings]
        return batch.write(answers)

    def hold(self, holder: Holder) -> int:
        """Lock the balance to the end of the transaction, so that what it may spend (returned) stays as it is."""
        pockets = self._store.lock(holder, self._clock.now())
        return pockets[Account.AVAILABLE] + pockets[Account.PROMO]

    def _post(self, posting: Posting) -> Posted:
        now = posting.at or self._clock.now()
        return self._post_at_once(posting, now) or self._post_after_a_look(posting, now)

    def _post_at_once(self, posting: Posting, now: datetime) -> Posted | None:
        """Post what delivery posts all day without looking first, so that a busy balance is held for one trip less.

        None when it takes a look: another kind, promo money in play, too little money, no balance yet.
        """
        entries = policies.settled_moves(posting)
        row = _row(posting, now, posting.request_hash)
        if entries is None:
            return None
        try:
            written = self._shifts.write(posting, row, entries, now)
        except IntegrityError:
            found = self._store.find_many(posting.holder, [posting.idempotency_key]).get(posting.idempotency_key)
            if found is None or found.posted.public_id == row["public_id"]:
                raise
            # The key is taken and only the insert was undone. The balance is still ours: put it back as it was.
            self._shifts.take_back(posting, entries, now)
            return replay(posting, found)
        return Posted(row["public_id"], posting.kind, now, created=True) if written else None

    def _post_after_a_look(self, posting: Posting, now: datetime) -> Posted:
        pockets, found = self._store.lock_and_find(posting.holder, posting.idempotency_key, now)
        if found is not None:
            return replay(posting, found)
        batch = _Batch(self._store, posting.holder, pockets, now)
        return batch.write([batch.add(posting, {})])[0]

    def top_up(self, scope: Scope, amount_micros: int, key: str, *, reference: str = "", reason: str = "") -> Posted:
        """Add money that was paid in."""
        scope.require(Permission.BALANCE_TOP_UP)
        posting = _asked(scope, TransactionKind.TOP_UP, amount_micros, key, reason=reason, reference=reference)
        return self._by_hand(posting)

    def reserve(self, scope: Scope, amount_micros: int, key: str, *, campaign_id: int, reason: str = "") -> Posted:
        """Set money aside for a campaign, promo money first."""
        scope.require(Permission.CAMPAIGN_WRITE)
        return self.post(
            _asked(scope, TransactionKind.RESERVE, amount_micros, key, reason=reason, campaign_id=campaign_id)
        )

    def release(self, scope: Scope, amount_micros: int, key: str, *, campaign_id: int, reason: str = "") -> Posted:
        """Give back what a campaign did not use."""
        scope.require(Permission.CAMPAIGN_WRITE)
        return self.post(
            _asked(scope, TransactionKind.RELEASE, amount_micros, key, reason=reason, campaign_id=campaign_id)
        )

    def charge(
        self,
        scope: Scope,
        amount_micros: int,
        key: str,
        *,
        campaign_id: int,
        budget_day: date,
        source: Account = Account.RESERVED,
        reason: str = "",
        reference: str = "",
    ) -> Posted:
        """Charge a campaign's day, from its reservation or (source AVAILABLE) straight from promo and available."""
        scope.require(Permission.CAMPAIGN_WRITE)
        posting = _asked(scope, TransactionKind.SPEND, amount_micros, key, reason=reason, reference=reference)
        return self.post(replace(posting, campaign_id=campaign_id, budget_day=budget_day, source=source))

    def grant_promo(self, staff: StaffScope, holder: Holder, amount_micros: int, key: str, *, reason: str) -> Posted:
        """Give an advertiser money it can only spend here."""
        return self._by_staff(staff, holder, TransactionKind.PROMO_CREDIT, amount_micros, key, reason)

    def refund(
        self, staff: StaffScope, holder: Holder, amount_micros: int, key: str, *, reason: str, reference: str = ""
    ) -> Posted:
        """Pay back money that was paid in and is still available."""
        return self._by_staff(staff, holder, TransactionKind.REFUND, amount_micros, key, reason, reference=reference)

    def credit(
        self,
        staff: StaffScope,
        holder: Holder,
        amount_micros: int,
        key: str,
        *,
        reason: str,
        campaign_id: int | None = None,
        budget_day: date | None = None,
    ) -> Posted:
        """Take a charge back, in whole or in part."""
        return self._by_staff(
            staff, holder, TransactionKind.CREDIT_NOTE, amount_micros, key, reason,
            campaign_id=campaign_id, budget_day=budget_day,
        )  # fmt: skip

    def adjust(self, staff: StaffScope, holder: Holder, amount_micros: int, key: str, *, reason: str) -> Posted:
        """Correct what is available, up or (negative) down."""
        return self._by_staff(staff, holder, TransactionKind.ADJUSTMENT, amount_micros, key, reason)

    def _by_staff(
        self,
        staff: StaffScope,
        holder: Holder,
        kind: TransactionKind,
        amount_micros: int,
        key: str,
        reason: str,
        **about: Any,
    ) -> Posted:
        staff.require(Permission.STAFF_LEDGER_ADJUST)
        posted = self._by_hand(Posting(holder, staff.actor, kind, amount_micros, key, reason=reason.strip(), **about))
        if posted.created:
            change = {"field": "amount_micros", "before": None, "after": amount_micros}
            self._audit.record(
                staff.actor, f"ledger.{kind.value}", advertiser_id=holder.advertiser_id, subject_type="transaction",
                subject_id=posted.public_id, changes=[change], reason=reason,
            )  # fmt: skip
        return posted

    def _by_hand(self, posting: Posting) -> Posted:
        """Post what is no delivery, and tell of the new balance."""
        posted = self.post(posting)
        if posted.created:
            pockets = self._store.lock(posting.holder, self._clock.now())
            available = pockets[Account.AVAILABLE] + pockets[Account.PROMO]
            self._outbox.record(BALANCE_CHANGED, posting.holder.advertiser_id, {"available_micros": available})
        return posted


def _asked(scope: Scope, kind: TransactionKind, amount_micros: int, key: str, **about: Any) -> Posting:
    return Posting(Holder.of(scope), scope.actor, kind, amount_micros, key, **about)


def replay(posting: Posting, found: Found) -> Posted:
    """Return the transaction that has the key, if it is the answer to the same request."""
    if found.request_hash != posting.request_hash:
        raise Conflict("This idempotency key was used for another request.")
    return found.posted


def _row(posting: Posting, at: datetime, request_hash: str) -> dict[str, Any]:
    """Return a transaction's columns but for what is available after it."""
    return {
        "public_id": new_public_id("t"),
        "advertiser_id": posting.holder.advertiser_id,
        "kind": posting.kind,
        "currency": posting.holder.currency,
        "idempotency_key": posting.idempotency_key,
        "request_hash": request_hash,
        "actor_user_id": posting.actor.user_id,
        "actor_name": posting.actor.name[:120],
        "reason": posting.reason[:500],
        "reference": posting.reference[:128],
        "campaign_id": posting.campaign_id,
        "budget_day": posting.budget_day,
        "created_at": at,
    }


class _KeyTaken(Exception):
    """Somebody took the key between our look and our insert; only that statement was undone."""


class _Batch:
    """Transactions worked out against the locked pockets, then written together."""

    def __init__(self, store: LedgerStore, holder: Holder, pockets: dict[Account, int], now: datetime) -> None:
        self._store = store
        self._holder = holder
        self._holdings = pockets
        self._now = now
        self._rows: list[dict[str, Any]] = []
        self._moves: list[tuple[Move, ...]] = []
        self._afters: list[list[int]] = []
        self._spend: Counter[tuple[int, date]] = Counter()
        self._mine: dict[str, tuple[str, int]] = {}

    def add(self, posting: Posting, found: dict[str, Found]) -> Posted | int:
        """Work one posting out; return the transaction its key already has, or its place in this batch."""
        key, request_hash = posting.idempotency_key, posting.request_hash
        if key in found:
            return replay(posting, found[key])
        if key in self._mine:
            before, place = self._mine[key]
            if before != request_hash:
                raise Conflict("This idempotency key was used for another request.")
            return place
        outside = policies.OUTSIDE.get(posting.kind)
        if outside is not None and outside not in self._holdings:
            self._holdings[outside] = self._store.last_after(self._holder, outside)
        self._count_spend(posting)
        entries = policies.moves(posting, self._holdings)
        self._holdings = policies.apply(self._holdings, entries)
        self._moves.append(entries)
        self._afters.append([self._holdings[account] for account, _ in entries])
        after = self._holdings[Account.AVAILABLE] + self._holdings[Account.PROMO]
        self._rows.append({**_row(posting, posting.at or self._now, request_hash), "available_after_micros": after})
        self._mine[key] = (request_hash, len(self._rows) - 1)
        return len(self._rows) - 1

    def _count_spend(self, posting: Posting) -> None:
        if posting.kind not in _SPENDING or posting.campaign_id is None or posting.budget_day is None:
            return
        day = (posting.campaign_id, posting.budget_day)
        if posting.kind is TransactionKind.SPEND:
            self._spend[day] += posting.amount_micros
            return
        # The day's row changes only under the balance's lock, which we hold: this look is final.
        if self._store.spent_on(self._holder, *day) + self._spend[day] < posting.amount_micros:
            raise Conflict("A credit note cannot be more than the campaign was charged that day.")
        self._spend[day] -= posting.amount_micros

    def write(self, answers: Iterable[Posted | int]) -> list[Posted]:
        """Write all rows and return each posting's transaction, in order."""
        written = self._write() if self._rows else []
        posted, seen = [], set()
        for answer in answers:
            if isinstance(answer, Posted):
                posted.append(answer)
            else:
                posted.append(replace(written[answer], created=answer not in seen))
                seen.add(answer)
        return posted

    def _write(self) -> list[Posted]:
        ids = self._insert_transactions()
        self._store.add_entries(list(self._entry_rows(ids)))
        self._store.save_balance(self._holder, self._holdings, self._now)
        for (campaign_id, day), amount in sorted(self._spend.items()):
            self._store.add_spend(self._holder, campaign_id, day, amount)
        return [Posted(row["public_id"], row["kind"], row["created_at"], created=True) for row in self._rows]

    def _insert_transactions(self) -> list[int]:
        if len(self._rows) == 1:
            try:
                return [self._store.add_transaction(self._rows[0])]
            except IntegrityError as error:
                raise _KeyTaken from error
        ids = self._store.add_transactions(self._rows)
        return [ids[row["public_id"]] for row in self._rows]

    def _entry_rows(self, ids: Sequence[int]) -> Iterable[dict[str, Any]]:
        for id, entries, afters in zip(ids, self._moves, self._afters, strict=True):
            for (account, amount), after in zip(entries, afters, strict=True):
                yield {
                    "transaction_id": id,
                    "advertiser_id": self._holder.advertiser_id,
                    "account": account,
                    "amount_micros": amount,
                    "balance_after_micros": after,
                }
