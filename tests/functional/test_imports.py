"""Statistics imports through HTTP: upload, look, change, start, watch, take back; in both profiles."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse
from xlsxwriter import Workbook

from tests.functional.test_exports import ask, lines_of
from tests.support.browser import Browser
from tests.support.people import Person, new_member
from webapp.core.periods import EPOCH, Period
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.analytics.services import Selection
from webapp.extensions import db
from webapp.web.app import KabinetFlask

Work = Callable[[], None]

SMALL = """Day,Campaign,Ad,Impressions,Clicks,CTR,Cost,Conversions,Age
2026-11-01,Trail shoes,Runner,1000,10,9%,5.50,2,25-34
2026-11-02,Trail shoes,Climber,2000,30,9%,7.25,1,35-44
2026-11-02,Merino socks,Runner,500,5,9%,1.00,0,25-34
"""
BAD = SMALL + "2026-11-03,Merino socks,Runner,-5,1,9%,1.00,0,25-34\nsoon,Merino socks,Runner,5,1,9%,1.00,0,25-34\n"
TOTALS = {"impressions": 3500, "clicks": 45, "spend_micros": 13_750_000, "conversions": 3}


def send(browser: Browser, content: str | bytes, name: str = "figures.csv", *, htmx: bool = False) -> TestResponse:
    data = content.encode() if isinstance(content, str) else content
    return browser.post("/imports", {"file": (io.BytesIO(data), name)}, htmx=htmx, content_type="multipart/form-data")


def uploaded(browser: Browser, content: str | bytes, name: str = "figures.csv") -> str:
    """Upload a file that is taken; return its page's address."""
    response = send(browser, content, name)
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def brought(browser: Browser, work: Work, content: str | bytes, name: str = "figures.csv", **form: str) -> str:
    """Upload a file and import it; return its page's address."""
    address = uploaded(browser, content, name)
    response = browser.post(f"{address}/start", form)
    assert response.status_code == 303, response.text
    work()
    return address


