"""Putting a report together: the rows of a page, the sum of all, the lines of the largest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from webapp.core.errors import Invalid
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.services.names import Named, ObjectNames
from webapp.domain.analytics.charts import ChartData
from webapp.domain.analytics.metrics import METRICS, Metric
from webapp.domain.analytics.queries import Breakdown, Compared, Filter, Group, Order
from webapp.domain.analytics.reports import ReportState
from webapp.domain.analytics.services import Figures, Selection
from webapp.domain.analytics.types import OBJECT_DIMENSIONS

LINES = 5
#: More rows than this is no table anybody reads.
MAX_EXPORT_ROWS = 1_000_000
EXPORT_PAGE = 50_000


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One value of the dimension with its figures."""

    value: str
    #: Of campaigns and ads; None for one we do not know any more.
    named: Named | None
    figures: Compared
    #: The number of its line on the chart, from 0; None without a line.
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One of the largest values, step by step."""

    row: ReportRow
    chart: ChartData


@dataclass(frozen=True, slots=True)
class Report:
    """A page of a report."""

    state: ReportState
    page: Page[ReportRow]
    total: Compared
    #: The largest figure of the chart's metric among the rows of the page, for the bars.
    top: Decimal
    lines: Sequence[ReportLine]


class Places(Protocol):
    """Names of placements, which belong to the house."""

    def named(self, ids: Iterable[int]) -> Mapping[int, Named]:
        """Return what is known of these placements."""

    def ids(self, public_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the inner ids of public ids."""


class Reports:
    """Builds reports of one advertiser's figures."""

    def __init__(self, figures: Figures, names: ObjectNames, places: Places) -> None:
        self._figures = figures
        self._names = names
        self._places = places

    def build(self, scope: Scope, state: ReportState) -> Report:
        """Return the page of a report a state asks for; a page beyond the last gives the last."""
        scope.require(Permission.REPORT_READ)
        selection = self.selection(scope, state)
        found = self._figures.breakdown(scope, selection, state.dimension, state.order, state.page)
        last = max(1, -(-found.count // state.page.size))
        if state.page.number > last:
            state = replace(state, page=PageRequest(last, state.page.size))
            found = self._figures.breakdown(scope, selection, state.dimension, state.order, state.page)
        lines = self._lines(scope, state, selection, found)
        numbers = {line.row.value: number for number, line in enumerate(lines)}
        rows = [replace(row, line=numbers.get(row.value)) for row in self._rows(scope, state, found.groups)]
        of = METRICS[state.metric].of
        top = max((Decimal(of(row.figures.current) or 0) for row in rows), default=Decimal(0))
        return Report(state, Page(rows, found.count, state.page), found.total, top, lines)

    def every_row(self, scope: Scope, state: ReportState) -> tuple[list[ReportRow], Compared]:
        """Return all rows of a report in their order, and their sum: for files."""
        scope.require(Permission.REPORT_READ)
        selection = self.selection(scope, state)
        rows: list[ReportRow] = []
        number = 1
        while True:
            page = PageRequest(number, EXPORT_PAGE)
            found = self._figures.breakdown(scope, selection, state.dimension, state.order, page)
            rows += self._rows(scope, state, found.groups)
            if len(rows) >= min(found.count, MAX_EXPORT_ROWS) or not found.groups:
                return rows, found.total
            number += 1

    def lines(self, scope: Scope, state: ReportState) -> list[ReportLine]:
        """Return the lines of a report's chart: for files."""
        return self._lines(scope, state, self.selection(scope, state), None)

    def values(self, scope: Scope, state: ReportState, dimension: str, limit: int = 50) -> list[ReportRow]:
        """Return the largest values of a dimension to choose a filter from, whatever it is limited to now."""
        bare = state.without_filter(dimension)
        page = PageRequest(1, limit)
        found = self._figures.breakdown(scope, self.selection(scope, bare), dimension, Order("impressions"), page)
        return self._rows(scope, replace(bare, dimension=dimension), found.groups)

    def selection(self, scope: Scope, state: ReportState) -> Selection:
        """Return what the figures are asked; an unknown campaign or ad selects nothing, never everything."""
        plain = tuple(self._filter(name, values) for name, values in state.filters if name not in OBJECT_DIMENSIONS)
        return Selection(
            period=state.period,
            compare=state.compare,
            campaign_ids=self._object_ids(scope, state, "campaign"),
            ad_ids=self._object_ids(scope, state, "ad"),
            filters=plain,
        )

    def _filter(self, name: str, values: tuple[str, ...]) -> Filter:
        """Return a filter as the store knows it: placements by our ids, one that nobody knows selects nothing."""
        if name != "placement":
            return Filter(name, values)
        known = self._places.ids(values)
        return Filter(name, tuple(str(known.get(value, "unknown")) if value else "" for value in values))

    def named_filters(self, scope: Scope, state: ReportState) -> Mapping[str, str]:
        """Return the names of the campaigns and ads a report is limited to, by public id."""
        found: dict[str, str] = {}
        for kind in OBJECT_DIMENSIONS:
            ids = self._names.ids(scope, kind, state.filter_values(kind)) if state.filter_values(kind) else {}
            found.update({item.public_id: item.name for item in self._names.named(scope, kind, ids.values()).values()})
        places = self._places.named(self._places.ids(state.filter_values("placement")).values())
        return found | {item.public_id: item.name for item in places.values()}

    def _object_ids(self, scope: Scope, state: ReportState, kind: str) -> tuple[int, ...] | None:
        wanted = dict(state.filters).get(kind)
        if wanted is None:
            return None
        if not wanted:
            raise Invalid({"filter": "Choose at least one value."})
        return tuple(self._names.ids(scope, kind, wanted).values())

    def _rows(self, scope: Scope, state: ReportState, groups: Sequence[Group]) -> list[ReportRow]:
        if state.dimension not in (*OBJECT_DIMENSIONS, "placement"):
            return [ReportRow(group.value, None, group.figures) for group in groups]
        ids = [int(group.value) for group in groups if group.value]
        place = state.dimension == "placement"
        named = self._places.named(ids) if place else self._names.named(scope, state.dimension, ids)
        return [ReportRow(group.value, named.get(int(group.value or 0)), group.figures) for group in groups]

    def _lines(
        self, scope: Scope, state: ReportState, selection: Selection, shown: Breakdown | None
    ) -> list[ReportLine]:
        """Return the largest values step by step; a rate's are those with the most to divide by."""
        order = largest_first(METRICS[state.metric])
        if shown is not None and state.page.number == 1 and state.order == order:
            groups = shown.groups[:LINES]
        else:
            page = PageRequest(1, LINES)
            groups = self._figures.breakdown(scope, selection, state.dimension, order, page).groups
        rows = self._rows(scope, state, groups)
        alone = replace(selection, compare=False)
        return [
            ReportLine(row, self._figures.chart(scope, _only(alone, state.dimension, row.value), state.grain))
            for row in rows
        ]


def largest_first(metric: Metric) -> Order:
    """Return the order in which the chart takes its lines."""
    return Order(metric.divisor if metric.divisor in METRICS else metric.key)


def _only(selection: Selection, dimension: str, value: str) -> Selection:
    """Return the selection cut down to one value of a dimension."""
    if dimension == "campaign":
        return replace(selection, campaign_ids=(int(value),))
    if dimension == "ad":
        return replace(selection, ad_ids=(int(value),))
    return replace(selection, filters=(*selection.filters, Filter(dimension, (value,))))
