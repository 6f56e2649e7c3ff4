"""Laws of the surfaces: every endpoint says who may call it, and every id belongs to somebody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.apps import running_app
from webapp.settings import Profile
from webapp.web.access import access_of
from webapp.web.app import KabinetFlask
from webapp.web.converters import PublicIdConverter

#: Somebody else's blueprint, guarded as a whole in webapp/web/access.py.
GUARDED = ("rq_dashboard.", "static")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KabinetFlask]:
    with running_app(Profile.EMBEDDED, tmp_path_factory.mktemp("laws"), None) as built:
        yield built


def test_every_endpoint_says_who_may_call_it(embedded: KabinetFlask) -> None:
    silent = [
        name
        for name, view in embedded.view_functions.items()
        if not name.startswith(GUARDED) and access_of(view) is None
    ]
    assert not silent, f"these views say not who may call them: {silent}; use @requires, @signed_in or @public"


def test_every_id_in_a_url_is_a_public_id(embedded: KabinetFlask) -> None:
    loose = [
        rule.rule
        for rule in embedded.url_map.iter_rules()
        for name, converter in rule._converters.items()
        if name.endswith("_id") and not isinstance(converter, PublicIdConverter)
        if not rule.endpoint.startswith(GUARDED)
    ]
    assert not loose, f"take <public_id:…> in {loose}"


def test_what_changes_state_is_not_a_get(embedded: KabinetFlask) -> None:
    verbs = ("pause", "resume", "archive", "delete", "remove", "submit", "approve", "reject", "launch", "duplicate")
    wrong = [
        rule.rule
        for rule in embedded.url_map.iter_rules()
        if rule.rule.rsplit("/", 1)[-1] in verbs and "GET" in (rule.methods or ())
    ]
    assert not wrong, f"{wrong} change state: let them be POST only"


def test_the_first_visit_stays_light(embedded: KabinetFlask) -> None:
    import gzip

    dist = Path(embedded.static_folder or "")
    weight = {
        kind: sum(len(gzip.compress(file.read_bytes())) for file in dist.glob(pattern))
        for kind, pattern in (("css", "app.*.css"), ("js", "app.*.js"), ("chart", "chart.*.js"))
    }
    assert min(weight["css"], weight["js"]) > 0, "the front end is not built: make front"
    assert weight["css"] + weight["js"] <= 60 * 1024, f"CSS and script weigh {weight}; the limit is 60 KB"
    assert weight["chart"] <= 75 * 1024, f"the chart weighs {weight['chart']}; the limit is 75 KB"


def test_every_form_needs_its_token(embedded: KabinetFlask) -> None:
    """A POST without the token of the session is refused before anything looks at it."""
    client = embedded.test_client()
    made_up = {"filename": "x", "token": "x", "field": "name", "step": "goal", "extension": "png"}
    open_doors = []
    with embedded.test_request_context():
        adapter = embedded.url_map.bind("localhost")
    for rule in embedded.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        ids = {
            name: "c_0000000000000000" if name.endswith("_id") else made_up.get(name, "1") for name in rule.arguments
        }
        url = adapter.build(rule.endpoint, {name: "1" if name == "job_id" else value for name, value in ids.items()})
        answer = client.post(url)
        if answer.status_code != 403 and not rule.endpoint.startswith("rq_dashboard."):
            open_doors.append(f"{rule.rule} → {answer.status_code}")
        if rule.endpoint.startswith("rq_dashboard.") and answer.status_code < 300:
            open_doors.append(f"{rule.rule} → {answer.status_code}")
    assert not open_doors, f"these forms ask for no CSRF token: {open_doors}"
