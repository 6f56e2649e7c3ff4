"""Creatives in a browser: uploading, composing, versions, what is served."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.creatives import picture_bytes
from tests.support.people import Person
from webapp.core.ids import PublicId
from webapp.core.scope import Scope
from webapp.db.transaction import transaction
from webapp.domain.ads.models import Asset
from webapp.extensions import db
from webapp.web.app import KabinetFlask


def upload(app: KabinetFlask, scope: Scope, name: str = "shell.png", **picture: int | str) -> Asset:
    with app.app_context(), transaction(db.session()) as session:
        return app.adapters.services(session).media.upload(scope, BytesIO(picture_bytes(**picture)), name)  # type: ignore[arg-type]


def media_headers(response: TestResponse) -> None:
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "immutable" in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")
    assert response.headers["Content-Disposition"].startswith("inline; filename=")


def test_a_picture_is_served_to_anybody_with_safe_headers(app: KabinetFlask, owner: Person, visitor: Browser) -> None:
    asset = upload(app, owner.scope)
    response = visitor.get(f"/media/{asset.public_id}.png")
    assert (response.status_code, response.mimetype) == (200, "image/png")
    assert len(response.data) == asset.byte_size
    media_headers(response)
    again = visitor.get(f"/media/{asset.public_id}.png", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    for wrong in (f"/media/{asset.public_id}.jpg", "/media/as_0000000000000000.png", f"/media/{asset.public_id}"):
        assert visitor.get(wrong).status_code == 404


def test_the_small_copy_is_made_by_a_job(
    app: KabinetFlask, owner: Person, visitor: Browser, work: Callable[[], None]
) -> None:
    asset = upload(app, owner.scope, width=970, height=250)
    address = f"/media/{asset.public_id}-thumb.webp"
    assert visitor.get(address).status_code == 404
    work()
    response = visitor.get(address)
    assert (response.status_code, response.mimetype) == (200, "image/webp")
    assert len(response.data) < 10_000
    media_headers(response)
    assert PublicId(asset.public_id) in response.headers["Content-Disposition"]
