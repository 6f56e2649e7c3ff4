"""Whatever is asked of the ledger, in whatever order, its books agree and no pocket is below zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.errors import Conflict
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.models import Account, TransactionKind
from webapp.domain.billing.services import Balances, Ledger
from webapp.domain.billing.types import Holder, LedgerFilter, Pockets, Posting
from webapp.domain.events.services import Outbox

K = TransactionKind
FIRST_DAY = date(2026, 11, 1)
WISHES = st.lists(
    st.tuples(
        st.sampled_from(list(K)),
        st.integers(1, 50),
        st.integers(0, 2),
        st.integers(0, 1),
        st.sampled_from([Account.RESERVED, Account.AVAILABLE]),
        st.booleans(),
    ),
    max_size=25,
)


@dataclass
class Model:
    """The ledger as one would do it on paper."""

    available: int = 0
    reserved: int = 0
    promo: int = 0
    spent: int = 0
    paid_in: int = 0
    days: dict[tuple[int, date], int] = field(default_factory=dict)

    def use(self, amount: int) -> bool:
        """Take from promo, then from available."""
        if amount > self.promo + self.available:
            return False
        promo = min(self.promo, amount)
        self.promo -= promo
        self.available -= amount - promo
        return True

    def ask(self, posting: Posting) -> bool:
        """Do it, or tell that it cannot be done."""
        return bool(getattr(self, f"_{posting.kind}")(posting))

    def _top_up(self, posting: Posting) -> bool:
        self.available += posting.amount_micros
        self.paid_in += posting.amount_micros
        return True

    def _refund(self, posting: Posting) -> bool:
        if posting.amount_micros > min(self.available, self.paid_in):
            return False
        self.available -= posting.amount_micros
        self.paid_in -= posting.amount_micros
        return True

    def _promo_credit(self, posting: Posting) -> bool:
        self.promo += posting.amount_micros
        return True

    def _reserve(self, posting: Posting) -> bool:
        if not self.use(posting.amount_micros):
            return False
        self.reserved += posting.amount_micros
        return True

    def _release(self, posting: Posting) -> bool:
        if posting.amount_micros > self.reserved:
            return False
        self.reserved -= posting.amount_micros
        self.available += posting.amount_micros
        return True

    def _spend(self, posting: Posting) -> bool:
        if posting.source is Account.AVAILABLE:
            if not self.use(posting.amount_micros):
                return False
        elif posting.amount_micros > self.reserved:
            return False
        else:
            self.reserved -= posting.amount_micros
        self.spent += posting.amount_micros
        self._count(posting, posting.amount_micros)
        return True

    def _credit_note(self, posting: Posting) -> bool:
        if self._of(posting) < posting.amount_micros:
            return False
        self.spent -= posting.amount_micros
        self.available += posting.amount_micros
        self._count(posting, -posting.amount_micros)
        return True

    def _adjustment(self, posting: Posting) -> bool:
        if self.available + posting.amount_micros < 0:
            return False
        self.available += posting.amount_micros
        return True

    def _of(self, posting: Posting) -> int:
        return self.days.get((posting.campaign_id or 0, posting.budget_day or FIRST_DAY), 0)

    def _count(self, posting: Posting, amount: int) -> None:
        self.days[posting.campaign_id or 0, posting.budget_day or FIRST_DAY] = self._of(posting) + amount


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with memory_session() as found:
        yield found


@settings(max_examples=200, deadline=None)
@given(wishes=WISHES, together=st.integers(1, 4))
def test_the_ledger_does_what_paper_does(session: Session, wishes: list[tuple], together: int) -> None:
    clock, model, scope = SettableClock(), Model(), add_advertiser(session)
    ledger = Ledger(session, clock, AuditLog(session, clock), Outbox(session, clock))
    balances = Balances(session, clock)
    postings = []
    for number, (kind, amount, campaign, day, source, negative) in enumerate(wishes):
        signed = -amount if negative and kind is K.ADJUSTMENT else amount
        about = {"campaign_id": scope.advertiser_id * 10 + campaign, "budget_day": FIRST_DAY + timedelta(days=day)}
        postings.append(
            Posting(Holder.of(scope), scope.actor, kind, signed, f"k{number}", reason="?", source=source, **about)
        )
    done = 0
    for start in range(0, len(postings), together):
        wanted = postings[start : start + together]
        batch = [posting for posting in wanted if model.ask(posting)]
        done += len(batch)
        if together == 1 and not batch:
            with pytest.raises(Conflict):
                ledger.post(wanted[0])
        # One goes the quick way, several go together; both must come to the same.
        posted = [ledger.post(batch[0])] if len(batch) == 1 else ledger.post_many(batch)
        assert all(item.created for item in posted)
    found = replace(balances.balance(scope), updated_at=None)
    assert found == Pockets("USD", model.available, model.reserved, model.promo, model.spent)
    assert len(list(balances.rows(scope, LedgerFilter()))) == done
    assert balances.agreement(scope).difference_micros == 0
    summary = balances.summary(scope)
    assert summary.came_in_micros == summary.sources_micros
    report = audit_ledger(session, scope.advertiser_id)
    assert not report.broken, "\n".join(report.lines())
