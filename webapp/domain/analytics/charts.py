"""Steps of a chart: every one of the period, in the advertiser's hours and days, measured or not."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.core.periods import Grain, Period, local_midnight, steps
from webapp.domain.analytics.metrics import Figure, Metric
from webapp.domain.analytics.queries import Compared, FigureQuery, Series, Step
from webapp.domain.analytics.types import NOTHING, Metrics, total

_DAY = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One step: a local day, the first day of a week or month within the period, or the UTC instant of a local hour.

    `current` is None for a step that has not begun yet; `previous` is None where the compared period has no such step.
    """

    at: date | datetime
    current: Metrics | None
    previous_at: date | datetime | None = None
    previous: Metrics | None = None


@dataclass(frozen=True, slots=True)
class ChartData:
    """All metrics of all steps, so that one answer feeds the chart, the figures above it and the table under it."""

    period: Period
    compare: Period | None
    grain: Grain
    points: Sequence[ChartPoint]
    total: Compared
    #: The index of the step that is still going on.
    partial: int | None

    def values(self, metric: Metric) -> list[Figure]:
        """Return the metric of each step."""
        return [None if point.current is None else metric.of(point.current) for point in self.points]

    def previous_values(self, metric: Metric) -> list[Figure]:
        """Return the metric of each compared step."""
        return [None if point.previous is None else metric.of(point.previous) for point in self.points]

    @property
    def partial_last(self) -> bool:
        """Tell whether the last step that is drawn is unfinished."""
        return self.partial is not None


def chart_data(
    series: Series, period: Period, compare: Period | None, grain: Grain, zone: ZoneInfo, now: datetime
) -> ChartData:
    """Lay what was measured over all steps of the period and of the compared one."""
    starts, current = laid_out(series.current, period, grain, zone)
    before, previous = laid_out(series.previous, compare, grain, zone) if compare else ([], [])
    begun = _begun(starts, grain, zone, now)
    points = [
        ChartPoint(
            at=at,
            current=current[index] if index < begun else None,
            previous_at=before[index] if index < len(before) else None,
            previous=previous[index] if index < len(previous) else None,
        )
        for index, at in enumerate(starts)
    ]
    last_instant = period.instants(zone)[1]
    return ChartData(
        period=period,
        compare=compare,
        grain=grain,
        points=points,
        total=Compared(total(current), total(previous)),
        partial=begun - 1 if begun and now < _end(starts, begun - 1, zone, last_instant) else None,
    )


def has_whole_hours(query: FigureQuery, zone: ZoneInfo) -> bool:
    """Tell whether every local hour begins with one of UTC, so that quarters need not be told apart."""
    periods = (period for period in (query.period, query.compare) if period)
    return all(not (at.minute or at.second) for period in periods for at in local_hours(period, zone))


def laid_out(
    measured: Sequence[Step], period: Period, grain: Grain, zone: ZoneInfo
) -> tuple[Sequence[date | datetime], list[Metrics]]:
    """Return the starts of all steps of a period and what was measured in each."""
    if grain is Grain.HOUR:
        hours = local_hours(period, zone)
        return hours, _into_hours(measured, hours)
    found = {step.at: step.metrics for step in measured}
    starts = steps(period, grain)
    # The first week or month may begin before the period; it is labelled with its first day in it.
    return [max(start, period.first) for start in starts], [found.get(start, NOTHING) for start in starts]


def local_hours(period: Period, zone: ZoneInfo) -> list[datetime]:
    """Return the UTC instants at which local hours begin: 23 or 25 on days the clock moves, also by half an hour."""
    hours: list[datetime] = []
    for day in period.dates():
        start, end = local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone)
        if end - start == _DAY and start.astimezone(zone).minute == 0:
            hours += [start + _HOUR * offset for offset in range(24)]
        else:
            hours += _hours_by_quarter(start, end, zone)
    return hours


def _hours_by_quarter(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Walk a day on which the clock moves: an hour begins where the hand or the offset jumps."""
    hours, seen = [], None
    while start < end:
        local = start.astimezone(zone)
        if (mark := (local.hour, local.fold)) != seen:
            hours.append(start)
            seen = mark
        start += _QUARTER
    return hours


def _into_hours(measured: Iterable[Step], hours: Sequence[datetime]) -> list[Metrics]:
    """Add quarter hours up; what lies outside (the zone was changed) goes to the nearest end, so that sums hold."""
    sums: list[list[Metrics]] = [[] for _ in hours]
    for step in measured:
        assert isinstance(step.at, datetime)
        sums[max(0, bisect_right(hours, step.at) - 1)].append(step.metrics)
    return [total(group) if group else NOTHING for group in sums]


def _begun(starts: Sequence[date | datetime], grain: Grain, zone: ZoneInfo, now: datetime) -> int:
    """Return how many steps have begun."""
    moment: date | datetime = now.astimezone(UTC) if grain is Grain.HOUR else now.astimezone(zone).date()
    return bisect_right(starts, moment)


def _end(starts: Sequence[date | datetime], index: int, zone: ZoneInfo, last: datetime) -> datetime:
    """Return the instant at which a step is over."""
    if index + 1 == len(starts):
        return last
    following = starts[index + 1]
    return following if isinstance(following, datetime) else local_midnight(following, zone)
