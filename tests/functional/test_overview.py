"""The overview on the demo account: every figure agrees with every other, for whoever may see it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, func, select

from tests.support.browser import Browser
from tests.support.campaigns import units
from tests.support.facts import add_campaign, fact, today_of, write_facts
from tests.support.people import Person, new_member, sign_in
from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period, Preset, preset_period, today_in
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import SYSTEM, Scope
from webapp.db.transaction import transaction
from webapp.demo.counts import count
from webapp.demo.load import fill, is_loaded
from webapp.demo.objects import TurnedClock
from webapp.demo.people import OWNER
from webapp.demo.plans import TALLBROOK
from webapp.demo.shape import Today
from webapp.domain.accounts.models import Advertiser, User
from webapp.domain.accounts.services import scope_of
from webapp.domain.ads.types import StatusCode
from webapp.domain.analytics.concerns import ConcernKind
from webapp.domain.analytics.listing import ListQuery
from webapp.domain.analytics.overview import OverviewData
from webapp.domain.analytics.queries import Order
from webapp.domain.analytics.services import Selection
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.models import Account, Entry, Transaction, TransactionKind
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

#: The moment the pictures of the look were drawn at.
DRAWN_AT = datetime(2026, 11, 19, 12, 32, tzinfo=UTC)


@dataclass
class Demo:
    """The demo account at the moment of the look."""

    app: KabinetFlask
    scope: Scope
    owner_id: int
    period: Period = field(init=False)

    def __post_init__(self) -> None:
        self.period = preset_period(Preset.LAST_28, today_in(self.scope.zone, DRAWN_AT))

    def services(self) -> Services:
        """Return services whose clock stands at that moment."""
        services = self.app.adapters.services(db.session())
        services.clock = TurnedClock(DRAWN_AT)
        return services

    def overview(self, grain: Grain = Grain.DAY) -> OverviewData:
        """Return the data of the page."""
        return self.services().overview.load(self.scope, Selection(self.period, compare=True), grain)


@pytest.fixture(scope="module")
def demo(app: KabinetFlask) -> Demo:
    with app.app_context(), transaction(db.session()) as session:
        if not is_loaded(session):
            fill(app.adapters, session, DRAWN_AT)
        owner = session.scalars(select(User).where(User.email == OWNER[0])).one()
        # Other tests have advertisers of this name too: the demo's is the one Mara belongs to.
        own = app.adapters.services(session).accounts.memberships_of(owner.id)
        advertiser_id = next(item.advertiser_id for item in own if item.currency == "USD")
        row = session.get_one(Advertiser, advertiser_id)
        return Demo(app, scope_of(row, SYSTEM), owner.id)


@pytest.fixture
def then(demo: Demo) -> Iterator[Browser]:
    """The owner's browser at the moment of the look."""
    clock, demo.app.adapters.clock = demo.app.adapters.clock, TurnedClock(DRAWN_AT)
    try:
        yield sign_in(demo.app, demo.owner_id)
    finally:
        demo.app.adapters.clock = clock


# --- every figure agrees ------------------------------------------------------------------------


def test_campaigns_overview_breakdown_and_ledger_agree(demo: Demo) -> None:
    with demo.app.app_context():
        services, scope, period = demo.services(), demo.scope, demo.period
        whole = demo.overview().chart.total.current
        rows = services.figures.campaign_rows(scope, period).values()
        listing = services.campaign_listing.list_page(scope, ListQuery(page=PageRequest(1, 100)), period)
        assert whole.spend_micros == 13_051_332_500
        assert (whole.impressions, whole.clicks, whole.conversions) == (4_896_911, 30_337, 1_417)
        assert whole.filtered == 96_081
        assert sum(row.spend_micros for row in rows) == whole.spend_micros
        assert listing.totals == whole
        for dimension in ("campaign", "ad", "site", "country", "device", "browser"):
            found = services.figures.breakdown(scope, Selection(period), dimension, Order(), PageRequest(1, 100))
            assert found.total.current == whole
            assert sum(group.figures.current.spend_micros for group in found.groups) == whole.spend_micros
        assert charges(demo, period) == whole.spend_micros == demo.overview().charged_micros


def charges(demo: Demo, period: Period) -> int:
    """Return what the ledger says was charged for the days of a period."""
    query = (
        select(func.sum(Entry.amount_micros))
        .join(Transaction, Transaction.id == Entry.transaction_id)
        .where(
            Transaction.advertiser_id == demo.scope.advertiser_id,
            Transaction.kind == TransactionKind.SPEND,
            Transaction.budget_day.between(period.first, period.last),
            Entry.account == Account.SPENT,
        )
    )
    return int(db.session().scalar(query) or 0)


def test_money_is_that_of_the_look(demo: Demo) -> None:
    with demo.app.app_context():
        summary = demo.services().balances.summary(demo.scope)
        assert summary.pockets.spendable_micros == 4_885_731_900
        assert summary.pockets.reserved_micros == 412_600_000
        assert summary.charged_micros == 30_339_872_900
        assert summary.came_in_micros == summary.sources_micros == 35_638_204_800
        assert summary.credits_micros == 38_204_800
        runway = demo.overview().runway
        assert runway is not None
        assert (runway.days_left, runway.pace_micros) == (11, 480_666_614)
        assert runway.left_micros[-1] == runway.pockets.left_micros


