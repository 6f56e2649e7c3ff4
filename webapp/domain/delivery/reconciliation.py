"""Reconciliation: ledger, events and the nodes' own counts of a campaign's day are one sum, or the reason is named."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.paging import Page, PageRequest
from webapp.core.periods import Period, local_midnight, today_in
from webapp.core.permissions import Permission
from webapp.core.scope import Scope, StaffScope
from webapp.domain.accounts.directory import Directory
from webapp.domain.ads.services.names import Named, ObjectNames
from webapp.domain.ads.types import ListedCampaign
from webapp.domain.audit.services import AuditLog
from webapp.domain.delivery.ceilings import Ceilings
from webapp.domain.delivery.differences import HARMLESS, DayFigures, Difference, difference_of
from webapp.domain.delivery.gathering import Gathering
from webapp.domain.delivery.models import Reconciled
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import RECONCILIATION_FAILED

log = logging.getLogger(__name__)

#: Whole local days that are compared each night.
NIGHTS = 3
#: A campaign's day as the night finds it.
NightlyDay = tuple[DayFigures, Difference]


@dataclass(frozen=True, slots=True)
class ComparedDay:
    """A campaign's day on the page."""

    figures: DayFigures
    difference: Difference
    #: None for a campaign nobody knows any more.
    campaign: Named | None
    #: Charged beyond the highest daily budget of the day.
    overspend_micros: int

    @property
    def harmless(self) -> bool:
        """Tell whether nothing is open about it."""
        return self.difference in HARMLESS


@dataclass(frozen=True, slots=True)
class Comparison:
    """An advertiser's days, the newest first."""

    rows: Sequence[ComparedDay]

    @property
    def open(self) -> Sequence[ComparedDay]:
        """Return the days that differ."""
        return [row for row in self.rows if not row.harmless]

    @property
    def unexplained(self) -> int:
        """Return how many differ and nobody knows why."""
        return sum(row.difference is Difference.UNEXPLAINED for row in self.rows)

    @property
    def ledger_micros(self) -> int:
        """Return the ledger's sum."""
        return sum(row.figures.ledger_micros for row in self.rows)

    @property
    def events_micros(self) -> int:
        """Return the events' sum."""
        return sum(row.figures.events_micros for row in self.rows)

    @property
    def counters_micros(self) -> int | None:
        """Return the nodes' sum, None when they do not know every day."""
        known = [row.figures.counters_micros for row in self.rows]
        return None if None in known else sum(micros or 0 for micros in known)

    @property
    def credited_micros(self) -> int:
        """Return what was given back."""
        return sum(row.figures.credited_micros for row in self.rows)

    @property
    def overspend_micros(self) -> int:
        """Return what was charged beyond budgets."""
        return sum(row.overspend_micros for row in self.rows)


@dataclass(frozen=True, slots=True)
class Night:
    """What the nights of a few days came to, for staff."""

    day: date
    compared: int
    differing: int