def figures(app: KabinetFlask, scope: Scope) -> dict[str, int]:
    """Return what the store of figures has for the advertiser."""
    with app.app_context():
        services = app.adapters.services(db.session())
        totals = services.figures.totals(scope, Selection(Period(EPOCH, date(2027, 12, 31))))
        return {name: getattr(totals.current, name) for name in TOTALS}


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@contextmanager
def counted_queries(app: KabinetFlask) -> Iterator[list[str]]:
    """Collect the statements sent to the database."""
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_file_is_shown_first_and_counts_when_it_is_started(app: KabinetFlask, owner: Person, work: Work) -> None:
    address = uploaded(owner.browser, SMALL)
    page = text_of(owner.browser.get(address).text)
    for words in ("Ready to import", "3,500", "$13.75", "2 new", "3 new", "clicks ÷ impressions", "Import 3 rows"):
        assert words in page
    assert figures(app, owner.scope)["impressions"] == 0
    assert owner.browser.post(f"{address}/start").status_code == 303
    work()
    done = owner.browser.get(address).text
    assert "Open the report" in done
    assert "from=2026-11-01" in done
    assert figures(app, owner.scope) == TOTALS


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Return an XLSX file whose second sheet has the rows."""
    book = Workbook(io.BytesIO(), {"in_memory": True})
    notes = book.add_worksheet("Notes")
    notes.write_column(0, 0, ["Made for the quarterly meeting", "by Oskar"])
    sheet = book.add_worksheet("Figures")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return bytes(book.filename.getvalue())


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_other_delimiters_are_found(app: KabinetFlask, owner: Person, work: Work, delimiter: str) -> None:
    brought(owner.browser, work, SMALL.replace(",", delimiter), "figures.tsv")
    assert figures(app, owner.scope) == TOTALS


def test_a_sheet_of_a_workbook_is_chosen(app: KabinetFlask, owner: Person, work: Work) -> None:
    address = uploaded(owner.browser, workbook([line.split(",") for line in SMALL.splitlines()]), "figures.xlsx")
    assert '<option value="Figures">' in owner.browser.get(address).text
    assert owner.browser.post(f"{address}/options", {"sheet": "Figures"}).status_code == 303
    assert "Import 3 rows" in text_of(owner.browser.get(address).text)
    owner.browser.post(f"{address}/start")
    work()
    assert figures(app, owner.scope) == TOTALS


def test_bad_rows_stop_everything_unless_the_good_ones_are_wanted(app: KabinetFlask, owner: Person, work: Work) -> None:
    address = uploaded(owner.browser, BAD)
    page = text_of(owner.browser.get(address).text)
    for words in ("2 rows cannot be imported", "“-5” is negative.", "“soon” is not a date.", "Negative 1"):
        assert words in page
    refused = owner.browser.post(f"{address}/start", {"rows": "all"}, htmx=True)
    assert refused.status_code == 422
    assert "2 rows cannot be imported. Correct the file" in text_of(refused.text)
    work()
    assert figures(app, owner.scope)["impressions"] == 0
    assert owner.browser.post(f"{address}/start", {"rows": "good"}).status_code == 303
    work()
    assert figures(app, owner.scope) == TOTALS
    assert "Rows left out 2" in text_of(owner.browser.get(address).text)


def test_another_meaning_of_a_column_is_checked_at_once(owner: Person) -> None:
    address = uploaded(owner.browser, SMALL)
    answer = owner.browser.post(f"{address}/options", {"column-3": "ignore", "column-8": "dimension"}, htmx=True)
    assert answer.status_code == 200
    assert 'data-total="impressions"' not in answer.text
    assert "Chosen by you." in answer.text
    twice = owner.browser.post(f"{address}/options", {"column-3": "clicks"}, htmx=True)
    assert "“Clicks” is chosen for two columns: “Impressions” and “Clicks”." in text_of(twice.text)
    assert re.search(r"<button[^>]*disabled", twice.text)
    # Nobody can post a meaning there is not.
    owner.browser.post(f"{address}/options", {"column-3": "impressions", "column-4": "everything"})
    assert "3,500" in owner.browser.get(address).text


def test_how_the_file_is_read_can_be_changed(owner: Person) -> None:
    address = uploaded(owner.browser, 'Campaign,Impressions,Cost\nA,10,"1,5"\nB,20,"2,5"\n')
    assert "Day of all figures" in owner.browser.get(address).text
    chosen = owner.browser.post(f"{address}/options", {"day": "2026-10-05", "money_unit": "units"}, htmx=True)
    assert "5 Oct" in chosen.text
    assert "$4.00" in chosen.text
    wrong = owner.browser.post(f"{address}/options", {"day": "yesterday"}, htmx=True)
    assert (wrong.status_code, "Choose a day" in wrong.text) == (422, True)
    line = owner.browser.post(f"{address}/options", {"header_line": "first"}, htmx=True)
    assert (line.status_code, "Write the number of the line" in line.text) == (422, True)
    as_one = owner.browser.post(f"{address}/options", {"delimiter": "|"}, htmx=True)
    assert "Choose the column of impressions" in as_one.text
    back = owner.browser.post(f"{address}/options", {"delimiter": ","}, htmx=True)
    assert "Import 2 rows" in text_of(back.text)
    headless = owner.browser.post(f"{address}/options", {"header_line": "0"}, htmx=True)
    assert "Choose the column of impressions" in headless.text


def test_days_and_months_are_asked_for_when_nobody_can_tell(owner: Person) -> None:
    address = uploaded(owner.browser, "Date,Campaign,Clicks\n03/04/2026,A,10\n05/06/2026,B,20\n")
    assert "can be read in two ways" in owner.browser.get(address).text
    answer = owner.browser.post(f"{address}/options", {"date_order": "mdy"}, htmx=True)
    assert "Import 2 rows" in text_of(answer.text)
    assert "4 Mar" in answer.text


def test_the_same_rows_count_once(app: KabinetFlask, owner: Person, work: Work) -> None:
    first = brought(owner.browser, work, SMALL)
    again = uploaded(owner.browser, SMALL.replace(",", ";"), "again.csv")
    page = owner.browser.get(again).text
    assert "were already imported on" in page
    assert f'href="{first}"' in page
    assert owner.browser.post(f"{again}/start").status_code == 422
    work()
    assert figures(app, owner.scope) == TOTALS


def test_an_import_is_taken_back_as_one(app: KabinetFlask, owner: Person, work: Work) -> None:
    address = brought(owner.browser, work, SMALL)
    assert "data-confirm=" in owner.browser.get(address).text
    assert owner.browser.post(f"{address}/remove").status_code == 303
    assert figures(app, owner.scope)["impressions"] == 0
    work()
    assert figures(app, owner.scope) == dict.fromkeys(TOTALS, 0)
    assert "None of its figures counts any more." in owner.browser.get(address).text
    assert "Removed" in owner.browser.get("/imports").text
    brought(owner.browser, work, SMALL)
    assert figures(app, owner.scope) == TOTALS


def test_a_file_that_was_not_started_is_thrown_away(owner: Person) -> None:
    address = uploaded(owner.browser, SMALL)
    answer = owner.browser.post(f"{address}/remove", htmx=True)
    assert answer.headers["HX-Redirect"].endswith("/imports")
    page = owner.browser.get("/imports").text
    assert "is thrown away" in page
    assert "No imports yet" in page


def test_asking_ends_when_the_work_has_ended(owner: Person, work: Work) -> None:
    address = uploaded(owner.browser, SMALL)
    started = owner.browser.post(f"{address}/start", htmx=True)
    assert f'hx-get="{address}/status"' in started.text
    assert 'hx-trigger="every' in owner.browser.get(f"{address}/status?as=row", htmx=True).text
    work()
    for question in ("status", "status?as=row"):
        ended = owner.browser.get(f"{address}/{question}", htmx=True)
        assert (ended.status_code, 'hx-trigger="every' in ended.text) == (200, False)
    assert "<html" in owner.browser.get(f"{address}/status").text


def test_another_advertiser_finds_nothing(owner: Person, other_owner: Person) -> None:
    address = uploaded(owner.browser, SMALL)
    for part in ("", "/status"):
        assert other_owner.browser.get(address + part).status_code == 404
    for part in ("/options", "/start", "/retry", "/remove"):
        assert other_owner.browser.post(address + part).status_code == 404
    assert "figures.csv" not in other_owner.browser.get("/imports").text


def test_analysts_look_and_do_not_touch(app: KabinetFlask, owner: Person) -> None:
    address = uploaded(owner.browser, SMALL)
    analyst = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    assert "import-upload" not in analyst.get("/imports").text
    page = analyst.get(address)
    assert (page.status_code, "import-start" in page.text, "/remove" in page.text) == (200, False, False)
    assert send(analyst, SMALL).status_code == 403
    for part in ("/options", "/start", "/retry", "/remove"):
        assert analyst.post(address + part).status_code == 403


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "shell.png", "shell.png: This is not a table."),
        (b"", "nothing.csv", "nothing.csv: The file is empty."),
        (b"PK\x03\x04broken", "book.xlsx", "The workbook cannot be opened."),
        (b"\x1f\x8b\x08rest", "table.csv.gz", "This is an archive."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_no_table_is_named(owner: Person, content: bytes, name: str, sentence: str, htmx: bool) -> None:
    answer = send(owner.browser, content, name, htmx=htmx)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert ("<html" in answer.text) is not htmx
    assert "No imports yet" in owner.browser.get("/imports").text


def test_a_page_saved_as_a_table_says_what_is_missing(owner: Person) -> None:
    answer = send(owner.browser, "<!doctype html><html><body><p>Sign in</p></body></html>", "report.csv")
    if answer.status_code == 303:
        answer = owner.browser.get(answer.headers["Location"])
        assert "Choose the column of impressions" in answer.text
    else:
        assert "This is not a table." in answer.text


def test_no_file_is_said_beside_the_field(owner: Person) -> None:
    answer = owner.browser.post("/imports", {}, content_type="multipart/form-data")
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


def test_odd_tables_keep_the_page_whole(owner: Person) -> None:
    heads = ["Дата", "Кампания " + "очень длинная " * 40, "Показы", "🔥 <b>column</b>", *(f"x{n}" for n in range(490))]
    rows = [["01.10.2026", "Куртки «Осень» 🧥", "1 234", "я" * 24_000, *["v"] * 490] for _ in range(3)]
    address = uploaded(owner.browser, "\n".join(";".join(row) for row in (heads, *rows)), "Отчёт 🎃.csv")
    page = owner.browser.get(address)
    assert page.status_code == 200
    assert len(page.data) < 150_000
    assert "<b>column" not in page.text
    assert "more columns are ignored" in page.text
    kept = owner.browser.post(f"{address}/options", {"other_column": "300", "other_target": "country"}, htmx=True)
    assert 'id="column-300"' in kept.text


def test_the_list_asks_the_database_no_more_for_many_imports(app: KabinetFlask, owner: Person) -> None:
    counts = []
    for number in range(4):
        uploaded(owner.browser, SMALL.replace("1000", str(1000 + number)), f"part {number}.csv")
        if number not in (0, 3):
            continue
        with counted_queries(app) as seen:
            page = owner.browser.get("/imports")
        assert page.text.count('<tr id="row-') == number + 1
        counts.append(len(seen))
    assert counts[0] == counts[1]


COLUMNS = "impressions,clicks,spend,conversions,sales"
KAG_FILES = ("KAG_conversion_data.BOM-CRLF.csv", "KAG_conversion_data.CR-only.csv", "KAG_with_added_Date.LF.csv")


@pytest.mark.realdata
@pytest.mark.parametrize("name", KAG_FILES)
def test_a_real_account_is_on_screen_and_in_the_file(owner: Person, work: Work, shared_data: Path, name: str) -> None:
    address = brought(owner.browser, work, (shared_data / "kag" / name).read_bytes(), name)
    page = owner.browser.get(address).text
    link = re.search(r'href="(/reports?\?[^"]+)"', page)
    assert link
    report = text_of(owner.browser.get(link.group(1).replace("&amp;", "&") + "&columns=" + COLUMNS).text)
    for figure in ("213,434,828", "38,165", "58,705.23", "3,264", "1,079"):
        assert figure in text_of(page)
        assert figure in report
    exported = ask(owner.browser, period="all", columns=COLUMNS)
    work()
    head, *_rows, total = lines_of(owner.browser, exported)
    found = dict(zip(head, total, strict=True))
    assert found["Impressions"] == "213434828"
    assert found["Clicks"] == "38165"
    assert round(Decimal(found["Spend, USD"]), 2) == Decimal("58705.23")
    assert (found["Conversions"], found["Sales"]) == ("3264", "1079")
