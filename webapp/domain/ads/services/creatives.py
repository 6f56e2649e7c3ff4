"""Writing creatives: every change is a version, one of them open at a time, the last approved one keeps serving."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import FieldError, Invalid, NotFound
from webapp.core.ids import PublicId, new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.core.words import N_
from webapp.domain.ads import creative_policies as policies
from webapp.domain.ads.creative_store import CreativeStore
from webapp.domain.ads.creative_types import (
    CreativeDetail,
    CreativeInput,
    GalleryQuery,
    GalleryRow,
    GalleryTab,
    VersionRow,
)
from webapp.domain.ads.errors import StaleVersion, WrongState
from webapp.domain.ads.models import Asset, Creative, CreativeKind, CreativeVersion, VersionState
from webapp.domain.audit.services import AuditLog, difference
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import CREATIVE_CHANGED

MAX_NAME = policies.MAX_NAME
#: The owner's deeds that may change what is served. The others concern drafts, or a name nobody else sees.
SERVED_DEEDS = frozenset({"creative.archive", "creative.restore"})


class Creatives:
    """An advertiser's creatives."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, outbox: Outbox) -> None:
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._store = CreativeStore(session)

    # --- reading ------------------------------------------------------------------------------

    def list_gallery(self, scope: Scope, asked: GalleryQuery, page: PageRequest) -> Page[GalleryRow]:
        """Return a page of the advertiser's creatives, newest first."""
        scope.require(Permission.CREATIVE_READ)
        return self._store.gallery(scope, asked, page)

    def tab_counts(self, scope: Scope) -> dict[GalleryTab, int]:
        """Return how many creatives stand where."""
        scope.require(Permission.CREATIVE_READ)
        return self._store.tab_counts(scope)

    def get(self, scope: Scope, creative_id: PublicId) -> CreativeDetail:
        """Return a creative with its versions and the ads that show it; raise NotFound."""
        scope.require(Permission.CREATIVE_READ)
        creative = self._store.get(scope, creative_id)
        return CreativeDetail(creative, self._versions(creative), tuple(self._store.used_in(scope, creative)))

    def get_asset(self, scope: Scope, asset_id: PublicId) -> Asset:
        """Return one of the advertiser's pictures; raise NotFound."""
        scope.require(Permission.CREATIVE_READ)
        return self._store.get_asset(scope, asset_id)

    def _versions(self, creative: Creative) -> tuple[VersionRow, ...]:
        """Return the versions, each with what it changed."""
        rows = self._store.versions(creative)
        earlier = [*rows[1:], None]
        return tuple(
            VersionRow(version, asset)
            if before is None
            else VersionRow(version, asset, before[0], policies.changed_fields(version, asset, *before))
            for (version, asset), before in zip(rows, earlier, strict=True)
        )

    # --- writing ------------------------------------------------------------------------------

    def create(self, scope: Scope, kind: CreativeKind, given: CreativeInput) -> Creative:
        """Begin a creative with version 1 as a draft; raise Invalid by field."""
        scope.require(Permission.CREATIVE_WRITE)
        asset = self._asset(scope, given.asset_id)
        clean = policies.clean_input(kind, given, asset)
        now = self._clock.now()
        creative = Creative(
            public_id=new_public_id("cr"),
            advertiser_id=scope.advertiser_id,
            kind=kind,
            name=clean.name,
            created_at=now,
            updated_at=now,
        )
        self._store.add(creative)
        version = self._add_version(scope, creative, 1, clean, asset)
        self._record(scope, creative, "creative.create", difference({}, _content(version, asset)))
        return creative

    def save(
        self, scope: Scope, creative_id: PublicId, given: CreativeInput, *, seen_version: int | None = None
    ) -> Creative:
        """Write the words and picture into the open draft, else into a new version; nothing new makes no version.

        `seen_version` is the creative's version the form was filled from: an older one is refused.
        """
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._open_for_writing(scope, creative_id, seen_version)
        latest, old_asset = self._latest(creative)
        if latest.state is VersionState.IN_REVIEW:
            raise WrongState("Version %(number)s is in review. Withdraw it to change it.", number=latest.number)
        asset = self._asset(scope, given.asset_id)
        clean = policies.clean_input(creative.kind, given, asset)
        before = {"name": creative.name, **_content(latest, old_asset)}
        if latest.state is VersionState.DRAFT:
            _write(latest, clean, asset)
        elif _differs(latest, clean, asset):
            latest = self._add_version(scope, creative, latest.number + 1, clean, asset)
        creative.name = clean.name
        changes = difference(before, {"name": creative.name, **_content(latest, asset)})
        if changes:
            creative.updated_at = self._clock.now()
            self._record(scope, creative, "creative.update", changes, latest)
        self._store.flush()
        return creative

    def rename(self, scope: Scope, creative_id: PublicId, name: str) -> Creative:
        """Give the creative another name; no version is made, for nobody else sees it."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._open_for_writing(scope, creative_id)
        clean = policies.clean_line(name)
        if not clean or len(clean) > MAX_NAME:
            raise Invalid({"name": FieldError("Write a name of up to %(most)s characters.", most=MAX_NAME)})
        changes = difference({"name": creative.name}, {"name": clean})
        if changes:
            creative.name, creative.updated_at = clean, self._clock.now()
            self._record(scope, creative, "creative.rename", changes)
        return creative

    def edit_copy(self, scope: Scope, creative_id: PublicId, version_id: PublicId) -> Creative:
        """Begin a draft with the words and picture of an earlier version."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._open_for_writing(scope, creative_id)
        latest, _ = self._latest(creative)
        if latest.state in (VersionState.DRAFT, VersionState.IN_REVIEW):
            raise WrongState("Version %(number)s is not finished yet. Send or discard it first.", number=latest.number)
        source = self._store.version_of(creative, version_id)
        asset = self._store.asset(source.asset_id)
        content = CreativeInput(creative.name, source.title, source.text)
        version = self._add_version(scope, creative, latest.number + 1, content, asset)
        creative.updated_at = self._clock.now()
        self._record(scope, creative, "creative.update", [_of_version(version.number, source.number)], version)
        return creative

    def duplicate(self, scope: Scope, creative_id: PublicId) -> Creative:
        """Make a new creative with the newest version's words and picture, as a draft."""
        scope.require(Permission.CREATIVE_WRITE)
        source = self._store.get(scope, creative_id)
        latest, asset = self._latest(source)
        copy = self.create(
            scope,
            source.kind,
            CreativeInput(
                self._free_name(scope, source.name),
                latest.title,
                latest.text,
                PublicId(asset.public_id) if asset else None,
            ),
        )
        self._record(scope, copy, "creative.duplicate", [{"field": "from", "before": None, "after": source.public_id}])
        return copy

    # --- review -------------------------------------------------------------------------------

    def submit(self, scope: Scope, creative_id: PublicId) -> Creative:
        """Send the draft for review; sending what already waits changes nothing. Raise Invalid by field."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._open_for_writing(scope, creative_id)
        latest, asset = self._latest(creative)
        if latest.state is VersionState.IN_REVIEW:
            return creative
        if latest.state is not VersionState.DRAFT:
            sentence = N_("Version %(number)s was decided. Change something before you send it.")
            raise WrongState(sentence, number=latest.number)
        errors = policies.review_errors(creative.kind, latest, asset)
        if errors:
            raise Invalid(errors)
        latest.state, latest.submitted_at = VersionState.IN_REVIEW, self._clock.now()
        self._state_changed(scope, creative, "creative.submit", latest, VersionState.DRAFT)
        return creative

    def withdraw(self, scope: Scope, creative_id: PublicId) -> Creative:
        """Take the version in review back into a draft."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._open_for_writing(scope, creative_id)
        latest, _ = self._latest(creative)
        if latest.state is not VersionState.IN_REVIEW:
            raise WrongState("Version %(number)s is not in review any more.", number=latest.number)
        latest.state, latest.submitted_at = VersionState.DRAFT, None
        self._state_changed(scope, creative, "creative.withdraw", latest, VersionState.IN_REVIEW)
        return creative

    def discard(self, scope: Scope, creative_id: PublicId) -> Creative:
        """Forget the draft; the version before it is the newest again."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._open_for_writing(scope, creative_id)
        rows = self._store.versions(creative)
        draft, asset = rows[0]
        if draft.state is not VersionState.DRAFT:
            raise WrongState("There is no draft to discard.")
        if len(rows) == 1:
            raise WrongState("This is the only version. Archive the creative instead.")
        creative.latest_version_id = rows[1][0].id
        creative.updated_at = self._clock.now()
        content = _content(draft, asset)
        self._record(scope, creative, "creative.discard", difference(content, dict.fromkeys(content)), draft)
        self._store.remove(draft)
        return creative

    # --- archive ------------------------------------------------------------------------------

    def archive(self, scope: Scope, creative_id: PublicId) -> Creative:
        """Put the creative away; refused while an ad shows it. What waits for review is withdrawn."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._store.get(scope, creative_id, lock=True)
        if creative.archived_at is not None:
            return creative
        used = self._store.used_in(scope, creative)
        if used:
            raise WrongState(
                "“%(name)s” is used in %(count)s ads. Archive them or give them another creative first.",
                name=creative.name,
                count=len(used),
            )
        latest, _ = self._latest(creative)
        if latest.state is VersionState.IN_REVIEW:
            latest.state, latest.submitted_at = VersionState.DRAFT, None
        creative.archived_at = creative.updated_at = self._clock.now()
        self._record(scope, creative, "creative.archive", [])
        return creative

    def restore(self, scope: Scope, creative_id: PublicId) -> Creative:
        """Take the creative out of the archive."""
        scope.require(Permission.CREATIVE_WRITE)
        creative = self._store.get(scope, creative_id, lock=True)
        if creative.archived_at is not None:
            creative.archived_at, creative.updated_at = None, self._clock.now()
            self._record(scope, creative, "creative.restore", [])
        return creative

    # --- inside -------------------------------------------------------------------------------

    def _open_for_writing(self, scope: Scope, creative_id: PublicId, seen_version: int | None = None) -> Creative:
        creative = self._store.get(scope, creative_id, lock=True)
        if creative.archived_at is not None:
            raise WrongState("“%(name)s” is in the archive. Restore it to change it.", name=creative.name)
        if seen_version is not None and seen_version != creative.version:
            raise StaleVersion(creative.name)
        return creative

    def _latest(self, creative: Creative) -> tuple[CreativeVersion, Asset | None]:
        version = self._store.version(creative.latest_version_id)
        if version is None:
            raise NotFound
        return version, self._store.asset(version.asset_id)

    def _asset(self, scope: Scope, asset_id: PublicId | None) -> Asset | None:
        return None if asset_id is None else self._store.get_asset(scope, asset_id)

    def _add_version(
        self, scope: Scope, creative: Creative, number: int, content: CreativeInput, asset: Asset | None
    ) -> CreativeVersion:
        version = CreativeVersion(
            public_id=new_public_id("cv"),
            creative_id=creative.id,
            advertiser_id=scope.advertiser_id,
            number=number,
            state=VersionState.DRAFT,
            created_by=scope.actor.user_id,
            created_by_name=scope.actor.name[:120],
            created_at=self._clock.now(),
        )
        _write(version, content, asset)
        self._store.add(version)
        creative.latest_version_id = version.id
        self._store.flush()
        return version

    def _free_name(self, scope: Scope, name: str) -> str:
        """Return the name with the first free number behind it: `Shell 2`."""
        stem = name[: MAX_NAME - 6]
        taken = self._store.names_like(scope, stem)
        return next(free for number in range(2, len(taken) + 3) if (free := f"{stem} {number}") not in taken)

    def _state_changed(
        self, scope: Scope, creative: Creative, action: str, version: CreativeVersion, before: VersionState
    ) -> None:
        creative.updated_at = self._clock.now()
        self._record(scope, creative, action, difference({"state": before}, {"state": version.state}), version)
        self._store.flush()

    def _record(
        self,
        scope: Scope,
        creative: Creative,
        action: str,
        changes: list[dict[str, Any]],
        version: CreativeVersion | None = None,
    ) -> None:
        about = [] if version is None else [{"field": "version", "before": None, "after": version.number}]
        self._audit.record(
            scope.actor,
            action,
            advertiser_id=scope.advertiser_id,
            subject_type="creative",
            subject_id=creative.public_id,
            subject_name=creative.name,
            changes=[*about, *changes],
        )
        if action in SERVED_DEEDS:
            self._outbox.record(CREATIVE_CHANGED, scope.advertiser_id, {"creative_id": creative.id})


def _write(version: CreativeVersion, content: CreativeInput, asset: Asset | None) -> None:
    version.title, version.text = content.title, content.text
    version.asset_id = asset.id if asset else None


def _differs(version: CreativeVersion, content: CreativeInput, asset: Asset | None) -> bool:
    picture = asset.id if asset else None
    return (version.title, version.text, version.asset_id) != (content.title, content.text, picture)


def _content(version: CreativeVersion, asset: Asset | None) -> dict[str, Any]:
    return {"title": version.title, "text": version.text, "picture": asset.original_name if asset else ""}


def _of_version(number: int, source: int) -> dict[str, Any]:
    return {"field": "copied_from_version", "before": None, "after": source, "version": number}
