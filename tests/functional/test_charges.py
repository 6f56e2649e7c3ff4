"""Charges by the hour: lines of the ledger, pages of their own, files; their sums are the ledger's."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from sqlalchemy import func, select

from tests.functional.test_balance import books, campaign_of, counted, pay
from tests.support.charges import settle
from tests.support.people import Person
from webapp.core.money import MICROS
from webapp.core.periods import local_midnight, today_in
from webapp.domain.billing.models import SpendDay, Transaction, TransactionKind
from webapp.extensions import db
from webapp.web.app import KabinetFlask

PRICE = 700_001
ROW = re.compile(r"<tr class=\"ledger-row\">|<tr>\s*<td class=\"!pl-6")


def plain(text: str) -> str:
    """Return the words of a page, a space wherever a tag was."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def spent(app: KabinetFlask, person: Person, campaign_id: int, hours: int, events: int = 4, days_ago: int = 1) -> None:
    """Charge a campaign in each of the first hours of a day."""
    with books(app) as services:
        day = today_in(person.scope.zone, services.clock.now()) - timedelta(days=days_ago)
        begin = local_midnight(day, person.scope.zone)
        charged = [
            (campaign_id, begin + timedelta(hours=hour, minutes=7 * number), PRICE)
            for hour in range(hours)
            for number in range(events)
        ]
        settle(services, person.scope, day, charged)


def in_ledger(app: KabinetFlask, person: Person) -> int:
    with app.app_context():
        query = select(func.sum(SpendDay.spent_micros)).where(SpendDay.advertiser_id == person.scope.advertiser_id)
        return int(db.session.scalar(query) or 0)


def rows_of(page: str) -> int:
    return len(ROW.findall(page))


def test_an_hour_is_one_line_of_the_ledger(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    spent(app, owner, campaign_id, hours=2, events=5)
    with app.app_context():
        written = db.session.scalar(
            select(func.count()).where(
                Transaction.advertiser_id == owner.scope.advertiser_id, Transaction.kind == TransactionKind.SPEND
            )
        )
    assert written is not None
    assert written > 2
    page = owner.browser.get("/balance").text
    assert rows_of(page) == 3
    assert plain(page).count("5 events") >= 2
    assert "+3.5000" in page
    assert "3 of 3 lines" in plain(page)
    assert rows_of(owner.browser.get("/balance?also=reservations").text) == 4
    assert rows_of(owner.browser.get("/balance?group=charges").text) == 2


def test_pages_of_the_ledger_hold_every_line_once(app: KabinetFlask, owner: Person) -> None:
    pay(owner, "1000.00")
    first, _ = campaign_of(app, owner)
    second, _ = campaign_of(app, owner, "Trail shoes, retargeting")
    for days_ago in (1, 2, 3):
        spent(app, owner, first, hours=12, events=1, days_ago=days_ago)
        spent(app, owner, second, hours=12, events=1, days_ago=days_ago)
    address, shown, pages = "/balance?also=reservations", 0, 0
    while address:
        page = owner.browser.get(address, htmx=True).text
        shown, pages = shown + rows_of(page), pages + 1
        older = re.search(r'href="([^"]+)"[^>]*>Older<', page)
        address = unescape(older[1]) if older else ""
    assert (shown, pages) == (6 * 12 + 1 + 6, 2)


def test_a_page_asks_as_much_for_many_hours_as_for_few(app: KabinetFlask, owner: Person) -> None:
    pay(owner, "1000.00")
    campaign_id, _ = campaign_of(app, owner)
    spent(app, owner, campaign_id, hours=1)
    for address in ("/balance", "/balance/charges"):
        owner.browser.get(address)
    with counted(app) as few:
        owner.browser.get("/balance")
        owner.browser.get("/balance/charges")
    spent(app, owner, campaign_id, hours=24, days_ago=2)
    with counted(app) as many:
        assert rows_of(owner.browser.get("/balance").text) == 26
        owner.browser.get("/balance/charges")
    assert len(many) == len(few)


def test_charges_are_the_ledgers_sums(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    first, name = campaign_of(app, owner)
    second, _ = campaign_of(app, owner, "Trail shoes, retargeting")
    spent(app, owner, first, hours=3)
    spent(app, owner, second, hours=2, days_ago=2)
    page = plain(owner.browser.get("/balance/charges").text)
    assert in_ledger(app, owner) == 20 * PRICE
    assert f"5 hours 20 {20 * PRICE / MICROS:.6f}" in page
    one = plain(owner.browser.get(f"/balance/charges?campaign={name}").text)
    assert f"3 hours 12 {12 * PRICE / MICROS:.6f}" in one
    day = today_in(owner.scope.zone, app.adapters.clock.now()) - timedelta(days=2)
    assert f"2 hours 8 {8 * PRICE / MICROS:.6f}" in plain(owner.browser.get(f"/balance/charges?day={day}").text)
    assert (
        "Nothing was charged for this campaign and day."
        in owner.browser.get(f"/balance/charges?campaign={name}&day={day}").text
    )


def test_a_file_has_every_hour_and_the_ledgers_file_every_row(
    app: KabinetFlask, owner: Person, work: Callable[[], None]
) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    spent(app, owner, campaign_id, hours=3, events=4)
    hours, rows = _file(owner, work, "charges"), _file(owner, work, "transactions")
    assert len(hours) == 1 + 3 + 1
    assert sum(round(float(row[-1]) * MICROS) for row in hours[1:4]) == in_ledger(app, owner)
    assert len([row for row in rows if row[2] == "spend"]) > 3
    assert [row for row in rows if row[2] == "reserve"]


def _file(person: Person, work: Callable[[], None], what: str) -> list[list[str]]:
    form = {"what": what, "format": "csv", "title": what, "params": "{}"}
    asked = person.browser.post("/exports", form, htmx=True).text
    address = re.search(r'"(/exports/x_\w+|/exports/\w+)"', asked)
    assert address, asked
    work()
    file = person.browser.get(f"{address[1]}/file")
    assert file.status_code == 200
    return list(csv.reader(io.StringIO(file.text.lstrip("\ufeff"))))


def test_others_see_nothing_of_it(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    pay(owner)
    campaign_id, name = campaign_of(app, owner)
    spent(app, owner, campaign_id, hours=1)
    assert other_owner.browser.get(f"/balance/charges?campaign={name}").status_code == 404
    assert "No charges yet" in other_owner.browser.get("/balance/charges").text
    assert "Nothing has moved yet" in other_owner.browser.get("/balance").text


def test_today_is_the_ledger_and_what_nodes_charged_since(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    spent(app, owner, campaign_id, hours=1, events=2, days_ago=0)
    page = plain(owner.browser.get("/balance").text)
    assert "Spent today $1.400002" in page
    assert "from the serving nodes" in page