class Reconciliation:
    """Compares on demand for an advertiser, and each night for all."""

    def __init__(
        self, session: Session, clock: Clock, gathering: Gathering, directory: Directory, audit: AuditLog,
        outbox: Outbox,
    ) -> None:  # fmt: skip
        self._session = session
        self._clock = clock
        self._gathering = gathering
        self._directory = directory
        self._audit = audit
        self._outbox = outbox

    def compare(self, scope: Scope, period: Period, campaigns: Iterable[ListedCampaign]) -> Comparison:
        """Compare an advertiser's days now; `campaigns` are all of its campaigns."""
        scope.require(Permission.BALANCE_READ)
        found, standing = self._gathering.figures(period, scope.advertiser_id)
        today = today_in(scope.zone, self._clock.now())
        names = ObjectNames(self._session).named(scope, "campaign", {row.campaign_id for row in found}) if found else {}
        ceilings = self._ceilings(scope, period, campaigns)
        rows = [
            ComparedDay(
                row,
                difference_of(row, standing, is_over=row.day < today),
                names.get(row.campaign_id),
                _overspend(scope, row, names.get(row.campaign_id), ceilings),
            )
            for row in found
        ]
        return Comparison(sorted(rows, key=lambda row: (row.figures.day, row.figures.ledger_micros), reverse=True))

    def _ceilings(self, scope: Scope, period: Period, campaigns: Iterable[ListedCampaign]) -> Ceilings:
        now = {str(item.public_id): item.daily_budget_micros for item in campaigns}
        return Ceilings(now, self._audit.since(scope, local_midnight(period.first, scope.zone), "campaign.update"))

    def last_days(self) -> list[NightlyDay]:
        """Compare the last whole days of everybody; it takes as long as the nodes and the store of events take."""
        now = self._clock.now()
        period = Period(now.date() - timedelta(days=NIGHTS + 1), now.date())
        found, standing = self._gathering.figures(period)
        accounts = self._directory.accounts({row.advertiser_id for row in found})
        todays = {id: today_in(ZoneInfo(account.zone), now) for id, account in accounts.items()}
        due = [row for row in found if _is_due(row, todays.get(row.advertiser_id))]
        return [(row, difference_of(row, standing)) for row in due]

    def keep(self, compared: Sequence[NightlyDay]) -> list[Reconciled]:
        """Keep what came of it, and tell of what became unexplained; asks nobody but the database."""
        before = self._kept({row.day for row, _ in compared})
        return [self._keep(row, difference, before.get((row.campaign_id, row.day))) for row, difference in compared]

    def _kept(self, days: Collection[date]) -> dict[tuple[int, date], Reconciled]:
        query = select(Reconciled).where(Reconciled.day.in_(days))
        return {(row.campaign_id, row.day): row for row in self._session.scalars(query)}

    def _keep(self, figures: DayFigures, difference: Difference, row: Reconciled | None) -> Reconciled:
        known = row is not None and row.difference == Difference.UNEXPLAINED
        if row is None:
            row = Reconciled(campaign_id=figures.campaign_id, day=figures.day, advertiser_id=figures.advertiser_id)
            self._session.add(row)
        row.ledger_micros, row.events_micros = figures.ledger_micros, figures.events_micros
        row.counters_micros, row.difference = figures.counters_micros, difference.value
        row.checked_at = self._clock.now()
        if difference is Difference.UNEXPLAINED and not known:
            self._tell(figures)
        return row

    def _tell(self, figures: DayFigures) -> None:
        log.error("campaign %d on %s: the books differ: %s", figures.campaign_id, figures.day, figures)
        about = {"campaign_id": figures.campaign_id, "day": figures.day.isoformat()}
        self._outbox.record(
            RECONCILIATION_FAILED, figures.advertiser_id, {**about, "difference": Difference.UNEXPLAINED.value}
        )

    def nights(self, staff: StaffScope, days: int = 14) -> list[Night]:
        """Return how many campaigns' days were compared and how many differ, the newest day first."""
        staff.require(Permission.STAFF_LEDGER_READ)
        since = self._clock.now().date() - timedelta(days=days)
        differing = func.sum(Reconciled.difference.not_in([item.value for item in HARMLESS]))
        query = select(Reconciled.day, func.count(), differing).where(Reconciled.day >= since)
        rows = self._session.execute(query.group_by(Reconciled.day).order_by(Reconciled.day.desc()))
        return [Night(row[0], int(row[1]), int(row[2] or 0)) for row in rows]

    def differing(self, staff: StaffScope, page: PageRequest, days: int = 14) -> Page[Reconciled]:
        """Return the days of all advertisers that differ, the newest first."""
        staff.require(Permission.STAFF_LEDGER_READ)
        since = self._clock.now().date() - timedelta(days=days)
        wanted = (Reconciled.day >= since, Reconciled.difference != Difference.NONE.value)
        total = self._session.scalar(select(func.count()).select_from(Reconciled).where(*wanted)) or 0
        query = select(Reconciled).where(*wanted).order_by(Reconciled.day.desc(), Reconciled.campaign_id.desc())
        return Page(list(self._session.scalars(query.offset(page.offset).limit(page.size))), total, page)


def _is_due(row: DayFigures, today: date | None) -> bool:
    return today is not None and today - timedelta(days=NIGHTS) <= row.day < today


def _overspend(scope: Scope, row: DayFigures, campaign: Named | None, ceilings: Ceilings) -> int:
    """Return what was charged beyond the highest budget of the day; credit notes do not make it less."""
    if campaign is None:
        return 0
    starts, ends = local_midnight(row.day, scope.zone), local_midnight(row.day + timedelta(days=1), scope.zone)
    ceiling = ceilings.on(campaign.public_id, starts, ends)
    return 0 if ceiling is None else max(0, row.ledger_micros - ceiling)
