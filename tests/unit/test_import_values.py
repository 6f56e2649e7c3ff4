"""Figures, dates, letters and headings as other systems write them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.analytics.imports.dates import MomentReader, OrderVotes, read_local
from webapp.domain.analytics.imports.encodings import detect_encoding
from webapp.domain.analytics.imports.headers import currency_of, meaning_of
from webapp.domain.analytics.imports.numbers import (
    MAX_COUNT,
    BadValue,
    MarkVotes,
    parse_count,
    parse_micros,
    plain_counts,
    plain_millionths,
)
from webapp.domain.analytics.imports.types import Cell, DateOrder, Target


@pytest.mark.parametrize(
    ("text", "mark", "micros"),
    [
        ("1.429999948", ".", 1_430_000),
        ("0.0000005", ".", 0),
        ("0.0000015", ".", 2),
        ("1,234.50", ".", 1_234_500_000),
        ("1.234,50", ",", 1_234_500_000),
        ("1 234,56 ₽", ",", 1_234_560_000),
        ("1\u202f234,56\u00a0$", ",", 1_234_560_000),
        ("$1,234", ".", 1_234_000_000),
        ("12,34,567.5", ".", 1_234_567_500_000),
        ("USD 12.30", ".", 12_300_000),
        ("1.2E+06", ".", 1_200_000_000_000),
        (" --", ".", 0),
        ("", ".", 0),
        (1.1, ".", 1_100_000),
        (3, ".", 3_000_000),
    ],
)
def test_money_is_read_exactly(text: Cell, mark: str, micros: int) -> None:
    account = "RUB" if "₽" in str(text) else "USD"
    assert parse_micros(text, mark, account) == micros


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-3.5", "negative"),
        ("(3.50)", "negative"),
        ("−3", "negative"),
        ("€ 5", "other_currency"),
        ("5 apples", "not_a_number"),
        ("1,2,3", "not_a_number"),
        ("12.05.2026", "not_a_number"),
        ("0.5%", "a_rate"),
        ("1e99", "too_large"),
        ("9999999999999999999", "too_large"),
    ],
)
def test_what_is_no_money_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(BadValue) as error:
        parse_micros(text, ".", "USD")
    assert error.value.code == code


@pytest.mark.parametrize(("text", "count"), [("12", 12), ("1,234", 1234), ("12.0", 12), ("", 0), ("--", 0), (7.0, 7)])
def test_counts(text: Cell, count: int) -> None:
    assert parse_count(text, ".") == count


@pytest.mark.parametrize(("text", "code"), [("1.5", "a_fraction"), ("-1", "negative"), ("$5", "not_a_number")])
def test_what_is_no_count(text: str, code: str) -> None:
    with pytest.raises(BadValue) as error:
        parse_count(text, ".")
    assert error.value.code == code


ODD = st.sampled_from(["", "0.1", "5.123456", "1,2", "x", "-1", "1.2.3", ".", "7."])
FIGURES = st.one_of(st.integers(0, 10**9).map(str), st.decimals(0, 10**6, places=2).map(str), ODD)


@given(st.lists(FIGURES, min_size=1))
def test_reading_a_column_at_once_gives_what_reading_cell_by_cell_gives(cells: list[str]) -> None:
    at_once = plain_millionths(cells, ".", 10**15)
    if at_once is not None:
        one_by_one = [parse_micros(cell.removesuffix("."), ".", "") for cell in cells]
        assert at_once == one_by_one
    counts = plain_counts(cells)
    if counts is not None:
        assert counts == [parse_count(cell, ".") for cell in cells]


def test_a_column_with_anything_odd_is_not_read_at_once() -> None:
    for odd in ("-1", "1e3", "٣", "1_000", "x", "1.2.3", "1.1234567"):
        assert plain_millionths(["1.50", odd], ".", 10**15) is None
    assert plain_counts(["1", "1_000"]) is None
    assert plain_counts([str(MAX_COUNT + 1)]) is None
    assert plain_counts(["1", 2.5]) is None


@pytest.mark.parametrize(
    ("money", "counts", "mark"),
    [
        (["12,50", "3,20"], ["1", "2"], ","),
        (["12.50", "3.20"], ["1", "2"], "."),
        (["1.234,50"], [], ","),
        (["1,234.50"], [], "."),
        (["1,234"], [], "."),
        ([], ["12.345", "1.234"], ","),
        (["1,429999948"], [], ","),
        ([], [], "."),
    ],
)
def test_the_decimal_mark_is_what_all_figures_together_say(money: list[str], counts: list[str], mark: str) -> None:
    votes = MarkVotes()
    votes.add(money, whole=False)
    votes.add(counts, whole=True)
    assert votes.mark == mark


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-03-04", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("2026/3/4", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("20260304", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("04.03.2026", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("04-03-2026", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("03/04/2026", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("3/4/26", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("Mar 4, 2026", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("Wed, 4 March 2026", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("4 марта 2026 г.", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("04-Mar-2026", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("46085", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        (46085, DateOrder.DAY_FIRST, date(2026, 3, 4)),
        (46085.75, DateOrder.DAY_FIRST, date(2026, 3, 4)),
        (date(2026, 3, 4), DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("2026-03-04T23:15:00", DateOrder.DAY_FIRST, date(2026, 3, 4)),
        ("3/4/2026 11:15:07 PM", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("2019/09/19 17:56:37Z", DateOrder.DAY_FIRST, date(2019, 9, 19)),
    ],
)
def test_days_in_every_usual_writing(text: Cell, order: DateOrder, day: date) -> None:
    assert read_local(text, order).date() == day


@pytest.mark.parametrize("text", ["31-02-2026", "13/13/2026", "soon", "2026-13-01", "0", "4 of March"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(BadValue) as error:
        read_local(text, DateOrder.DAY_FIRST)
    assert error.value.code == "bad_date"


def test_moments_are_of_the_advertisers_zone() -> None:
    reader = MomentReader(ZoneInfo("Asia/Kathmandu"), date(2026, 11, 19), DateOrder.DAY_FIRST)
    seconds, day = reader.read("2026-11-19")
    assert datetime.fromtimestamp(seconds, UTC) == datetime(2026, 11, 18, 18, 15, tzinfo=UTC)
    assert date.fromordinal(day + date(1970, 1, 1).toordinal()) == date(2026, 11, 19)
    _, shifted = reader.read("2026-11-17T23:00:00Z")
    assert shifted == day - 1


@pytest.mark.parametrize(
    ("text", "code"), [("2026-11-20", "future_date"), ("1990-01-01", "too_early"), ("", "no_date")]
)
def test_days_that_cannot_have_figures(text: str, code: str) -> None:
    reader = MomentReader(ZoneInfo("Europe/Riga"), date(2026, 11, 19), DateOrder.DAY_FIRST)
    with pytest.raises(BadValue) as error:
        reader.read(text)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["01/02/2026", "13/02/2026"], DateOrder.DAY_FIRST),
        (["01/02/2026", "02/13/2026"], DateOrder.MONTH_FIRST),
        (["01/02/2026", "03/04/2026"], None),
        (["01.02.2026"], DateOrder.DAY_FIRST),
        (["2026-02-01"], DateOrder.DAY_FIRST),
        (["05/05/2026"], DateOrder.DAY_FIRST),
    ],
)
def test_the_whole_column_says_which_comes_first(cells: list[str], order: DateOrder | None) -> None:
    votes = OrderVotes()
    votes.add(cells)
    assert votes.order is order


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("Кампания,Показы,Расход\nЗимние куртки,12,3", "utf-8", "utf-8"),
        ("Кампания,Показы\nЗимние куртки,12", "utf-8-sig", "utf-8-sig"),
        ("Кампания,Показы\nЗимние куртки,12", "utf-16", "utf-16"),
        ("Campaign,Impressions\nWinter,12", "utf-16-le", "utf-16-le"),
        ("Кампания;Показы;Клики\nЗимние куртки;12;3\nЛетние;7;1", "cp1251", "cp1251"),
        ("Кампания;Показы;Клики\nЗимние куртки;12;3\nЛетние;7;1", "koi8-r", "koi8-r"),
        ("Campaign,Impressions\nWinter,12", "ascii", "utf-8"),
    ],
)
def test_encodings(text: str, written: str, found: str) -> None:
    assert detect_encoding(io.BytesIO(text.encode(written))) == found


def test_western_letters_survive() -> None:
    raw = "Campaign,Impressions\nHiver à Zürich – été,12\nNoël,7\nFrühjahr für Größe,9".encode("cp1252")
    assert "Zürich – été" in raw.decode(detect_encoding(io.BytesIO(raw)))


def test_letters_are_looked_for_in_the_whole_file() -> None:
    raw = b"Campaign,Impressions\n" + b"Winter,12\n" * 200_000 + "Зимние куртки и шапки,3\n".encode("cp1251")
    assert detect_encoding(io.BytesIO(raw)) == "cp1251"


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("Campaign name", Target.CAMPAIGN), ("№ кампании", Target.CAMPAIGN_ID), ("CampaignId", Target.CAMPAIGN_ID),
        ("xyz_campaign_id", Target.CAMPAIGN_ID), ("Impr.", Target.IMPRESSIONS), ("Показы", Target.IMPRESSIONS),
        ("Amount spent (USD)", Target.SPEND), ("Расход (руб.)", Target.SPEND), ("Cost", Target.SPEND),
        ("Стоимость", Target.SPEND), ("Clicks (all)", Target.CLICKS), ("Клики", Target.CLICKS),
        ("Total_Conversion", Target.CONVERSIONS), ("Approved_Conversion", Target.SALES), ("День", Target.DATE),
        ("Conv. value", Target.REVENUE), ("Код валюты", Target.CURRENCY), ("Возраст", Target.AGE),
        ("CTR (%)", Target.IGNORE), ("Ср. цена клика (руб.)", Target.IGNORE), ("Reach", Target.IGNORE),
        ("CPM (cost per 1,000 impressions) (USD)", Target.IGNORE), ("Cost / conv.", Target.IGNORE),
    ],
)  # fmt: skip
def test_headings(heading: str, target: Target) -> None:
    meaning = meaning_of(heading)
    assert meaning
    assert meaning.target is target


def test_a_heading_may_name_a_currency() -> None:
    assert currency_of("Amount spent (EUR)") == "EUR"
    assert currency_of("Расход, ₽") == "RUB"
    assert currency_of("Расход (руб.)") == "RUB"
    assert currency_of("Cost") == ""