def test_the_runway_passes_through_every_balance_of_the_ledger(demo: Demo) -> None:
    with demo.app.app_context():
        runway = demo.overview().runway
        assert runway is not None
        rows = list(db.session().execute(
            select(Transaction.created_at, Transaction.available_after_micros)
            .where(Transaction.advertiser_id == demo.scope.advertiser_id).order_by(Transaction.id)))  # fmt: skip
        for index, left in enumerate(runway.left_micros[:-1]):
            start, _ = Period(runway.since, runway.since).instants(demo.scope.zone)
            before = [after for at, after in rows if (at - start).total_seconds() < index * 86_400]
            # The day before has been closed: nothing but the leases of the running day is reserved.
            assert abs(before[-1] - left) < units(800), index


def test_the_books_are_clean(demo: Demo) -> None:
    with demo.app.app_context():
        report = audit_ledger(db.session(), demo.scope.advertiser_id)
        assert not report.findings


# --- what is said beside the figures ------------------------------------------------------------


def test_statuses_are_those_of_the_look(demo: Demo) -> None:
    with demo.app.app_context():
        services = demo.services()
        every = services.campaigns.every(demo.scope)
        reports = services.statuses.load(demo.scope, every, None)
        found = {item.name: reports[item.id].status.code for item in every}
        assert found["Trail shoes, retargeting"] is StatusCode.DAILY_BUDGET_SPENT
        assert found["Backpacks 30 L, commuters"] is StatusCode.OUTSIDE_HOURS
        assert found["Store opening, Old Port"] is StatusCode.ENDED
        assert found["Ski helmets, early season"] is StatusCode.REJECTED
        assert found["Camping stoves, clearance"] is StatusCode.TOTAL_BUDGET_SPENT
        assert found["Tents, spring leftovers"] is StatusCode.PAUSED
        assert found["Loyalty app, install"] is StatusCode.IN_REVIEW
        assert found["Gift cards, December"] is StatusCode.SCHEDULED
        assert found["Bike bags, autumn sale"] is StatusCode.NO_APPROVED_ADS
        assert found["Snowshoes, rental weekend"] is StatusCode.DRAFT
        codes = list(found.values())
        assert (codes.count(StatusCode.SERVING), codes.count(StatusCode.ARCHIVED), len(codes)) == (6, 9, 26)


def test_the_ceiling_is_every_budget_that_was_in_force(demo: Demo) -> None:
    with demo.app.app_context():
        ceiling = demo.overview().ceiling
        assert ceiling is not None
        today = Today.at(DRAWN_AT, demo.scope.zone)
        plans = [count(plan, number, today) for number, plan in enumerate(TALLBROOK)]
        expected = [sum(days[index].budget_micros for days in plans) for index in range(28, 56)]
        assert [ceiling[day] for day in demo.period.dates()] == expected


def test_attention_names_what_has_a_remedy(demo: Demo) -> None:
    with demo.app.app_context():
        found = [(item.kind, item.campaign.name if item.campaign else "") for item in demo.overview().concerns.named]
        assert found == [
            (ConcernKind.REJECTED, "Ski helmets, early season"),
            (ConcernKind.NO_ADS, "Bike bags, autumn sale"),
            (ConcernKind.BELOW_PLAN, "Autumn jackets, prospecting"),
            (ConcernKind.RUNS_OUT, ""),
        ]


def test_page_shows_the_figures_of_the_look(then: Browser) -> None:
    text = then.get("/").text
    for shown in ("$4,885.73", "$215.17", "$470.00", "$13,051", "4,896,911", "30,337", "0.62%", "1,417", "$9.21",
                  "5,023,329", "96,081", "11 days left", "Autumn jackets: bid $2.80 → $3.20", "2,660.40",
                  "Ledger and figures agree", "Trail shoes: $60 → $80 a day", "Winter boots launched",
                  "at $480.67 a day"):  # fmt: skip
        assert shown in text, shown


def test_chart_data_equals_its_table(then: Browser) -> None:
    text = then.get("/?metric=clicks").text
    data = json.loads(re.findall(r'id="figures-chart-data">(.*?)</script>', text, re.DOTALL)[0])
    assert sum(data["sets"][0]["data"]) == 30_337
    assert data["unit"] == "count"
    assert data["sets"][0]["partial"] is True
    assert len(data["labels"]) == len(data["sets"][0]["data"]) == len(data["sets"][1]["data"]) == 28
    assert text.count('<th scope="row"') == 28


@pytest.mark.parametrize(
    "query",
    ["", "?metric=cpc", "?metric=cpm&compare=none", "?metric=nonsense", "?grain=week&period=90d", "?period=today",
     "?period=7d&grain=hour", "?from=2026-10-24&to=2026-10-26&grain=hour", "?period=all&grain=month",
     "?from=2001-01-01&to=2001-01-02"],
)  # fmt: skip
def test_every_choice_of_days_and_metric_has_a_page(then: Browser, query: str) -> None:
    assert then.get(f"/{query}").status_code == 200
    fragment = then.get(f"/{query}", htmx=True)
    assert fragment.status_code == 200
    assert fragment.text.strip().startswith('<div id="overview"')
    assert "<html" not in fragment.text


