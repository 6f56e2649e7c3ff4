"""A real Facebook Ads account, three files with the same rows: one answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.imports import Desk, check_of
from tests.support.memory import add_advertiser, memory_session
from webapp.core.money import to_decimal
from webapp.domain.ads.models import Ad, Campaign

pytestmark = pytest.mark.realdata

FILES = ("KAG_conversion_data.BOM-CRLF.csv", "KAG_conversion_data.CR-only.csv", "KAG_with_added_Date.LF.csv")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with memory_session() as session:
        yield Desk(session, add_advertiser(session))


@pytest.fixture(scope="session")
def expected(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / "EXPECTED.json").read_text())["kag"]


@pytest.mark.parametrize("name", FILES)
def test_the_totals_are_those_of_the_account(desk: Desk, shared_data: Path, name: str) -> None:
    row = desk.upload((shared_data / "kag" / name).read_bytes(), name)
    check = check_of(row)
    assert check.ready
    assert (check.rows, check.new_campaigns, check.new_ads) == (1143, 3, 1143)
    desk.run(row)
    totals = desk.facts.totals()
    assert totals["impressions"] == 213_434_828
    assert totals["clicks"] == 38_165
    assert round(to_decimal(totals["spend_micros"]), 2) == Decimal("58705.23")
    assert totals["conversions"] == 3_264
    assert totals["sales"] == 1_079


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("dimension", ["gender", "age"])
def test_groups_are_those_of_the_account(
    desk: Desk, shared_data: Path, expected: dict[str, Any], name: str, dimension: str
) -> None:
    desk.run(desk.upload((shared_data / "kag" / name).read_bytes(), name))
    wanted = expected[dimension]
    for metric, field in (("impressions", "impressions"), ("clicks", "clicks"), ("conversions", "total_conv")):
        assert desk.facts.by(dimension, metric) == {value: group[field] for value, group in wanted.items()}
    spend = {value: round(to_decimal(micros), 2) for value, micros in desk.facts.by(dimension, "spend_micros").items()}
    assert spend == {value: round(Decimal(group["spend"]), 2) for value, group in wanted.items()}


def test_campaigns_are_those_of_the_account(desk: Desk, shared_data: Path, expected: dict[str, Any]) -> None:
    desk.run(desk.upload((shared_data / "kag" / FILES[0]).read_bytes(), FILES[0]))
    names = {str(row.id): row.name for row in desk.session.scalars(select(Campaign))}
    impressions = {names[str(key)]: count for key, count in desk.facts.by("campaign_id", "impressions").items()}
    assert impressions == {name: group["impressions"] for name, group in expected["xyz_campaign_id"].items()}
    ads: dict[str, int] = {}
    for ad in desk.session.scalars(select(Ad)):
        ads[names[str(ad.campaign_id)]] = ads.get(names[str(ad.campaign_id)], 0) + 1
    assert ads == {name: group["ads"] for name, group in expected["xyz_campaign_id"].items()}


def test_one_fingerprint_whatever_the_line_ends(desk: Desk, shared_data: Path) -> None:
    first, second = (desk.upload((shared_data / "kag" / name).read_bytes(), name) for name in FILES[:2])
    assert first.rows_sha256 == second.rows_sha256
    assert first.file_sha256 != second.file_sha256


def test_the_same_rows_count_once(desk: Desk, shared_data: Path) -> None:
    desk.run(desk.upload((shared_data / "kag" / FILES[0]).read_bytes(), FILES[0]))
    before = desk.facts.totals()
    again = check_of(desk.upload((shared_data / "kag" / FILES[1]).read_bytes(), FILES[1]))
    assert [note.code for note in again.obstacles] == ["already_imported"]
    assert desk.facts.totals() == before


def test_a_snap_export_says_which_rows_are_in_other_currencies(desk: Desk, shared_data: Path) -> None:
    row = desk.upload((shared_data / "snapchat" / "PoliticalAds_2019.csv").read_bytes(), "snap.csv")
    check = check_of(row)
    assert (check.rows, check.bad_rows) == (2021, 3609 - 2021)
    assert check.problem_counts == {"other_currency": 3609 - 2021}
    assert check.totals["impressions"] == 1_652_528_502
    assert check.totals["spend"] == 4_401_313_000_000
