"""Books on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.books import Store, books_on


@pytest.fixture(scope="module", params=["sqlite", "mysql"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("books")
    with books_on(request.param, folder, lambda: request.getfixturevalue("servers").mysql_url) as found:
        yield found
