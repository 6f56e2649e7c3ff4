"""Exports: asked for on a page, made by the worker, fetched by those who may see the table."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from jobs import exports as export_job
from tests.functional.test_reports import fill, report
from tests.support.browser import Browser
from tests.support.people import Person, new_member
from webapp.core.errors import KabinetError
from webapp.core.permissions import AdvertiserRole
from webapp.db.transaction import transaction
from webapp.domain.tasks.models import Task
from webapp.extensions import db
from webapp.web.app import KabinetFlask

Work = Callable[[], None]


def ask(browser: Browser, what: str = "report", format: str = "csv", **params: str | list[str]) -> str:
    """Ask for an export as the Export button does; return its public id."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in params.items()}
    form = {"what": what, "format": format, "title": "Sites by day", "params": json.dumps(lists)}
    response = browser.post("/exports", form, htmx=True)
    assert response.status_code == 200, response.text
    found = re.search(r'id="export-(tk_\w+)"', response.text)
    assert found
    return found.group(1)


def lines_of(browser: Browser, public_id: str) -> list[list[str]]:
    response = browser.get(f"/exports/{public_id}/file")
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))


def sheet_of(browser: Browser, public_id: str) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(browser.get(f"/exports/{public_id}/file").data))
    return book.get_sheet_by_index(0).to_python()


