"""What an import is made of: targets, columns, options, and the answer of a check. All of it fits into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

#: A cell as the file gives it: text from CSV; text, numbers and dates from a workbook.
Cell = str | int | float | date | datetime

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_COLUMNS = 500
MAX_CELL_CHARACTERS = 64 * 1024
MAX_DIMENSION_CHARACTERS = 255
MAX_EXTRA_DIMENSIONS = 20
MAX_CAMPAIGNS = 20_000
MAX_ADS = 200_000
#: Files up to this size are checked while the person waits; larger ones by a job.
CHECK_AT_ONCE_BYTES = 4 * 1024 * 1024
PREVIEW_ROWS = 20
#: What all rows of a file may come to: sums of several such files still fit into the store's 64 bits.
MAX_TOTAL = 10**18
SHOWN_PROBLEMS = 200
#: Rows of a workbook at work at once, and rows written to the store of figures at once.
BATCH_ROWS = 2048
INSERTED_ROWS = 65_536


class Target(StrEnum):
    """What a column of the file means to us."""

    DATE = "date"
    CAMPAIGN = "campaign"
    CAMPAIGN_ID = "campaign_id"
    AD = "ad"
    AD_ID = "ad_id"
    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    SPEND = "spend"
    CONVERSIONS = "conversions"
    SALES = "sales"
    REVENUE = "revenue"
    CURRENCY = "currency"
    AGE = "age"
    GENDER = "gender"
    COUNTRY = "country"
    REGION = "region"
    DEVICE = "device"
    OS = "os"
    BROWSER = "browser"
    INTEREST = "interest"
    SITE = "site"
    DIMENSION = "dimension"
    IGNORE = "ignore"


COUNTS = (Target.IMPRESSIONS, Target.CLICKS, Target.CONVERSIONS, Target.SALES)
MONEY = (Target.SPEND, Target.REVENUE)
METRICS = (Target.IMPRESSIONS, Target.CLICKS, Target.SPEND, Target.CONVERSIONS, Target.SALES, Target.REVENUE)
DIMENSIONS = (
    Target.AGE,
    Target.GENDER,
    Target.COUNTRY,
    Target.REGION,
    Target.DEVICE,
    Target.OS,
    Target.BROWSER,
    Target.INTEREST,
    Target.SITE,
)
#: These may be given to several columns; every other target to one.
REPEATABLE = frozenset({Target.DIMENSION, Target.IGNORE})


class DateOrder(StrEnum):
    """Which of day and month comes first in dates such as 03/04/2026."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence by its code (see `sentences`) with what fills its places."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and what it is taken for."""

    index: int
    header: str
    target: Target
    why: Note
    #: The dimension's own name; empty for every other target.
    name: str = ""
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be read; guessed at first, then as the person wants it."""

    #: `text` or `workbook`.
    kind: str = "text"
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    #: Line of the headings as in the file; 0 when there are none.
    header_line: int = 1
    columns: tuple[Column, ...] = ()
    #: "." or ","; empty: worked out from the whole file.
    decimal_mark: str = ""
    #: Empty: worked out from the whole column.
    date_order: str = ""
    #: ISO day for files without dates; empty: today in the advertiser's zone.
    day: str = ""
    #: One campaign for files that name none.
    campaign_name: str = ""
    #: Whether spend and revenue are written in millionths of the currency unit.
    money_in_micros: bool = False
    only_good_rows: bool = False

    def column_of(self, target: Target) -> Column | None:
        """Return the column given to a target."""
        return next((column for column in self.columns if column.target is target), None)

    def has(self, target: Target) -> bool:
        """Tell whether some column is given to a target."""
        return self.column_of(target) is not None

    def with_changes(self, **changes: Any) -> ImportOptions:
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"columns": [_column_json(column) for column in self.columns]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ImportOptions:
        """Read what `to_json` wrote."""
        columns = tuple(_column(item) for item in values.get("columns", ()))
        return cls(**{name: value for name, value in values.items() if name != "columns"}, columns=columns)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be imported, or what is odd about it."""

    line: int
    code: str
    header: str = ""
    value: str = ""


@dataclass(slots=True)
class ImportCheck:
    """What a file would become: nothing of it is stored yet."""

    #: Good rows, and rows with at least one problem.
    rows: int = 0
    bad_rows: int = 0
    #: The first problems in the order of the file, and how many there are by code.
    problems: list[Problem] = field(default_factory=list)
    problem_counts: dict[str, int] = field(default_factory=dict)
    warnings: list[Note] = field(default_factory=list)
    #: What must be decided or changed before anything can be imported.
    obstacles: list[Note] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    first_day: str = ""
    last_day: str = ""
    new_campaigns: int = 0
    known_campaigns: int = 0
    campaign_names: list[str] = field(default_factory=list)
    new_ads: int = 0
    known_ads: int = 0
    #: The first rows as understood: `line` and a text or figure by column name.
    preview: list[dict[str, Any]] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    rows_sha256: str = ""
    decimal_mark: str = "."
    date_order: str = ""
    #: The local day of the check: no date may be later, and figures without one belong to it unless one is chosen.
    today: str = ""
    #: Lines that hold totals and are left out.
    total_lines: list[int] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Tell whether all rows can be imported as they are."""
        return not self.obstacles and self.rows > 0 and not self.bad_rows

    def ready_for(self, options: ImportOptions) -> bool:
        """Tell whether the import may start with these options."""
        return not self.obstacles and self.rows > 0 and (not self.bad_rows or options.only_good_rows)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ImportCheck:
        """Read what `to_json` wrote."""
        check = cls(**values)
        check.problems = [Problem(**item) for item in values.get("problems", ())]
        check.warnings = [Note(**item) for item in values.get("warnings", ())]
        check.obstacles = [Note(**item) for item in values.get("obstacles", ())]
        return check


def _column_json(column: Column) -> dict[str, Any]:
    return asdict(column) | {"target": column.target.value, "samples": list(column.samples)}


def _column(values: Mapping[str, Any]) -> Column:
    changed = {"target": Target(values["target"]), "why": Note(**values["why"]), "samples": tuple(values["samples"])}
    return Column(**{**values, **changed})
