"""The first pass over a file: everything that can be said before anything is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from webapp.domain.analytics.imports.columns import CleanBatch, RowReader
from webapp.domain.analytics.imports.dates import UNIX_DAY
from webapp.domain.analytics.imports.fingerprint import Fingerprint
from webapp.domain.analytics.imports.reading import Table
from webapp.domain.analytics.imports.types import (
    MAX_ADS,
    MAX_CAMPAIGNS,
    MAX_TOTAL,
    METRICS,
    PREVIEW_ROWS,
    SHOWN_PROBLEMS,
    ImportCheck,
    ImportOptions,
    Note,
    Problem,
    Target,
)
from webapp.domain.tasks.ports import Progress

_SHOWN_LINES = 5
_SHOWN_CAMPAIGNS = 20
#: Figures a line of totals is recognised by.
_SUMMED = (Target.IMPRESSIONS, Target.CLICKS, Target.SPEND)


@dataclass(slots=True)
class Checked:
    """A check and what the file names."""

    check: ImportCheck
    campaigns: dict[str, str] = field(default_factory=dict)
    #: Names by (campaign key, ad key).
    ads: dict[tuple[str, str], str] = field(default_factory=dict)


def check_rows(table: Table, reader: RowReader, options: ImportOptions, progress: Progress) -> Checked:
    """Read all rows and say what they would become."""
    checker = _Checker(options)
    for raw in table.batches():
        batch = reader.read(raw)
        checker.take(batch)
        progress.report(table.done, table.total)
        if checker.overflow:
            break
    return checker.finish(reader)


class _Checker:
    """Adds up what is seen."""

    def __init__(self, options: ImportOptions) -> None:
        self._options = options
        self._check = ImportCheck()
        self._campaigns: dict[str, str] = {}
        self._ads: dict[tuple[str, str], str] = {}
        self._sums: Counter[Target] = Counter()
        self._problems: Counter[str] = Counter()
        self._days: tuple[int, int] | None = None
        self._fingerprint: Fingerprint | None = None
        self._nameless: dict[int, dict[Target, int]] = {}
        self._odd: list[int] = []
        self._odd_count = 0
        self.overflow: Note | None = None

    def take(self, batch: CleanBatch) -> None:
        """Count a batch in."""
        check = self._check
        check.bad_rows += batch.bad_rows
        self._problems.update(problem.code for problem in batch.problems)
        check.problems += batch.problems[: SHOWN_PROBLEMS - len(check.problems)]
        check.total_lines += batch.total_lines
        if len(self._nameless) < 2:
            self._nameless |= batch.nameless
        if not len(batch):
            return
        check.rows += len(batch)
        for target, values in batch.metrics.items():
            self._sums[target] += sum(values)
        self._see_days(batch)
        self._see_odd(batch.odd_clicks())
        self._see_names(batch)
        self._hash(batch)
        if len(check.preview) < PREVIEW_ROWS:
            check.preview += _preview(batch, PREVIEW_ROWS - len(check.preview))

    def finish(self, reader: RowReader) -> Checked:
        """Return the whole answer."""
        check = self._check
        self._leave_out_total()
        check.problem_counts = dict(self._problems)
        check.totals = {target.value: self._sums[target] for target in METRICS if self._options.has(target)}
        if self._days:
            check.first_day, check.last_day = (_iso(day) for day in self._days)
        if self._fingerprint:
            check.rows_sha256 = self._fingerprint.hexdigest()
        check.campaign_names = list(self._campaigns.values())[:_SHOWN_CAMPAIGNS]
        check.warnings = self._warnings(reader)
        if self.overflow:
            check.obstacles.append(self.overflow)
        elif any(total > MAX_TOTAL for total in check.totals.values()):
            check.obstacles.append(Note("totals_too_large"))
        elif not check.rows:
            check.obstacles.append(Note("all_bad" if check.bad_rows else "empty"))
        return Checked(check, self._campaigns, self._ads)

    def _see_days(self, batch: CleanBatch) -> None:
        days = {day for _, day in set(batch.moments)}
        first, last = min(days), max(days)
        self._days = (min(first, self._days[0]), max(last, self._days[1])) if self._days else (first, last)

    def _see_odd(self, lines: Sequence[int]) -> None:
        self._odd_count += len(lines)
        self._odd += lines[: _SHOWN_LINES - len(self._odd)]

    def _see_names(self, batch: CleanBatch) -> None:
        self._campaigns.update(zip(batch.campaign_keys, batch.campaign_names, strict=True))
        if len(self._campaigns) > MAX_CAMPAIGNS:
            self.overflow = Note("too_many_campaigns", {"limit": MAX_CAMPAIGNS})
        if not batch.ad_keys:
            return
        self._ads.update(zip(zip(batch.campaign_keys, batch.ad_keys, strict=True), batch.ad_names, strict=True))
        if len(self._ads) > MAX_ADS:
            self.overflow = Note("too_many_ads", {"limit": MAX_ADS})

    def _hash(self, batch: CleanBatch) -> None:
        """Hash what comes from the file; a day or campaign chosen for all rows does not make them other rows."""
        columns: dict[str, Sequence[Any]] = {}
        if self._options.has(Target.DATE):
            columns["date"] = [moment for moment, _ in batch.moments]
        if self._options.has(Target.CAMPAIGN) or self._options.has(Target.CAMPAIGN_ID):
            columns |= {"campaign": batch.campaign_keys, "campaign name": batch.campaign_names}
        if batch.ad_keys:
            columns |= {"ad": batch.ad_keys, "ad name": batch.ad_names}
        columns |= {target.value: batch.metrics[target] for target in METRICS if target in batch.metrics}
        columns |= {key: batch.dimensions[key] for key in sorted(batch.dimensions)}
        if self._fingerprint is None:
            self._fingerprint = Fingerprint(list(columns))
        self._fingerprint.add(list(columns.values()))

    def _leave_out_total(self) -> None:
        """Recognise the one row without a name that holds the sums of all others, as Meta writes it."""
        if len(self._nameless) != 1 or not self._check.rows:
            return
        line, figures = next(iter(self._nameless.items()))
        compared = [target for target in _SUMMED if target in figures]
        if not compared or any(figures[target] != self._sums[target] for target in compared):
            return
        mine = [problem for problem in self._check.problems if problem.line == line]
        self._check.problems = [problem for problem in self._check.problems if problem.line != line]
        self._problems -= Counter(problem.code for problem in mine)
        self._check.bad_rows -= 1
        self._check.total_lines.append(line)

    def _warnings(self, reader: RowReader) -> list[Note]:
        found = []
        lines = sorted(self._check.total_lines)
        if lines:
            shown = ", ".join(map(str, lines[:_SHOWN_LINES])) + ("…" if len(lines) > _SHOWN_LINES else "")
            found.append(Note("totals_left_out", {"count": len(lines), "lines": shown}))
        if self._options.header_line > 1:
            found.append(Note("preamble_left_out", {"count": self._options.header_line - 1}))
        if self._odd_count:
            self._check.problems += [Problem(line, "clicks_over_impressions") for line in self._odd]
            found.append(Note("clicks_over_impressions", {"count": self._odd_count}))
        for target in sorted(reader.rounded):
            column = self._options.column_of(target)
            found.append(Note("fractions_rounded", {"header": column.header if column else ""}))
        return found


def _preview(batch: CleanBatch, count: int) -> list[dict[str, Any]]:
    """Return the first rows of a batch as understood."""
    return [
        {
            "line": batch.lines[row],
            "date": _iso(batch.moments[row][1]),
            "campaign": batch.campaign_names[row],
            "ad": batch.ad_names[row] if batch.ad_names else "",
            **{target.value: values[row] for target, values in batch.metrics.items()},
            "dimensions": {key: values[row] for key, values in batch.dimensions.items()},
        }
        for row in range(min(count, len(batch)))
    ]


def _iso(day: int) -> str:
    return date.fromordinal(day + UNIX_DAY).isoformat()
