"""A form sent twice creates once: a double click, with no JavaScript to stop it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisDown

from tests.functional.test_campaigns import goal
from tests.support.people import Person
from webapp.extensions import db
from webapp.web.app import KabinetFlask


def key_on(person: Person, page: str) -> str:
    found = re.findall(r'name="once" value="([^"]+)"', person.browser.get(page).text)
    assert found, f"no form key on {page}"
    return str(found[0])


def count(app: KabinetFlask, person: Person, table: str) -> int:
    with app.app_context():
        query = db.text(f"SELECT count(*) FROM {table} WHERE advertiser_id = :whose")
        return int(db.session.execute(query, {"whose": person.scope.advertiser_id}).scalar_one())


def draft(**changes: Any) -> dict[str, Any]:
    return {"kind": "native", "name": "Red jackets", "title": "Three layers", "text": "One jacket."} | changes


def test_a_new_campaign_sent_twice_is_one(app: KabinetFlask, owner: Person) -> None:
    form = goal(once=key_on(owner, "/campaigns/new"))
    assert owner.browser.post("/campaigns/new", form).status_code == 303
    again = owner.browser.post("/campaigns/new", form)
    assert (again.status_code, again.headers["Location"]) == (303, "/campaigns")
    assert count(app, owner, "campaigns") == 1
    assert owner.browser.post("/campaigns/new", form | {"name": "Another"}).status_code == 303
    assert count(app, owner, "campaigns") == 2


def test_a_refused_form_may_come_again(app: KabinetFlask, owner: Person) -> None:
    form = goal(once=key_on(owner, "/campaigns/new"), name="")
    assert [owner.browser.post("/campaigns/new", form).status_code for _ in range(2)] == [422, 422]


def test_copies_and_creatives_sent_twice_are_one(app: KabinetFlask, owner: Person) -> None:
    campaign = owner.browser.post("/campaigns/new", goal()).headers["Location"].split("/setup")[0]
    creative = owner.browser.post("/creatives", draft()).headers["Location"]
    for page, url, table, form in (
        ("/creatives/new", "/creatives", "creatives", draft(name="Blue jackets")),
        (creative, f"{creative}/duplicate", "creatives", {}),
        (campaign, f"{campaign}/duplicate", "campaigns", {}),
    ):
        before, key = count(app, owner, table), key_on(owner, page)
        for _ in range(2):
            assert owner.browser.post(url, form | {"once": key}).status_code == 303
        assert count(app, owner, table) == before + 1, url


def test_without_redis_forms_are_taken(app: KabinetFlask, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any, **_options: Any) -> None:
        raise RedisDown

    form = goal(once=key_on(owner, "/campaigns/new"))
    monkeypatch.setattr(app.adapters.redis, "set", down)
    answers = [owner.browser.post("/campaigns/new", form | {"name": f"Jackets {number}"}) for number in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert count(app, owner, "campaigns") == 2
