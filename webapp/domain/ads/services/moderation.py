"""Deciding on creative versions: the oldest first, each of them once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict
from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import StaffScope
from webapp.domain.accounts.directory import Directory
from webapp.domain.ads import creative_policies as policies
from webapp.domain.ads.creative_types import (
    AdvertiserRecord,
    QueueItem,
    QueueState,
    Rejection,
    Review,
    VersionRow,
)
from webapp.domain.ads.models import Creative, CreativeVersion, VersionState
from webapp.domain.ads.moderation_store import ModerationStore, Row
from webapp.domain.ads.pictures import PictureRules
from webapp.domain.audit.services import AuditLog
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import CREATIVE_CHANGED, CREATIVE_DECIDED

#: Shown as late from here on; nothing else happens.
LATE_AFTER = timedelta(hours=3)
A_DAY = timedelta(hours=24)


class AlreadyDecided(Conflict):
    """Somebody else decided on this version."""

    code = "already_decided"


def sending_of(version: CreativeVersion) -> str:
    """Return what tells one sending of a version from the next: it may be withdrawn and changed in between."""
    return version.submitted_at.isoformat() if version.submitted_at else ""


class Moderation:
    """The moderators' queue and verdicts."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        audit: AuditLog,
        outbox: Outbox,
        directory: Directory,
        rules: PictureRules | None = None,
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._directory = directory
        self._rules = rules or PictureRules()
        self._store = ModerationStore(session)

    def list_waiting(self, staff: StaffScope, page: PageRequest) -> Page[QueueItem]:
        """Return a page of the queue, the oldest first."""
        staff.require(Permission.STAFF_MODERATE)
        return self._named(self._store.waiting(page))

    def list_decided(self, staff: StaffScope, page: PageRequest) -> Page[QueueItem]:
        """Return a page of what was decided, the newest first."""
        staff.require(Permission.STAFF_MODERATE)
        return self._named(self._store.decided(page))

    def queue_state(self, staff: StaffScope) -> QueueState:
        """Return how many versions wait, since when, and what this moderator decided within a day."""
        staff.require(Permission.STAFF_MODERATE)
        waiting, oldest = self._store.queue_length()
        return QueueState(waiting, oldest, self._store.decided_by(staff.actor.user_id, self._clock.now() - A_DAY))

    def waiting_count(self) -> dict[str, int]:
        """Return the figure beside the menu's entry; it tells nothing about anybody."""
        return {"moderation": self._store.queue_length()[0]}

    def get(self, staff: StaffScope, version_id: PublicId) -> Review:
        """Return all that is looked at before deciding; raise NotFound."""
        staff.require(Permission.STAFF_MODERATE)
        version, creative, asset = self._store.get(version_id)
        approved = None
        if creative.approved_version_id != version.id:
            approved = self._store.version(creative.approved_version_id)
        changes = policies.changed_fields(version, asset, *approved) if approved else ()
        return Review(
            row=VersionRow(version, asset, approved[0] if approved else None, changes),
            creative=creative,
            approved=VersionRow(*approved) if approved else None,
            advertiser=self._advertiser(creative),
            landing_urls=tuple(self._store.landing_urls(creative)),
            checks=tuple(policies.checks(creative.kind, version.title, version.text, asset, self._rules.max_bytes)),
        )

    def next_waiting(self, staff: StaffScope, after: CreativeVersion) -> PublicId | None:
        """Return the oldest version that still waits, other than this one."""
        staff.require(Permission.STAFF_MODERATE)
        found = self._store.next_waiting(after)
        return PublicId(found) if found else None

    def approve(self, staff: StaffScope, version_id: PublicId, *, seen: str = "") -> CreativeVersion:
        """Let the version be shown; the one shown until now is replaced. Raise AlreadyDecided.

        `seen` is what `sending_of` said of the version that was looked at: one that was sent again since is refused.
        """
        staff.require(Permission.STAFF_MODERATE)
        version, creative = self._waiting(version_id, seen)
        earlier = self._store.version(creative.approved_version_id)
        if earlier is not None:
            earlier[0].state = VersionState.REPLACED
        self._decide(staff, version, VersionState.APPROVED)
        creative.approved_version_id = version.id
        self._record(staff, "creative.approve", creative, version)
        self._store.flush()
        return version

    def reject(self, staff: StaffScope, version_id: PublicId, given: Rejection, *, seen: str = "") -> CreativeVersion:
        """Refuse the version with a code, a field and a sentence; an earlier approved one keeps serving.

        Raise AlreadyDecided, or Invalid by field.
        """
        staff.require(Permission.STAFF_MODERATE)
        version, creative = self._waiting(version_id, seen)
        verdict = policies.clean_rejection(creative.kind, given)
        self._decide(staff, version, VersionState.REJECTED)
        version.reject_code, version.reject_field = verdict.code, verdict.field
        version.reject_sentence = verdict.sentence
        self._record(staff, "creative.reject", creative, version, verdict)
        self._store.flush()
        return version

    def _waiting(self, version_id: PublicId, seen: str) -> tuple[CreativeVersion, Creative]:
        version, creative = self._store.lock(version_id)
        if version.state is VersionState.APPROVED:
            raise AlreadyDecided("%(name)s has approved this version already.", name=version.decided_by_name)
        if version.state is VersionState.REJECTED:
            raise AlreadyDecided("%(name)s has rejected this version already.", name=version.decided_by_name)
        if version.state is not VersionState.IN_REVIEW or creative.archived_at is not None:
            raise AlreadyDecided("This version does not wait for a verdict any more.")
        if seen and seen != sending_of(version):
            raise AlreadyDecided("This version was changed and sent again since you opened it. Look at it once more.")
        return version, creative

    def _decide(self, staff: StaffScope, version: CreativeVersion, state: VersionState) -> None:
        version.state = state
        version.decided_at = self._clock.now()
        version.decided_by = staff.actor.user_id
        version.decided_by_name = staff.actor.name[:120]

    def _record(
        self,
        staff: StaffScope,
        action: str,
        creative: Creative,
        version: CreativeVersion,
        verdict: Rejection | None = None,
    ) -> None:
        changes: list[dict[str, Any]] = [
            {"field": "version", "before": None, "after": version.number},
            {"field": "state", "before": VersionState.IN_REVIEW.value, "after": version.state.value},
        ]
        if verdict is not None:
            changes.append({"field": "reject_code", "before": None, "after": verdict.code})
            changes.append({"field": "reject_field", "before": None, "after": verdict.field})
        self._audit.record(
            staff.actor,
            action,
            advertiser_id=creative.advertiser_id,
            subject_type="creative",
            subject_id=creative.public_id,
            subject_name=creative.name,
            changes=changes,
            reason=verdict.sentence if verdict else "",
        )
        told = {"creative_id": creative.id, "version_id": version.id, "verdict": version.state.value}
        self._outbox.record(CREATIVE_DECIDED, creative.advertiser_id, told)
        if version.state is VersionState.APPROVED:
            self._outbox.record(CREATIVE_CHANGED, creative.advertiser_id, {"creative_id": creative.id})

    def _named(self, page: Page[Row]) -> Page[QueueItem]:
        names = self._directory.names({version.advertiser_id for version, _, _ in page.items})
        items = [
            QueueItem(version, creative, asset, names.get(version.advertiser_id, ""))
            for version, creative, asset in page.items
        ]
        return Page(items, page.total, page.request)

    def _advertiser(self, creative: Creative) -> AdvertiserRecord:
        card = self._directory.card(creative.advertiser_id)
        creatives, rejected = self._store.record_of(creative.advertiser_id)
        return AdvertiserRecord(card.name, card.public_id, card.created_at, creatives, rejected)
