"""Pictures, creatives and verdicts for tests."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from webapp.adapters.images.pillow import PillowPictureReader
from webapp.core.clock import Clock
from webapp.core.errors import NotFound
from webapp.core.ids import PublicId
from webapp.core.scope import Scope
from webapp.domain.accounts.directory import Directory
from webapp.domain.ads.creative_types import CreativeDetail, CreativeInput, Rejection
from webapp.domain.ads.models import Asset, Creative, CreativeKind
from webapp.domain.ads.services.creatives import Creatives
from webapp.domain.ads.services.media import Media
from webapp.domain.ads.services.moderation import Moderation
from webapp.domain.audit.services import AuditLog
from webapp.domain.events.services import Outbox
from webapp.domain.tasks.services import Tasks

REFUSAL = Rejection("claim.superlative", "title", "“The warmest” needs proof on the landing page.")


class MemoryFiles:
    """A file store in a dictionary."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, key: str, source: Any) -> int:
        """Keep the bytes."""
        self.files[key] = source.read()
        return len(self.files[key])

    def open(self, key: str) -> BytesIO:
        """Return the bytes."""
        if key not in self.files:
            raise NotFound
        return BytesIO(self.files[key])

    def delete(self, key: str) -> None:
        """Forget the bytes."""
        self.files.pop(key, None)

    def exists(self, key: str) -> bool:
        """Tell whether there are bytes."""
        return key in self.files


class NoQueue:
    """A queue nobody works."""

    def push(self, kind: str, public_id: PublicId) -> None:
        """Do nothing."""


def picture_bytes(width: int = 300, height: int = 250, kind: str = "PNG", colour: Any = (216, 96, 40)) -> bytes:
    """Return a picture of one colour."""
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind)
    return out.getvalue()


def creatives_of(session: Session, clock: Clock) -> Creatives:
    """Return the service on a session."""
    return Creatives(session, clock, AuditLog(session, clock), Outbox(session, clock))


def moderation_of(session: Session, clock: Clock) -> Moderation:
    """Return the service on a session."""
    return Moderation(session, clock, AuditLog(session, clock), Outbox(session, clock), Directory(session))


def media_of(session: Session, clock: Clock, files: MemoryFiles | None = None) -> Media:
    """Return the service on a session, with files in memory."""
    return Media(session, clock, files or MemoryFiles(), PillowPictureReader(), Tasks(session, clock, NoQueue()))


def add_asset(session: Session, clock: Clock, scope: Scope, name: str = "shell.png", **picture: Any) -> Asset:
    """Upload a picture."""
    return media_of(session, clock).upload(scope, BytesIO(picture_bytes(**picture)), name)


def native_input(asset: Asset | None, **changes: Any) -> CreativeInput:
    """Return a good native creative, some of it changed."""
    values: dict[str, Any] = {
        "title": "Jackets for wet, windy days",
        "text": "Three layers, taped seams, tested on the coast in November.",
        "asset_id": PublicId(asset.public_id) if asset else None,
    }
    return CreativeInput(**(values | changes))


def add_native(session: Session, clock: Clock, scope: Scope, **changes: Any) -> Creative:
    """Add a native creative whose version 1 is a draft."""
    asset = add_asset(session, clock, scope)
    return creatives_of(session, clock).create(scope, CreativeKind.NATIVE, native_input(asset, **changes))


def detail(session: Session, clock: Clock, scope: Scope, creative: Creative) -> CreativeDetail:
    """Return the creative as its page shows it."""
    return creatives_of(session, clock).get(scope, PublicId(creative.public_id))


def submitted(session: Session, clock: Clock, scope: Scope, **changes: Any) -> tuple[Creative, PublicId]:
    """Add a native creative in review; return it and its version's id."""
    creative = add_native(session, clock, scope, **changes)
    creatives_of(session, clock).submit(scope, PublicId(creative.public_id))
    return creative, PublicId(detail(session, clock, scope, creative).latest.version.public_id)
