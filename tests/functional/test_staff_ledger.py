"""Staff and money: the whole ledger, and corrections that always say why."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.support.browser import Browser
from tests.support.people import Person, new_staff
from webapp.core.money import MICROS
from webapp.core.permissions import StaffRole
from webapp.db.transaction import transaction
from webapp.domain.audit.models import AuditRecord
from webapp.domain.billing.models import Transaction, TransactionKind
from webapp.extensions import db
from webapp.web.app import KabinetFlask


@pytest.fixture
def finance(app: KabinetFlask) -> Browser:
    return new_staff(app, StaffRole.FINANCE)


@pytest.fixture
def funded(app: KabinetFlask, owner: Person) -> Person:
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).ledger.top_up(owner.scope, 100 * MICROS, "first", reason="bank transfer")
    return owner


def form_for(staff: Browser, person: Person, **typed: str) -> dict[str, str]:
    advertiser = person.scope.advertiser_public_id
    page = staff.get(f"/admin/ledger/adjust?advertiser={advertiser}").text
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key
    about = {"advertiser": advertiser, "kind": "adjustment", "amount": "12.50", "reason": "A typing error of October"}
    return {**about, "idempotency_key": key[1], **typed}


def posted(app: KabinetFlask, person: Person) -> list[tuple[TransactionKind, int]]:
    with app.app_context():
        query = select(Transaction).where(Transaction.advertiser_id == person.scope.advertiser_id)
        rows = db.session.scalars(query.order_by(Transaction.id))
        return [(row.kind, row.available_after_micros) for row in rows]


def ledger_of(person: Person) -> str:
    return f"/admin/ledger?advertiser={person.scope.advertiser_public_id}"


def test_an_adjustment_with_a_reason_is_posted_shown_and_audited(
    app: KabinetFlask, funded: Person, finance: Browser
) -> None:
    answer = finance.post("/admin/ledger/adjust", form_for(finance, funded), follow=True)
    assert "+$12.50 for Tallbrook Outdoor is in the ledger." in answer.text
    assert "A typing error of October" in answer.text
    assert posted(app, funded)[-1] == (TransactionKind.ADJUSTMENT, 112_500_000)
    assert "A typing error of October" in funded.browser.get("/balance").text
    with app.app_context():
        query = select(AuditRecord).where(AuditRecord.advertiser_id == funded.scope.advertiser_id)
        record = db.session.scalars(query.where(AuditRecord.action == "ledger.adjustment")).one()
    assert record.actor_name == "Oskar Tamm"
    assert record.reason == "A typing error of October"


def test_the_same_form_sent_twice_counts_once(app: KabinetFlask, funded: Person, finance: Browser) -> None:
    form = form_for(finance, funded)
    for _ in range(2):
        assert finance.post("/admin/ledger/adjust", form).status_code == 303
    assert len(posted(app, funded)) == 2


def test_without_a_reason_nothing_is_posted(app: KabinetFlask, funded: Person, finance: Browser) -> None:
    answer = finance.post("/admin/ledger/adjust", form_for(finance, funded, reason="  ", amount="7.25"))
    assert answer.status_code == 422
    assert "Say why the balance is corrected." in answer.text
    assert 'value="7.25"' in answer.text
    assert len(posted(app, funded)) == 1


def test_more_than_there_is_cannot_be_taken(app: KabinetFlask, funded: Person, finance: Browser) -> None:
    answer = finance.post("/admin/ledger/adjust", form_for(finance, funded, amount="-100.01"))
    assert answer.status_code == 422
    assert "The balance does not cover this amount." in answer.text
    assert "has $100.00 available." in answer.text
    assert len(posted(app, funded)) == 1
    finance.post("/admin/ledger/adjust", form_for(finance, funded, amount="−100.00"))
    assert posted(app, funded)[-1] == (TransactionKind.ADJUSTMENT, 0)


@pytest.mark.parametrize("amount", ["", "many", "1,000", "0"])
def test_an_amount_must_be_clear(app: KabinetFlask, funded: Person, finance: Browser, amount: str) -> None:
    assert finance.post("/admin/ledger/adjust", form_for(finance, funded, amount=amount)).status_code == 422
    assert len(posted(app, funded)) == 1


def test_promo_credit_is_money_that_came_in(app: KabinetFlask, funded: Person, finance: Browser) -> None:
    finance.post("/admin/ledger/adjust", form_for(finance, funded, kind="promo", reason="Autumn offer"))
    assert posted(app, funded)[-1] == (TransactionKind.PROMO_CREDIT, 112_500_000)
    assert "of it $12.50 promo credit" in funded.browser.get("/balance").text
    answer = finance.post("/admin/ledger/adjust", form_for(finance, funded, kind="promo", amount="-5"))
    assert answer.status_code == 422


def test_half_a_name_or_one_of_two_gets_no_money(
    app: KabinetFlask, funded: Person, other_owner: Person, finance: Browser
) -> None:
    half = f"Only {funded.scope.advertiser_public_id[2:]} has this"
    rename(app, funded, half)
    answer = finance.post("/admin/ledger/adjust", form_for(finance, funded, advertiser=half[:-5]))
    assert "No advertiser has this id or exactly this name." in answer.text
    assert finance.post("/admin/ledger/adjust", form_for(finance, funded, advertiser=half)).status_code == 303
    rename(app, other_owner, half)
    assert finance.post("/admin/ledger/adjust", form_for(finance, funded, advertiser=half)).status_code == 422
    assert len(posted(app, funded)) == 2
    assert posted(app, other_owner) == []


def rename(app: KabinetFlask, person: Person, name: str) -> None:
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).accounts.rename_advertiser(person.scope, name)


def test_an_unknown_advertiser_is_told(finance: Browser, funded: Person) -> None:
    answer = finance.post("/admin/ledger/adjust", form_for(finance, funded, advertiser="Nobody of this name"))
    assert answer.status_code == 422
    assert "No advertiser has this id or exactly this name." in answer.text


def test_the_ledger_of_one_advertiser_by_kind(funded: Person, other_owner: Person, finance: Browser) -> None:
    finance.post("/admin/ledger/adjust", form_for(finance, funded))
    page = finance.get(f"{ledger_of(funded)}&group=credits", htmx=True).text
    assert page.lstrip().startswith('<div id="staff-ledger"')
    assert "+12.5000" in page
    assert "+100.0000" not in page
    assert "+100.0000" in finance.get(ledger_of(funded)).text
    assert "+100.0000" not in finance.get(ledger_of(other_owner)).text


def test_searching_finds_whose_ledger_it_is(funded: Person, other_owner: Person, finance: Browser) -> None:
    found = finance.get(f"/admin/ledger?q={funded.scope.advertiser_public_id}").text
    assert "+100.0000" in found
    assert "Whose ledger?" in finance.get("/admin/ledger?q=Tallbrook").text
    assert "Nobody found" in finance.get("/admin/ledger?q=zzz-nobody").text


def test_pages_of_the_whole_ledger(app: KabinetFlask, funded: Person, finance: Browser) -> None:
    with app.app_context(), transaction(db.session()) as session:
        ledger = app.adapters.services(session).ledger
        for number in range(51):
            ledger.top_up(funded.scope, MICROS, f"again-{number}")
    page = finance.get(ledger_of(funded)).text
    assert "50 of 52 transactions" in page
    older = re.search(r'href="(/admin/ledger\?[^"]*before=t_\w+)"', page)
    assert older
    last = finance.get(older[1].replace("&amp;", "&")).text
    assert last.count('class="font-mono">t_') == 2
    assert "Newest" in last
    assert finance.get("/admin/ledger").status_code == 200


def test_roles_of_staff(app: KabinetFlask, funded: Person) -> None:
    support, moderator = new_staff(app, StaffRole.SUPPORT), new_staff(app, StaffRole.MODERATOR)
    page = support.get(ledger_of(funded))
    assert page.status_code == 200
    assert "Adjust a balance" not in page.text
    form = form_for(new_staff(app, StaffRole.FINANCE), funded)
    assert support.get("/admin/ledger/adjust").status_code == 403
    assert support.post("/admin/ledger/adjust", form).status_code == 403
    assert moderator.get("/admin/ledger").status_code == 403
    assert funded.browser.get("/admin/ledger").status_code == 403
    assert len(posted(app, funded)) == 1
