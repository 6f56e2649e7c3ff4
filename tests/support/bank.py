"""A small house with two serving nodes: advertisers with money, campaigns that may run, and a clock to move."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.loops.allocator import Allocator
from jobs.loops.settle import Settle
from tests.servers import Servers
from tests.support.apps import close_database, settings_for
from tests.support.books import build, scratch_database, store_at
from tests.support.campaigns import ad_input, add_campaign, add_creative, ads_of
from tests.support.memory import SettableClock, add_advertiser
from tests.support.serving import WipeableStore, ad, campaign, event_of, placement
from webapp.adapters.serving import serving_from_url
from webapp.core.periods import local_midnight, today_in
from webapp.core.scope import SYSTEM, Scope
from webapp.db.transaction import run_in_transaction
from webapp.domain.ads.models import BidModel
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.billing.models import SpendDay, TransactionKind
from webapp.domain.billing.types import Holder, Pockets, Posting
from webapp.domain.delivery.lease_store import LENT, day_number
from webapp.domain.delivery.models import ChargeHour, Lease, LeaseStatus
from webapp.domain.delivery.types import (
    Charging,
    Decision,
    DecisionRequest,
    EventKind,
    LogRecord,
    Recorded,
    Visitor,
    Wanted,
    Window,
)
from webapp.domain.events.models import OutboxEvent
from webapp.extensions import db
from webapp.factory import create_app
from webapp.settings import Profile
from webapp.web.app import KabinetFlask
from webapp.wiring import Services, build_adapters

T = TypeVar("T")
NODES = (1, 2)
#: Two days before the clocks of Berlin go back.
BEGIN = datetime(2026, 10, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sold:
    """A campaign of the house, and where it is shown."""

    id: int
    scope: Scope
    price_micros: int
    daily_micros: int | None
    total_micros: int | None
    clicks: bool

    @property
    def place(self) -> str:
        return f"pl_{self.id}"


@dataclass
class Bank:
    """The house."""

    app: KabinetFlask
    clock: SettableClock
    stores: tuple[WipeableStore, ...]
    sold: list[Sold] = field(default_factory=list)
    paid_in: dict[int, int] = field(default_factory=dict)
    _keys: Iterator[int] = field(default_factory=lambda: itertools.count(secrets.randbits(40)))

    def __post_init__(self) -> None:
        self.allocator = Allocator(self.app)
        self.settles = [Settle(self.app, store) for store in self.stores]

    @property
    def now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def reading(self, work: Callable[[Session], T]) -> T:
        """Read something in a session of its own."""
        with self.app.app_context():
            try:
                return work(db.session())
            finally:
                db.session.remove()

    def do(self, work: Callable[[Services], T]) -> T:
        """Do something in a transaction of its own."""
        with self.app.app_context():
            services = self.app.adapters.services(db.session())
            try:
                return run_in_transaction(services.session, lambda: work(services))
            finally:
                db.session.remove()

    def run(self, deed: Callable[[], T]) -> T:
        """Run a loop's step as its thread does."""
        with self.app.app_context():
            try:
                return deed()
            finally:
                db.session.remove()

    def advertiser(self, micros: int, zone: str = "Europe/Riga") -> Scope:
        """Open an account with money in it."""

        def open_account(services: Services) -> Scope:
            scope = add_advertiser(services.session, zone=zone)
            services.ledger.top_up(scope, micros, "first")
            return scope

        scope = self.do(open_account)
        self.paid_in[scope.advertiser_id] = micros
        return scope

    def promo(self, scope: Scope, micros: int) -> None:
        """Give promo money."""
        posting = Posting(Holder.of(scope), SYSTEM, TransactionKind.PROMO_CREDIT, micros, "promo", reason="hello")
        self.do(lambda services: services.ledger.post(posting))
        self.paid_in[scope.advertiser_id] += micros

    def sell(
        self,
        scope: Scope,
        price_micros: int,
        *,
        daily: int | None = None,
        total: int | None = None,
        clicks: bool = False,
        ends_at: datetime | None = None,
    ) -> Sold:
        """Launch a campaign with an approved ad, and publish it at a placement of its own on every node."""

        def launch(services: Services) -> int:
            session, clock = services.session, self.clock
            model = BidModel.CPC if clicks else BidModel.CPM
            bid = price_micros if clicks else price_micros * 1000
            row = add_campaign(
                session, clock, scope, bid_model=model, bid_micros=bid, daily_budget_micros=daily,
                total_budget_micros=total,
            )  # fmt: skip
            row.ends_at = ends_at
            creative = add_creative(session, clock, scope)
            ads_of(session, clock).create(scope, row.public_id, ad_input(creative))  # type: ignore[arg-type]
            return row.id

        sold = Sold(self.do(launch), scope, price_micros, daily, total, clicks)
        self.sold.append(sold)
        self.publish(sold)
        return sold

    def publish(self, sold: Sold) -> None:
        """Put a campaign in on every node."""
        size = f"300x{sold.id}"
        shown = campaign(
            sold.id,
            advertiser_id=sold.scope.advertiser_id,
            charging=Charging.CLICK if sold.clicks else Charging.IMPRESSION,
            price_micros=sold.price_micros,
            daily_micros=sold.daily_micros,
            windows=self._windows(sold.scope.zone),
            ads=(ad(sold.id * 10, size),),
        )
        for store in self.stores:
            store.publish((placement(sold.id, size=size),), (shown,))

    def _windows(self, zone: ZoneInfo) -> tuple[Window, ...]:
        first = today_in(zone, self.clock.now())
        days = [first + timedelta(days=offset) for offset in range(-1, 6)]
        spans = [(local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone), day) for day in days]
        return tuple(Window(int(a.timestamp()), int(b.timestamp()), 1000, day_number(day)) for a, b, day in spans)

    def visitor(self) -> Visitor:
        """Return somebody nobody has seen."""
        name = secrets.token_hex(6)
        return Visitor(country="LV", device="phone", ip_prefix=name, user_day=name, user_key=name)

    def ask(self, sold: Sold, node: int = 1) -> Decision:
        """Ask a node for an ad at a campaign's placement."""
        wanted = Wanted(sold.place, next(self._keys), 0)
        request = DecisionRequest(self.now_ms, (wanted,), self.visitor())
        return self.stores[node - 1].decide(request)[0]

    def report(self, kind: EventKind, decision: Decision, node: int = 1, after_ms: int = 500) -> Recorded:
        """Report an event of a decision made at this instant."""
        event = event_of(kind, decision, self.now_ms, self.now_ms + after_ms, visitor=self.visitor())
        return self.stores[node - 1].record(event)

    def visit(self, sold: Sold, node: int = 1) -> int:
        """See what is offered, and click on it when clicks are sold; return what was charged."""
        decision = self.ask(sold, node)
        if not decision.filled:
            return 0
        charged = self.report(EventKind.IMPRESSION, decision, node).charged_micros
        return charged + (self.report(EventKind.CLICK, decision, node, 2000).charged_micros if sold.clicks else 0)

    def visits(self, sold: Sold, times: int, node: int = 1) -> int:
        """Visit several times; return what was charged."""
        return sum(self.visit(sold, node) for _ in range(times))

    def tick(self) -> None:
        """Let nodes let go of what is over."""
        for store in self.stores:
            store.tick(self.now_ms)

    def allocate(self) -> None:
        """Let the allocator do a round, and the rounds that follow from it."""
        while self.run(self.allocator.step):
            pass

    def settle(self) -> None:
        """Settle every node to the end of its log."""
        for loop in self.settles:
            while self.run(loop.step):
                pass

    def round(self) -> None:
        """Let all loops do a round."""
        self.tick()
        self.settle()
        self.allocate()

    def pockets(self, scope: Scope) -> Pockets:
        return self.do(lambda services: services.balances.balance(scope))

    def spent(self, sold: Sold, day: date | None = None) -> int:
        """Return what a campaign was charged, in all or for a day."""
        query = select(func.coalesce(func.sum(SpendDay.spent_micros), 0)).where(SpendDay.campaign_id == sold.id)
        query = query if day is None else query.where(SpendDay.day == day)
        return int(self.reading(lambda session: session.scalar(query)) or 0)

    def spent_days(self, sold: Sold) -> dict[date, int]:
        query = select(SpendDay.day, SpendDay.spent_micros).where(SpendDay.campaign_id == sold.id)
        return self.reading(lambda session: {row[0]: row[1] for row in session.execute(query)})

    def hours(self, sold: Sold) -> dict[datetime, tuple[int, int]]:
        """Return events and charges by hour."""
        query = select(ChargeHour.hour_at, ChargeHour.events, ChargeHour.spent_micros)
        query = query.where(ChargeHour.campaign_id == sold.id).order_by(ChargeHour.hour_at)
        return self.reading(lambda session: {row[0]: (row[1], row[2]) for row in session.execute(query)})

    def leases(self, sold: Sold, *statuses: LeaseStatus) -> list[Lease]:
        query = select(Lease).where(Lease.campaign_id == sold.id).order_by(Lease.id)
        rows = self.reading(lambda session: list(session.scalars(query)))
        return [row for row in rows if not statuses or row.status in statuses]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what was recorded under a name, in order."""
        query = select(OutboxEvent.payload).where(OutboxEvent.name == name).order_by(OutboxEvent.id)
        return self.reading(lambda session: [dict(payload) for payload in session.scalars(query)])

    def log(self, node: int = 1) -> list[LogRecord]:
        store = self.stores[node - 1]
        return list(store.read(store.state().first_seq - 1, 100_000))

    def check_limits(self) -> None:
        """Hold every campaign, day and advertiser to its limits: not a micro more."""
        for sold in self.sold:
            days = self.spent_days(sold)
            if sold.daily_micros is not None:
                over = {day: spent for day, spent in days.items() if spent > sold.daily_micros}
                assert not over, f"campaign {sold.id} has {sold.daily_micros} a day and spent {over}"
            if sold.total_micros is not None:
                assert sum(days.values()) <= sold.total_micros
            hours = self.hours(sold)
            assert sum(micros for _, micros in hours.values()) == sum(days.values())
        for scope in {sold.scope.advertiser_id: sold.scope for sold in self.sold}.values():
            pockets, paid_in = self.pockets(scope), self.paid_in[scope.advertiser_id]
            assert pockets.spent_micros <= paid_in
            assert pockets.came_in_micros == paid_in
            assert pockets.reserved_micros == self.lent(scope)

    def lent(self, scope: Scope) -> int:
        """Return what is out on leases and was not charged."""
        query = select(func.coalesce(func.sum(Lease.amount_micros - Lease.settled_micros), 0)).where(
            Lease.advertiser_id == scope.advertiser_id, Lease.status.in_(LENT)
        )
        return int(self.reading(lambda session: session.scalar(query)) or 0)

    def prove(self) -> None:
        """Audit the ledger."""
        report = self.reading(audit_ledger)
        assert not report.broken, "\n".join(report.lines())

    def come_home(self) -> None:
        """Pause everything and wait until no money is out any more."""
        for sold in self.sold:
            self.pause(sold)
        for _ in range(4):
            self.allocate()
            self.clock.move(seconds=700)
            self.tick()
            self.settle()

    def pause(self, sold: Sold) -> None:
        from webapp.domain.ads.models import Campaign, CampaignStatus

        def stop(services: Services) -> None:
            row = services.session.get(Campaign, sold.id)
            assert row is not None
            row.status = CampaignStatus.PAUSED

        self.do(stop)


@contextmanager
def bank_of(profile: Profile, folder: Path, servers: Servers | None) -> Iterator[Bank]:
    """Give a house with an empty database and two empty nodes."""
    with ExitStack() as stack:
        settings = settings_for(profile, folder, servers)
        if servers is not None and profile is Profile.STACK:
            url = stack.enter_context(scratch_database(servers.mysql_url))
            settings = replace(settings, database_url=url)
        else:
            urls = tuple(f"local://{folder / f'serving{node}'}?node={node}" for node in NODES)
            settings = replace(settings, serving_urls=urls)
        with store_at(settings.database_url) as books:
            build(books)
        adapters = build_adapters(settings)
        stack.callback(adapters.close)
        clock = SettableClock(BEGIN)
        adapters.clock = clock
        stores = tuple(serving_from_url(url) for url in settings.serving_urls)
        for store in stores:
            store.migrate()
            store.wipe()  # type: ignore[attr-defined]
        adapters.__dict__["serving"] = stores
        app = create_app(settings, adapters)
        stack.callback(close_database, app)
        yield Bank(app, clock, stores)  # type: ignore[arg-type]
