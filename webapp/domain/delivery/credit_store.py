"""Rows of credits for invalid traffic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.ids import PublicId
from webapp.core.paging import Page, PageRequest
from webapp.domain.delivery.models import CreditStatus, TrafficCredit


class CreditStore:
    """Reads and writes credits; only staff and consumers do."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: TrafficCredit) -> TrafficCredit:
        """Write a credit at once, so that its id is taken."""
        self._session.add(row)
        self._session.flush()
        return row

    def find(self, public_id: PublicId, *, lock: bool = False) -> TrafficCredit | None:
        """Return a credit, as it is now when it is to be decided."""
        query = select(TrafficCredit).where(TrafficCredit.public_id == public_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return self._session.scalar(query)

    def given_on(
        self, advertiser_id: int, campaign_id: int, day: date, *, lock: bool = False
    ) -> Sequence[TrafficCredit]:
        """Return the credits given for a campaign's day; locked they are as of now, whatever was read before."""
        query = select(TrafficCredit).where(
            TrafficCredit.advertiser_id == advertiser_id,
            TrafficCredit.campaign_id == campaign_id,
            TrafficCredit.day == day,
            TrafficCredit.status == CreditStatus.APPROVED,
        )
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return list(self._session.scalars(query))

    def page(self, page: PageRequest, status: CreditStatus | None) -> Page[TrafficCredit]:
        """Return a page of credits, the newest first."""
        query, count = select(TrafficCredit), select(func.count()).select_from(TrafficCredit)
        if status is not None:
            query, count = query.where(TrafficCredit.status == status), count.where(TrafficCredit.status == status)
        rows = self._session.scalars(query.order_by(TrafficCredit.id.desc()).offset(page.offset).limit(page.size))
        return Page(list(rows), self._session.scalar(count) or 0, page)
