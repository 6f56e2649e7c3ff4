"""SQL of the figures: each statement starts from the advertiser, reads the smallest table that knows the answer."""

from __future__ import annotations

# ruff: noqa: S608 (texts are put together from our own words only; every value from outside goes through bind)
from dataclasses import dataclass, field

from webapp.adapters.analytics.engine import Parameter, bind
from webapp.core.periods import Grain, Period
from webapp.domain.analytics.metrics import Metric, metric
from webapp.domain.analytics.queries import FigureQuery, Order, ensure_dimension, extra_name
from webapp.domain.analytics.types import EVENT_DIMENSIONS, FIXED_DIMENSIONS, METRIC_FIELDS, unix_day

#: Days travel as their number, which needs no text of a date in any dialect.
_STEP = {
    Grain.HOUR: "toUInt32(bucket)",
    Grain.DAY: "toUInt16(local_day)",
    Grain.WEEK: "toUInt16(toMonday(local_day))",
    Grain.MONTH: "toUInt16(toStartOfMonth(local_day))",
}
LAST_DAY = 49_709
#: Seconds of a step of the hourly chart, and of the buckets it is summed up from.
_HOUR, _QUARTER = 3600, 900
#: Where the quarter hours of what a table of days sums up are; for single ads they are counted from the facts.
_QUARTERS = {"stats_advertiser_day": "stats_advertiser_15m", "stats_campaign_day": "stats_15m"}
#: What only events have; a placement is known by our id.
_OF_EVENTS = {"verdict": "verdict", "placement": "if(placement_id = 0, '', toString(placement_id))"}
#: That something was looked at is told beside the figures, never in them.
_COUNTED = "kind != 'view'"
_SUMS = ", ".join(f"sum({name})" for name in METRIC_FIELDS)


@dataclass(slots=True)
class Where:
    """Conditions and the values they need."""

    conditions: list[str] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def add(self, condition: str, **parameters: Parameter) -> None:
        """Narrow further."""
        self.conditions.append(condition)
        self.parameters.update(parameters)

    def only(self, column: str, values: tuple[int, ...] | None) -> None:
        """Keep the listed values: None is all, an empty list is nothing."""
        if values is not None:
            self.add(f"{column} IN %({column}s)s" if values else "0", **({f"{column}s": values} if values else {}))

    def counted(self, table: str) -> None:
        """Leave out the facts that are in no figure; sums know of none."""
        if table == "facts":
            self.add(_COUNTED)

    def hide(self, import_ids: tuple[int, ...]) -> None:
        """Leave out imports."""
        if import_ids:
            self.add("import_id NOT IN %(hidden)s", hidden=import_ids)

    def sql(self) -> str:
        """Return all conditions as one."""
        return " AND ".join(self.conditions)


def day_condition(period: Period) -> str:
    """Return the condition of a period; the store's days are those of 1970 to 2105, others would wrap around."""
    first, last = max(unix_day(period.first), 0), min(unix_day(period.last), LAST_DAY)
    return f"local_day BETWEEN toDate({first}) AND toDate({last})" if first <= last else "0"


def conditions(query: FigureQuery) -> Where:
    """Return what narrows the facts of a query."""
    where = Where()
    where.add("advertiser_id = %(advertiser_id)s", advertiser_id=query.advertiser_id)
    days = day_condition(query.period)
    where.add(f"({days} OR {day_condition(query.compare)})" if query.compare else days)
    where.only("campaign_id", query.campaign_ids)
    where.only("ad_id", query.ad_ids)
    for number, item in enumerate(query.filters):
        parameters: dict[str, Parameter] = {f"filter{number}": item.values}
        where.add(f"{_value(item.dimension, where)} IN %(filter{number})s", **parameters)
    where.hide(query.hidden_imports)
    return where


def _value(dimension: str, where: Where) -> str:
    """Return the expression of a dimension's value; a name from outside only ever becomes a bound value."""
    ensure_dimension(dimension)
    if dimension in FIXED_DIMENSIONS:
        return dimension
    if dimension in EVENT_DIMENSIONS:
        return _OF_EVENTS[dimension]
    extra = extra_name(dimension)
    if extra is None:
        return f"{dimension}_id"
    place = f"extra{len(where.parameters)}"
    where.parameters[place] = extra
    return f"dim_values[indexOf(dim_names, %({place})s)]"


def _table(query: FigureQuery, *, by: str = "") -> str:
    """Return the smallest table that holds what is asked."""
    if query.filters or by not in ("", "campaign", "ad"):
        return "facts"
    if by == "ad" or query.ad_ids is not None:
        return "stats_day"
    return "stats_campaign_day" if by == "campaign" or query.campaign_ids is not None else "stats_advertiser_day"


def _is_current(query: FigureQuery) -> str:
    return f"({day_condition(query.period)})"


