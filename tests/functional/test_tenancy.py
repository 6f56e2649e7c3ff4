"""Another tenant's id is a 404 on every route: generated from the URL map, so that no route is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from werkzeug.routing import Rule

from tests.support.estate import Estate, build_estate
from tests.support.people import Person, new_owner
from webapp.web.access import access_of
from webapp.web.app import KabinetFlask

_estates: dict[int, tuple[Estate, Person]] = {}


@pytest.fixture
def neighbours(app: KabinetFlask, work: Callable[[], None]) -> tuple[Estate, Person]:
    """An advertiser that has one of everything, and the owner of another one."""
    if id(app) not in _estates:
        _estates[id(app)] = (build_estate(app, work), new_owner(app, name="The Neighbour"))
    return _estates[id(app)]


def routes_with_ids(app: KabinetFlask) -> list[tuple[str, Rule]]:
    """List every (method, rule) below the advertiser's pages that takes an id."""
    found = []
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if not rule.arguments or access is None or access.public or rule.endpoint == "static":
            continue
        if access.permission is not None and access.permission.startswith("staff."):
            continue
        found += [(method, rule) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def arguments_for(rule: Rule, ids: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in rule.arguments if name not in ids]
    assert not missing, f"tests/support/estate.py has no {missing} for {rule.rule}: add one, so that the law covers it"
    return {name: ids[name] for name in rule.arguments}


def test_every_route_refuses_another_tenants_id(app: KabinetFlask, neighbours: tuple[Estate, Person]) -> None:
    estate, neighbour = neighbours
    routes = routes_with_ids(app)
    assert len(routes) > 20, "the list of routes looks too short to be true"
    wrong = []
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
    for method, rule in routes:
        url = adapter.build(rule.endpoint, arguments_for(rule, estate.ids), method=method)
        call = neighbour.browser.get if method == "GET" else neighbour.browser.post
        answer = call(url)
        if answer.status_code != 404:
            wrong.append(f"{method} {rule.rule} → {answer.status_code}")
    assert not wrong, "these routes answer for another tenant's id:\n" + "\n".join(wrong)


def test_the_owner_reaches_what_the_neighbour_does_not(app: KabinetFlask, neighbours: tuple[Estate, Person]) -> None:
    """The 404s above mean something only if the same pages open for whom they belong to."""
    estate, _neighbour = neighbours
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
    closed = []
    for method, rule in routes_with_ids(app):
        if method != "GET":
            continue
        answer = estate.owner.browser.get(adapter.build(rule.endpoint, arguments_for(rule, estate.ids)))
        if answer.status_code not in (200, 302, 303):
            closed.append(f"{rule.rule} → {answer.status_code}")
    assert not closed, "\n".join(closed)


def test_a_made_up_id_is_a_404(owner: Person) -> None:
    assert owner.browser.get("/campaigns/c_0000000000000000").status_code == 404
    assert owner.browser.get("/campaigns/1").status_code == 404
    assert owner.browser.get("/campaigns/c_0000000000000000'--").status_code == 404
