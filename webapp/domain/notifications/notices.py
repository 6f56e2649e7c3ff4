"""Notices in the cabinet: one an event, read by whoever of the advertiser reads it first."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, func, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import NotFound
from webapp.core.ids import PublicId, new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.scope import Scope
from webapp.domain.notifications.models import Notice
from webapp.domain.notifications.types import NEEDED, News


class Notices:
    """What an advertiser's people are told inside the cabinet."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def add(self, news: News) -> bool:
        """Keep a notice; False when this event made one already."""
        known = select(Notice.id).where(
            Notice.advertiser_id == news.advertiser_id, Notice.event_id == news.event_id, Notice.kind == news.kind.value
        )
        if self._session.scalar(known) is not None:
            return False
        row = Notice(
            public_id=new_public_id("n"),
            advertiser_id=news.advertiser_id,
            kind=news.kind.value,
            event_id=news.event_id,
            values=dict(news.values),
            created_at=news.at,
        )
        self._session.add(row)
        return True

    def unread_count(self, scope: Scope) -> int:
        """Return how many notices this reader has before them."""
        query = select(func.count()).select_from(Notice).where(*_mine(scope), Notice.read_at.is_(None))
        return self._session.scalar(query) or 0

    def list_page(self, scope: Scope, page: PageRequest, *, unread: bool = False) -> Page[Notice]:
        """Return a page of the notices this reader may see, newest first."""
        where = [*_mine(scope), *([Notice.read_at.is_(None)] if unread else [])]
        total = self._session.scalar(select(func.count()).select_from(Notice).where(*where)) or 0
        query = select(Notice).where(*where).order_by(Notice.created_at.desc(), Notice.id.desc())
        return Page(list(self._session.scalars(query.offset(page.offset).limit(page.size))), total, page)

    def mark_read(self, scope: Scope, notice_id: PublicId) -> Notice:
        """Note that somebody has read it; asking twice is no error."""
        row = self._session.scalar(select(Notice).where(*_mine(scope), Notice.public_id == notice_id).with_for_update())
        if row is None:
            raise NotFound
        row.read_at = row.read_at or self._clock.now()
        return row

    def mark_all_read(self, scope: Scope) -> int:
        """Note that all of this reader's are read; return how many were not."""
        query = update(Notice).where(*_mine(scope), Notice.read_at.is_(None)).values(read_at=self._clock.now())
        return cast("CursorResult[Any]", self._session.execute(query)).rowcount


def _mine(scope: Scope) -> list[ColumnElement[bool]]:
    kinds = [kind.value for kind, needed in NEEDED.items() if scope.can(needed)]
    return [Notice.advertiser_id == scope.advertiser_id, Notice.kind.in_(kinds)]
