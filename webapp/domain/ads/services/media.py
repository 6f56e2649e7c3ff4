"""Pictures: taken in, made small, handed out."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Invalid, NotFound
from webapp.core.files import FileStore
from webapp.core.ids import PublicId, new_public_id
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.creative_policies import clean_file_name
from webapp.domain.ads.creative_store import CreativeStore
from webapp.domain.ads.models import Asset
from webapp.domain.ads.pictures import EXTENSIONS, Picture, PictureReader, PictureRefused, PictureRules, too_heavy
from webapp.domain.tasks.services import Tasks

THUMBNAIL_EDGE = 320
THUMBNAIL_MIME = "image/webp"


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file to hand out: its bytes, type and name, and a tag that changes with the bytes."""

    stream: BinaryIO
    mime: str
    name: str
    tag: str


class Media:
    """The pictures of creatives."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        files: FileStore,
        reader: PictureReader,
        tasks: Tasks,
        rules: PictureRules | None = None,
    ) -> None:
        self.rules = rules or PictureRules()
        self._clock = clock
        self._files = files
        self._reader = reader
        self._tasks = tasks
        self._store = CreativeStore(session)

    def upload(self, scope: Scope, source: BinaryIO, file_name: str) -> Asset:
        """Read a picture, keep it as we serve it and ask for its thumbnail; raise Invalid('picture')."""
        scope.require(Permission.CREATIVE_WRITE)
        name = clean_file_name(file_name)
        try:
            picture = self._reader.read(self._bytes(source, name), name, self.rules)
        except PictureRefused as error:
            raise Invalid({"picture": error}) from error
        digest = hashlib.sha256(picture.data).hexdigest()
        known = self._store.find_same_asset(scope, digest)
        return known if known is not None else self._keep(scope, picture, digest, name)

    def _bytes(self, source: BinaryIO, name: str) -> bytes:
        """Return the whole file; one above the limit is measured, not read."""
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        if size > self.rules.max_bytes:
            raise too_heavy(name, size, self.rules.max_bytes)
        return source.read()

    def _keep(self, scope: Scope, picture: Picture, digest: str, name: str) -> Asset:
        # Named by content: an upload whose transaction fails leaves a file that the next attempt uses again.
        key = f"creatives/{digest[:2]}/{scope.advertiser_id}-{digest}.{picture.extension}"
        self._files.put(key, BytesIO(picture.data))
        asset = Asset(
            public_id=new_public_id("as"),
            advertiser_id=scope.advertiser_id,
            sha256=digest,
            mime=picture.mime,
            width=picture.width,
            height=picture.height,
            byte_size=len(picture.data),
            frames=picture.frames,
            original_name=name,
            storage_key=key,
            created_at=self._clock.now(),
        )
        self._store.add(asset)
        self._tasks.enqueue(scope, "thumbnail", {"asset": asset.public_id}, title=name)
        return asset

    def make_thumbnail(self, scope: Scope, asset_id: PublicId) -> Asset:
        """Make the small copy that lists show; made before, it stays."""
        asset = self._store.get_asset(scope, asset_id)
        if not asset.thumbnail_key:
            with self._files.open(asset.storage_key) as file:
                small = self._reader.thumbnail(file.read(), THUMBNAIL_EDGE)
            key = f"{asset.storage_key.rpartition('.')[0]}-thumb.webp"
            self._files.put(key, BytesIO(small))
            asset.thumbnail_key = key
        return asset

    def open_public(self, asset_id: PublicId, extension: str) -> MediaFile:
        """Return a picture by its unguessable id, for anybody; raise NotFound."""
        asset = self._store.find_asset(asset_id)
        if asset is None or EXTENSIONS[asset.mime] != extension:
            raise NotFound
        return MediaFile(self._files.open(asset.storage_key), asset.mime, f"{asset_id}.{extension}", asset.sha256)

    def open_thumbnail(self, asset_id: PublicId) -> MediaFile:
        """Return a picture's small copy, for anybody; raise NotFound while there is none."""
        asset = self._store.find_asset(asset_id)
        if asset is None or not asset.thumbnail_key:
            raise NotFound
        stream = self._files.open(asset.thumbnail_key)
        return MediaFile(stream, THUMBNAIL_MIME, f"{asset_id}-thumb.webp", f"{asset.sha256}-{THUMBNAIL_EDGE}")