def test_days_that_are_none_are_refused_in_words(then: Browser) -> None:
    assert then.get("/?from=2026-11-20&to=2026-11-01").status_code in (200, 422)


# --- who sees what ------------------------------------------------------------------------------


def test_an_analyst_sees_figures_and_no_balance(demo: Demo) -> None:
    analyst = new_member(demo.app, demo.scope, AdvertiserRole.ANALYST)
    text = analyst.get("/").text
    assert 'id="figures"' in text
    assert 'id="balance-title"' not in text
    assert "days left" not in text
    assert "/campaigns/new" not in text


def test_a_new_account_sees_its_first_steps(owner: Person) -> None:
    text = owner.browser.get("/").text
    assert "No impressions yet" in text
    assert "3 steps to the first impression" in text
    assert 'id="figures"' not in text


def test_first_figures_end_the_first_run(owner: Person, app: KabinetFlask) -> None:
    campaign_id, _ = add_campaign(app, owner.scope, "First")
    write_facts(app, fact(owner.scope, today_of(app, owner.scope), campaign_id, impressions=12, clicks=1))
    text = owner.browser.get("/").text
    assert 'id="figures"' in text
    assert "First" in text
    assert "Ledger and figures agree" not in text


def test_figures_of_campaigns_that_are_no_more_take_nobodys_place(owner: Person, app: KabinetFlask) -> None:
    day = today_of(app, owner.scope)
    names = [f"Known {number}" for number in range(6)]
    for number, name in enumerate(names):
        campaign_id, _ = add_campaign(app, owner.scope, name)
        write_facts(app, fact(owner.scope, day, campaign_id, impressions=number + 1, spend_micros=number))
        write_facts(app, fact(owner.scope, day, 4_000_000_000 + number, impressions=1, spend_micros=units(9)))
    text = owner.browser.get("/").text
    top = re.findall(r'title="(Known \d)"', text)
    assert top == names[:0:-1]


# --- as many questions for three campaigns as for sixty -------------------------------------------


@dataclass
class Questions:
    """Statements sent to the two stores."""

    sql: int = 0
    analytics: int = 0


@contextmanager
def counted(app: KabinetFlask) -> Iterator[Questions]:
    questions = Questions()
    engine: Any = app.adapters.analytics._engine  # type: ignore[attr-defined]
    ask = engine.rows

    def rows(sql: str) -> Any:
        questions.analytics += 1
        return ask(sql)

    def statement(*_: Any) -> None:
        questions.sql += 1

    with app.app_context():
        bind = db.engine
    event.listen(bind, "before_cursor_execute", statement)
    engine.rows = rows
    try:
        yield questions
    finally:
        engine.rows = ask
        event.remove(bind, "before_cursor_execute", statement)


def test_questions_do_not_grow_with_campaigns(owner: Person, other_owner: Person, app: KabinetFlask) -> None:
    asked = []
    for person, number in ((owner, 3), (other_owner, 60)):
        day = today_of(app, person.scope)
        for place in range(number):
            campaign_id, _ = add_campaign(app, person.scope, f"Campaign {place}")
            write_facts(app, fact(person.scope, day, campaign_id, impressions=100 + place, clicks=5))
        person.browser.get("/")
        with counted(app) as questions:
            assert person.browser.get("/").status_code == 200
        asked.append(questions)
    assert asked[0] == asked[1]
    # One more a node: how far its events are in the figures.
    assert asked[0].analytics <= 5 + len(app.adapters.serving)
    assert asked[0].sql <= 30


def test_what_is_reserved_is_lent_and_hours_are_the_ledgers(demo: Demo) -> None:
    with demo.app.app_context():
        own = demo.services().accounts.memberships_of(demo.owner_id)
        assert {item.currency for item in own} == {"USD", "EUR", "NPR"}
        for item in own:
            owner = {"owner": item.advertiser_id}
            reserved = _number("SELECT reserved_micros FROM balances WHERE advertiser_id = :owner", owner)
            lent = "SELECT SUM(amount_micros - settled_micros) FROM leases WHERE advertiser_id = :owner"
            assert _number(f"{lent} AND status IN ('open', 'closing')", owner) == reserved > 0
            spent = _number("SELECT SUM(spent_micros) FROM spend_days WHERE advertiser_id = :owner", owner)
            assert _number("SELECT SUM(spent_micros) FROM charge_hours WHERE advertiser_id = :owner", owner) == spent


def test_the_demos_sites_have_places_of_every_size_its_ads_have(demo: Demo) -> None:
    with demo.app.app_context():
        offered = demo.services().inventory.offered()
        assert {place.size for place in offered} >= {"native", "300x250", "300x600", "728x90"}
        assert any(place.floor_micros for place in offered)


def _number(query: str, values: dict[str, int]) -> int:
    return int(db.session.execute(db.text(query), values).scalar_one())
