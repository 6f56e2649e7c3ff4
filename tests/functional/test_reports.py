"""The reports page: what it shows is what was counted, and only one's own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.support.browser import HTML, check_page
from tests.support.facts import add_campaign, days_before, fact, today_of, write_facts
from tests.support.people import Person
from webapp.core.scope import Scope
from webapp.web.app import KabinetFlask


def fill(app: KabinetFlask, scope: Scope) -> str:
    """Write two sites over two periods; return a campaign's public id."""
    today = today_of(app, scope)
    first, public_id = add_campaign(app, scope, "Autumn")
    second, _ = add_campaign(app, scope, "=Winter")
    harbor = {"site": "daily-harbor.example", "country": "LV", "extras": (("Placement", "Feed"),)}
    trail = {"site": "trailnotes.example", "country": "EE", "extras": (("Placement", "Stories"),)}
    write_facts(
        app,
        fact(scope, today, first, **harbor, impressions=1000, clicks=10, conversions=1, spend_micros=5_000_000),
        fact(scope, days_before(today, 3), second, **harbor, impressions=3000, clicks=20, spend_micros=7_500_000),
        fact(scope, today, first, **trail, impressions=500, clicks=40, conversions=3, spend_micros=12_340_000),
        fact(scope, days_before(today, 30), first, **harbor, impressions=100, clicks=20, spend_micros=1_000_000),
    )
    return public_id


def rows_of(tree: ET.Element) -> list[list[str]]:
    """Return the cells of the breakdown's rows, the total first."""
    table = tree.findall(f".//{HTML}table")[-1]
    body = table.find(f"{HTML}tbody")
    assert body is not None
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in body.iter(f"{HTML}tr")]


def report(owner: Person, query: str = "") -> list[list[str]]:
    response = owner.browser.get(f"/reports?{query}", htmx=True)
    assert response.status_code == 200
    assert response.headers["Vary"]
    return rows_of(check_page(response.text))


def test_rows_add_up_to_the_total_and_rates_are_sums_over_sums(app: KabinetFlask, owner: Person) -> None:
    fill(app, owner.scope)
    total, *rows = report(owner, "by=site&metric=clicks")
    assert [row[0] for row in rows] == ["trailnotes.example", "daily-harbor.example"]
    # clicks with share, change, spend, impressions, CTR, conversions, CPA
    assert total == ["Total of 2 rows", "70100%", "250.0%", "24.84", "4,500", "1.56%", "4", "6.21"]
    assert rows[0] == ["trailnotes.example", "4057.1%", "—", "12.34", "500", "8.00%", "3", "4.11"]
    assert rows[1] == ["daily-harbor.example", "3042.9%", "50.0%", "12.50", "4,000", "0.75%", "1", "12.50"]


def test_any_dimension_breaks_down_also_one_of_a_files_own(app: KabinetFlask, owner: Person) -> None:
    public_id = fill(app, owner.scope)
    assert [row[0] for row in report(owner, "by=x:Placement")[1:]] == ["Stories", "Feed"]
    assert [row[0] for row in report(owner, "by=country&sort=name")[1:]] == ["Estonia", "Latvia"]
    assert [row[0] for row in report(owner, "by=campaign")[1:]] == ["Autumn", "=Winter"]
    page = owner.browser.get("/reports?by=campaign", htmx=True).text
    assert f"/campaigns/{public_id}" in page


def test_filters_cut_down_and_the_unknown_selects_nothing(app: KabinetFlask, owner: Person) -> None:
    public_id = fill(app, owner.scope)
    assert report(owner, "by=campaign&only.country=EE")[0][1] == "40100%"
    assert report(owner, "by=site&only.country=EE&only.country=LV")[0][1] == "70100%"
    assert report(owner, f"by=site&only.campaign={public_id}")[0][1] == "50100%"
    nothing = owner.browser.get("/reports?by=site&only.campaign=c_0000000000000000", htmx=True).text
    assert "Nothing was counted" in nothing


def test_sorting_goes_both_ways_and_a_missing_figure_comes_last(app: KabinetFlask, owner: Person) -> None:
    fill(app, owner.scope)
    today = today_of(app, owner.scope)
    campaign, _ = add_campaign(app, owner.scope, "Quiet")
    write_facts(app, fact(owner.scope, today, campaign, site="quiet.example", impressions=7))
    sites = {
        order: [row[0].split(".")[0] for row in report(owner, f"by=site&metric=cpa&sort={order}")[1:]]
        for order in ("cpa", "-cpa", "name", "-name", "impressions")
    }
    assert sites["cpa"] == ["trailnotes", "daily-harbor", "quiet"]
    assert sites["-cpa"] == ["daily-harbor", "trailnotes", "quiet"]
    assert sites["name"] == ["daily-harbor", "quiet", "trailnotes"]
    assert sites["-name"] == ["trailnotes", "quiet", "daily-harbor"]
    assert sites["impressions"] == ["quiet", "trailnotes", "daily-harbor"]


