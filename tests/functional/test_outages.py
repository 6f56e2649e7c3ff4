"""A store that is down is named on a page with the right status; nobody is shown a bare server error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask_migrate import upgrade

from tests.support.apps import settings_for
from tests.support.browser import Browser
from tests.support.people import new_staff
from webapp.core.permissions import StaffRole
from webapp.factory import create_app
from webapp.settings import Profile
from webapp.web.app import KabinetFlask
from webapp.wiring import build_adapters

#: Nobody listens here.
NO_REDIS = "redis://127.0.0.1:1/0"


@contextmanager
def app_with(folder: Path, **other: str) -> Iterator[KabinetFlask]:
    settings = replace(settings_for(Profile.EMBEDDED, folder, None), rate_limits=True, redis_url=NO_REDIS)
    settings = replace(settings, **other)  # type: ignore[arg-type]
    adapters = build_adapters(settings)
    yield create_app(settings, adapters)
    adapters.close()


def test_a_database_that_is_down_is_named(tmp_path: Path) -> None:
    with app_with(tmp_path, database_url="sqlite:////nowhere/at/all.sqlite3") as app:
        client = app.test_client()
        with client.session_transaction() as kept:
            kept["_user_id"] = "u_0000000000000000:1"
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get("/campaigns", headers=headers)
            assert answer.status_code == 503
            assert "The database does not answer" in answer.text


def test_without_redis_people_sign_in_and_staff_are_told(tmp_path: Path) -> None:
    with app_with(tmp_path) as app:
        with app.app_context():
            upgrade()
        staff: Browser = new_staff(app, StaffRole.ADMIN)
        assert staff.get("/admin/users").status_code == 200
        for page in ("/admin/jobs/", "/admin/jobs/0/view/workers"):
            answer = staff.client.get(page)
            assert answer.status_code == 503
            assert "The queue of jobs does not answer" in answer.text
