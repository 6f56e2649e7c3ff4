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


def files(name: str, data: bytes) -> dict[str, object]:
    return {"picture": (BytesIO(data), name)}


def composed(owner: Person, **changes: object) -> dict[str, object]:
    return {"kind": "native", "title": "Jackets for wet days", "text": "Three layers, taped seams.", **changes}


def address_of(response: TestResponse) -> str:
    assert response.status_code == 303, response.text[:2000]
    return str(response.headers["Location"])


def test_an_empty_gallery_says_what_to_do_next(owner: Person) -> None:
    page = owner.browser.get("/creatives")
    assert page.status_code == 200
    assert "No creatives yet" in page.text
    assert "/creatives/new" in page.text


def test_a_native_creative_is_composed_and_sent_in_one_form(owner: Person) -> None:
    data = composed(owner, act="submit", **files("hopper.jpg", picture_bytes(128, 128, "JPEG")))
    address = address_of(owner.browser.post("/creatives", data, content_type="multipart/form-data"))
    page = owner.browser.get(address)
    assert "In review" in page.text
    assert "hopper.jpg" in page.text
    assert "Withdraw" in page.text
    gallery = owner.browser.get("/creatives?tab=in_review")
    assert "Jackets for wet days" in gallery.text
    fragment = owner.browser.get("/creatives?tab=draft", htmx=True)
    assert "<html" not in fragment.text
    assert "Jackets for wet days" not in fragment.text


def test_a_picture_travels_alone_and_comes_back_as_a_block(owner: Person) -> None:
    block = owner.browser.post(
        "/creatives/pictures", composed(owner, **files("shell.png", picture_bytes())), htmx=True,
        content_type="multipart/form-data",
    )  # fmt: skip
    assert block.status_code == 200
    assert 'name="asset_id" value="as_' in block.text
    assert "300 × 250" in block.text
    assert 'src="/media/as_' in block.text


def test_a_bad_file_is_named_beside_the_dropzone_and_nothing_else_is_lost(owner: Person) -> None:
    good = owner.browser.post(
        "/creatives/pictures", composed(owner, **files("shell.png", picture_bytes())), htmx=True,
        content_type="multipart/form-data",
    )  # fmt: skip
    asset_id = good.text.split('name="asset_id" value="')[1].split('"')[0]
    bad = composed(owner, asset_id=asset_id, act="save", **files("studio-shell-raw.png", bytes(3_561_000)))
    for address, htmx in (("/creatives/pictures", True), ("/creatives", False)):
        bad["picture"] = (BytesIO(bytes(3_561_000)), "studio-shell-raw.png")
        answer = owner.browser.post(address, bad, htmx=htmx, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert "studio-shell-raw.png is 3.4\u00a0MB. The limit is 1\u00a0MB. Save it as JPEG or WebP" in answer.text
        assert asset_id in answer.text
        for typed in () if htmx else ('value="Jackets for wet days"', "Three layers, taped seams."):
            assert typed in answer.text


def test_what_review_needs_stands_beside_its_field(owner: Person) -> None:
    answer = owner.browser.post("/creatives", {"kind": "native", "name": "Empty", "act": "submit"})
    assert answer.status_code == 422
    for sentence in ("Write a title.", "Write a text.", "Upload a picture."):
        assert sentence in answer.text
    assert "No creatives yet" in owner.browser.get("/creatives").text


def test_a_banner_of_no_standard_size_can_wait_as_a_draft_but_not_be_sent(owner: Person) -> None:
    data = {"kind": "image", "act": "save", **files("hopper.jpg", picture_bytes(128, 128, "JPEG"))}
    address = address_of(owner.browser.post("/creatives", data, content_type="multipart/form-data"))
    assert "128 × 128 is no standard size. The nearest: 125 × 125" in owner.browser.get(address).text
    answer = owner.browser.post(f"{address}/submit")
    assert answer.status_code == 422
    assert "The nearest are 125 × 125" in answer.text


def test_words_that_are_too_long_are_refused_and_kept(owner: Person) -> None:
    answer = owner.browser.post("/creatives", composed(owner, title="x" * 61, act="save"))
    assert answer.status_code == 422
    assert "61 characters; 60 fit." in answer.text
    assert "x" * 61 in answer.text


def draft(owner: Person) -> str:
    data = composed(owner, act="save", **files("shell.png", picture_bytes()))
    return address_of(owner.browser.post("/creatives", data, content_type="multipart/form-data"))


def test_a_draft_is_changed_sent_withdrawn_renamed_and_copied(owner: Person) -> None:
    address = draft(owner)
    page = owner.browser.get(address)
    asset_id = page.text.split('name="asset_id" value="')[1].split('"')[0]
    owner.browser.post(address, composed(owner, title="Another title", asset_id=asset_id, act="submit"))
    assert "In review" in owner.browser.get(address).text
    assert owner.browser.post(address, composed(owner, title="Too late", asset_id=asset_id)).status_code == 409
    owner.browser.post(f"{address}/rename", {"name": "Autumn 2026"})
    owner.browser.post(f"{address}/withdraw")
    page = owner.browser.get(address)
    assert "Autumn 2026" in page.text
    assert 'value="Another title"' in page.text
    copy = address_of(owner.browser.post(f"{address}/duplicate"))
    assert copy != address
    assert "Autumn 2026 2" in owner.browser.get(copy).text


def test_archiving_offers_to_undo(owner: Person) -> None:
    address = draft(owner)
    page = owner.browser.post(f"{address}/archive", follow=True)
    assert f"{address}/restore" in page.text
    assert "Jackets for wet days" in owner.browser.get("/creatives?tab=archived").text
    owner.browser.post(f"{address}/restore")
    assert "Jackets for wet days" in owner.browser.get("/creatives").text


def test_an_older_form_is_told_so_and_keeps_its_words(owner: Person) -> None:
    address = draft(owner)
    seen = owner.browser.get(address).text.split('name="seen_version" value="')[1].split('"')[0]
    owner.browser.post(address, composed(owner, title="First", seen_version=seen))
    answer = owner.browser.post(address, composed(owner, title="Second", seen_version=seen))
    assert answer.status_code == 409
    assert "was changed in the meantime" in answer.text
    assert 'value="Second"' in answer.text