def test_the_file_says_what_the_screen_says(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    shown = {"by": "site", "metric": "clicks", "compare": "none"}
    total, *rows = report(owner, "by=site&metric=clicks&compare=none")
    as_csv, as_xlsx = ask(owner.browser, **shown), ask(owner.browser, format="xlsx", **shown)
    work()
    assert lines_of(owner.browser, as_csv) == [
        ["Site", "Spend, USD", "Impressions", "Clicks", "CTR, %", "Conversions", "CPA, USD"],
        ["trailnotes.example", "12.34", "500", "40", "8.0000", "3", "4.113333"],
        ["daily-harbor.example", "12.50", "4000", "30", "0.7500", "1", "12.50"],
        ["Total", "24.84", "4500", "70", "1.5556", "4", "6.21"],
    ]
    sheet = sheet_of(owner.browser, as_xlsx)
    assert sheet[1][:5] == ["trailnotes.example", 12.34, 500.0, 40.0, 0.08]
    assert sheet[-1][1:4] == [24.84, 4500.0, 70.0]
    assert [rows[0][0], rows[1][0], total[2]] == [sheet[1][0], sheet[2][0], "24.84"]


def test_formulas_of_a_name_do_not_run(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    as_csv, as_xlsx = ask(owner.browser, by="campaign"), ask(owner.browser, format="xlsx", by="campaign")
    work()
    assert "'=Winter" in [line[0] for line in lines_of(owner.browser, as_csv)]
    assert "=Winter" in [row[0] for row in sheet_of(owner.browser, as_xlsx)]


def test_its_state_is_asked_for_every_second_until_it_has_ended(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    public_id = ask(owner.browser, by="site")
    waiting = owner.browser.get(f"/exports/{public_id}", htmx=True).text
    assert 'hx-trigger="every 1s"' in waiting
    work()
    done = owner.browser.get(f"/exports/{public_id}", htmx=True).text
    assert "hx-trigger" not in done
    assert "sites-by-day.csv" in done
    assert f"/exports/{public_id}/file" in done


def test_the_file_is_a_download_nobody_keeps(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    public_id = ask(owner.browser, by="site")
    assert owner.browser.get(f"/exports/{public_id}/file").status_code == 404
    work()
    response = owner.browser.get(f"/exports/{public_id}/file")
    assert response.headers["Content-Disposition"] == "attachment; filename=sites-by-day.csv"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert int(response.headers["Content-Length"]) == len(response.data)


def test_nobody_else_gets_it(app: KabinetFlask, owner: Person, other_owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    public_id = ask(owner.browser, by="site")
    work()
    for path in (f"/exports/{public_id}", f"/exports/{public_id}/file"):
        assert other_owner.browser.get(path).status_code == 404
    assert other_owner.browser.post(f"/exports/{public_id}/retry").status_code == 404
    assert public_id not in other_owner.browser.get("/exports").text
    assert public_id in owner.browser.get("/exports").text


def test_an_analyst_gets_reports_and_no_ledger(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    analyst = new_member(app, owner.scope, AdvertiserRole.ANALYST)
    ledger, sites = ask(owner.browser, "transactions"), ask(owner.browser, by="site")
    work()
    assert analyst.get(f"/exports/{sites}/file").status_code == 200
    assert analyst.get(f"/exports/{ledger}/file").status_code == 404
    assert owner.browser.get(f"/exports/{ledger}/file").status_code == 200
    refused = analyst.post("/exports", {"what": "transactions", "format": "csv", "params": "{}"}, htmx=True)
    assert refused.status_code == 403


def test_a_failure_says_why_and_can_be_retried(
    app: KabinetFlask, owner: Person, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(app, owner.scope)

    def broken(what: str) -> Callable[..., Any]:
        def build(*_: Any) -> Any:
            raise KabinetError("The store of %(what)s is being moved.", what=what)

        return build

    with monkeypatch.context() as patch:
        patch.setattr(export_job, "builder_of", broken)
        public_id = ask(owner.browser, by="site")
        work()
    failed = owner.browser.get(f"/exports/{public_id}", htmx=True).text
    assert "The store of report is being moved." in failed
    assert "hx-trigger" not in failed
    again = owner.browser.post(f"/exports/{public_id}/retry", htmx=True)
    assert 'hx-trigger="every 1s"' in again.text
    work()
    assert owner.browser.get(f"/exports/{public_id}/file").status_code == 200
    assert owner.browser.post(f"/exports/{public_id}/retry", htmx=True).status_code == 409


def test_after_a_week_the_file_is_gone_and_the_list_says_so(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    public_id = ask(owner.browser, by="site")
    work()
    with app.app_context(), transaction(db.session()) as session:
        task = session.query(Task).filter_by(public_id=public_id).one()
        assert task.expires_at is not None
        task.expires_at = task.expires_at.replace(year=2020)
        services = app.adapters.services(session)
        session.flush()
        assert services.exports.remove_expired() >= 1
    assert owner.browser.get(f"/exports/{public_id}/file").status_code == 404
    assert "its week is over" in owner.browser.get("/exports").text


@pytest.mark.parametrize("what", ["chart", "campaigns", "transactions"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_every_table_can_be_exported(app: KabinetFlask, owner: Person, work: Work, what: str, format: str) -> None:
    fill(app, owner.scope)
    public_id = ask(owner.browser, what, format, period="7d")
    work()
    rows = lines_of(owner.browser, public_id) if format == "csv" else sheet_of(owner.browser, public_id)
    assert len(rows) == {"chart": 9, "campaigns": 4, "transactions": 2}[what]


def test_a_reports_chart_has_a_column_for_each_line(app: KabinetFlask, owner: Person, work: Work) -> None:
    fill(app, owner.scope)
    public_id = ask(owner.browser, "chart", by="site", metric="clicks", period="7d")
    work()
    lines = lines_of(owner.browser, public_id)
    assert lines[0] == ["Day", "trailnotes.example", "daily-harbor.example"]
    assert lines[-2][1:] == ["40", "10"]
    assert lines[-1] == ["", "40", "30"]


def test_the_ads_of_a_campaign(app: KabinetFlask, owner: Person, other_owner: Person, work: Work) -> None:
    campaign = fill(app, owner.scope)
    own, strange = ask(owner.browser, "ads", campaign=campaign), ask(other_owner.browser, "ads", campaign=campaign)
    work()
    assert lines_of(owner.browser, own)[0][:4] == ["Ad", "Id", "Landing page", "Weight"]
    assert other_owner.browser.get(f"/exports/{strange}/file").status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {"what": "passwords", "format": "csv", "params": "{}"},
        {"what": "report", "format": "exe", "params": "{}"},
        {"what": "report", "format": "csv", "params": "["},
        {"what": "report", "format": "csv", "params": '{"by": "site"}'},
        {"what": "report", "format": "csv", "params": "[1]"},
    ],
)
def test_nonsense_is_refused(owner: Person, form: dict[str, str]) -> None:
    assert owner.browser.post("/exports", form, htmx=True).status_code == 422


def test_a_plain_form_leads_to_the_list(app: KabinetFlask, owner: Person) -> None:
    response = owner.browser.post("/exports", {"what": "report", "format": "csv", "title": "Plain", "params": "{}"})
    assert (response.status_code, response.headers["Location"]) == (303, "/exports")
    assert "Plain.csv" in owner.browser.get("/exports").text


def test_the_list_is_empty_at_first(owner: Person) -> None:
    assert "No exports yet" in owner.browser.get("/exports").text