def test_pages_hold_every_row_once(app: KabinetFlask, owner: Person) -> None:
    today = today_of(app, owner.scope)
    campaign, _ = add_campaign(app, owner.scope, "Many sites")
    write_facts(
        app, *(fact(owner.scope, today, campaign, site=f"s{n:03}.example", clicks=1, impressions=n) for n in range(60))
    )
    pages = [report(owner, f"by=site&page={number}") for number in (1, 2, 3)]
    assert [len(page) - 1 for page in pages] == [25, 25, 10]
    assert len({row[0] for page in pages for row in page[1:]}) == 60
    assert all(page[0][0] == "Total of 60 rows" for page in pages)
    assert report(owner, "by=site&page=99")[1:] == pages[2][1:]


def test_nobody_sees_the_figures_of_another(app: KabinetFlask, owner: Person, other_owner: Person) -> None:
    public_id = fill(app, owner.scope)
    assert "No figures yet" in other_owner.browser.get("/reports", htmx=True).text
    write_facts(app, fact(other_owner.scope, today_of(app, other_owner.scope), 10**9, site="own.example", clicks=2))
    assert [row[0] for row in report(other_owner, "by=site")[1:]] == ["own.example"]
    assert "Nothing was counted" in other_owner.browser.get(f"/reports?only.campaign={public_id}", htmx=True).text
    assert report(other_owner, "by=campaign")[1][0] == "No longer known"


@pytest.mark.parametrize("period", ["today", "all", "90d"])
@pytest.mark.parametrize("metric", ["clicks", "ctr", "cpc", "spend"])
def test_one_row_looks_right(app: KabinetFlask, owner: Person, period: str, metric: str) -> None:
    campaign, _ = add_campaign(app, owner.scope, "Only one")
    row = fact(owner.scope, today_of(app, owner.scope), campaign, impressions=100, clicks=4, spend_micros=2_000_000)
    write_facts(app, row)
    total, only = report(owner, f"by=campaign&metric={metric}&period={period}&compare=none")
    figures = {"clicks": "4", "ctr": "4.00%", "cpc": "0.50", "spend": "2.00"}
    share = "100.0%" if metric in ("clicks", "spend") else ""
    assert total[1] == figures[metric] + ("100%" if share else "")
    assert only[1] == figures[metric] + share


def test_three_years_are_drawn_by_month(app: KabinetFlask, owner: Person) -> None:
    today = today_of(app, owner.scope)
    campaign, _ = add_campaign(app, owner.scope, "Long")
    days = (days_before(today, number) for number in range(1096))
    write_facts(app, *(fact(owner.scope, day, campaign, clicks=1, impressions=10) for day in days))
    response = owner.browser.get("/reports?period=all", htmx=True)
    assert "Clicks by month" in response.text
    assert report(owner, "period=all")[0][1] == "1,096100%"


@pytest.mark.parametrize(
    "query", ["by=nonsense", "metric=nonsense", "from=2026-02-30", "from=2026-05-02&to=2026-05-01", "only.nonsense=1"]
)
def test_what_cannot_be_shown_is_refused(owner: Person, query: str) -> None:
    assert owner.browser.get(f"/reports?{query}", htmx=True).status_code == 422


def test_the_address_holds_everything(app: KabinetFlask, owner: Person) -> None:
    fill(app, owner.scope)
    query = "by=site&metric=spend&columns=clicks,spend&only.country=LV&period=90d&compare=none&chart=bars&sort=name"
    text = owner.browser.get(f"/reports?{query}", htmx=True).text
    for part in ("columns=spend,clicks", "only.country=LV", "period=90d", "compare=none", "chart=bars"):
        assert part.replace(",", "%2C") in text or part in text, part


def test_values_to_choose_from_are_offered(app: KabinetFlask, owner: Person) -> None:
    fill(app, owner.scope)
    text = owner.browser.get("/reports?by=site&pick=country&only.country=LV", htmx=True).text
    assert 'name="only.country" value="LV" checked' in text
    assert 'name="only.country" value="EE"' in text


def test_the_whole_page_includes_the_same_part(app: KabinetFlask, owner: Person) -> None:
    fill(app, owner.scope)
    page = owner.browser.get("/reports?by=site").text
    part = owner.browser.get("/reports?by=site", htmx=True).text
    assert page.count('id="report"') == part.count('id="report"') == 1
    assert "<html" in page
    assert "<html" not in part
