"""The services that show delivery's money, and prove it: a part of `Services`, which gives them what they need."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.domain.accounts.directory import Directory
from webapp.domain.analytics.ports import AnalyticsStore
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.services import Balances, Ledger
from webapp.domain.billing.services.purses import Purses
from webapp.domain.delivery.charges import Charges
from webapp.domain.delivery.credits import Credits
from webapp.domain.delivery.freshness import Freshness
from webapp.domain.delivery.gathering import Gathering
from webapp.domain.delivery.live_spend import LiveSpending
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.reconciliation import Reconciliation
from webapp.domain.events.services import Outbox
from webapp.settings import Settings


class Stores(Protocol):
    """The stores that hold a charge beside the ledger."""

    settings: Settings
    analytics: AnalyticsStore

    @property
    def serving(self) -> tuple[ServingStore, ...]:
        """One a serving node."""


class Whole(Protocol):
    """What the other services are."""

    session: Session
    clock: Clock

    @property
    def adapters(self) -> Stores:
        """The outside world."""

    @property
    def balances(self) -> Balances:
        """What is read of the books."""

    @property
    def ledger(self) -> Ledger:
        """The one writer of money."""

    @property
    def purses(self) -> Purses:
        """Money of many advertisers at once."""

    @property
    def directory(self) -> Directory:
        """Who is who."""

    @property
    def audit(self) -> AuditLog:
        """Who did what."""

    @property
    def outbox(self) -> Outbox:
        """Events for others."""


class MoneyServices:
    """Charges, today's spend, reconciliation."""

    @cached_property
    def charges(self: Whole) -> Charges:
        """Charges by the hour."""
        return Charges(self.session)

    @cached_property
    def live_spending(self: Whole) -> LiveSpending:
        """Today's spend to this second."""
        return LiveSpending(self.session, self.clock, self.balances, Charges(self.session), self.adapters.serving)

    @cached_property
    def credits(self: Whole) -> Credits:
        """Money given back for traffic found invalid."""
        stores, limit = self.adapters, self.adapters.settings.credit_limit
        return Credits(self.session, self.clock, self.audit, self.ledger, self.outbox, stores.analytics, limit)

    @cached_property
    def freshness(self: Whole) -> Freshness:
        """How old figures are."""
        return Freshness(self.session, self.clock, self.adapters.analytics, self.adapters.serving)

    @cached_property
    def reconciliation(self: Whole) -> Reconciliation:
        """Ledger, events and the nodes' counts, day by day."""
        stores = self.adapters
        gathering = Gathering(self.session, self.clock, self.purses, stores.analytics, stores.serving)
        return Reconciliation(self.session, self.clock, gathering, self.directory, self.audit, self.outbox)
