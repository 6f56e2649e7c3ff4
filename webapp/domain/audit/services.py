"""Writing and reading the log of who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.ids import new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Actor, Scope, StaffScope
from webapp.db.likes import ESCAPE, anywhere
from webapp.domain.audit.models import AuditRecord


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return `[{field, before, after}]` for the fields of `after` whose value is another than in `before`."""
    return [
        {"field": field, "before": _plain(before.get(field)), "after": _plain(value)}
        for field, value in after.items()
        if before.get(field) != value
    ]


def _plain(value: Any) -> Any:
    """Return a JSON-ready value."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


class AuditLog:
    """The log; rows are written in the transaction of the deed they tell of."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def record(
        self,
        actor: Actor,
        action: str,
        *,
        advertiser_id: int | None,
        subject_type: str,
        subject_id: str,
        subject_name: str = "",
        changes: Sequence[dict[str, Any]] = (),
        reason: str = "",
    ) -> AuditRecord:
        """Append one deed."""
        row = AuditRecord(
            public_id=new_public_id("au"),
            advertiser_id=advertiser_id,
            actor_user_id=actor.user_id,
            actor_name=actor.name[:120],
            ip=actor.ip[:45],
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            subject_name=subject_name[:255],
            changes=list(changes),
            reason=reason[:500],
            at=self._clock.now(),
        )
        self._session.add(row)
        return row

    def history(self, scope: Scope, subject_ids: str | Sequence[str], *, limit: int = 50) -> list[AuditRecord]:
        """Return the newest deeds on one subject of the advertiser, or on several."""
        wanted = [subject_ids] if isinstance(subject_ids, str) else subject_ids
        query = self._owned(scope).where(AuditRecord.subject_id.in_(wanted))
        return list(self._session.scalars(query.order_by(AuditRecord.at.desc(), AuditRecord.id.desc()).limit(limit)))

    def between(self, scope: Scope, start: datetime, end: datetime, *, limit: int = 50) -> list[AuditRecord]:
        """Return the advertiser's newest deeds from `start` (inclusive) to `end` (exclusive)."""
        query = self._owned(scope).where(AuditRecord.at >= start, AuditRecord.at < end)
        return list(self._session.scalars(query.order_by(AuditRecord.at.desc(), AuditRecord.id.desc()).limit(limit)))

    def since(self, scope: Scope, start: datetime, action: str) -> list[AuditRecord]:
        """Return the advertiser's deeds of one kind since an instant, newest first."""
        query = self._owned(scope).where(AuditRecord.at >= start, AuditRecord.action == action)
        return list(self._session.scalars(query.order_by(AuditRecord.at.desc(), AuditRecord.id.desc())))

    def search(
        self, staff: StaffScope, page: PageRequest, *, text: str = "", advertiser_id: int | None = None
    ) -> Page[AuditRecord]:
        """Return a page of the whole log, newest first, filtered by words of action, actor or subject."""
        staff.require(Permission.STAFF_AUDIT)
        query = select(AuditRecord)
        if advertiser_id is not None:
            query = query.where(AuditRecord.advertiser_id == advertiser_id)
        if text:
            like = anywhere(text)
            query = query.where(
                AuditRecord.action.like(like, escape=ESCAPE)
                | AuditRecord.actor_name.like(like, escape=ESCAPE)
                | AuditRecord.subject_name.like(like, escape=ESCAPE)
                | (AuditRecord.subject_id == text)
            )
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = self._session.scalars(query.order_by(AuditRecord.id.desc()).offset(page.offset).limit(page.size))
        return Page(list(rows), total, page)

    def _owned(self, scope: Scope) -> Select[AuditRecord]:
        return select(AuditRecord).where(AuditRecord.advertiser_id == scope.advertiser_id)
