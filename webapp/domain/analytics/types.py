"""What was counted, along which dimensions, and the figures made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from operator import add
from typing import NamedTuple

from webapp.core.money import multiply_divide


class Source(IntEnum):
    """Where a fact comes from."""

    DELIVERY = 0
    IMPORT = 1


#: Dimensions every fact has a place for; '' means unknown.
FIXED_DIMENSIONS = ("country", "region", "device", "os", "browser", "site", "age", "gender", "interest")
#: Dimensions that only events of our own delivery have; a placement's value is our id.
EVENT_DIMENSIONS = ("placement", "verdict")
#: Dimensions that are the advertiser's own things; their values are our ids.
OBJECT_DIMENSIONS = ("campaign", "ad")
#: In front of a dimension that only some imported file knows, as its column was called: `x:Placement`.
EXTRA_PREFIX = "x:"
MAX_EXTRA_LENGTH = 64


def is_dimension(key: str) -> bool:
    """Tell whether a key can name a dimension at all."""
    extra = key.removeprefix(EXTRA_PREFIX)
    known = key in FIXED_DIMENSIONS or key in OBJECT_DIMENSIONS or key in EVENT_DIMENSIONS
    return known or (key != extra and 0 < len(extra) <= MAX_EXTRA_LENGTH)


class Metrics(NamedTuple):
    """Counts and money of any group of facts; rates are sum over sum, None where there is nothing to divide by.

    A tuple, for thousands are made for a page.
    """

    impressions: int = 0
    clicks: int = 0
    #: Everything that counts as a wish: enquiries, sign-ups, purchases.
    conversions: int = 0
    #: Conversions that were approved or paid.
    sales: int = 0
    spend_micros: int = 0
    revenue_micros: int = 0
    #: Events received and not billed: invalid traffic.
    filtered: int = 0

    def __add__(self, other: Metrics) -> Metrics:  # type: ignore[override]
        """Return the figures of both groups together."""
        return Metrics(*map(add, self, other))

    def __bool__(self) -> bool:
        """Tell whether anything was counted."""
        return any(tuple(self))

    @property
    def ctr(self) -> Decimal | None:
        """Return clicks per impression."""
        return _ratio(self.clicks, self.impressions)

    @property
    def cvr(self) -> Decimal | None:
        """Return conversions per click."""
        return _ratio(self.conversions, self.clicks)

    @property
    def roas(self) -> Decimal | None:
        """Return revenue per unit of spend."""
        return _ratio(self.revenue_micros, self.spend_micros)

    @property
    def cpc_micros(self) -> int | None:
        """Return spend per click."""
        return _micros_per(self.spend_micros, 1, self.clicks)

    @property
    def cpm_micros(self) -> int | None:
        """Return spend per 1,000 impressions."""
        return _micros_per(self.spend_micros, 1000, self.impressions)

    @property
    def cpa_micros(self) -> int | None:
        """Return spend per conversion."""
        return _micros_per(self.spend_micros, 1, self.conversions)

    @property
    def cps_micros(self) -> int | None:
        """Return spend per sale."""
        return _micros_per(self.spend_micros, 1, self.sales)


METRIC_FIELDS = Metrics._fields
NOTHING = Metrics()


def _ratio(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


def _micros_per(micros: int, units: int, count: int) -> int | None:
    return multiply_divide(micros, units, count) if count else None


def total(groups: Iterable[Metrics]) -> Metrics:
    """Add figures up: sums of counts, so that rates of the result are sum over sum."""
    added = list(groups)
    return added[0] if len(added) == 1 else Metrics(*map(sum, zip(*added, strict=True)))


@dataclass(frozen=True, slots=True)
class FactRow:
    """One event, or one row of an imported file."""

    advertiser_id: int
    #: The instant, in UTC; an imported day without an hour is the local midnight it begins with.
    ts: datetime
    #: The day in the advertiser's zone.
    local_day: date
    campaign_id: int
    ad_id: int = 0
    source: Source = Source.DELIVERY
    #: 0 for what we delivered ourselves.
    import_id: int = 0
    country: str = ""
    region: str = ""
    device: str = ""
    os: str = ""
    browser: str = ""
    site: str = ""
    age: str = ""
    gender: str = ""
    interest: str = ""
    #: Any other dimension by its column's name, without the prefix.
    extras: tuple[tuple[str, str], ...] = ()
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    sales: int = 0
    spend_micros: int = 0
    revenue_micros: int = 0
    filtered: int = 0


@dataclass(slots=True)
class FactBatch:
    """Facts as columns of one length, which is how they travel to the store; 50,000 to 200,000 rows are a good size."""

    advertiser_id: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    import_id: list[int] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)  # seconds since 1970, UTC
    local_day: list[int] = field(default_factory=list)  # days since 1970-01-01
    campaign_id: list[int] = field(default_factory=list)
    ad_id: list[int] = field(default_factory=list)
    country: list[str] = field(default_factory=list)
    region: list[str] = field(default_factory=list)
    device: list[str] = field(default_factory=list)
    os: list[str] = field(default_factory=list)
    browser: list[str] = field(default_factory=list)
    site: list[str] = field(default_factory=list)
    age: list[str] = field(default_factory=list)
    gender: list[str] = field(default_factory=list)
    interest: list[str] = field(default_factory=list)
    dim_names: list[Sequence[str]] = field(default_factory=list)
    dim_values: list[Sequence[str]] = field(default_factory=list)
    impressions: list[int] = field(default_factory=list)
    clicks: list[int] = field(default_factory=list)
    conversions: list[int] = field(default_factory=list)
    sales: list[int] = field(default_factory=list)
    spend_micros: list[int] = field(default_factory=list)
    revenue_micros: list[int] = field(default_factory=list)
    filtered: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows; refuse columns of different length."""
        lengths = {name: len(getattr(self, name)) for name in self.columns()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"columns differ in length: {lengths}")
        return lengths["advertiser_id"]

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the columns, in their order."""
        return tuple(item.name for item in fields(cls))

    def append(self, row: FactRow) -> None:
        """Add one row."""
        for name in _PLAIN_COLUMNS:
            getattr(self, name).append(getattr(row, name))
        self.source.append(int(row.source))
        self.ts.append(int(row.ts.timestamp()))
        self.local_day.append(row.local_day.toordinal() - UNIX_DAY)
        self.dim_names.append([name for name, _ in row.extras])
        self.dim_values.append([value for _, value in row.extras])


FACT_COLUMNS = tuple(item.name for item in fields(FactBatch))
_PLAIN_COLUMNS = tuple(
    name for name in FACT_COLUMNS if name not in ("source", "ts", "local_day", "dim_names", "dim_values")
)
UNIX_DAY = date(1970, 1, 1).toordinal()


def unix_day(day: date) -> int:
    """Return the number of a day as FactBatch and the store count them."""
    return day.toordinal() - UNIX_DAY


def from_unix_day(number: int) -> date:
    """Return the day of a number."""
    return date.fromordinal(number + UNIX_DAY)


def batches(rows: Iterable[FactRow], size: int = 100_000) -> Iterator[FactBatch]:
    """Cut a stream of rows into batches."""
    batch, count = FactBatch(), 0
    for row in rows:
        batch.append(row)
        count += 1
        if count == size:
            yield batch
            batch, count = FactBatch(), 0
    if count:
        yield batch
