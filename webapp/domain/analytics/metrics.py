"""The metrics a reader can choose, in the order they are offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

from webapp.core.errors import Invalid
from webapp.core.words import Message
from webapp.domain.analytics.types import Metrics


class MetricKind(StrEnum):
    """How a figure is written."""

    MONEY = "money"  # micros of the account's currency
    COUNT = "count"
    RATE = "rate"  # 0.0062 is 0.62 %


class Better(StrEnum):
    """Which way a change is good news; spend is neither."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


Figure = int | Decimal | None


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of figures: `label` is an English gettext key, `divisor` names what a quotient divides by."""

    key: str
    label: Message
    kind: MetricKind
    better: Better
    of: Callable[[Metrics], Figure]
    numerator: str
    divisor: str | None = None


def _plain(key: str, label: Message, kind: MetricKind, better: Better, attribute: str = "") -> Metric:
    return Metric(key, label, kind, better, attrgetter(attribute or key), attribute or key)


def _quotient(key: str, label: Message, better: Better, attribute: str, numerator: str, divisor: str) -> Metric:
    kind = MetricKind.MONEY if numerator == "spend_micros" else MetricKind.RATE
    return Metric(key, label, kind, better, attrgetter(attribute), numerator, divisor)


_ALL = (
    _plain("spend", "Spend", MetricKind.MONEY, Better.NONE, "spend_micros"),
    _plain("impressions", "Impressions", MetricKind.COUNT, Better.UP),
    _plain("clicks", "Clicks", MetricKind.COUNT, Better.UP),
    _quotient("ctr", "CTR", Better.UP, "ctr", "clicks", "impressions"),
    _quotient("cpc", "CPC", Better.DOWN, "cpc_micros", "spend_micros", "clicks"),
    _quotient("cpm", "CPM", Better.DOWN, "cpm_micros", "spend_micros", "impressions"),
    _plain("conversions", "Conversions", MetricKind.COUNT, Better.UP),
    _quotient("cpa", "CPA", Better.DOWN, "cpa_micros", "spend_micros", "conversions"),
    _plain("sales", "Sales", MetricKind.COUNT, Better.UP),
    _quotient("cvr", "CVR", Better.UP, "cvr", "conversions", "clicks"),
    _plain("filtered", "Filtered", MetricKind.COUNT, Better.DOWN),
)
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}


def metric(key: str) -> Metric:
    """Return a metric by its key or raise Invalid."""
    if key not in METRICS:
        raise Invalid({"metric": "There is no such metric."})
    return METRICS[key]


def change(chosen: Metric, current: Metrics, previous: Metrics) -> Decimal | None:
    """Return how a figure moved: the difference of rates, the relative change of all else, None without a base."""
    now, before = chosen.of(current), chosen.of(previous)
    if now is None or before is None:
        return None
    if chosen.kind is MetricKind.RATE:
        return Decimal(now) - Decimal(before)
    return (Decimal(now) - before) / Decimal(before) if before else None
