"""One quick look over the whole file, for what a single row cannot tell: the decimal mark and the order of dates."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.domain.analytics.imports.dates import OrderVotes
from webapp.domain.analytics.imports.numbers import MarkVotes
from webapp.domain.analytics.imports.reading import Table
from webapp.domain.analytics.imports.types import METRICS, DateOrder, ImportOptions, Target

_WHOLE = (Target.IMPRESSIONS, Target.CLICKS)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the file as a whole says; `order` is None when days and months cannot be told apart."""

    mark: str
    order: DateOrder | None


def survey(table: Table, options: ImportOptions) -> Survey:
    """Return the decimal mark and the order of dates: as chosen, else as all cells together say."""
    marks, orders = MarkVotes(), OrderVotes()
    date = options.column_of(Target.DATE)
    figures = [(column.index, target in _WHOLE) for target in METRICS if (column := options.column_of(target))]
    want_mark, want_order = not options.decimal_mark, date is not None and not options.date_order
    if not want_mark and not want_order:
        return _answer(options, marks, orders)
    for batch in table.batches():
        if want_order and date is not None:
            orders.add(batch.column(date.index, options.header_line))
            # One column is written in one way: where the first rows leave no doubt, the others need no look.
            want_order = orders.matters
        if want_mark and not marks.decided:
            for index, whole in figures:
                marks.add(batch.column(index, options.header_line), whole=whole)
        if marks.decided and not want_order:
            break
    return _answer(options, marks, orders)


def _answer(options: ImportOptions, marks: MarkVotes, orders: OrderVotes) -> Survey:
    order = DateOrder(options.date_order) if options.date_order else orders.order
    return Survey(options.decimal_mark or marks.mark, order)
