from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.support.campaigns import FakeSpending, ad_input, add_campaign, add_creative, ads_of, campaigns_of, units
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.ids import PublicId
from webapp.core.paging import PageRequest
from webapp.core.periods import Period
from webapp.core.scope import Scope
from webapp.domain.ads.models import BidModel, Campaign
from webapp.domain.ads.services.effective import EffectiveStatuses
from webapp.domain.ads.store import AdsStore
from webapp.domain.ads.types import Tab
from webapp.domain.analytics.listing import CampaignListing, ListQuery
from webapp.domain.analytics.metrics import Figure
from webapp.domain.analytics.types import Metrics
from webapp.domain.billing.types import CampaignSpend

PERIOD = Period(date(2026, 11, 17), date(2026, 11, 19))


@dataclass
class FakeFigures:
    """Figures somebody made up, and how often they were asked for."""

    rows: dict[int, Metrics] = field(default_factory=dict)
    asked: int = 0

    def campaign_rows(
        self, scope: Scope, period: Period, campaign_ids: Sequence[int] | None = None
    ) -> Mapping[int, Metrics]:
        self.asked += 1
        return self.rows

    def sparklines(self, scope: Scope, period: Period, campaign_ids: Sequence[int]) -> Mapping[int, list[Figure]]:
        self.asked += 1
        return {id: [0, 0, self.rows[id].spend_micros] for id in campaign_ids if id in self.rows}


class World:
    """An advertiser with a list."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock = SettableClock()
        self.scope = add_advertiser(session)
        self.spending = FakeSpending()
        self.figures = FakeFigures()
        self.creative = add_creative(session, self.clock, self.scope)

    def add(self, name: str, metrics: Metrics | None = None, *, ads: bool = True, **changes: Any) -> Campaign:
        campaign = add_campaign(self.session, self.clock, self.scope, name=name, **changes)
        if ads:
            ads_of(self.session, self.clock).create(self.scope, PublicId(campaign.public_id), ad_input(self.creative))
        if metrics is not None:
            self.figures.rows[campaign.id] = metrics
        return campaign

    def look(self, **query: Any) -> Any:
        service = campaigns_of(self.session, self.clock, self.spending)
        statuses = EffectiveStatuses(AdsStore(self.session), self.clock, self.spending)
        return CampaignListing(service, statuses, self.spending, self.figures).list_page(
            self.scope, ListQuery(**query), PERIOD
        )

    def names(self, **query: Any) -> list[str]:
        return [row.campaign.name for row in self.look(**query).page.items]


@pytest.fixture
def world() -> Iterator[World]:
    with memory_session() as session:
        yield World(session)


def test_an_empty_account_has_an_empty_list(world: World) -> None:
    listing = world.look()
    assert (listing.any, listing.page.total, listing.totals) == (False, 0, Metrics())


def test_figures_sort_and_what_has_none_comes_last(world: World) -> None:
    world.add("b", Metrics(impressions=1000, clicks=10, spend_micros=units(5)))
    world.add("a", Metrics(impressions=100, clicks=9, spend_micros=units(7)))
    world.add("c")
    assert world.names() == ["a", "b", "c"]
    assert world.names(sort="name", descending=False) == ["a", "b", "c"]
    assert world.names(sort="ctr", descending=True) == ["a", "b", "c"]
    assert world.names(sort="ctr", descending=False) == ["b", "a", "c"]
    assert world.names(sort="no such column") == ["a", "b", "c"]


def test_totals_are_sums_over_sums_of_everything_filtered(world: World) -> None:
    for number in range(30):
        world.add(f"{number}", Metrics(impressions=1000 * (number + 1), clicks=number, spend_micros=units(number)))
    listing = world.look(page=PageRequest(2, 25))
    assert (len(listing.page.items), listing.page.total) == (5, 30)
    assert listing.totals.impressions == 1000 * 465
    assert listing.totals.ctr == world.look().totals.ctr
    assert float(listing.totals.ctr) == pytest.approx(435 / 465_000)
    assert world.look(page=PageRequest(99, 25)).page.request.number == 2


def test_tabs_count_what_happens(world: World) -> None:
    world.add("serving")
    world.add("no ads", ads=False)
    spent = world.add("spent")
    world.spending.spends[spent.id] = CampaignSpend(today_micros=units(120), total_micros=units(120))
    world.add("draft", launch=False)
    paused = world.add("paused")
    gone = world.add("gone")
    service = campaigns_of(world.session, world.clock)
    service.pause(world.scope, PublicId(paused.public_id))
    service.archive(world.scope, PublicId(gone.public_id))
    counts = world.look().counts
    assert {tab: counts[tab] for tab in Tab} == {
        Tab.ALL: 5, Tab.SERVING: 1, Tab.WAITING: 1, Tab.ATTENTION: 1, Tab.UPCOMING: 0,
        Tab.PAUSED: 1, Tab.ENDED: 0, Tab.DRAFTS: 1, Tab.ARCHIVED: 1,
    }  # fmt: skip
    assert world.names(tab=Tab.WAITING) == ["spent"]
    assert world.names(tab=Tab.ARCHIVED) == ["gone"]
    assert "gone" not in world.names()


def test_filters_find_by_name_label_id_and_model(world: World) -> None:
    jackets = world.add("Autumn jackets", labels=("Outdoor",))
    world.add("Trail shoes", bid_model=BidModel.CPC, bid_micros=units(0, 38))
    assert world.names(text="JACK") == ["Autumn jackets"]
    assert world.names(text="outdoor") == ["Autumn jackets"]
    assert world.names(text=jackets.public_id) == ["Autumn jackets"]
    assert world.names(label="outdoor") == ["Autumn jackets"]
    assert world.names(model="cpc") == ["Trail shoes"]
    assert world.names(text="nothing") == []


def test_a_page_takes_the_same_questions_for_one_campaign_and_for_sixty(world: World) -> None:
    statements: list[str] = []
    event.listen(world.session.get_bind(), "before_cursor_execute", lambda *args: statements.append(args[2]))

    def count() -> tuple[int, int]:
        statements.clear()
        world.figures.asked = 0
        world.look(page=PageRequest(1, 25))
        return len(statements), world.figures.asked

    world.add("first", Metrics(clicks=1))
    few = count()
    for number in range(60):
        world.add(f"{number}", Metrics(clicks=number))
    assert count() == few
    assert few[1] == 2


def test_the_trend_has_a_figure_a_day(world: World) -> None:
    world.add("a", Metrics(spend_micros=units(5)))
    listing = world.look()
    assert list(listing.page.items[0].trend) == [0, 0, units(5)]
    assert list(listing.trend) == [0, 0, units(5)]
