"""Pictures of creatives: kept once, made small, handed out by their id."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.creatives import MemoryFiles, media_of, picture_bytes
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.errors import Forbidden, Invalid, NotFound
from webapp.core.files import MEGABYTE
from webapp.core.ids import PublicId
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.ads.services.media import Media
from webapp.domain.tasks.models import Task

CLOCK = SettableClock()


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def scope(session: Session) -> Scope:
    return add_advertiser(session)


@pytest.fixture
def files() -> MemoryFiles:
    return MemoryFiles()


@pytest.fixture
def media(session: Session, files: MemoryFiles) -> Media:
    return media_of(session, CLOCK, files)


def test_an_upload_is_kept_and_its_thumbnail_asked_for(
    session: Session, scope: Scope, media: Media, files: MemoryFiles
) -> None:
    asset = media.upload(scope, BytesIO(picture_bytes()), "/home/mara/shell.png")
    assert (asset.width, asset.height, asset.mime, asset.original_name) == (300, 250, "image/png", "shell.png")
    assert asset.byte_size == len(files.files[asset.storage_key])
    task = session.scalars(select(Task)).one()
    assert (task.kind, task.payload, task.advertiser_id) == (
        "thumbnail",
        {"asset": asset.public_id},
        scope.advertiser_id,
    )


def test_the_same_picture_is_kept_once_an_advertiser(session: Session, scope: Scope, media: Media) -> None:
    first = media.upload(scope, BytesIO(picture_bytes()), "a.png")
    assert media.upload(scope, BytesIO(picture_bytes()), "b.png") is first
    other = media.upload(add_advertiser(session, name="Farwood Camps"), BytesIO(picture_bytes()), "c.png")
    assert other.public_id != first.public_id
    assert other.storage_key != first.storage_key


def test_a_refusal_stands_beside_the_picture(scope: Scope, media: Media, files: MemoryFiles) -> None:
    with pytest.raises(Invalid) as caught:
        media.upload(scope, BytesIO(b"<svg/>"), "C:\\logo.svg")
    assert str(caught.value.errors["picture"]) == "logo.svg is of type SVG. Upload a PNG, JPEG, GIF or WebP."
    assert files.files == {}


class Unread(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("a file above the limit is not read")


def test_a_heavy_file_is_measured_not_read(scope: Scope, media: Media) -> None:
    with pytest.raises(Invalid, match=r"raw\.png is 3\.4 MB\. The limit is 1 MB\."):
        media.upload(scope, Unread(bytes(MEGABYTE * 34 // 10)), "raw.png")


def test_a_thumbnail_is_made_once(session: Session, scope: Scope, media: Media, files: MemoryFiles) -> None:
    asset = media.upload(scope, BytesIO(picture_bytes(970, 250)), "wide.png")
    with pytest.raises(NotFound):
        media.open_thumbnail(PublicId(asset.public_id))
    media.make_thumbnail(scope, PublicId(asset.public_id))
    key = asset.thumbnail_key
    files.files[asset.storage_key] = b"gone"
    media.make_thumbnail(scope, PublicId(asset.public_id))
    assert asset.thumbnail_key == key
    shown = media.open_thumbnail(PublicId(asset.public_id))
    assert shown.mime == "image/webp"
    assert Image.open(shown.stream).size == (320, 82)


def test_a_picture_is_handed_out_by_id_and_ending(scope: Scope, media: Media) -> None:
    asset = media.upload(scope, BytesIO(picture_bytes(kind="JPEG")), "shell.png")
    shown = media.open_public(PublicId(asset.public_id), "jpg")
    assert (shown.mime, shown.name, shown.tag) == ("image/jpeg", f"{asset.public_id}.jpg", asset.sha256)
    assert Image.open(shown.stream).format == "JPEG"
    for ident, ending in ((asset.public_id, "png"), ("as_0000000000000000", "jpg")):
        with pytest.raises(NotFound):
            media.open_public(PublicId(ident), ending)


def test_only_who_may_write_uploads(session: Session, media: Media) -> None:
    with pytest.raises(Forbidden):
        media.upload(add_advertiser(session, role=AdvertiserRole.ANALYST), BytesIO(picture_bytes()), "a.png")


def test_a_file_without_a_name_still_gets_a_sentence(scope: Scope, media: Media) -> None:
    with pytest.raises(Invalid, match="file is empty"):
        media.upload(scope, BytesIO(), "///")
