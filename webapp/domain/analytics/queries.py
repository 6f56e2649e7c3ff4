"""What can be asked of the figures, and the shapes of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from webapp.core.errors import Invalid
from webapp.core.periods import Period
from webapp.domain.analytics.types import EXTRA_PREFIX, NOTHING, OBJECT_DIMENSIONS, Metrics, is_dimension


@dataclass(frozen=True, slots=True)
class Filter:
    """Only facts whose dimension has one of these values."""

    dimension: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what would otherwise quietly mean everything."""
        if not is_dimension(self.dimension) or self.dimension in OBJECT_DIMENSIONS:
            raise Invalid({"filter": "There is no such dimension."})
        if not self.values:
            raise Invalid({"filter": "Choose at least one value."})


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Whose figures, of which days, of which campaigns, ads and audience."""

    advertiser_id: int
    period: Period
    #: Days to be counted apart, to compare with.
    compare: Period | None = None
    #: None is every campaign; an empty tuple is none.
    campaign_ids: tuple[int, ...] | None = None
    ad_ids: tuple[int, ...] | None = None
    filters: tuple[Filter, ...] = ()
    #: Imports that are not, or no longer, part of any figure.
    hidden_imports: tuple[int, ...] = ()
    #: Local hours begin when those of UTC do: steps of an hour need not be told in quarters.
    whole_hours: bool = False

    def __post_init__(self) -> None:
        """Refuse a query of nobody's figures or of no days."""
        if self.advertiser_id <= 0:
            raise ValueError("figures always belong to one advertiser")
        for period in (self.period, self.compare):
            if period is not None and period.days < 1:
                raise Invalid({"period": "The period ends before it begins."})
        if self.compare and self.compare.first <= self.period.last and self.period.first <= self.compare.last:
            raise Invalid({"compare": "The compared days are part of the period itself."})


class Compared(NamedTuple):
    """Figures of the period and of the days it is compared with."""

    current: Metrics = NOTHING
    previous: Metrics = NOTHING


class Step(NamedTuple):
    """Figures of one step: a day, the Monday of a week, the first of a month, or the instant of a quarter hour."""

    at: date | datetime
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Series:
    """Steps in order, only those with something counted; a week or month cut by the period holds its part."""

    current: Sequence[Step]
    previous: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """How groups are sorted: by a metric's key, or by 'value' (their own name). Groups without a figure come last."""

    by: str = "spend"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one value of a dimension; the value of campaign and ad is our id in digits."""

    value: str
    figures: Compared


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One page of groups, how many there are in all, and the sum of all of them."""

    dimension: str
    groups: Sequence[Group]
    count: int
    total: Compared


def extra_name(dimension: str) -> str | None:
    """Return the column name an extra dimension stands for, None for the fixed ones."""
    return dimension.removeprefix(EXTRA_PREFIX) if dimension.startswith(EXTRA_PREFIX) else None


def ensure_dimension(dimension: str) -> None:
    """Raise Invalid unless facts can be grouped by this."""
    if not is_dimension(dimension):
        raise Invalid({"dimension": "There is no such dimension."})
