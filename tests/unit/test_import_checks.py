"""What a file would become, and why some of it would not."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.support.imports import Desk, check_of
from tests.support.memory import add_advertiser, memory_session
from webapp.core.errors import Invalid
from webapp.domain.analytics.imports.reading import TextTable
from webapp.domain.analytics.imports.types import ImportOptions, Note, Target

GOOGLE = """Campaign report
"November 1, 2026 - November 3, 2026"
Day,Campaign,Campaign ID,Campaign status,Currency code,Impr.,Clicks,Cost,CTR,Avg. CPC,Conversions
2026-11-01,"Winter, sale",77001,Enabled,USD,"12,345",120,45.60,0.97%,0.38,3.00
2026-11-02,"Winter, sale",77001,Enabled,USD,"1,002",10,3.99,1.00%,0.40,0.00
Total: Account,,, --,USD,"13,347",130,49.59,0.97%,0.38,3.00
Total: Campaigns,,, --,USD,"13,347",130,49.59,0.97%,0.38,3.00
"""
YANDEX = """Отчёт «Зима», 01.11.2026 – 03.11.2026
Дата;№ кампании;Кампания;Показы;Клики;Расход (руб.);CTR (%);Ср. цена клика (руб.);Пол;Возраст;Тип устройства;Конверсии
01.11.2026;5001;Зимние куртки;1 234;12;1 045,50;0,97;87,13;женский;25-34;смартфоны;-
02.11.2026;5001;Зимние куртки;900;7;630,07;0,78;90,01;мужской;35-44;десктоп;2
Итого;;;2 134;19;1 675,57;0,89;88,19;;;;2
"""
META = """\
Campaign name,Ad name,Day,Impressions,Reach,Link clicks,Clicks (all),Amount spent (USD),Results,CTR (all),Until
Winter,Red jacket,2026-11-01,1000,900,12,15,10.25,1,1.5,
Winter,Blue jacket,2026-11-01,2000,1800,20,26,19.75,2,1.3,
,,2026-11-01,3000,2500,32,41,30,3,1.37,
"""
PLAIN = "Date,Campaign,Impressions,Clicks,Cost\n"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with memory_session() as session:
        yield Desk(session, add_advertiser(session))


@pytest.fixture
def rouble_desk() -> Iterator[Desk]:
    with memory_session() as session:
        yield Desk(session, add_advertiser(session, currency="RUB", zone="Europe/Moscow"))


def codes(notes: list[Note]) -> list[str]:
    return [note.code for note in notes]


def test_google_ads(desk: Desk) -> None:
    check = desk.check(GOOGLE)
    assert check.ready
    assert check.totals == {"impressions": 13_347, "clicks": 130, "spend": 49_590_000, "conversions": 3}
    assert check.total_lines == [6, 7]
    assert codes(check.warnings) == ["totals_left_out", "preamble_left_out"]
    assert check.campaign_names == ["Winter, sale"]
    assert (check.first_day, check.last_day) == ("2026-11-01", "2026-11-02")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_yandex_direct_in_every_encoding(rouble_desk: Desk, encoding: str, line_end: str) -> None:
    check = rouble_desk.check(YANDEX.replace("\n", line_end).encode(encoding, "replace"))
    assert check.ready
    assert check.totals == {"impressions": 2134, "clicks": 19, "spend": 1_675_570_000, "conversions": 2}
    assert check.decimal_mark == ","
    assert (check.first_day, check.last_day) == ("2026-11-01", "2026-11-02")
    assert check.preview[0]["dimensions"] == {"age": "25-34", "gender": "женский", "device": "смартфоны"}


def test_yandex_with_english_headings_and_tabs(rouble_desk: Desk) -> None:
    check = rouble_desk.check(
        "Winter (2026-11-01 - 2026-11-02)\nDate\tCampaignName\tCampaignId\tImpressions\tClicks\tCost\tCtr\tAvgCpc\n"
        "2026-11-01\tWinter\t5001\t100\t2\t12.5\t2.00\t6.25\nTotal rows: 1\n"
    )
    assert check.ready
    assert check.totals == {"impressions": 100, "clicks": 2, "spend": 12_500_000}


def test_meta_and_its_row_of_sums(desk: Desk) -> None:
    row = desk.upload(META)
    check = check_of(row)
    assert check.ready
    assert check.totals == {"impressions": 3000, "clicks": 32, "spend": 30_000_000, "conversions": 3}
    assert check.total_lines == [4]
    assert (check.new_campaigns, check.new_ads) == (1, 2)
    columns = {column.header: column for column in ImportOptions.from_json(row.options).columns}
    assert columns["Clicks (all)"].why == Note("other_chosen", {"header": "Link clicks"})
    assert columns["CTR (all)"].why == Note("computed", {"how": "ctr"})
    desk.run(row)
    assert desk.facts.totals()["impressions"] == 3000


def test_rows_of_several_days_are_warned_of(desk: Desk) -> None:
    check = desk.check("Campaign name,Reporting starts,Reporting ends,Impressions\nWinter,2026-11-01,2026-11-07,5\n")
    assert codes(check.warnings) == ["several_days"]


def test_any_table_without_a_campaign_is_one_campaign(desk: Desk) -> None:
    row = desk.upload("site|impressions|clicks\na.example|10|1\nb.example|20|0\n", "Newsletter May.csv")
    check = check_of(row)
    assert check.ready
    assert check.campaign_names == ["Newsletter May"]
    assert check.first_day == "2026-11-19"
    assert check_of(desk.change(row, day="2026-05-04")).first_day == "2026-05-04"
    assert codes(check_of(desk.change(row, day="2026-12-24")).obstacles) == ["bad_day"]


def test_every_bad_row_has_its_line_and_its_reason(desk: Desk) -> None:
    check = desk.check(
        PLAIN + "2026-11-01,Winter,10,1,0.5\n"
        "32-11-2026,Winter,10,1,0.5\n"
        "2026-11-01,Winter,-10,1,0.5\n"
        "\n"
        "2026-11-01,Winter,ten,1,0.5\n"
        "2026-11-01,Winter,10,1.5,0.5\n"
        "2026-11-01,,10,1,0.5\n"
        "2027-01-01,Winter,10,1,0.5\n"
        "2026-11-01,Winter,10,1,0.5,more\n"
        "2026-11-01,Winter,10,1,€0.5\n"
        '2026-11-01,"Win\nter",5,0,0\n'
        "2026-11-01,Winter,x,1,0.5\n"
    )
    found = [(problem.line, problem.code, problem.header) for problem in check.problems]
    assert found == [
        (3, "bad_date", "Date"),
        (4, "negative", "Impressions"),
        (6, "not_a_number", "Impressions"),
        (7, "a_fraction", "Clicks"),
        (8, "no_campaign", "Campaign"),
        (9, "future_date", "Date"),
        (10, "more_cells", ""),
        (11, "other_currency", "Cost"),
        (14, "not_a_number", "Impressions"),
    ]
    assert (check.rows, check.bad_rows) == (2, 9)
    assert not check.ready


def test_more_clicks_than_impressions_is_only_odd(desk: Desk) -> None:
    check = desk.check(PLAIN + "2026-11-01,Winter,1,2,0.5\n")
    assert check.ready
    assert check.warnings == [Note("clicks_over_impressions", {"count": 1})]


def test_short_rows_are_filled_up(desk: Desk) -> None:
    check = desk.check(PLAIN + "2026-11-01,Winter,10\n2026-11-01,Winter,5,1,0.5,,\n")
    assert check.ready
    assert check.totals == {"impressions": 15, "clicks": 1, "spend": 500_000}


def test_ambiguous_dates_are_asked_about(desk: Desk) -> None:
    row = desk.upload(PLAIN + "01/02/2026,Winter,10,1,0.5\n03/04/2026,Winter,10,1,0.5\n")
    assert codes(check_of(row).obstacles) == ["ambiguous_dates"]
    check = check_of(desk.change(row, date_order="mdy"))
    assert check.ready
    assert (check.first_day, check.last_day) == ("2026-01-02", "2026-03-04")


def test_another_currency_says_what_to_do(desk: Desk) -> None:
    by_heading = desk.check("Date,Campaign,Amount spent (EUR)\n2026-11-01,Winter,5\n")
    assert by_heading.obstacles == [Note("other_currency", {"file": "EUR", "account": "USD"})]
    by_column = desk.check("Date,Campaign,Cost,Currency\n2026-11-01,Winter,5,EUR\n")
    assert by_column.obstacles == [Note("other_currency", {"file": "EUR", "account": "USD"})]


def test_fractions_of_conversions_keep_their_sum(desk: Desk) -> None:
    rows = "".join(f"2026-11-01,Winter {number},10,0.33\n" for number in range(300))
    row = desk.upload("Date,Campaign,Impressions,Conversions\n" + rows)
    check = check_of(row)
    assert check.totals["conversions"] == 99
    assert codes(check.warnings) == ["fractions_rounded"]
    desk.run(row)
    assert desk.facts.totals()["conversions"] == 99


def test_a_mapping_that_cannot_be_is_an_obstacle(desk: Desk) -> None:
    row = desk.upload(PLAIN + "2026-11-01,Winter,10,1,0.5\n")
    options = ImportOptions.from_json(row.options)
    twice = [replace(c, target=Target.CLICKS) if c.header == "Impressions" else c for c in options.columns]
    assert codes(check_of(desk.change(row, columns=tuple(twice))).obstacles) == ["twice"]
    nothing = [replace(c, target=Target.IGNORE) for c in options.columns]
    assert codes(check_of(desk.change(row, columns=tuple(nothing))).obstacles) == ["no_metrics", "no_campaign_column"]


def test_money_in_millionths(desk: Desk) -> None:
    check = desk.check("Date,Campaign,Impressions,metrics.cost_micros\n2026-11-01,Winter,10,1429999\n")
    assert check.totals["spend"] == 1_429_999


def test_one_fingerprint_for_the_same_rows(desk: Desk) -> None:
    same = [
        PLAIN + "2026-11-01,Zürich,1000,1,0.50\n",
        "\ufeffDate;Campaign;Impressions;Clicks;Cost\r\n01.11.2026;Zürich;1 000;1;0,5\r\n",
        "Clicks\tDate\tCampaign\tCost\tImpressions\r1\t2026-11-01\tZürich\t$0.5\t1,000\r",
    ]
    prints = {desk.check(text).rows_sha256 for text in same}
    assert len(prints) == 1
    assert desk.check(PLAIN + "2026-11-01,Zürich,1000,2,0.50\n").rows_sha256 not in prints


def test_an_xlsx_gives_what_the_csv_gives(desk: Desk) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Empty")
        sheet, day = book.add_worksheet("Report"), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write(0, 0, "Campaign report")
        sheet.write_row(2, 0, ["Date", "Campaign", "Campaign ID", "Impressions", "Clicks", "Cost"])
        sheet.write_datetime(3, 0, date(2026, 11, 1), day)
        sheet.write_row(3, 1, ["Winter", 77001, 1000, 1, 1.429999948])
        sheet.write_datetime(4, 0, date(2026, 11, 2), day)
        sheet.write_row(4, 1, ["Winter", 77001, "2,000", -1, 0.1])
    row = desk.upload(file.getvalue(), "report.xlsx")
    check = check_of(row)
    assert ImportOptions.from_json(row.options).header_line == 3
    assert [(problem.line, problem.code) for problem in check.problems] == [(5, "negative")]
    assert check.totals == {"impressions": 1000, "clicks": 1, "spend": 1_430_000}
    text = desk.check("Date,Campaign,Campaign ID,Impressions,Clicks,Cost\n2026-11-01,Winter,77001,1000,1,1.43\n")
    assert text.rows_sha256 == check.rows_sha256


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "The file is empty."),
        (b"%PDF-1.7 ...", "This is not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel file"),
        (b"PK\x03\x04 broken", "cannot be opened"),
        (b"\x1f\x8b\x08", "archive"),
        (bytes(range(256)) * 40, "not a table"),
        (",".join(map(str, range(501))).encode() + b"\n" + b",".join([b"x"] * 501), "501 columns"),
        (b'a,b\n1,"' + b"x" * 70_000, "quotation mark"),
    ],
)
def test_files_that_are_no_tables(desk: Desk, content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as error:
        desk.check(content)
    assert sentence in str(error.value)
    assert not desk.files.kept


def test_a_workbook_that_unpacks_to_a_bomb_is_not_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.adapters.files.workbooks.MAX_UNPACKED_BYTES", 1000)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_column(0, 0, ["Impressions", *range(2000)])
    with pytest.raises(Invalid) as error:
        desk.check(file.getvalue(), "bomb.xlsx")
    assert "unpacks" in str(error.value)


def test_a_sheet_of_two_cells_in_opposite_corners_is_not_opened(desk: Desk) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Impressions")
        sheet.write(1_048_575, 16_383, 1)
    with pytest.raises(Invalid) as error:
        desk.check(file.getvalue(), "corners.xlsx")
    assert "too far apart" in str(error.value)


def test_a_workbook_that_lies_about_its_size_is_not_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_column(0, 0, ["Impressions", *range(20_000)])
    content = bytearray(file.getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
    true_size = sheet.file_size.to_bytes(4, "little")
    while (place := content.find(true_size)) >= 0:
        content[place : place + 4] = (100).to_bytes(4, "little")
    monkeypatch.setattr("webapp.adapters.files.workbooks.MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(Invalid) as error:
        desk.check(bytes(content), "liar.xlsx")
    assert "unpacks" in str(error.value)


def test_styled_empty_cells_far_out_do_no_harm(desk: Desk) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((["Date", "Campaign", "Impressions"], ["2026-11-01", "Shell", 10])):
            sheet.write_row(number, 0, row)
        sheet.write_blank(900_000, 16_383, None, book.add_format({"bold": True}))
    assert check_of(desk.upload(file.getvalue(), "styled.xlsx")).rows == 1


def test_long_cells_and_odd_names_survive(desk: Desk) -> None:
    names = ["🧥 куртки", "=1+1", "<script>alert(1)</script>", "Ω≈ç√", "name\x00with\x07bells", "x" * 24_000]
    rows = "".join(f'2026-11-01,"{name}",10,1,0.5\n' for name in names)
    row = desk.upload(PLAIN + rows)
    assert check_of(row).ready
    desk.run(row)
    assert check_of(row).new_campaigns == 6
    assert desk.facts.totals()["impressions"] == 60


@pytest.mark.realdata
def test_naughty_strings_are_names_like_any_other(desk: Desk, shared_data: Path) -> None:
    strings = json.loads((shared_data / "payloads" / "blns.json").read_text())
    quoted = [text.replace('"', '""') for text in strings]
    row = desk.upload(PLAIN + "".join(f'2026-11-01,"{text}",10,1,0.5\n' for text in quoted))
    check = check_of(row)
    assert check.rows + check.bad_rows + len(check.total_lines) == len(strings)
    assert set(check.problem_counts) <= {"no_campaign"}
    desk.run(row, only_good_rows=True)
    assert desk.facts.totals()["impressions"] == 10 * check.rows


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
     "quotes_and_newlines", "simple", "simple_crlf", "utf8"],
)  # fmt: skip
def test_csv_is_read_as_the_spectrum_wants(shared_data: Path, name: str) -> None:
    folder = shared_data / "payloads" / "csv-spectrum"
    with (folder / "csvs" / f"{name}.csv").open("rb") as file:
        (batch,) = TextTable(file, "utf-8", ",").batches()
    header, *rows = batch.rows
    wanted = json.loads((folder / "json" / f"{name}.json").read_text())
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert found == [{key: text.replace("\r\n", "\n") for key, text in row.items()} for row in wanted]


@pytest.mark.parametrize(
    ("header", "figure", "fits"), [("Impressions", 10**15, 1000), ("Clicks", 10**15, 1000), ("Cost", 10**9, 1000)]
)
def test_figures_whose_sum_the_store_cannot_hold_are_refused(desk: Desk, header: str, figure: int, fits: int) -> None:
    head, line = f"Date,Campaign,Age,{header}\n", f"2026-11-01,Winter,18-24,{figure}\n"
    assert not check_of(desk.upload(head + line * fits)).obstacles
    too_much = desk.upload(head + line * (fits + 1))
    assert codes(check_of(too_much).obstacles) == ["totals_too_large"]
    with pytest.raises(Invalid, match="more than Kabinet can hold"):
        desk.imports.start(desk.scope, too_much.public_id)
