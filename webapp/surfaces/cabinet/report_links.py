"""Addresses of a report that are one click away: each changes one thing of the state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import url_for

from webapp.core.paging import PageRequest
from webapp.core.periods import Preset
from webapp.domain.analytics.metrics import METRICS
from webapp.domain.analytics.queries import Order
from webapp.domain.analytics.reporting import ReportRow
from webapp.domain.analytics.reports import ReportState, write_report

_OF_PERIOD = frozenset({"period", "from", "to", "page", "grain"})


class Pairs(list[tuple[str, str]]):
    """Hidden fields of a form; a name may come more than once."""

    def items(self) -> Sequence[tuple[str, str]]:
        """Return the fields as a mapping would."""
        return self


class ReportLinks:
    """Addresses made of a state."""

    def __init__(self, state: ReportState, dimensions: Sequence[str]) -> None:
        self.state = state
        self._present = dimensions

    def url(self, state: ReportState | None = None, **more: Any) -> str:
        """Return the address of a state."""
        return url_for("cabinet.report", **write_report(state or self.state), **more)

    def changed(self, **values: Any) -> str:
        """Return the address of the state with other values, on its first page."""
        return self.url(replace(self.state, page=PageRequest(1, self.state.page.size), **values))

    def metric_url(self, key: str) -> str:
        """Put another metric on the chart, sorted by it."""
        return self.changed(metric=key, columns=self._with_column(key), order=Order(key))

    def column_url(self, key: str) -> str:
        """Show or hide a metric in the table."""
        shown = key in self.state.columns
        columns = tuple(name for name in self.state.columns if name != key) if shown else self._with_column(key)
        return self.changed(columns=columns)

    def _with_column(self, key: str) -> tuple[str, ...]:
        columns = self.state.columns
        return columns if key in columns else tuple(name for name in METRICS if name in columns or name == key)

    def sort_url(self, key: str) -> str:
        """Sort by a column; by the one already sorted the other way round."""
        by = "value" if key == "name" else key
        if self.state.order.by == by:
            return self.changed(order=Order(by, descending=not self.state.order.descending))
        return self.changed(order=Order(by, descending=by != "value"))

    def sorted_by(self, key: str) -> str:
        """Return how a column is sorted, as aria-sort says it."""
        if self.state.order.by != ("value" if key == "name" else key):
            return ""
        return "descending" if self.state.order.descending else "ascending"

    def page_url(self, number: int) -> str:
        """Return the address of another page."""
        return self.url(replace(self.state, page=PageRequest(number, self.state.page.size)))

    def row_url(self, row: ReportRow) -> str:
        """Open what a row is about: the campaign, or the report of this value alone."""
        if row.named is None:
            return "" if self.state.dimension in ("campaign", "ad") else self._only_url(row.value)
        if self.state.dimension == "campaign":
            return url_for("cabinet.campaign_detail", campaign_id=row.named.public_id)
        return self._only_url(row.named.public_id)

    def _only_url(self, value: str) -> str:
        another = next((key for key in self._present if key != self.state.dimension), self.state.dimension)
        return self.url(replace(self.state.with_filter(self.state.dimension, value), dimension=another))

    def hidden(self, *without: str) -> Pairs:
        """Return the state as hidden fields of a GET form."""
        leave = {"page", *without}
        return Pairs(
            (name, value) for name, values in write_report(self.state).items() if name not in leave for value in values
        )

    def period_url(self, preset: Preset) -> str:
        """Look at another period; the step is chosen anew."""
        kept = {name: values for name, values in write_report(self.state).items() if name not in _OF_PERIOD}
        return url_for("cabinet.report", **kept, period=preset.value)

    @property
    def all_time_url(self) -> str:
        """Look at everything there is."""
        return self.period_url(Preset.ALL)

    @property
    def bare_url(self) -> str:
        """Take all filters off."""
        return self.changed(filters=())

    @property
    def export_params(self) -> str:
        """Return the state as the JSON an export form carries."""
        state = {name: values for name, values in write_report(self.state).items() if name not in ("page", "size")}
        return json.dumps(state, ensure_ascii=False)
