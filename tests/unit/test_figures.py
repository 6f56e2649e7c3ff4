"""Figures: who may see them, whose they are, and which are never part of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.errors import Forbidden, Invalid
from webapp.core.ids import new_public_id
from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.analytics.queries import Breakdown, Compared, FigureQuery, Filter, Order, Series, Step
from webapp.domain.analytics.services import Figures, Selection
from webapp.domain.analytics.store import HiddenImports
from webapp.domain.analytics.types import Metrics

WEEK = Period(date(2026, 11, 13), date(2026, 11, 19))


@dataclass
class FakeStore:
    """Answers little and remembers what it was asked."""

    asked: list[FigureQuery] = field(default_factory=list)
    hidden: list[Sequence[int]] = field(default_factory=list)

    def series(self, query: FigureQuery, grain: Grain) -> Series:
        self.asked.append(query)
        return Series([Step(query.period.first, Metrics(impressions=3))] if grain is Grain.DAY else [])

    def totals(self, query: FigureQuery) -> Compared:
        self.asked.append(query)
        return Compared(Metrics(clicks=1))

    def by_campaign(self, query: FigureQuery) -> Mapping[int, Compared]:
        self.asked.append(query)
        return {5: Compared(Metrics(clicks=2))}

    def top_campaigns(self, query: FigureQuery, limit: int | None = None) -> Mapping[int, Metrics]:
        self.asked.append(query)
        return {5: Metrics(clicks=limit or 0)}

    def by_ad(self, query: FigureQuery) -> Mapping[int, Compared]:
        self.asked.append(query)
        return {50: Compared(Metrics(clicks=4))}

    def daily_spend(self, query: FigureQuery) -> Mapping[int, Mapping[date, int]]:
        self.asked.append(query)
        return {5: {WEEK.last: 9}}

    def breakdown(self, query: FigureQuery, dimension: str, order: Order, *, limit: int, offset: int = 0) -> Breakdown:
        self.asked.append(query)
        return Breakdown(dimension, [], limit + offset, Compared())

    def dimensions_present(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> Sequence[str]:
        self.hidden.append(hidden_imports)
        return ["x:Zone", "gender", "ad", "x:Format", "country", "campaign"]

    def first_day(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> date | None:
        return WEEK.first

    def fresh_at(self, advertiser_id: int, hidden_imports: Sequence[int] = ()) -> datetime | None:
        return datetime(2026, 11, 19, tzinfo=UTC)


@pytest.fixture
def scope() -> Scope:
    with memory_session() as session:
        return add_advertiser(session)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def figures(store: FakeStore) -> Figures:
    return Figures(store, SettableClock(), lambda _: (8, 9))


def test_every_question_names_its_advertiser_and_the_hidden_imports(
    figures: Figures, store: FakeStore, scope: Scope
) -> None:
    selection = Selection(WEEK, compare=True, campaign_ids=(5,))
    figures.chart(scope, selection)
    figures.totals(scope, selection)
    figures.campaign_rows(scope, WEEK)
    figures.top_campaigns(scope, WEEK, 3)
    figures.ad_rows(scope, WEEK, 5)
    figures.sparklines(scope, WEEK, [5])
    figures.breakdown(scope, selection, "x:Zone", Order(), PageRequest())
    assert len(store.asked) == 7
    assert {query.advertiser_id for query in store.asked} == {scope.advertiser_id}
    assert {query.hidden_imports for query in store.asked} == {(8, 9)}
    assert store.asked[0].compare == WEEK.previous()
    assert store.hidden == [(8, 9)]


def test_the_page_of_a_breakdown(figures: Figures, scope: Scope) -> None:
    assert figures.breakdown(scope, Selection(WEEK), "country", Order(), PageRequest(3, 25)).count == 75


def test_rows_and_sparklines(figures: Figures, scope: Scope) -> None:
    assert figures.campaign_rows(scope, WEEK) == {5: Metrics()}
    assert figures.top_campaigns(scope, WEEK, 3) == {5: Metrics(clicks=3)}
    assert figures.ad_rows(scope, WEEK, 5) == {50: Metrics(clicks=4)}
    assert figures.sparklines(scope, WEEK, [5, 6]) == {5: [0, 0, 0, 0, 0, 0, 9], 6: [0] * 7}


def test_dimensions_have_an_order(figures: Figures, scope: Scope) -> None:
    assert figures.dimensions(scope) == ["campaign", "ad", "country", "gender", "x:Format", "x:Zone"]


def test_a_dimension_no_file_had_is_refused(figures: Figures, store: FakeStore, scope: Scope) -> None:
    with pytest.raises(Invalid):
        figures.breakdown(scope, Selection(WEEK), "x:Nothing", Order(), PageRequest())
    with pytest.raises(Invalid):
        figures.totals(scope, Selection(WEEK, filters=(Filter("x:Nothing", ("",)),)))
    assert store.asked == []


def test_a_step_too_fine_or_unknown_is_refused(figures: Figures, scope: Scope) -> None:
    with pytest.raises(Invalid):
        figures.chart(scope, Selection(Period(date(2026, 1, 1), date(2026, 11, 19))), Grain.HOUR)
    assert figures.chart(scope, Selection(WEEK)).grain is Grain.DAY
    assert figures.chart(scope, Selection(Period(WEEK.last, WEEK.last))).grain is Grain.HOUR


def test_permissions(figures: Figures, scope: Scope) -> None:
    blind = replace(scope, permissions=frozenset({Permission.BALANCE_READ}))
    for ask in (
        lambda: figures.chart(blind, Selection(WEEK)),
        lambda: figures.totals(blind, Selection(WEEK)),
        lambda: figures.campaign_rows(blind, WEEK),
        lambda: figures.top_campaigns(blind, WEEK),
        lambda: figures.ad_rows(blind, WEEK, 5),
        lambda: figures.sparklines(blind, WEEK, [5]),
        lambda: figures.dimensions(blind),
        lambda: figures.breakdown(blind, Selection(WEEK), "country", Order(), PageRequest()),
    ):
        with pytest.raises(Forbidden):
            ask()


def test_unfinished_imports_are_hidden(store: FakeStore) -> None:
    with memory_session() as session:
        mine, other = add_advertiser(session), add_advertiser(session, name="Other")
        ids = {state: _import(session, mine, state) for state in ImportState}
        _import(session, other, ImportState.RUNNING)
        hidden = HiddenImports(session)
        states = (ImportState.QUEUED, ImportState.RUNNING, ImportState.FAILED, ImportState.REMOVING)
        assert set(hidden(mine.advertiser_id)) == {ids[state] for state in states}
        assert hidden(mine.advertiser_id) is hidden(mine.advertiser_id)


def _import(session: Session, scope: Scope, state: ImportState) -> int:
    row = StatisticsImport(
        public_id=new_public_id("im"),
        advertiser_id=scope.advertiser_id,
        file_name="a.csv",
        byte_size=1,
        file_sha256="",
        storage_key="",
        state=state,
        created_at=datetime(2026, 11, 19, tzinfo=UTC),
    )
    session.add(row)
    session.flush()
    return row.id
