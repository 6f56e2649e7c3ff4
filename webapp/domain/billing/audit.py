"""The proof of the books: every sum worked out again from the entries, and the first row named that breaks one.

One pass over the entries in the order they were written checks zero sums, the running balances and the statements'
last column; what is kept in memory grows with the advertisers, not with the entries. The campaigns' days are compared
one advertiser at a time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from webapp.core.money import Money, to_decimal
from webapp.domain.billing.models import Account, Balance, Entry, SpendDay, Transaction, TransactionKind
from webapp.domain.billing.policies import POCKETS
from webapp.domain.billing.types import MAX_FINDINGS, BooksReport, Finding

CHUNK = 10_000
Rows = Select[*tuple[Any, ...]]
#: What a campaign's day cost, net of credit notes, and what these were.
DaySums = tuple[int, int]
_EMPTY_DAY: DaySums = (0, 0)

_ENTRIES = (
    select(
        Entry.id, Entry.transaction_id, Entry.advertiser_id, Entry.account, Entry.amount_micros,
        Entry.balance_after_micros, Transaction.public_id, Transaction.advertiser_id.label("owner_id"),
        Transaction.currency, Transaction.available_after_micros,
    )
    .outerjoin(Transaction, Transaction.id == Entry.transaction_id)
    .order_by(Entry.id)
    .limit(CHUNK)
)  # fmt: skip


def audit_ledger(session: Session, advertiser_id: int | None = None) -> BooksReport:
    """Prove the books of all advertisers, or of one; reads one snapshot and changes nothing."""
    _one_snapshot(session)
    return _Audit(session, advertiser_id).run()


def _one_snapshot(session: Session) -> None:
    """Let every query of the audit see the same moment, although money moves meanwhile."""
    if session.get_bind().dialect.name != "sqlite" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


class _Audit:
    def __init__(self, session: Session, advertiser_id: int | None) -> None:
        self._session = session
        self._advertiser_id = advertiser_id
        self._findings: list[Finding] = []
        self._held: Counter[tuple[int, Account]] = Counter()
        #: Transactions whose entries do not add up to zero so far, with their public ids.
        self._open: dict[int, tuple[int, str]] = {}
        self._currency: dict[int, str] = {}
        #: Each advertiser's newest transaction: id, public id and the column that is checked when the next begins.
        self._last: dict[int, tuple[int, str, int]] = {}
        self._entries = 0

    def run(self) -> BooksReport:
        balances = self._balances()
        self._currency = {id: row.currency for id, row in balances.items()}
        for row in self._stream():
            self._entry(row)
        for owner in list(self._last):
            self._close(owner)
        for id, (rest, public_id) in sorted(self._open.items()):
            self._found("transactions", id, public_id, f"its entries sum to {to_decimal(rest)}, not to zero")
        self._empty_transactions()
        self._compare_balances(balances)
        self._compare_days()
        return BooksReport(
            transactions=self._count(select(func.count()).select_from(Transaction), Transaction),
            entries=self._entries,
            advertisers=len(balances),
            findings=self._findings[:MAX_FINDINGS],
            came_in=self._came_in(balances),
        )

    def _found(self, table: str, row_id: object, public_id: str | None, what: str) -> None:
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(Finding(table, str(row_id), public_id or "", what))

    def _of(self, query: Rows, model: Any) -> Rows:
        return query if self._advertiser_id is None else query.where(model.advertiser_id == self._advertiser_id)

    def _count(self, query: Rows, model: Any) -> int:
        return self._session.scalar(self._of(query, model)) or 0

    def _balances(self) -> dict[int, Any]:
        query = select(Balance.advertiser_id, Balance.currency, *(getattr(Balance, f"{a}_micros") for a in POCKETS))
        return {row.advertiser_id: row for row in self._session.execute(self._of(query, Balance))}

    def _stream(self) -> Iterator[Any]:
        query, last = self._of(_ENTRIES, Entry), 0
        while rows := self._session.execute(query.where(Entry.id > last)).all():
            yield from rows
            self._entries += len(rows)
            last = rows[-1].id

    def _entry(self, row: Any) -> None:
        if row.owner_id is None:
            self._found("entries", row.id, None, f"its transaction {row.transaction_id} does not exist")
            return
        if row.owner_id != row.advertiser_id:
            self._found("entries", row.id, row.public_id, "it belongs to another advertiser than its transaction")
        self._own_currency(row)
        before = self._last.get(row.advertiser_id)
        if before is not None and before[0] != row.transaction_id:
            self._close(row.advertiser_id)
        self._last[row.advertiser_id] = (row.transaction_id, row.public_id, row.available_after_micros)
        self._zero_sum(row)
        self._chain(row)

    def _own_currency(self, row: Any) -> None:
        currency = self._currency.get(row.advertiser_id)
        if currency is None:
            self._found("entries", row.id, row.public_id, "its advertiser has no balance row")
            self._currency[row.advertiser_id] = row.currency
        elif currency != row.currency:
            what = f"it is in {row.currency}, its advertiser's balance in {currency}"
            self._found("transactions", row.transaction_id, row.public_id, what)

    def _zero_sum(self, row: Any) -> None:
        rest = self._open.pop(row.transaction_id, (0, ""))[0] + row.amount_micros
        if rest:
            self._open[row.transaction_id] = (rest, row.public_id)

    def _chain(self, row: Any) -> None:
        key = (row.advertiser_id, row.account)
        self._held[key] += row.amount_micros
        if self._held[key] != row.balance_after_micros:
            what = (
                f"{row.account} holds {to_decimal(row.balance_after_micros)} after it,"
                f" the entries make it {to_decimal(self._held[key])}"
            )
            self._found("entries", row.id, row.public_id, what)
            # One broken row is named once: go on from what it says.
            self._held[key] = row.balance_after_micros

    def _close(self, owner: int) -> None:
        """Check the statement's last column of an advertiser's finished transaction."""
        id, public_id, claimed = self._last[owner]
        spendable = self._held[owner, Account.AVAILABLE] + self._held[owner, Account.PROMO]
        if spendable != claimed:
            what = f"available after it is {to_decimal(claimed)}, the entries make it {to_decimal(spendable)}"
            self._found("transactions", id, public_id, what)

    def _empty_transactions(self) -> None:
        query = self._of(select(Transaction.id, Transaction.public_id), Transaction)
        query = query.outerjoin(Entry, Entry.transaction_id == Transaction.id).where(Entry.id.is_(None))
        for row in self._session.execute(query.order_by(Transaction.id).limit(MAX_FINDINGS)):
            self._found("transactions", row.id, row.public_id, "it has no entries")

    def _compare_balances(self, balances: dict[int, Any]) -> None:
        for id, row in sorted(balances.items()):
            for account in POCKETS:
                shown = getattr(row, f"{account}_micros")
                if shown != self._held[id, account]:
                    made = to_decimal(self._held[id, account])
                    what = f"{account} is {to_decimal(shown)}, the entries make it {made}"
                    self._found("balances", id, None, what)
            self._compare_came_in(id, row)

    def _compare_came_in(self, id: int, row: Any) -> None:
        here = sum(getattr(row, f"{account}_micros") for account in POCKETS)
        outside = -self._held[id, Account.CASH] - self._held[id, Account.HOUSE]
        if here != outside:
            what = f"available + reserved + promo + spent is {to_decimal(here)}, {to_decimal(outside)} came in"
            self._found("balances", id, None, what)

    def _compare_days(self) -> None:
        owners = select(SpendDay.advertiser_id).distinct()
        everybody = set(self._currency) | set(self._session.scalars(self._of(owners, SpendDay)))
        for owner in sorted(everybody):
            charged, shown = self._charged_days(owner), self._shown_days(owner)
            for campaign_id, day in sorted(charged.keys() | shown.keys()):
                key = (campaign_id, day)
                self._day(campaign_id, day, charged.get(key, _EMPTY_DAY), shown.get(key, _EMPTY_DAY))

    def _day(self, campaign_id: int, day: date, made: DaySums, shown: DaySums) -> None:
        said = zip(made, shown, ("its charges less credit notes are", "its credit notes are"), strict=True)
        for right, wrong, words in said:
            if right != wrong:
                what = f"the day shows {to_decimal(wrong)}, {words} {to_decimal(right)}"
                self._found("spend_days", f"{campaign_id}/{day.isoformat()}", None, what)

    def _charged_days(self, owner: int) -> dict[tuple[int, date], DaySums]:
        credited = case((Transaction.kind == TransactionKind.CREDIT_NOTE, -Entry.amount_micros), else_=0)
        query = (
            select(Transaction.campaign_id, Transaction.budget_day, func.sum(Entry.amount_micros), func.sum(credited))
            .join(Entry, Entry.transaction_id == Transaction.id)
            .where(Transaction.advertiser_id == owner, Entry.account == Account.SPENT)
            .where(Transaction.kind.in_((TransactionKind.SPEND, TransactionKind.CREDIT_NOTE)))
            .where(Transaction.campaign_id.is_not(None))
            .group_by(Transaction.campaign_id, Transaction.budget_day)
        )
        rows = self._session.execute(query)
        return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows if row[0] and row[1]}

    def _shown_days(self, owner: int) -> dict[tuple[int, date], DaySums]:
        query = select(SpendDay.campaign_id, SpendDay.day, SpendDay.spent_micros, SpendDay.credited_micros)
        rows = self._session.execute(query.where(SpendDay.advertiser_id == owner))
        return {(id, day): (spent, credited) for id, day, spent, credited in rows}

    def _came_in(self, balances: dict[int, Any]) -> list[Money]:
        sums: defaultdict[str, int] = defaultdict(int)
        for row in balances.values():
            sums[row.currency] += sum(getattr(row, f"{account}_micros") for account in POCKETS)
        return [Money(total, currency) for currency, total in sorted(sums.items())]
