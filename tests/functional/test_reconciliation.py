"""The proof on the screen: sums, names of differences, files, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.functional.test_balance import books, campaign_of, counted, pay
from tests.functional.test_charges import plain
from tests.support.browser import Browser
from tests.support.charges import settle
from tests.support.people import Person, new_member, new_staff
from webapp.core.periods import local_midnight, today_in
from webapp.core.permissions import AdvertiserRole, StaffRole
from webapp.domain.delivery.event_rows import EventRows
from webapp.web.app import KabinetFlask

PRICE = 700_001


@pytest.fixture(autouse=True)
def quiet_nodes(app: KabinetFlask) -> None:
    """Let no events of other tests wait in a log: a reader that is behind would explain every difference."""
    for store in app.adapters.serving:
        store.wipe()  # type: ignore[attr-defined]


def delivered(
    app: KabinetFlask, person: Person, campaign_id: int, events: int, lost: int = 0, days_ago: int = 1
) -> None:
    """Charge a campaign for events of a day; the last ones never reach the figures."""
    with books(app) as services:
        day = today_in(person.scope.zone, services.clock.now()) - timedelta(days=days_ago)
        begin = local_midnight(day, person.scope.zone)
        log = settle(
            services, person.scope, day,
            [(campaign_id, begin + timedelta(minutes=7 * number), PRICE) for number in range(events)],
        )  # fmt: skip
        zone = person.scope.zone_name
        known = log[: len(log) - lost]
        rows = EventRows(77, lambda ids: dict.fromkeys(ids, zone)).of(known)
        app.adapters.analytics.insert_events(60_000 + campaign_id % 5_000, 0, len(known), rows)


def test_an_account_without_charges_says_so(owner: Person) -> None:
    assert "Nothing was charged in these days" in owner.browser.get("/balance/reconciliation").text


def test_ledger_and_events_agree(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    delivered(app, owner, campaign_id, 5)
    page = plain(owner.browser.get("/balance/reconciliation").text)
    assert "Every charge is an event, and every event was counted" in page
    assert page.count("3.500005") == 2
    assert "Overspend 0.00" in page
    assert "Winter boots, new range" in page
    assert "No day differs" in owner.browser.get("/balance/reconciliation?show=differing").text


def test_a_lost_event_is_seen_and_told_once(app: KabinetFlask, owner: Person, staff: Browser) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    delivered(app, owner, campaign_id, 5, lost=1)
    page = plain(owner.browser.get("/balance/reconciliation?show=differing").text)
    assert "1 day differs, and nothing explains it" in page
    assert "Our staff have been told" in page
    with books(app) as services:
        services.reconciliation.keep(services.reconciliation.last_days())
    seen = plain(staff.get("/admin/reconciliation").text)
    assert owner.scope.advertiser_name in seen
    assert "Differs" in seen


def test_the_page_asks_as_much_for_many_days_as_for_few(app: KabinetFlask, owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    delivered(app, owner, campaign_id, 1)
    owner.browser.get("/balance/reconciliation")
    with counted(app) as few:
        owner.browser.get("/balance/reconciliation")
    for days_ago in range(2, 7):
        delivered(app, owner, campaign_id, 1, days_ago=days_ago)
    with counted(app) as many:
        assert "1–6 of 6" in plain(owner.browser.get("/balance/reconciliation").text)
    assert len(many) == len(few)


def test_the_file_has_every_day(app: KabinetFlask, owner: Person, work: Callable[[], None]) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    delivered(app, owner, campaign_id, 2)
    delivered(app, owner, campaign_id, 3, days_ago=2)
    form = {"what": "reconciliation", "format": "csv", "title": "Reconciliation", "params": "{}"}
    asked = owner.browser.post("/exports", form, htmx=True).text
    address = re.search(r'"(/exports/\w+)"', asked)
    assert address
    work()
    lines = owner.browser.get(f"{address[1]}/file").text.splitlines()
    assert len(lines) == 1 + 2 + 1
    assert lines[-1].startswith("Total")
    assert lines[-1].count("3.500005") == 2


def test_others_do_not_see_it(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    pay(owner)
    campaign_id, _ = campaign_of(app, owner)
    delivered(app, owner, campaign_id, 2)
    assert "Nothing was charged in these days" in other_owner.browser.get("/balance/reconciliation").text
    analyst = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    assert analyst.get("/balance/reconciliation").status_code == 403
    assert new_staff(app, StaffRole.MODERATOR).get("/admin/reconciliation").status_code == 403
