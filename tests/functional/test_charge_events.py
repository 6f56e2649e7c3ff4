"""Events on screen: behind a charge, and as traffic quality; in HTTP and as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest

from tests.support.facts import add_campaign
from tests.support.people import Person
from webapp.core.ids import new_public_id
from webapp.core.periods import local_midnight, today_in
from webapp.db.transaction import transaction
from webapp.domain.analytics.types import unix_day
from webapp.domain.delivery.event_rows import EventRows
from webapp.domain.delivery.models import ChargeHour, Placement, Site
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict
from webapp.domain.tasks.exports import ExportRequest
from webapp.extensions import db
from webapp.web.app import KabinetFlask

SEQS = count(1)
NODES = count(900)


class Delivered:
    """A campaign of an owner with a charged hour and its events."""

    def __init__(self, app: KabinetFlask, owner: Person, zone_shift: int = 0) -> None:
        self.app, self.owner = app, owner
        self.id, self.public_id = add_campaign(app, owner.scope, "Autumn jackets")
        self.day = today_in(owner.scope.zone, app.adapters.clock.now()) - timedelta(days=1)
        self.hour_at = local_midnight(self.day, owner.scope.zone) + timedelta(hours=9 + zone_shift)
        self.placement_id = self._place()

    def _place(self) -> int:
        now = self.app.adapters.clock.now()
        with self.app.app_context(), transaction(db.session()) as session:
            site = Site(
                public_id=new_public_id("s"), name="News", domain=f"{new_public_id('n')[2:]}.example", created_at=now,
                updated_at=now,
            )  # fmt: skip
            session.add(site)
            session.flush()
            place = Placement(
                public_id=new_public_id("p"), site_id=site.id, name="Top", size="300x250", created_at=now,
                updated_at=now,
            )  # fmt: skip
            session.add(place)
            session.flush()
            self.domain = site.domain
            return place.id

    def event(self, minute: int, kind: EventKind, verdict: Verdict = Verdict.OK, price: int = 0) -> LogRecord:
        at_ms = int((self.hour_at + timedelta(minutes=minute)).timestamp() * 1000)
        return LogRecord(
            seq=next(SEQS), kind=kind, verdict=verdict, at_ms=at_ms, decided_ms=at_ms, key=77,
            advertiser_id=self.owner.scope.advertiser_id, campaign_id=self.id, ad_id=1, placement_id=self.placement_id,
            site=self.domain, charged_micros=price, lease_id=0, day=unix_day(self.day), country="LV", device="phone",
        )  # fmt: skip

    def write(self, *records: LogRecord) -> None:
        rows = EventRows(1, lambda ids: dict.fromkeys(ids, self.owner.scope.zone_name))
        node = next(NODES)
        self.app.adapters.analytics.insert_events(node, 0, records[-1].seq, rows.of(records))

    def charge(self, events: int, micros: int) -> None:
        with self.app.app_context(), transaction(db.session()) as session:
            session.add(
                ChargeHour(
                    campaign_id=self.id, hour_at=self.hour_at, advertiser_id=self.owner.scope.advertiser_id,
                    day=self.day, events=events, spent_micros=micros,
                )
            )  # fmt: skip

    @property
    def hour(self) -> str:
        return f"{self.hour_at:%Y-%m-%dT%H%MZ}"

    @property
    def url(self) -> str:
        return f"/balance/charges/{self.public_id}/{self.hour}"


@pytest.fixture
def delivered(app: KabinetFlask, owner: Person) -> Delivered:
    made = Delivered(app, owner)
    made.write(
        made.event(0, EventKind.IMPRESSION, price=700),
        made.event(5, EventKind.IMPRESSION, Verdict.DUPLICATE),
        made.event(6, EventKind.VIEW),
        made.event(59, EventKind.IMPRESSION, price=800),
        made.event(59, EventKind.CLICK, Verdict.TOO_FAST),
        made.event(60, EventKind.IMPRESSION, price=900),
    )
    return made


def test_a_charge_opens_into_its_events(delivered: Delivered) -> None:
    delivered.charge(2, 1500)
    shown = delivered.owner.browser.get(delivered.url)
    assert shown.status_code == 200
    text = shown.get_data(as_text=True)
    assert "They agree to the last millionth." in text
    assert text.count("<time datetime") == 2
    assert "0.000700" in text
    assert f"{delivered.domain}, Top" in text
    every = delivered.owner.browser.get(delivered.url + "?show=all").get_data(as_text=True)
    assert every.count("<time datetime") == 5
    assert "Clicked too fast" in every
    assert "Repeated" in every


def test_events_on_their_way_are_named(delivered: Delivered) -> None:
    delivered.charge(3, 2600)
    assert "They differ by $0.001100" in delivered.owner.browser.get(delivered.url).get_data(as_text=True)


def test_an_hour_nobody_charged_is_not_found(delivered: Delivered, other_owner: Person) -> None:
    assert delivered.owner.browser.get(delivered.url).status_code == 404
    delivered.charge(2, 1500)
    assert delivered.owner.browser.get(delivered.url).status_code == 200
    assert other_owner.browser.get(delivered.url).status_code == 404
    for wrong in ("yesterday", "2026-13-01T0000Z", "2026-11-19T09Z"):
        assert delivered.owner.browser.get(f"/balance/charges/{delivered.public_id}/{wrong}").status_code == 404


def test_the_events_of_a_charge_as_a_file(app: KabinetFlask, delivered: Delivered, work: Callable[[], None]) -> None:
    delivered.charge(2, 1500)
    params = {"campaign": [delivered.public_id], "hour": [delivered.hour]}
    with app.app_context(), transaction(db.session()) as session:
        wanted = ExportRequest("charge_events", "csv", "Events", params)
        public_id = app.adapters.services(session).exports.request(delivered.owner.scope, wanted).public_id
    work()
    file = delivered.owner.browser.get(f"/exports/{public_id}/file")
    lines = file.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert len(lines) >= 3
    assert sum("Impression" in line for line in lines) == 2


@pytest.mark.parametrize("path", ["/campaigns/{id}/quality?period=7d", "/reports/quality?period=7d"])
def test_received_filtered_and_billed(delivered: Delivered, path: str) -> None:
    shown = delivered.owner.browser.get(path.format(id=delivered.public_id))
    assert shown.status_code == 200
    rows = _table(shown.get_data(as_text=True))
    assert rows["Received"] == ["4", "1", "0", "5"]
    assert rows["Repeated"] == ["1", "0", "0", "1"]
    assert rows["Clicked too fast"] == ["0", "1", "0", "1"]
    assert rows["Filtered"] == ["1", "1", "0", "2"]
    assert rows["Billed"] == ["3", "0", "0", "3"]


def _table(text: str) -> dict[str, list[str]]:
    import re

    found = {}
    for line in re.findall(r"<tr.*?</tr>", text, re.S):
        cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.S)]
        found[cells[0]] = cells[1:]
    return found


def test_pages_lead_to_traffic_quality(delivered: Delivered) -> None:
    browser = delivered.owner.browser
    assert f"/campaigns/{delivered.public_id}/quality" in browser.get(f"/campaigns/{delivered.public_id}").get_data(
        as_text=True
    )
    assert "/reports/quality" in browser.get("/reports").get_data(as_text=True)


def test_reports_by_reason_and_by_place(delivered: Delivered) -> None:
    browser = delivered.owner.browser
    by_reason = browser.get("/reports?by=verdict&metric=filtered&period=7d").get_data(as_text=True)
    assert "Repeated" in by_reason
    assert "Clicked too fast" in by_reason
    by_place = browser.get("/reports?by=placement&metric=impressions&period=7d").get_data(as_text=True)
    assert f"{delivered.domain}, Top" in by_place
    picked = browser.get("/reports?by=campaign&pick=placement&period=7d").get_data(as_text=True)
    assert 'name="only.placement"' in picked
    nothing = browser.get("/reports?by=campaign&only.placement=p_0000000000000000&period=7d").get_data(as_text=True)
    assert "Nothing was counted in these days" in nothing


def test_an_hour_from_a_quarter_past(app: KabinetFlask, owner: Person) -> None:
    made = Delivered(app, owner)
    made.hour_at += timedelta(minutes=15)
    made.write(made.event(0, EventKind.CLICK, price=5), made.event(59, EventKind.CLICK, price=6))
    made.charge(2, 11)
    assert isinstance(made.hour_at, datetime)
    assert "They agree" in owner.browser.get(made.url).get_data(as_text=True)
