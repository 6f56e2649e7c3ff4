"""Worked examples of money, read as statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.support.memory import SettableClock, add_advertiser, memory_session, staff_scope
from webapp.core.errors import Conflict, Forbidden, InsufficientFunds, Invalid
from webapp.core.money import parse_micros
from webapp.core.permissions import AdvertiserRole, StaffRole
from webapp.core.scope import Scope
from webapp.domain.audit.models import AuditRecord
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.models import Account, Entry, SpendDay, Transaction, TransactionKind
from webapp.domain.billing.services import Balances, Ledger
from webapp.domain.billing.types import CampaignSpend, Group, Holder, LedgerFilter, Pockets, Posting
from webapp.domain.events.services import Outbox

BOOTS = 7
DAY = date(2026, 11, 19)
STAFF = staff_scope()


def usd(text: str) -> int:
    return parse_micros(text)


@dataclass
class Books:
    """An advertiser, its ledger, and what the examples say about them."""

    session: Session
    clock: SettableClock
    scope: Scope
    ledger: Ledger
    balances: Balances

    @property
    def holder(self) -> Holder:
        return Holder.of(self.scope)

    def holds(self, available: str, reserved: str = "0", promo: str = "0", spent: str = "0") -> None:
        pockets = replace(self.balances.balance(self.scope), updated_at=None)
        assert pockets == Pockets("USD", usd(available), usd(reserved), usd(promo), usd(spent))
        report = audit_ledger(self.session)
        assert not report.broken, "\n".join(report.lines())

    def entries_of_last(self) -> dict[Account, int]:
        last = self.session.scalar(select(func.max(Transaction.id)))
        query = select(Entry.account, Entry.amount_micros).where(Entry.transaction_id == last)
        return {row.account: row.amount_micros for row in self.session.execute(query)}

    def count(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Transaction)) or 0


@pytest.fixture
def books() -> Iterator[Books]:
    with memory_session() as session:
        clock = SettableClock()
        ledger = Ledger(session, clock, AuditLog(session, clock), Outbox(session, clock))
        yield Books(session, clock, add_advertiser(session), ledger, Balances(session, clock))


def test_an_account_without_a_transaction_holds_nothing(books: Books) -> None:
    books.holds("0")


def test_a_top_up_comes_from_cash_and_is_available(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("2500"), "k1")
    books.holds("2500")
    assert books.entries_of_last() == {Account.CASH: -usd("2500"), Account.AVAILABLE: usd("2500")}


def test_a_reservation_moves_money_and_a_release_brings_it_back(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("100"), "k1")
    books.ledger.reserve(books.scope, usd("40"), "k2", campaign_id=BOOTS)
    books.holds("60", reserved="40")
    books.ledger.release(books.scope, usd("15"), "k3", campaign_id=BOOTS)
    books.holds("75", reserved="25")


def test_a_charge_is_paid_from_what_was_reserved_and_counts_for_its_day(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("100"), "k1")
    books.ledger.reserve(books.scope, usd("5"), "k2", campaign_id=BOOTS)
    books.ledger.charge(books.scope, usd("0.7704"), "k3", campaign_id=BOOTS, budget_day=DAY)
    books.ledger.charge(books.scope, usd("0.0036"), "k4", campaign_id=BOOTS, budget_day=DAY)
    books.holds("95", reserved="4.226", spent="0.774")
    row = books.session.scalar(select(SpendDay))
    assert row is not None
    assert (row.campaign_id, row.day, row.spent_micros) == (BOOTS, DAY, usd("0.774"))


def test_promo_money_is_used_first(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("100"), "k1")
    books.ledger.grant_promo(STAFF, books.holder, usd("30"), "k2", reason="Welcome")
    books.ledger.reserve(books.scope, usd("50"), "k3", campaign_id=BOOTS)
    books.holds("80", reserved="50")
    assert books.entries_of_last() == {
        Account.PROMO: -usd("30"), Account.AVAILABLE: -usd("20"), Account.RESERVED: usd("50"),
    }  # fmt: skip


def test_a_charge_without_a_lease_takes_promo_then_available(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    books.ledger.grant_promo(STAFF, books.holder, usd("1"), "k2", reason="Welcome")
    books.ledger.charge(books.scope, usd("3"), "k3", campaign_id=BOOTS, budget_day=DAY, source=Account.AVAILABLE)
    books.holds("8", spent="3")


def test_promo_money_cannot_be_cashed_out_even_by_reserving_and_releasing_it(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("100"), "k1")
    books.ledger.grant_promo(STAFF, books.holder, usd("30"), "k2", reason="Welcome")
    books.ledger.reserve(books.scope, usd("30"), "k3", campaign_id=BOOTS)
    books.ledger.release(books.scope, usd("30"), "k4", campaign_id=BOOTS)
    with pytest.raises(InsufficientFunds, match="more than was paid in"):
        books.ledger.refund(STAFF, books.holder, usd("100.01"), "k5", reason="Closing")
    books.ledger.refund(STAFF, books.holder, usd("100"), "k6", reason="Closing")
    books.holds("30")


def test_a_credit_note_gives_a_charge_back_and_lowers_the_day(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    books.ledger.charge(books.scope, usd("4"), "k2", campaign_id=BOOTS, budget_day=DAY, source=Account.AVAILABLE)
    books.ledger.credit(
        STAFF, books.holder, usd("3.74"), "k3", reason="11 invalid clicks", campaign_id=BOOTS, budget_day=DAY
    )
    books.holds("9.74", spent="0.26")
    assert books.balances.spend_of_campaigns(books.scope, [BOOTS])[BOOTS].total_micros == usd("0.26")


def test_a_credit_note_above_its_day_is_refused_and_leaves_nothing(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    charge = {"campaign_id": BOOTS, "source": Account.AVAILABLE}
    books.ledger.charge(books.scope, usd("4"), "k2", budget_day=DAY, **charge)  # type: ignore[arg-type]
    books.ledger.charge(books.scope, usd("4"), "k3", budget_day=date(2026, 11, 18), **charge)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="charged that day"):
        books.ledger.credit(STAFF, books.holder, usd("5"), "k4", reason="?", campaign_id=BOOTS, budget_day=DAY)
    with pytest.raises(Conflict, match="more than was charged"):
        books.ledger.credit(STAFF, books.holder, usd("8.01"), "k5", reason="?")
    books.holds("2", spent="8")


def test_an_adjustment_needs_a_reason_and_the_right(books: Books) -> None:
    with pytest.raises(Invalid, match="Say why"):
        books.ledger.adjust(STAFF, books.holder, usd("5"), "k1", reason=" ")
    with pytest.raises(Forbidden):
        books.ledger.adjust(staff_scope(StaffRole.SUPPORT), books.holder, usd("5"), "k1", reason="Goodwill")
    books.ledger.adjust(staff_scope(StaffRole.FINANCE), books.holder, usd("5"), "k1", reason="Goodwill")
    books.ledger.adjust(STAFF, books.holder, -usd("2"), "k2", reason="Booked twice")
    books.holds("3")
    records = books.session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
    assert [(record.action, record.reason) for record in records] == [
        ("ledger.adjustment", "Goodwill"), ("ledger.adjustment", "Booked twice"),
    ]  # fmt: skip


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_an_amount_that_is_none_is_refused(books: Books, amount: int) -> None:
    with pytest.raises(Invalid):
        books.ledger.top_up(books.scope, amount, "k1")


def test_a_float_is_refused(books: Books) -> None:
    with pytest.raises(Invalid):
        books.ledger.top_up(books.scope, 1e6, "k1")  # type: ignore[arg-type]


def test_nothing_goes_below_zero(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    with pytest.raises(InsufficientFunds):
        books.ledger.reserve(books.scope, usd("10.000001"), "k2", campaign_id=BOOTS)
    with pytest.raises(InsufficientFunds):
        books.ledger.charge(books.scope, usd("0.01"), "k3", campaign_id=BOOTS, budget_day=DAY)
    with pytest.raises(InsufficientFunds):
        books.ledger.adjust(STAFF, books.holder, -usd("11"), "k4", reason="?")
    books.holds("10")


def test_the_same_key_gives_the_same_transaction_once(books: Books) -> None:
    first = books.ledger.top_up(books.scope, usd("10"), "k1")
    books.clock.move(hours=1)
    again = books.ledger.top_up(books.scope, usd("10"), "k1")
    assert first.created
    assert again == replace(first, created=False)
    assert books.count() == 1
    books.holds("10")


def test_the_same_key_for_another_request_is_a_conflict(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    with pytest.raises(Conflict, match="idempotency key"):
        books.ledger.top_up(books.scope, usd("11"), "k1")
    books.holds("10")


def test_a_key_belongs_to_its_advertiser(books: Books) -> None:
    other = add_advertiser(books.session, name="Other")
    books.ledger.top_up(books.scope, usd("10"), "k1")
    books.ledger.top_up(other, usd("20"), "k1")
    books.holds("10")


def test_an_amount_of_another_currency_is_refused(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    with pytest.raises(Conflict, match="another currency"):
        books.ledger.top_up(replace(books.scope, currency="EUR"), usd("10"), "k2")


def test_an_analyst_moves_no_money_and_sees_none(books: Books) -> None:
    analyst = add_advertiser(books.session, role=AdvertiserRole.ANALYST)
    with pytest.raises(Forbidden):
        books.ledger.top_up(analyst, usd("10"), "k1")
    with pytest.raises(Forbidden):
        books.balances.balance(analyst)


def _posting(books: Books, kind: TransactionKind, amount: str, key: str) -> Posting:
    about = {"campaign_id": BOOTS, "budget_day": DAY} if kind is TransactionKind.SPEND else {}
    return Posting(books.holder, books.scope.actor, kind, usd(amount), key, **about)  # type: ignore[arg-type]


def test_a_batch_is_written_in_order_under_one_lock(books: Books) -> None:
    kinds = TransactionKind
    posted = books.ledger.post_many(
        [
            _posting(books, kinds.TOP_UP, "10", "k1"),
            _posting(books, kinds.RESERVE, "4", "k2"),
            _posting(books, kinds.SPEND, "1.5", "k3"),
            _posting(books, kinds.SPEND, "1.5", "k3"),
            _posting(books, kinds.RELEASE, "2.5", "k4"),
        ]
    )
    assert [item.created for item in posted] == [True, True, True, False, True]
    assert posted[2].public_id == posted[3].public_id
    rows = list(books.balances.rows(books.scope, LedgerFilter()))
    assert [row.available_after_micros for row in rows] == [usd(x) for x in ("8.5", "6", "6", "10")]
    books.holds("8.5", spent="1.5")
    repeated, new = _posting(books, kinds.SPEND, "1.5", "k3"), _posting(books, kinds.TOP_UP, "1", "k5")
    again = books.ledger.post_many([repeated, new])
    assert [item.created for item in again] == [False, True]
    books.holds("9.5", spent="1.5")


def test_a_batch_with_one_bad_posting_writes_nothing(books: Books) -> None:
    with pytest.raises(InsufficientFunds):
        books.ledger.post_many(
            [
                _posting(books, TransactionKind.TOP_UP, "1", "k1"),
                _posting(books, TransactionKind.RESERVE, "1.01", "k2"),
            ]
        )
    assert books.count() == 0
    books.holds("0")


def test_the_summary_says_where_every_cent_is(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("35500"), "k1")
    books.ledger.grant_promo(STAFF, books.holder, usd("100"), "k2", reason="Welcome")
    books.ledger.reserve(books.scope, usd("412.60"), "k3", campaign_id=BOOTS)
    books.ledger.charge(
        books.scope, usd("30339.8729"), "k4", campaign_id=BOOTS, budget_day=DAY, source=Account.AVAILABLE
    )
    books.ledger.credit(STAFF, books.holder, usd("38.2048"), "k5", reason="Invalid", campaign_id=BOOTS, budget_day=DAY)
    summary = books.balances.summary(books.scope)
    assert summary.pockets.spendable_micros == usd("4885.7319")
    assert summary.charged_micros == usd("30339.8729")
    assert summary.came_in_micros == summary.sources_micros == usd("35638.2048")
    assert summary.since == books.clock.now()
    agreement = books.balances.agreement(books.scope)
    assert agreement.ledger_micros == usd("30301.6681")
    assert agreement.difference_micros == 0


def test_a_statement_pages_and_filters(books: Books) -> None:
    for number in range(5):
        books.ledger.top_up(books.scope, usd("1"), f"t{number}")
        books.ledger.reserve(books.scope, usd("0.5"), f"r{number}", campaign_id=BOOTS)
    first = books.balances.statement(books.scope, LedgerFilter(Group.RESERVES), size=3)
    assert (len(first.rows), first.total, first.is_first) == (3, 5, True)
    row = first.rows[0]
    assert (row.available_micros, row.reserved_micros, row.spent_micros) == (-usd("0.5"), usd("0.5"), 0)
    assert row.available_after_micros == usd("2.5")
    second = books.balances.statement(books.scope, LedgerFilter(Group.RESERVES), before=first.older, size=3)
    assert (len(second.rows), second.older, second.is_first) == (2, None, False)
    assert {row.public_id for row in first.rows}.isdisjoint(row.public_id for row in second.rows)
    assert len(list(books.balances.rows(books.scope, LedgerFilter()))) == 10


def test_the_pace_is_that_of_the_last_whole_days(books: Books) -> None:
    books.ledger.top_up(books.scope, usd("100"), "k1")
    for day, amount in ((17, "10"), (18, "20"), (19, "5")):
        on = {"campaign_id": BOOTS, "budget_day": date(2026, 11, day), "source": Account.AVAILABLE}
        books.ledger.charge(books.scope, usd(amount), f"c{day}", **on)  # type: ignore[arg-type]
    assert books.balances.daily_pace(books.scope) == usd("15")
    assert books.balances.days_left(books.scope) == 4
    assert books.balances.spent_today(books.scope) == usd("5")
    spends = books.balances.spend_of_campaigns(books.scope, [BOOTS, 8])
    assert spends == {BOOTS: CampaignSpend(usd("5"), usd("35"), date(2026, 11, 19)), 8: CampaignSpend()}


@pytest.mark.parametrize(
    ("statement", "table", "words"),
    [
        ("UPDATE entries SET amount_micros = amount_micros + 1 WHERE id = 3", "entries", "holds"),
        ("UPDATE entries SET balance_after_micros = 0 WHERE id = 2", "entries", "holds 0"),
        ("UPDATE balances SET available_micros = available_micros + 1", "balances", "available is"),
        ("UPDATE spend_days SET spent_micros = 1", "spend_days", "the day shows"),
        ("UPDATE transactions SET currency = 'EUR' WHERE id = 2", "transactions", "in EUR"),
        ("UPDATE transactions SET available_after_micros = 5 WHERE id = 1", "transactions", "available after it"),
        ("DELETE FROM entries WHERE transaction_id = 2", "transactions", "no entries"),
        ("DELETE FROM spend_days", "spend_days", "the day shows 0"),
        ("DELETE FROM balances", "entries", "no balance row"),
    ],
)
def test_the_audit_names_the_row_that_breaks_the_books(books: Books, statement: str, table: str, words: str) -> None:
    books.ledger.top_up(books.scope, usd("10"), "k1")
    books.ledger.charge(books.scope, usd("3"), "k2", campaign_id=BOOTS, budget_day=DAY, source=Account.AVAILABLE)
    books.ledger.top_up(books.scope, usd("1"), "k3")
    books.session.execute(text(statement))
    findings = audit_ledger(books.session).findings
    assert any(finding.table == table and words in str(finding) for finding in findings), [str(f) for f in findings]
