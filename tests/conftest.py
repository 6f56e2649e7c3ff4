"""Fixtures of the whole suite: private servers, an application of each profile, people in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.servers import Servers, running_servers
from tests.support.apps import RecordingMailer, running_app
from tests.support.browser import Browser
from tests.support.people import Person, new_owner, new_staff
from webapp.db.transaction import transaction
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Start private MySQL/MariaDB, Redis and ClickHouse once, when the first test needs them."""
    with running_servers(tmp_path_factory.mktemp("servers")) as found:
        yield found


@pytest.fixture(scope="session", params=[Profile.EMBEDDED, Profile.STACK], ids=str)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KabinetFlask]:
    """Give the application of each profile in turn; tests that use it run on both."""
    profile: Profile = request.param
    servers = request.getfixturevalue("servers") if profile is Profile.STACK else None
    with running_app(profile, tmp_path_factory.mktemp(str(profile)), servers) as built:
        yield built


@pytest.fixture
def owner(app: KabinetFlask) -> Person:
    """The signed-in owner of a fresh advertiser."""
    return new_owner(app)


@pytest.fixture
def other_owner(app: KabinetFlask) -> Person:
    """The signed-in owner of another fresh advertiser."""
    return new_owner(app, name="Somebody Else")


@pytest.fixture
def staff(app: KabinetFlask) -> Browser:
    """A signed-in administrator."""
    return new_staff(app)


@pytest.fixture
def visitor(app: KabinetFlask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def letters(app: KabinetFlask) -> RecordingMailer:
    """The letters the application sent."""
    mailer = app.adapters.mailer
    assert isinstance(mailer, RecordingMailer)
    mailer.sent.clear()
    return mailer


@pytest.fixture
def work(app: KabinetFlask) -> Callable[[], None]:
    """Do all queued background work now."""
    from jobs.worker import run_worker

    return lambda: run_worker(app, burst=True)


@pytest.fixture
def in_transaction(app: KabinetFlask) -> Iterator[Session]:
    """Give a session inside the application; what the test did is committed at the end."""
    with app.app_context(), transaction(db.session()) as session:
        yield session


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real advertising data, or skip with the reason."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real advertising data is not at ../shared/data")
    return folder
