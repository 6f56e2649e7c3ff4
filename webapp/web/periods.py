"""The days a page shows: read from its address, named in words, and the addresses of other days."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from webapp.core.periods import Grain, Period, Preset, allowed_grains, today_in
from webapp.core.scope import Scope
from webapp.domain.analytics.reports import DEFAULT_PRESET, read_grain, read_period
from webapp.web.app import services
from webapp.web.dimensions import GRAINS, PRESETS
from webapp.web.filters import day_range

#: What a page says about its days; a form that leads to the same page carries these along.
PERIOD_FIELDS = ("period", "from", "to", "compare", "grain")
Link = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class ChosenPeriod:
    """The days, whether they are compared with those before, and the step of the chart."""

    period: Period
    preset: Preset | None
    compare: bool
    grain: Grain

    @property
    def label(self) -> str:
        """Return the days in words."""
        if self.preset is not None:
            return str(PRESETS[self.preset])
        return day_range(self.period.first, self.period.last)

    @property
    def compare_label(self) -> str:
        """Return what they are compared with."""
        if not self.compare:
            return str(gettext("No comparison"))
        before = self.period.previous()
        return str(gettext("vs %(days)s", days=day_range(before.first, before.last)))

    def presets(self) -> list[Link]:
        """Return the choices of the picker: name, address, whether chosen."""
        own: dict[str, str | None] = {"from": None, "to": None}
        return [
            (str(name), here(**own, period="" if preset is DEFAULT_PRESET else preset.value), preset is self.preset)
            for preset, name in PRESETS.items()
        ]

    def compares(self) -> list[Link]:
        """Return the choices of the comparison."""
        before = self.period.previous()
        return [
            (day_range(before.first, before.last), here(compare=None), self.compare),
            (gettext("No comparison"), here(compare="none"), not self.compare),
        ]

    def grains(self) -> list[Link]:
        """Return the steps that suit the days."""
        return [
            (str(GRAINS[grain]), here(grain=grain.value), grain is self.grain) for grain in allowed_grains(self.period)
        ]


def chosen_period(scope: Scope) -> ChosenPeriod:
    """Read the days of this page; raise Invalid for days that are none."""
    params = request.args.to_dict(flat=False)
    today = today_in(scope.zone, services().clock.now())
    first = services().figures.first_day(scope) if params.get("period") == [Preset.ALL.value] else None
    period, preset = read_period(params, today, first)
    return ChosenPeriod(period, preset, request.args.get("compare") != "none", read_grain(params, period))


def period_params() -> dict[str, str]:
    """Return the page's own words about its days, to be carried along."""
    return {name: request.args[name] for name in PERIOD_FIELDS if name in request.args}


def form_params() -> dict[str, str]:
    """Return what a form that chooses other days keeps of this page's address."""
    return {name: value for name, value in request.args.items() if name not in ("period", "from", "to", "page")}


def here(**changes: str | int | None) -> str:
    """Return this page's address with some parameters changed (None: left out), back on the first page."""
    params = MultiDict(request.args)
    params.pop("page", None)
    for name, value in changes.items():
        params.pop(name, None)
        if value is not None and value != "":
            params[name] = str(value)
    return address(request.path, params)


def address(path: str, params: MultiDict[str, str]) -> str:
    """Return a path with a query string."""
    query = urlencode(list(params.items(multi=True)))
    return f"{path}?{query}" if query else path