def _compared_sums(query: FigureQuery) -> str:
    """Return the sums of the period followed by those of the compared one, if any."""
    if query.compare is None:
        return _SUMS
    parts = (_is_current(query), f"({day_condition(query.compare)})")
    return ", ".join(f"sumIf({name}, {part})" for part in parts for name in METRIC_FIELDS)


def series(query: FigureQuery, grain: Grain) -> str:
    """Return rows of (is current, step, seven sums), in order."""
    where = conditions(query)
    table, step = _table(query), _STEP[grain]
    if grain is Grain.HOUR:
        table = _QUARTERS.get(table, "facts")
        step = _hourly_step(table, _HOUR if query.whole_hours else _QUARTER)
    where.counted(table)
    part, keys = (f"toUInt8({_is_current(query)}) AS part", "part, step") if query.compare else ("1", "step")
    sql = f"SELECT {part}, {step} AS step, {_SUMS} FROM {table} WHERE {where.sql()} GROUP BY {keys} ORDER BY {keys}"
    return bind(sql, where.parameters)


def _hourly_step(table: str, seconds: int) -> str:
    if table != "facts" and seconds == _QUARTER:
        return _STEP[Grain.HOUR]
    return f"intDiv(toUInt32({'ts' if table == 'facts' else 'bucket'}), {seconds}) * {seconds}"


def totals(query: FigureQuery) -> str:
    """Return one row of sums."""
    where, table = conditions(query), _table(query)
    where.counted(table)
    return bind(f"SELECT {_compared_sums(query)} FROM {table} WHERE {where.sql()}", where.parameters)


def by_object(query: FigureQuery, kind: str) -> str:
    """Return rows of (campaign or ad id, sums)."""
    where, column, table = conditions(query), f"{kind}_id", _table(query, by=kind)
    where.counted(table)
    sql = f"SELECT {column}, {_compared_sums(query)} FROM {table} WHERE {where.sql()} GROUP BY {column}"
    return bind(sql, where.parameters)


def top_campaigns(query: FigureQuery, limit: int | None) -> str:
    """Return rows of (campaign id, sums), those that spent most first."""
    where, table = conditions(query), _table(query, by="campaign")
    where.counted(table)
    sql = (
        f"SELECT campaign_id, {_SUMS} FROM {table} WHERE {where.sql()} GROUP BY campaign_id "
        "ORDER BY sum(spend_micros) DESC, sum(impressions) DESC, campaign_id DESC"
    )
    return bind(sql if limit is None else f"{sql} LIMIT {int(limit)}", where.parameters)


def daily_spend(query: FigureQuery) -> str:
    """Return rows of (campaign id, day, spend), in order."""
    where, table = conditions(query), _table(query, by="campaign")
    where.counted(table)
    sql = (
        f"SELECT campaign_id, toUInt16(local_day) AS day, sum(spend_micros) FROM {table} "
        f"WHERE {where.sql()} GROUP BY campaign_id, day ORDER BY campaign_id, day"
    )
    return bind(sql, where.parameters)


def breakdown_page(query: FigureQuery, dimension: str, order: Order, limit: int, offset: int) -> str:
    """Return rows of (value, sums) of one page."""
    where, table = conditions(query), _table(query, by=dimension)
    where.counted(table)
    value = _value(dimension, where)
    sql = (
        f"SELECT {value} AS value, {_compared_sums(query)} FROM {table} WHERE {where.sql()} "
        f"GROUP BY value ORDER BY {_order(query, order)} LIMIT {int(offset)}, {int(limit)}"
    )
    return bind(sql, where.parameters)


def breakdown_total(query: FigureQuery, dimension: str) -> str:
    """Return one row of (number of values, sums)."""
    where, table = conditions(query), _table(query, by=dimension)
    where.counted(table)
    value = _value(dimension, where)
    sql = f"SELECT uniqExact({value}), {_compared_sums(query)} FROM {table} WHERE {where.sql()}"
    return bind(sql, where.parameters)


def _order(query: FigureQuery, order: Order) -> str:
    direction = "DESC" if order.descending else "ASC"
    if order.by == "value":
        return f"value {direction}"
    chosen: Metric = metric(order.by)
    numerator = f"sumIf({chosen.numerator}, {_is_current(query)})"
    if chosen.divisor is None:
        return f"{numerator} {direction}, value"
    divisor = f"sumIf({chosen.divisor}, {_is_current(query)})"
    return f"{divisor} = 0, if({divisor} = 0, 0, {numerator} / {divisor}) {direction}, value"


def of_advertiser(select: str, advertiser_id: int, hidden_imports: tuple[int, ...], tail: str = "") -> str:
    """Complete a SELECT … FROM … about one advertiser's facts."""
    where = Where()
    where.add("advertiser_id = %(advertiser_id)s", advertiser_id=advertiser_id)
    where.hide(hidden_imports)
    return bind(f"{select} WHERE {where.sql()} {tail}", where.parameters)
