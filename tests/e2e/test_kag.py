"""A real account's statistics, imported in the browser: on screen, in CSV and in XLSX as the file says."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.e2e.live import Live
from tests.e2e.test_journey import open_account

FILES = ("KAG_conversion_data.CR-only.csv", "KAG_conversion_data.BOM-CRLF.csv", "KAG_with_added_Date.LF.csv")
METRICS = "impressions,clicks,spend,conversions,sales"
CENT = Decimal("0.01")

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="session")
def expected(shared_data: Path) -> Mapping[str, Any]:
    """The totals a correct report must show."""
    found: Mapping[str, Any] = json.loads((shared_data / "EXPECTED.json").read_text())["kag"]
    return found


def figures(row: Mapping[str, Any]) -> list[str]:
    """Return a row's figures as the report shows them."""
    spend = Decimal(row["spend"]).quantize(CENT, ROUND_HALF_UP)
    counts = [f"{row[name]:,}" for name in ("impressions", "clicks", "total_conv", "approved_conv")]
    return [*counts[:2], f"{spend:,}", *counts[2:]]


def with_metrics(url: str, by: str) -> str:
    """Return the report's address for a breakdown with all the metrics of the file."""
    path, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.split("=")[0] in ("from", "to", "period")]
    return path + "?" + "&".join([*kept, f"by={by}", "metric=impressions", f"columns={METRICS}"])


@pytest.mark.parametrize("name", FILES)
def test_the_account_on_screen_is_the_account_of_the_file(
    tab: Page, site: Live, shared_data: Path, expected: Mapping[str, Any], name: str
) -> None:
    open_account(tab, site, "KAG")
    upload(tab, shared_data / "kag" / name)
    tab.get_by_role("button", name=re.compile(r"^Import 1,143 rows")).click()
    expect(tab.get_by_role("link", name="Open the report")).to_be_visible(timeout=60_000)
    imported = tab.url
    tab.get_by_role("link", name="Open the report").click()
    tab.wait_for_load_state("networkidle")
    report = tab.url
    for by, key in (("campaign", "xyz_campaign_id"), ("gender", "gender"), ("age", "age")):
        tab.goto(with_metrics(report, by))
        table = tab.locator("table").last.inner_text()
        for row in (expected["total"], *expected[key].values()):
            missing = [figure for figure in figures(row) if figure not in table]
            assert not missing, f"{by}: {missing} not in {table}"
    check_files(tab, expected)
    upload(tab, shared_data / "kag" / name)
    expect(tab.locator("main")).to_contain_text("already")
    expect(tab.get_by_role("button", name=re.compile("^Import"))).to_be_disabled()
    tab.goto(imported)
    tab.get_by_role("button", name="Remove").click()
    tab.locator("dialog[open]").get_by_role("button", name="Remove").click()
    expect(tab.locator("main")).to_contain_text("Removed", timeout=60_000)
    tab.goto(with_metrics(report, "campaign"))
    assert "213,434,828" not in tab.locator("main").inner_text()


def upload(tab: Page, file: Path) -> None:
    """Choose a file on the imports page; it is uploaded and checked at once."""
    tab.goto("/imports")
    tab.locator("input[type=file]").set_input_files(file)
    tab.wait_for_url(re.compile("/imports/im_"))
    tab.wait_for_load_state("networkidle")


def check_files(tab: Page, expected: Mapping[str, Any]) -> None:
    """Export the report on screen and find its totals in the files, as real numbers in XLSX."""
    for kind in ("CSV", "XLSX"):
        tab.locator("summary", has_text="Export").first.click()
        tab.get_by_role("button", name=re.compile(kind)).first.click()
        with tab.expect_download(timeout=30_000) as download:
            tab.get_by_role("link", name=re.compile("Download")).first.click(timeout=30_000)
        content = Path(download.value.path()).read_bytes()
        rows = csv_rows(content) if kind == "CSV" else sheet_rows(content)
        total = expected["total"]
        spend = Decimal(total["spend"]).quantize(CENT, ROUND_HALF_UP)
        for wanted in (total["impressions"], total["clicks"], spend, total["total_conv"], total["approved_conv"]):
            found = any(Decimal(str(cell)).quantize(CENT, ROUND_HALF_UP) == wanted for row in rows for cell in row)
            assert found, f"{wanted} is not in the {kind}"
        tab.reload()


def csv_rows(content: bytes) -> list[list[str]]:
    """Return the numbers of a CSV file."""
    rows = csv.reader(StringIO(content.decode("utf-8-sig")))
    return [[cell for cell in row if re.fullmatch(r"-?\d+(\.\d+)?", cell)] for row in rows]


def sheet_rows(content: bytes) -> list[list[float | int]]:
    """Return the numbers of a workbook."""
    sheet = load_workbook(BytesIO(content), read_only=True).worksheets[0]
    return [[cell for cell in row if isinstance(cell, int | float)] for row in sheet.iter_rows(values_only=True)]
