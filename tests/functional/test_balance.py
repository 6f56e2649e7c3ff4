"""The balance in a browser: money comes in once, every cent is found again, and only those see it who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import event, select

from tests.support.browser import Browser
from tests.support.campaigns import campaign_input
from tests.support.people import Person, new_member
from webapp.core.money import MICROS
from webapp.core.periods import today_in
from webapp.core.permissions import STAFF_PERMISSIONS, AdvertiserRole, StaffRole
from webapp.core.scope import Actor, StaffScope
from webapp.db.transaction import transaction
from webapp.domain.billing.models import Account, Payment, PaymentState, Transaction, TransactionKind
from webapp.domain.billing.types import Holder
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

WORKS, ASKS, DECLINED = "4242 4242 4242 4242", "4000 0025 0000 3155", "4000 0000 0000 0002"
FIGURES = re.compile(r"<dd class=\"text-2xl[^>]*>(.*?)</dd>", re.S)


def form_of(page: str, **typed: str) -> dict[str, str]:
    """Return a filled top-up form as a page carries it."""
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key, "no form on the page"
    card = {"card_number": WORKS, "card_expiry": "12/34", "card_code": "123"}
    return {"idempotency_key": key[1], "amount": "250.00", **card, **typed}


def filled(person: Person, **typed: str) -> dict[str, str]:
    return form_of(person.browser.get("/balance").text, **typed)


def pay(person: Person, amount: str = "250.00") -> None:
    assert person.browser.post("/balance/top-up", filled(person, amount=amount)).status_code == 303


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)).strip()


def terms(page: str) -> list[Decimal]:
    """Return the equation as it stands on the screen."""
    return [Decimal(re.sub(r"[^\d.]", "", plain(figure))) for figure in FIGURES.findall(page)]


def posted(app: KabinetFlask, person: Person) -> list[Transaction]:
    with app.app_context():
        query = select(Transaction).where(Transaction.advertiser_id == person.scope.advertiser_id)
        return list(db.session.scalars(query.order_by(Transaction.id)))


@contextmanager
def books(app: KabinetFlask) -> Iterator[Services]:
    with app.app_context(), transaction(db.session()) as session:
        yield app.adapters.services(session)


def campaign_of(app: KabinetFlask, person: Person, name: str = "Winter boots, new range") -> tuple[int, str]:
    with books(app) as services:
        campaign = services.campaigns.create(person.scope, campaign_input(name=name))
        services.session.flush()
        return campaign.id, campaign.public_id


def charged(app: KabinetFlask, person: Person, campaign_id: int, times: int, prefix: str = "charge") -> None:
    """Reserve money for a campaign and charge it, an odd amount each time."""
    today = date(2026, 11, 19)
    with books(app) as services:
        services.ledger.reserve(
            person.scope, times * MICROS, f"{prefix}-lease", campaign_id=campaign_id, reason="lease"
        )
        for number in range(times):
            services.ledger.charge(
                person.scope, 770_401, f"{prefix}-{number}", campaign_id=campaign_id, budget_day=today, reason="14:00"
            )


def finance(app: KabinetFlask) -> StaffScope:
    return StaffScope(actor=Actor(None, "Pavel Ozols"), permissions=STAFF_PERMISSIONS[StaffRole.FINANCE])


def ids_on(page: str) -> list[str]:
    return re.findall(r'id="entries-(t_\w+)"', page)


@contextmanager
def counted(app: KabinetFlask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_empty_account_says_what_comes_next(owner: Person) -> None:
    page = owner.browser.get("/balance").text
    assert "Nothing has moved yet" in page
    assert terms(page) == [0, 0, 0, 0]
    assert 'id="top-up"' in page


def test_a_top_up_arrives_and_is_told(app: KabinetFlask, owner: Person) -> None:
    answer = owner.browser.post("/balance/top-up", filled(owner, amount="250.75"), follow=True)
    assert "Topped up $250.75" in answer.text
    assert terms(answer.text) == [Decimal("250.75"), 0, 0, Decimal("250.75")]
    assert "Card ending 4242" in answer.text
    assert [row.kind for row in posted(app, owner)] == [TransactionKind.TOP_UP]


def test_a_form_sent_twice_pays_once(app: KabinetFlask, owner: Person) -> None:
    form = filled(owner)
    for _ in range(2):
        assert owner.browser.post("/balance/top-up", form).status_code == 303
    assert len(posted(app, owner)) == 1


def test_a_used_form_with_another_amount_is_not_paid_silently(app: KabinetFlask, owner: Person) -> None:
    form = filled(owner)
    owner.browser.post("/balance/top-up", form)
    again = owner.browser.post("/balance/top-up", {**form, "amount": "300.00"})
    assert again.status_code == 422
    assert "had been used for another payment" in again.text
    assert len(posted(app, owner)) == 1
    owner.browser.post("/balance/top-up", form_of(again.text, amount="300.00"))
    assert len(posted(app, owner)) == 2


def test_a_declined_card_is_told_beside_it_and_charges_nothing(app: KabinetFlask, owner: Person) -> None:
    form = filled(owner, card_number=DECLINED, amount="80.00")
    answer = owner.browser.post("/balance/top-up", form, follow=True)
    assert "The bank declined this card. Nothing was charged." in answer.text
    assert 'value="80.00"' in answer.text
    assert "4000" not in plain(re.sub(r"<details.*?</details>", "", answer.text, flags=re.S))
    assert form["idempotency_key"] not in answer.text
    assert posted(app, owner) == []
    with app.app_context():
        kept = db.session.scalars(select(Payment).where(Payment.advertiser_id == owner.scope.advertiser_id)).one()
    assert (kept.state, kept.failure_code) == (PaymentState.FAILED, "card_declined")


def test_everything_wrong_is_said_at_once_and_the_card_is_not_written_back(owner: Person) -> None:
    form = filled(owner, amount="0.50", card_number="4242 4242 4242 4243", card_expiry="01/20", card_code="77")
    answer = owner.browser.post("/balance/top-up", form)
    assert answer.status_code == 422
    for sentence in ("A top-up is between", "its digits do not check", "This card has expired", "3 or 4 digits"):
        assert sentence in answer.text
    assert 'value="0.50"' in answer.text
    assert 'value="01/20"' in answer.text
    assert "4243" not in answer.text
    assert not re.search(r'name="card_code"[^>]*value="77"', answer.text)
    assert form["idempotency_key"] in answer.text


@pytest.mark.parametrize("typed", ["1,000", "1.000", "$2,500"])
def test_an_amount_that_reads_two_ways_is_asked_again(app: KabinetFlask, owner: Person, typed: str) -> None:
    answer = owner.browser.post("/balance/top-up", filled(owner, amount=typed))
    assert answer.status_code == 422
    assert "1000 or 1000.00" in answer.text
    assert f'value="{typed}"' in answer.text
    assert posted(app, owner) == []


def confirmation(person: Person) -> str:
    answer = person.browser.post("/balance/top-up", filled(person, card_number=ASKS, amount="60.00"))
    assert answer.status_code == 303
    return answer.location


def test_a_confirmed_payment_arrives_once(app: KabinetFlask, owner: Person) -> None:
    address = confirmation(owner)
    page = owner.browser.get(address).text
    assert "$60.00" in page
    assert "Card ending 3155" in page
    assert posted(app, owner) == []
    for _ in range(2):
        answer = owner.browser.post(f"{address}/confirm", {"approved": "1"}, follow=True)
        assert "Topped up $60.00" in answer.text
    assert len(posted(app, owner)) == 1
    assert "The money is on the balance." in owner.browser.get(address).text


def test_a_cancelled_payment_charges_nothing(app: KabinetFlask, owner: Person) -> None:
    address = confirmation(owner)
    answer = owner.browser.post(f"{address}/confirm", {"approved": "0"}, follow=True)
    assert "was not confirmed. Nothing was charged." in answer.text
    owner.browser.post(f"{address}/confirm", {"approved": "1"})
    assert posted(app, owner) == []


def test_presets_and_typed_amounts_say_how_long_they_last(app: KabinetFlask, owner: Person) -> None:
    part = owner.browser.get("/balance/top-up?amount=1000", htmx=True).text
    assert part.lstrip().startswith('<div id="top-up-amount"')
    assert 'value="1000"' in part
    assert "$1,000.00" in part
    assert "idempotency_key" not in part
    assert "card_number" not in part
    wrong = owner.browser.get("/balance/top-up?amount=1,000", htmx=True).text
    assert 'value="1,000"' in wrong
    assert "1000 or 1000.00" in wrong


def test_the_equation_balances_to_the_last_digit(app: KabinetFlask, owner: Person) -> None:
    pay(owner, "250.00")
    campaign_id, _ = campaign_of(app, owner)
    charged(app, owner, campaign_id, 3)
    holder = Holder.of(owner.scope)
    with books(app) as services:
        services.ledger.grant_promo(finance(app), holder, 5_000_003, "promo", reason="Autumn offer")
        services.ledger.credit(finance(app), holder, 70_001, "credit", reason="11 invalid clicks")
        services.ledger.refund(finance(app), holder, 10 * MICROS, "refund", reason="asked for")
        services.ledger.adjust(finance(app), holder, -1_000_000, "adjust", reason="a typing error")
    page = owner.browser.get("/balance").text
    available, reserved, spent, came_in = terms(page)
    assert available + reserved + spent == came_in
    assert spent == Decimal("2.311203")
    assert came_in == Decimal("250") + Decimal("5.000003") + Decimal("0.070001") - 10 - 1
    for words in ("promo credit", "Adjustments", "−$10.00", "−$1.00", "$0.070001"):
        assert words in page


def test_three_sums_agree(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    charged(app, owner, campaign_id, 2)
    page = plain(owner.browser.get("/balance").text)
    assert "Every charge agrees" in page
    assert page.count("1.540802") >= 3
    assert "Difference 0.000000" in page.replace("Difference0", "Difference 0")


def test_filters_live_in_the_address(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, campaign = campaign_of(app, owner)
    other_id, _ = campaign_of(app, owner, "Trail shoes, retargeting")
    charged(app, owner, campaign_id, 2)
    charged(app, owner, other_id, 1, "other")
    shown = {
        group: len(ids_on(owner.browser.get(f"/balance?group={group}", htmx=True).text))
        for group in ("all", "all&also=reservations", "top_ups", "charges", "credits", "reserves", "nonsense")
    }
    several = {"all": 4, "all&also=reservations": 6, "nonsense": 4}
    assert shown == {**several, "top_ups": 1, "charges": 3, "credits": 0, "reserves": 2}
    assert len(ids_on(owner.browser.get(f"/balance?group=charges&campaign={campaign}").text)) == 2
    assert ids_on(owner.browser.get("/balance?month=2020-01").text) == []
    this_month = owner.browser.get("/balance").text
    href = re.search(r'href="(/balance\?month=\d{4}-\d\d)"', this_month)
    assert href
    page = owner.browser.get(href[1], htmx=True).text
    assert page.lstrip().startswith('<section class="panel" id="ledger"')
    assert len(ids_on(page)) == 4
    assert "&#34;month&#34;: [&#34;20" in page


def test_pages_hold_every_transaction_once(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    charged(app, owner, campaign_id, 60)
    address, page, seen = "/balance?also=reservations", "", list[str]()
    for _ in range(3):
        page = owner.browser.get(address, htmx=True).text
        seen += ids_on(page)
        older = re.search(r'href="(/balance\?also=reservations&amp;before=t_\w+)"', page)
        if older is None:
            break
        address = unescape(older[1])
    assert "Newest" in page
    assert seen == [row.public_id for row in reversed(posted(app, owner))]
    assert len(seen) == 62


def test_a_row_opens_its_entries(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, campaign = campaign_of(app, owner)
    charged(app, owner, campaign_id, 1)
    newest = ids_on(owner.browser.get("/balance").text)[0]
    opened = owner.browser.get(f"/balance/transactions/{newest}", htmx=True).text
    assert opened.lstrip().startswith(f'<tr id="entries-{newest}"')
    for figure in ("−0.770401", "+0.770401", "0.000000"):
        assert figure in opened
    shut = owner.browser.get(f"/balance/transactions/{newest}?shut=1", htmx=True).text
    assert "hidden" in shut
    assert "0.770401" not in shut
    alone = owner.browser.get(f"/balance/transactions/{newest}").text
    assert "<html" in alone
    assert f"/campaigns/{campaign}" in alone
    assert "Winter boots, new range" in alone


def test_roles_see_what_they_may(app: KabinetFlask, owner: Person) -> None:
    form = filled(owner)
    manager = new_member(app, owner.scope, AdvertiserRole.MANAGER)
    page = manager.get("/balance")
    assert page.status_code == 200
    assert 'id="top-up"' not in page.text
    assert manager.get("/balance/top-up").status_code == 403
    assert manager.post("/balance/top-up", form).status_code == 403
    analyst = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    assert analyst.get("/balance").status_code == 403
    billing = new_member(app, owner.scope, AdvertiserRole.BILLING)
    assert 'id="top-up"' in billing.get("/balance").text


def test_another_advertisers_ids_are_not_found(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    pay(owner)
    _, campaign = campaign_of(app, owner)
    newest, payment = ids_on(owner.browser.get("/balance").text)[0], confirmation(owner)
    stranger: Browser = other_owner.browser
    addresses = [
        f"/balance/transactions/{newest}",
        payment,
        f"/balance?before={newest}",
        f"/balance?campaign={campaign}",
    ]
    assert [stranger.get(address).status_code for address in addresses] == [404] * 4
    assert stranger.post(f"{payment}/confirm", {"approved": "1"}).status_code == 404
    assert len(posted(app, owner)) == 1


def test_the_page_asks_as_much_for_sixty_rows_as_for_three(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    charged(app, owner, campaign_id, 1)
    owner.browser.get("/balance")
    with counted(app) as few:
        assert len(ids_on(owner.browser.get("/balance").text)) == 2
    charged(app, owner, campaign_id, 57, "more")
    with counted(app) as many:
        assert len(ids_on(owner.browser.get("/balance").text)) == 50
    assert len(many) == len(few)


def test_a_top_up_says_until_when_the_money_lasts(app: KabinetFlask, owner: Person) -> None:
    pay(owner, "1000.00")
    campaign_id, _ = campaign_of(app, owner)
    with books(app) as services:
        yesterday = today_in(owner.scope.zone, services.clock.now()) - timedelta(days=1)
        services.ledger.charge(
            owner.scope, 100 * MICROS, "yesterday", campaign_id=campaign_id, budget_day=yesterday,
            source=Account.AVAILABLE,
        )  # fmt: skip
    page = plain(owner.browser.get("/balance?amount=1000").text)
    assert "9 days at this pace" in page
    now, later = yesterday + timedelta(days=10), yesterday + timedelta(days=20)
    assert f"Lasts until {later.day} {later:%b}" in page
    assert f"instead of {now.day} {now:%b}" in page
    assert "at $100.00 a day." in page
    assert "Lasts until" not in plain(owner.browser.get("/balance?amount=20").text)
