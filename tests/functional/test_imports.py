"""Statistics imports through HTTP: upload, look, change, start, watch, take back; in both profiles."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.people import Person
from webapp.core.periods import EPOCH, Period
from webapp.core.scope import Scope
from webapp.domain.analytics.queries import FigureQuery
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
        totals = services.figures.totals(scope, FigureQuery(scope.advertiser_id, Period(EPOCH, date(2027, 12, 31))))
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
