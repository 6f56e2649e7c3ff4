"""Money for invalid traffic goes back once: asked for, approved by somebody else, and counted as filtered."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from jobs.credits import handle
from tests.functional.test_balance import books, campaign_of, pay
from tests.functional.test_charges import plain
from tests.functional.test_reconciliation import PRICE, delivered
from tests.support.browser import Browser
from tests.support.people import Person, new_staff
from webapp.core.ids import new_public_id
from webapp.core.periods import Period, today_in
from webapp.core.permissions import StaffRole
from webapp.domain.analytics.services import Selection
from webapp.domain.billing.models import Transaction, TransactionKind
from webapp.domain.billing.store import LedgerStore
from webapp.domain.delivery.models import TrafficCredit
from webapp.domain.events.models import OutboxEvent
from webapp.domain.events.types import TRAFFIC_CREDITED, Envelope
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask


@pytest.fixture
def finance(app: KabinetFlask) -> Browser:
    return new_staff(app, StaffRole.FINANCE)


@pytest.fixture
def campaign(app: KabinetFlask, owner: Person) -> str:
    """A campaign that was charged for 200 events yesterday: 140 units, above the limit."""
    pay(owner, "1000.00")
    campaign_id, public_id = campaign_of(app, owner)
    delivered(app, owner, campaign_id, 200)
    return public_id


def form(app: KabinetFlask, owner: Person, campaign: str, **more: str) -> dict[str, str]:
    day = today_in(owner.scope.zone, app.adapters.clock.now()) - timedelta(days=1)
    return {
        "advertiser": owner.scope.advertiser_public_id, "campaign": campaign, "day": day.isoformat(),
        "verdict": "bot_ua", "reason": "A farm of phones", "credit": new_public_id("cr"), **more,
    }  # fmt: skip


def notes(app: KabinetFlask, owner: Person) -> list[int]:
    with app.app_context():
        query = select(Transaction).where(
            Transaction.advertiser_id == owner.scope.advertiser_id, Transaction.kind == TransactionKind.CREDIT_NOTE
        )
        return [row.id for row in db.session.scalars(query)]


def consume(app: KabinetFlask, owner: Person) -> int:
    """Hand the consumer every credit that was told of, as the bus would."""
    with books(app) as services:
        rows = list(
            services.session.scalars(
                select(OutboxEvent).where(
                    OutboxEvent.name == TRAFFIC_CREDITED, OutboxEvent.advertiser_id == owner.scope.advertiser_id
                )
            )
        )
        for row in rows:
            event = Envelope(row.public_id, row.name, row.advertiser_id, row.payload, row.created_at)
            handle(services, event)
    return len(rows)


def figures(app: KabinetFlask, owner: Person) -> tuple[int, int, int]:
    """Return impressions, filtered and spend of the last days."""
    with books(app) as services:
        today = today_in(owner.scope.zone, services.clock.now())
        total = services.figures.totals(owner.scope, Selection(Period(today - timedelta(days=3), today))).current
        return total.impressions, total.filtered, total.spend_micros


def test_a_preview_says_what_fits(app: KabinetFlask, owner: Person, campaign: str, finance: Browser) -> None:
    asked = form(app, owner, campaign)
    query = "&".join(f"{name}={asked[name]}" for name in ("advertiser", "campaign", "day"))
    page = plain(finance.get(f"/admin/credits/new?{query}").text)
    assert "Charged impressions 200" in page
    assert "$140.0002" in page
    assert "somebody else must approve" in page
    assert "Up to $100" in plain(finance.get(f"/admin/credits/new?{query}&from_hour=0&to_hour=2").text)
    assert "No charged event fits" in finance.get(f"/admin/credits/new?{query}&site=elsewhere.example").text
    wrong = finance.get(f"/admin/credits/new?{query.replace(campaign, 'c_nobodys')}").text
    assert "No campaign has this id" in wrong


def test_above_the_limit_a_second_person_approves_once(
    app: KabinetFlask, owner: Person, campaign: str, finance: Browser
) -> None:
    asked = form(app, owner, campaign)
    address = finance.post("/admin/credits", asked).location
    assert finance.post("/admin/credits", asked).location == address
    assert notes(app, owner) == []
    assert finance.post(f"{address}/approve").status_code == 409
    second = new_staff(app, StaffRole.FINANCE)
    assert "A farm of phones" in second.get(address).text
    assert second.post(f"{address}/approve").status_code == 303
    assert second.post(f"{address}/approve").status_code == 409
    assert second.post(f"{address}/decline").status_code == 409
    assert len(notes(app, owner)) == 1
    with app.app_context():
        query = select(TrafficCredit).where(TrafficCredit.advertiser_id == owner.scope.advertiser_id)
        (row,) = db.session.scalars(query)
        assert row.amount_micros == 200 * PRICE
    assert "A farm of phones" in owner.browser.get("/balance?group=credits").text


def test_below_the_limit_it_is_done_at_once_and_events_count_no_more(
    app: KabinetFlask, owner: Person, campaign: str, finance: Browser
) -> None:
    before = figures(app, owner)
    assert before == (200, 0, 200 * PRICE)
    hours = {"from_hour": "0", "to_hour": "7"}
    assert finance.post("/admin/credits", form(app, owner, campaign, **hours)).status_code == 303
    again = finance.post("/admin/credits", form(app, owner, campaign, **hours))
    assert again.status_code == 409
    for _ in range(2):
        assert consume(app, owner) == 1
        assert figures(app, owner) == (140, 60, 140 * PRICE)
    assert finance.post("/admin/credits", form(app, owner, campaign, **hours)).status_code == 422
    page = plain(owner.browser.get("/balance/reconciliation").text)
    assert "Every charge is an event, and every event was counted" in page
    assert "$42.00 credited" in page


def test_a_declined_credit_gives_nothing(app: KabinetFlask, owner: Person, campaign: str, finance: Browser) -> None:
    address = finance.post("/admin/credits", form(app, owner, campaign)).location
    assert finance.post(f"{address}/decline").status_code == 303
    assert new_staff(app, StaffRole.FINANCE).post(f"{address}/approve").status_code == 409
    assert notes(app, owner) == []
    assert consume(app, owner) == 0


def test_what_was_credited_meanwhile_is_not_given_twice(
    app: KabinetFlask, owner: Person, campaign: str, finance: Browser
) -> None:
    address = finance.post("/admin/credits", form(app, owner, campaign)).location
    finance.post("/admin/credits", form(app, owner, campaign, from_hour="0", to_hour="7"))
    second = new_staff(app, StaffRole.FINANCE)
    assert second.post(f"{address}/approve").status_code == 409
    consume(app, owner)
    assert second.post(f"{address}/approve").status_code == 409
    assert len(notes(app, owner)) == 1


def test_what_is_wrong_is_said(app: KabinetFlask, owner: Person, campaign: str, finance: Browser) -> None:
    answer = finance.post("/admin/credits", form(app, owner, campaign, verdict="", reason=" "))
    assert answer.status_code == 422
    assert re.search(r"Choose what the events turned out to be", answer.text)
    assert "Say why" in answer.text


def test_only_finance_gives_money_back(app: KabinetFlask, owner: Person, other_owner: Person, campaign: str) -> None:
    support, moderator = new_staff(app, StaffRole.SUPPORT), new_staff(app, StaffRole.MODERATOR)
    assert support.get("/admin/credits").status_code == 200
    assert support.post("/admin/credits", form(app, owner, campaign)).status_code == 403
    assert moderator.get("/admin/credits").status_code == 403
    assert owner.browser.get("/admin/credits").status_code in (403, 404)
    stranger = form(app, other_owner, campaign)
    assert new_staff(app, StaffRole.FINANCE).post("/admin/credits", stranger).status_code == 422


def test_settlement_never_waits_while_the_store_of_events_is_asked(
    app: KabinetFlask, owner: Person, campaign: str, finance: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds: list[str] = []
    watch(monkeypatch, LedgerStore, "lock", lambda: deeds.append("lock"))
    watch(monkeypatch, type(app.adapters.analytics), "creditable", lambda: deeds.append("count"))
    address = finance.post("/admin/credits", form(app, owner, campaign)).location
    assert deeds == ["count", "lock"]
    deeds.clear()
    assert new_staff(app, StaffRole.FINANCE).post(f"{address}/approve").status_code == 303
    assert deeds.index("lock") > deeds.index("count")
    assert "count" not in deeds[deeds.index("lock") :]


# Embedded, one request writes at a time: nobody can come in between.
@pytest.mark.parametrize("app", [Profile.STACK], indirect=True, ids=str)
def test_a_credit_that_is_given_during_the_count_is_seen(
    app: KabinetFlask, owner: Person, campaign: str, finance: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = finance.post("/admin/credits", form(app, owner, campaign)).location
    second, third = new_staff(app, StaffRole.FINANCE), new_staff(app, StaffRole.FINANCE)
    given: list[int] = []

    def give_another() -> None:
        if not given:
            given.append(0)
            asked = form(app, owner, campaign, from_hour="0", to_hour="7")
            other = threading.Thread(target=lambda: given.append(third.post("/admin/credits", asked).status_code))
            other.start()
            other.join()

    watch(monkeypatch, type(app.adapters.analytics), "creditable", give_another)
    assert second.post(f"{address}/approve").status_code == 409
    assert given == [0, 303]
    assert len(notes(app, owner)) == 1


def watch(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, deed: Callable[[], object]) -> None:
    """Do something before each call of a method."""
    real = getattr(owner, name)

    def watched(*args: Any, **named: Any) -> Any:
        deed()
        return real(*args, **named)

    monkeypatch.setattr(owner, name, watched)
