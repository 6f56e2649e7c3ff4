"""Queries of what is read: every one starts from the scope, staff's alone from the whole ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.periods import Period
from webapp.core.scope import Scope
from webapp.domain.billing.models import Account, Balance, Entry, SpendDay, Transaction, TransactionKind
from webapp.domain.billing.postings import HOURLY
from webapp.domain.billing.types import (
    CampaignSpend,
    LedgerEntry,
    LedgerFilter,
    LedgerPage,
    LedgerRow,
    Pockets,
)

#: How many transactions are read at a time when all of them are wanted.
CHUNK = 1000
_BEHIND_HOURLY = HOURLY[:-1] + chr(ord(HOURLY[-1]) + 1)
Rows = Select[*tuple[Any, ...]]

_COLUMNS = (
    Transaction.id, Transaction.public_id, Transaction.advertiser_id, Transaction.kind, Transaction.currency,
    Transaction.reason, Transaction.reference, Transaction.actor_name, Transaction.campaign_id, Transaction.budget_day,
    Transaction.created_at, Transaction.available_after_micros,
)  # fmt: skip
#: Kinds whose effect on what may be spent says where money came from.
_SOURCES = (
    TransactionKind.TOP_UP, TransactionKind.REFUND, TransactionKind.PROMO_CREDIT, TransactionKind.CREDIT_NOTE,
    TransactionKind.ADJUSTMENT,
)  # fmt: skip


class StatementStore:
    """Reads balances, transactions and spend days."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def pockets(self, scope: Scope) -> Pockets:
        """Return the advertiser's pockets."""
        return self.pockets_of(scope.advertiser_id) or Pockets(scope.currency)

    def pockets_of(self, advertiser_id: int) -> Pockets | None:
        """Return the pockets of an advertiser that has a balance."""
        query = select(
            Balance.currency, Balance.available_micros, Balance.reserved_micros, Balance.promo_micros,
            Balance.spent_micros, Balance.updated_at,
        )  # fmt: skip
        row = self._session.execute(query.where(Balance.advertiser_id == advertiser_id)).first()
        return Pockets(*row) if row else None

    def pockets_of_many(self, advertiser_ids: Collection[int]) -> dict[int, Pockets]:
        """Return the pockets of several advertisers; those without a balance are left out."""
        query = select(
            Balance.advertiser_id, Balance.currency, Balance.available_micros, Balance.reserved_micros,
            Balance.promo_micros, Balance.spent_micros, Balance.updated_at,
        )  # fmt: skip
        rows = self._session.execute(query.where(Balance.advertiser_id.in_(advertiser_ids))) if advertiser_ids else ()
        return {row[0]: Pockets(*row[1:]) for row in rows}

    def moved_by_kind(self, scope: Scope) -> dict[TransactionKind, int]:
        """Return how much each kind that brings money in (or back) changed what may be spent."""
        query = (
            select(Transaction.kind, func.sum(Entry.amount_micros))
            .join(Entry, Entry.transaction_id == Transaction.id)
            .where(Transaction.advertiser_id == scope.advertiser_id, Transaction.kind.in_(_SOURCES))
            .where(Entry.account.in_((Account.AVAILABLE, Account.PROMO)))
            .group_by(Transaction.kind)
        )
        return {kind: int(total) for kind, total in self._session.execute(query)}

    def first_at(self, scope: Scope) -> datetime | None:
        """Return when the first transaction was posted."""
        return self._session.scalar(
            select(func.min(Transaction.created_at)).where(Transaction.advertiser_id == scope.advertiser_id)
        )

    def page(
        self,
        scope: Scope | None,
        chosen: LedgerFilter,
        *,
        before: PublicId | None,
        size: int,
        advertiser_id: int | None = None,
    ) -> LedgerPage:
        """Return one page and the total of the filter; the whole ledger is not counted, for it only grows."""
        query = self._filtered(select(*_COLUMNS), scope, chosen, advertiser_id)
        total = None
        if scope is not None or advertiser_id is not None:
            total = self._session.scalar(self._filtered(select(func.count()), scope, chosen, advertiser_id))
        if before is not None:
            query = query.where(Transaction.id < self._id_of(scope, before))
        found = self._session.execute(query.order_by(Transaction.id.desc()).limit(size + 1)).all()
        rows = self._with_entries(found[:size])
        return LedgerPage(rows, total, rows[-1].public_id if len(found) > size else None, before is None)

    def every(self, scope: Scope, chosen: LedgerFilter) -> Iterator[LedgerRow]:
        """Yield every transaction of a filter, newest first."""
        query = self._filtered(select(*_COLUMNS), scope, chosen, None).order_by(Transaction.id.desc()).limit(CHUNK)
        rows = self._with_entries(self._session.execute(query).all())
        while rows:
            yield from rows
            rows = self._with_entries(self._session.execute(query.where(Transaction.id < rows[-1].id)).all())

    def find(self, scope: Scope, public_id: PublicId) -> LedgerRow | None:
        """Return one transaction of the advertiser."""
        query = select(*_COLUMNS).where(Transaction.advertiser_id == scope.advertiser_id)
        rows = self._with_entries(self._session.execute(query.where(Transaction.public_id == public_id)).all())
        return rows[0] if rows else None

    def _id_of(self, scope: Scope | None, public_id: PublicId) -> int:
        query = select(Transaction.id).where(Transaction.public_id == public_id)
        if scope is not None:
            query = query.where(Transaction.advertiser_id == scope.advertiser_id)
        found = self._session.scalar(query)
        if found is None:
            raise NotFound
        return found

    def _filtered(self, query: Rows, scope: Scope | None, chosen: LedgerFilter, advertiser_id: int | None) -> Rows:
        owner = scope.advertiser_id if scope else advertiser_id
        if owner is not None:
            query = query.where(Transaction.advertiser_id == owner)
        if kinds := chosen.kinds:
            query = query.where(Transaction.kind.in_(kinds))
        if not chosen.hourly:
            # A range of keys: the index of keys finds the few others among any number of charges.
            key = Transaction.idempotency_key
            others = or_(key < HOURLY, key >= _BEHIND_HOURLY)
            query = query.where(or_(Transaction.kind != TransactionKind.SPEND, others))
        if chosen.period is not None:
            start, end = chosen.period.instants(scope.zone if scope else ZoneInfo("UTC"))
            query = query.where(Transaction.created_at >= start, Transaction.created_at < end)
        if chosen.campaign_id is not None:
            query = query.where(Transaction.campaign_id == chosen.campaign_id)
        return query

    def _with_entries(self, found: Sequence[Any]) -> list[LedgerRow]:
        if not found:
            return []
        query = (
            select(Entry.transaction_id, Entry.account, Entry.amount_micros, Entry.balance_after_micros)
            .where(Entry.transaction_id.in_([row.id for row in found]))
            .order_by(Entry.id)
        )
        entries: dict[int, list[LedgerEntry]] = defaultdict(list)
        for transaction_id, account, amount, after in self._session.execute(query):
            entries[transaction_id].append(LedgerEntry(account, amount, after))
        return [LedgerRow(**row._mapping, entries=entries[row.id]) for row in found]

    def spend_of(self, scope: Scope, campaign_ids: Sequence[int] | None, today: date) -> dict[int, CampaignSpend]:
        """Return today's and the total spend of campaigns (None: of all), and the last day they were charged on."""
        last_day = func.max(case((SpendDay.spent_micros > 0, SpendDay.day)))
        query = self._sums(scope, campaign_ids, today, SpendDay.spent_micros).add_columns(last_day)
        credited = self._sums(scope, campaign_ids, today, SpendDay.credited_micros)
        # Few days have any: the index finds them among all days of all campaigns.
        few = self._session.execute(credited.where(SpendDay.credited_micros > 0))
        back = {id: (int(now), int(total)) for id, now, total in few}
        return {
            id: CampaignSpend(int(now), int(total), last, *back.get(id, (0, 0)))
            for id, now, total, last in self._session.execute(query)
        }

    def _sums(
        self, scope: Scope, campaign_ids: Sequence[int] | None, today: date, micros: InstrumentedAttribute[int]
    ) -> Select[*tuple[Any, ...]]:
        """Ask for the sums of a column, today's and all, by campaign."""
        query = (
            select(SpendDay.campaign_id, func.sum(case((SpendDay.day == today, micros), else_=0)), func.sum(micros))
            .where(SpendDay.advertiser_id == scope.advertiser_id)
            .group_by(SpendDay.campaign_id)
        )
        return query if campaign_ids is None else query.where(SpendDay.campaign_id.in_(campaign_ids))

    def spent_between(self, scope: Scope, period: Period) -> int:
        """Return what all campaigns were charged for the days of a period."""
        query = select(func.sum(SpendDay.spent_micros)).where(
            SpendDay.advertiser_id == scope.advertiser_id, SpendDay.day.between(period.first, period.last)
        )
        return int(self._session.scalar(query) or 0)

    def first_spend_day(self, scope: Scope) -> date | None:
        """Return the first day anything was charged for."""
        return self._session.scalar(select(func.min(SpendDay.day)).where(SpendDay.advertiser_id == scope.advertiser_id))

    def spent_in_entries(self, scope: Scope) -> int:
        """Return the sum of the entries on the spent account."""
        query = select(func.sum(Entry.amount_micros)).where(
            Entry.advertiser_id == scope.advertiser_id, Entry.account == Account.SPENT
        )
        return int(self._session.scalar(query) or 0)

    def spent_in_days(self, scope: Scope) -> int:
        """Return the sum of the campaigns' days."""
        query = select(func.sum(SpendDay.spent_micros)).where(SpendDay.advertiser_id == scope.advertiser_id)
        return int(self._session.scalar(query) or 0)

    def spent_without_campaign(self, scope: Scope) -> int:
        """Return the (negative) sum of credit notes that name no campaign."""
        query = (
            select(func.sum(Entry.amount_micros))
            .join(Transaction, Transaction.id == Entry.transaction_id)
            .where(Transaction.advertiser_id == scope.advertiser_id, Transaction.kind == TransactionKind.CREDIT_NOTE)
            .where(Transaction.campaign_id.is_(None), Entry.account == Account.SPENT)
        )
        return int(self._session.scalar(query) or 0)
