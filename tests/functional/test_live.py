"""Pages that redraw their own figures: small parts, whose every piece has a place; and how old figures are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from tests.functional.test_balance import campaign_of, pay
from tests.functional.test_reconciliation import delivered
from tests.support.people import Person
from webapp.core.errors import Unavailable
from webapp.core.periods import today_in
from webapp.domain.delivery.freshness import FigureAge, Freshness, Tone
from webapp.extensions import db
from webapp.web.app import KabinetFlask

PIECE = re.compile(r'data-live="([\w-]+)"')
SOURCE = re.compile(r'data-live-src="([^"]+)"')
LIMIT = 10 * 1024


def at_work(app: KabinetFlask, person: Person) -> str:
    """Give an account figures of today; return its campaign."""
    pay(person)
    campaign_id, campaign = campaign_of(app, person)
    delivered(app, person, campaign_id, 4, days_ago=0)
    return campaign


def figure(page: str, name: str) -> str:
    found = re.search(rf'data-live="{name}"[^>]*>(.*?)<', page)
    assert found, f"no {name}"
    return found[1]


@pytest.mark.parametrize("address", ["/", "/campaigns/{campaign}"])
@pytest.mark.parametrize("query", ["", "?period=today&metric=clicks", "?period=90d&compare=none"])
def test_each_piece_has_a_place_and_the_part_is_small(
    app: KabinetFlask, owner: Person, address: str, query: str
) -> None:
    campaign = at_work(app, owner)
    page = owner.browser.get(address.format(campaign=campaign) + query).text
    source = SOURCE.search(page)
    assert source
    part = owner.browser.get(unescape(source[1]), htmx=True)
    assert len(part.text.encode()) <= LIMIT
    pieces, places = set(PIECE.findall(part.text)), set(PIECE.findall(page))
    assert {"age", "spend-value", "impressions-value"} <= pieces <= places
    assert figure(part.text, "spend-value") == figure(page, "spend-value")


@pytest.mark.parametrize("query", ["endpoint=x", "_scheme=javascript", "_external=1&_scheme=javascript&_anchor=x"])
def test_an_address_of_any_kind_leads_to_the_part_of_this_page(app: KabinetFlask, owner: Person, query: str) -> None:
    at_work(app, owner)
    answer = owner.browser.get(f"/?{query}")
    assert answer.status_code == 200
    assert [unescape(found) for found in SOURCE.findall(answer.text)] == [f"/live?{query}"]


def test_what_is_delivered_meanwhile_comes_with_the_part(app: KabinetFlask, owner: Person) -> None:
    at_work(app, owner)
    page = owner.browser.get("/").text
    source = SOURCE.search(page)
    assert source
    other, _ = campaign_of(app, owner, "Trail shoes, retargeting")
    delivered(app, owner, other, 6, days_ago=0)
    part = owner.browser.get(unescape(source[1]), htmx=True).text
    assert figure(page, "impressions-value") == "4"
    assert figure(part, "impressions-value") == "10"
    line = re.search(r'data-live-line="figures-chart-data">(.*?)</script>', part)
    assert line
    assert sum(float(value or 0) for value in json.loads(line[1])) > 0


def test_days_that_are_over_do_not_move(app: KabinetFlask, owner: Person) -> None:
    campaign = at_work(app, owner)
    yesterday = today_in(owner.scope.zone, app.adapters.clock.now()) - timedelta(days=1)
    for address in ("/", f"/campaigns/{campaign}"):
        page = owner.browser.get(f"{address}?from={yesterday - timedelta(days=3)}&to={yesterday}").text
        assert "data-live-src" not in page


def test_others_get_no_part(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    campaign = at_work(app, owner)
    assert other_owner.browser.get(f"/campaigns/{campaign}/live").status_code == 404


@dataclass
class Log:
    """A node with records nobody has read, or one that is silent."""

    node: int
    unread: list[datetime] = field(default_factory=list)
    silent: bool = False

    def read(self, after: int, limit: int) -> list[object]:
        if self.silent:
            raise Unavailable
        return [type("R", (), {"at_ms": int(at.timestamp() * 1000)}) for at in self.unread[:limit]]

    def trim(self, upto: int) -> None:
        raise AssertionError


class Read:
    def last_seq(self, node: int) -> int:
        return 0


def test_figures_are_as_old_as_the_oldest_event_they_lack(app: KabinetFlask) -> None:
    with app.app_context():
        clock = app.adapters.clock
        now = clock.now()
        quiet, late = Log(1), Log(2, [now - timedelta(seconds=75), now])
        fresh = Freshness(db.session(), clock, Read(), [quiet]).of_figures()  # type: ignore[list-item]
        behind = Freshness(db.session(), clock, Read(), [quiet, late]).of_figures()  # type: ignore[list-item]
    assert (fresh.seconds, fresh.tone) == (0, Tone.LIVE)
    assert (74 <= behind.seconds <= 90, behind.tone) == (True, Tone.LATE)


@pytest.mark.parametrize(
    ("seconds", "tone"), [(0, "live"), (59, "live"), (60, "late"), (299, "late"), (300, "stopped")]
)
def test_an_age_has_a_tone(seconds: int, tone: str) -> None:
    now = datetime.combine(date(2026, 11, 19), datetime.min.time(), UTC)
    assert FigureAge(now - timedelta(seconds=seconds), now).tone == tone
