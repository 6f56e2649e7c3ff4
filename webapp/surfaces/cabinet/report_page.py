"""What the report's template asks for: words, choices and figures of one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.core.money import CURRENCIES
from webapp.core.periods import Grain, Period, Preset, allowed_grains
from webapp.core.scope import Scope
from webapp.domain.analytics.metrics import METRICS, Better, Metric, MetricKind
from webapp.domain.analytics.reporting import Report, ReportRow
from webapp.domain.analytics.reports import FILTER_PREFIX, Shape, write_report
from webapp.domain.analytics.types import OBJECT_DIMENSIONS, Metrics
from webapp.surfaces.cabinet.report_chart import chart_of
from webapp.surfaces.cabinet.report_links import ReportLinks
from webapp.web.dimensions import (
    GRAINS,
    PRESETS,
    counted,
    dimension_label,
    dimension_title,
    list_of,
    metric_label,
    value_label,
)
from webapp.web.filters import day_range

_GOOD = {Better.UP: "up", Better.DOWN: "down", Better.NONE: "none"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in force."""

    dimension: str
    label: str
    values: str
    off: str


class ReportPage(ReportLinks):
    """A report with all its page says."""

    def __init__(
        self,
        scope: Scope,
        report: Report,
        *,
        dimensions: Sequence[str],
        first_day: date | None,
        names: Mapping[str, str],
        pick: str = "",
        choices: Sequence[ReportRow] = (),
    ) -> None:
        super().__init__(report.state, dimensions)
        self.scope = scope
        self.report = report
        self.metric: Metric = METRICS[report.state.metric]
        self.first_day = first_day
        self.pick = pick
        self.choices = choices
        self._names = names

    # --- words --------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Return the report's name."""
        return dimension_title(self.state.dimension)

    @property
    def dimension_word(self) -> str:
        """Return the head of the first column."""
        return dimension_label(self.state.dimension)

    @property
    def metric_word(self) -> str:
        """Return the name of the chart's metric."""
        return metric_label(self.state.metric)

    @property
    def period_word(self) -> str:
        """Return the period by its name or its days."""
        preset = self.state.preset
        return day_range(self.state.period.first, self.state.period.last) if preset is None else str(PRESETS[preset])

    @property
    def chart_word(self) -> str:
        """Return what the chart shows."""
        by_step = {
            Grain.HOUR: gettext("%(metric)s by hour", metric=self.metric_word),
            Grain.DAY: gettext("%(metric)s by day", metric=self.metric_word),
            Grain.WEEK: gettext("%(metric)s by week", metric=self.metric_word),
            Grain.MONTH: gettext("%(metric)s by month", metric=self.metric_word),
        }[self.state.grain]
        count = len(self.report.lines)
        if count == self.report.page.total:
            return str(by_step)
        return f"{by_step}, {ngettext('the largest', '%(num)d largest', count)}"

    @property
    def total_word(self) -> str:
        """Return the head of the total."""
        count = self.report.page.total
        return str(ngettext("Total of %(num)d row", "Total of %(num)d rows", count))

    @property
    def dated(self) -> str:
        """Return the days of the report, and those it is compared with."""
        return day_range(self.state.period.first, self.state.period.last)

    def word(self, metric: Metric, figures: Metrics) -> str:
        """Return a metric's name inside a line: 327 conversions, 0.62% CTR."""
        if metric.kind is MetricKind.COUNT:
            return counted(metric.key, int(metric.of(figures) or 0))
        name = metric_label(metric.key)
        return name if name.isupper() else name.lower()

    def row_word(self, row: ReportRow) -> str:
        """Return how a row is called."""
        return value_label(self.state.dimension, row.value, row.named)

    # --- choices ------------------------------------------------------------------------------

    @property
    def presets(self) -> list[tuple[str, str, bool]]:
        """Return the periods with a name."""
        return [(str(word), self.period_url(preset), preset is self.state.preset) for preset, word in PRESETS.items()]

    @property
    def compares(self) -> list[tuple[str, str, bool]]:
        """Return what the period may be compared with."""
        before = self.state.period.previous()
        return [
            (self.compare_word(before), self.changed(compare=True), self.state.compare),
            (str(gettext("Nothing")), self.changed(compare=False), not self.state.compare),
        ]

    def compare_word(self, before: Period | None = None) -> str:
        """Return what the period is compared with."""
        period = before or self.state.period.previous()
        if before is None and not self.state.compare:
            return str(gettext("Not compared"))
        if self.state.preset in (Preset.LAST_MONTH, Preset.THIS_MONTH) or self.state.preset is None:
            return str(gettext("vs %(days)s", days=day_range(period.first, period.last)))
        return str(ngettext("vs the day before", "vs previous %(num)d days", period.days))

    @property
    def grains(self) -> list[tuple[str, str, bool]]:
        """Return the steps that suit the period."""
        return [
            (str(GRAINS[grain]), self.url(replace(self.state, grain=grain)), grain is self.state.grain)
            for grain in allowed_grains(self.state.period)
        ]

    @property
    def shapes(self) -> list[tuple[str, str, bool]]:
        """Return the ways to draw the chart; rates cannot be stacked."""
        words = {Shape.LINES: gettext("Lines"), Shape.STACKED: gettext("Stacked"), Shape.BARS: gettext("Bars")}
        return [
            (str(word), self.url(replace(self.state, shape=shape)), shape is self.state.shape)
            for shape, word in words.items()
            if shape is not Shape.STACKED or self.metric.divisor is None
        ]

    @property
    def dimension_options(self) -> list[tuple[str, str]]:
        """Return what the rows may be, for a list."""
        return [(key, dimension_label(key)) for key in self._keys]

    @property
    def preset_options(self) -> list[tuple[str, str]]:
        """Return the periods with a name, for a list."""
        return [(preset.value, str(word)) for preset, word in PRESETS.items()]

    @property
    def dimensions(self) -> list[tuple[str, str, bool]]:
        """Return what the rows may be."""
        return [(dimension_label(key), self.changed(dimension=key), key == self.state.dimension) for key in self._keys]

    @property
    def filterable(self) -> list[tuple[str, str, bool]]:
        """Return what the report may be limited to."""
        limited = dict(self.state.filters)
        return [(dimension_label(key), self.url(pick=key), key in limited) for key in self._keys]

    @property
    def _keys(self) -> list[str]:
        """Return the dimensions with values, and the one shown even if it has none."""
        present = list(self._present)
        return present if self.state.dimension in present else [self.state.dimension, *present]

    @property
    def metrics(self) -> list[tuple[str, str, str, bool]]:
        """Return the metrics of the table: key, name, address, whether on the chart."""
        return [
            (key, metric_label(key), self.metric_url(key), key == self.state.metric)
            for key in METRICS
            if key in self.state.columns
        ]

    @property
    def all_metrics(self) -> list[tuple[str, str, bool]]:
        """Return every metric the table may show; the chart's cannot be hidden."""
        return [
            (metric_label(key), self.column_url(key), key in self.state.columns)
            for key in METRICS
            if key != self.state.metric
        ]

    @property
    def filters(self) -> list[Chosen]:
        """Return the filters in force."""
        return [
            Chosen(
                dimension,
                dimension_label(dimension),
                list_of([self._names.get(value) or value_label_of(dimension, value) for value in values]),
                self.url(self.state.without_filter(dimension)),
            )
            for dimension, values in self.state.filters
        ]

    @property
    def quality_url(self) -> str:
        """Return where traffic quality of this report is; '' for who has imported figures alone."""
        return url_for("cabinet.report_quality", **write_report(self.state)) if "placement" in self._present else ""

    @property
    def pick_label(self) -> str:
        """Return the dimension whose values are being chosen."""
        return dimension_label(self.pick)

    @property
    def pick_field(self) -> str:
        """Return the name of the field that carries the choice."""
        return FILTER_PREFIX + self.pick

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Return the values to choose from: value, name, whether chosen."""
        chosen = self.state.filter_values(self.pick)
        return [
            (value, value_label(self.pick, row.value, row.named), value in chosen)
            for row in self.choices
            if (value := str(row.named.public_id) if row.named else row.value) or self.pick not in ("campaign", "ad")
        ]

    # --- figures ------------------------------------------------------------------------------

    @property
    def others(self) -> list[Metric]:
        """Return the metrics beside the chart's, in the table's order."""
        return [METRICS[key] for key in METRICS if key in self.state.columns and key != self.state.metric]

    def good(self, metric: Metric | None = None) -> str:
        """Return which way a change is good news."""
        return _GOOD[(metric or self.metric).better]

    def share(self, row: ReportRow) -> Decimal | None:
        """Return a row's part of the total; None for what does not add up."""
        whole = self.metric.of(self.report.total.current)
        if self.metric.divisor is not None or not whole:
            return None
        return Decimal(self.metric.of(row.figures.current) or 0) / Decimal(whole)

    def head(self, metric: Metric) -> str:
        """Return a column's head; money names its currency once."""
        sign = CURRENCIES.get(self.scope.currency, self.scope.currency)
        return f"{metric_label(metric.key)}, {sign}" if metric.kind is MetricKind.MONEY else metric_label(metric.key)

    @property
    def chart(self) -> dict[str, Any]:
        """Return the chart's data."""
        return chart_of(self.report, self.scope, self.row_word)


def value_label_of(dimension: str, value: str) -> str:
    """Return the name of a filter's value; a campaign or ad nobody knows keeps its id."""
    return value if dimension in OBJECT_DIMENSIONS else value_label(dimension, value)
