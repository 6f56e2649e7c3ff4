"""What stands in the way of an import whatever its rows say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from webapp.domain.analytics.imports.headers import currency_of
from webapp.domain.analytics.imports.types import (
    MAX_EXTRA_DIMENSIONS,
    METRICS,
    MONEY,
    REPEATABLE,
    ImportOptions,
    Note,
    Target,
)


def obstacles_of(options: ImportOptions, currency: str, today: date) -> list[Note]:
    """Return what must be changed before the rows can be understood at all."""
    found = [*_twice(options), *_dimensions(options), *_currencies(options, currency)]
    if not any(options.has(target) for target in METRICS):
        found.append(Note("no_metrics"))
    if not options.has(Target.CAMPAIGN) and not options.has(Target.CAMPAIGN_ID) and not options.campaign_name:
        found.append(Note("no_campaign_column"))
    if not options.has(Target.DATE) and chosen_day(options, today) > today:
        found.append(Note("bad_day"))
    return found


def chosen_day(options: ImportOptions, today: date) -> date:
    """Return the day of figures that have none."""
    return date.fromisoformat(options.day) if options.day else today


def _twice(options: ImportOptions) -> Iterator[Note]:
    for target in Target:
        columns = [column for column in options.columns if column.target is target]
        if target not in REPEATABLE and len(columns) > 1:
            yield Note("twice", {"target": target.value, "one": columns[0].header, "two": columns[1].header})


def _dimensions(options: ImportOptions) -> Iterator[Note]:
    names = Counter(column.name for column in options.columns if column.target is Target.DIMENSION)
    if names.total() > MAX_EXTRA_DIMENSIONS:
        yield Note("too_many_dimensions", {"count": names.total(), "limit": MAX_EXTRA_DIMENSIONS})
    for name, count in names.items():
        if count > 1:
            yield Note("same_dimension", {"name": name})


def _currencies(options: ImportOptions, account: str) -> Iterator[Note]:
    named = {currency_of(column.header) for column in options.columns if column.target in MONEY}
    for currency in sorted(named - {"", account}):
        yield Note("other_currency", {"file": currency, "account": account})
