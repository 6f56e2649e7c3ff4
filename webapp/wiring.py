"""The only place where an adapter is chosen, and where services get what they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from sqlalchemy.orm import Session

from webapp.adapters.analytics import analytics_from_url
from webapp.adapters.bus import bus_from_url
from webapp.adapters.files.local import LocalFileStore
from webapp.adapters.files.workbooks import CalamineWorkbooks
from webapp.adapters.geo import geography_from_paths
from webapp.adapters.images.pillow import PillowPictureReader
from webapp.adapters.jobs.private_redis import PrivateRedis
from webapp.adapters.jobs.rq_queue import RqJobQueue
from webapp.adapters.locks import locks_for
from webapp.adapters.mail import mailer_from_url
from webapp.adapters.payments import provider_from_name
from webapp.adapters.serving import serving_from_url
from webapp.adapters.tables.csv_writer import CsvTableWriter
from webapp.adapters.tables.xlsx_writer import XlsxTableWriter
from webapp.core.clock import Clock, SystemClock
from webapp.core.locks import Locks
from webapp.domain.accounts.directory import Directory
from webapp.domain.accounts.passwords import Passwords
from webapp.domain.accounts.ports import Mailer
from webapp.domain.accounts.services import Accounts
from webapp.domain.accounts.tokens import Tokens
from webapp.domain.ads.services.ads import Ads
from webapp.domain.ads.services.campaigns import Campaigns
from webapp.domain.ads.services.census import Census
from webapp.domain.ads.services.creatives import Creatives
from webapp.domain.ads.services.effective import EffectiveStatuses
from webapp.domain.ads.services.imported import ImportedAds
from webapp.domain.ads.services.media import Media
from webapp.domain.ads.services.moderation import Moderation
from webapp.domain.ads.services.names import ObjectNames
from webapp.domain.ads.services.running import RunningCampaigns
from webapp.domain.ads.services.search import Search
from webapp.domain.ads.services.servable import ServableAds
from webapp.domain.ads.store import AdsStore
from webapp.domain.analytics.imports.service import StatisticsImports
from webapp.domain.analytics.imports.work import ImportWork
from webapp.domain.analytics.listing import CampaignListing
from webapp.domain.analytics.overview import Overview
from webapp.domain.analytics.ports import AnalyticsStore
from webapp.domain.analytics.quality import Quality
from webapp.domain.analytics.reporting import Reports
from webapp.domain.analytics.services import Figures
from webapp.domain.analytics.store import HiddenImports
from webapp.domain.audit.services import AuditLog
from webapp.domain.billing.ports import PaymentProvider
from webapp.domain.billing.runway import Runways
from webapp.domain.billing.services import Balances, Ledger, Payments
from webapp.domain.billing.services.purses import Purses
from webapp.domain.delivery.announcements import Announcements
from webapp.domain.delivery.charge_events import ChargeEvents
from webapp.domain.delivery.conversions import Conversions
from webapp.domain.delivery.explaining import Explainer
from webapp.domain.delivery.inventory import Inventory
from webapp.domain.delivery.leases import Leases
from webapp.domain.delivery.nodes import NodeBook
from webapp.domain.delivery.places import PlaceNames
from webapp.domain.delivery.ports import Geography, ServingStore
from webapp.domain.delivery.publishing import Publishing
from webapp.domain.delivery.rates import Rates
from webapp.domain.delivery.settlement import Settlement
from webapp.domain.delivery.tokens import DeliveryTokens
from webapp.domain.events.ports import Bus
from webapp.domain.tasks.exports import Exports
from webapp.domain.tasks.files import TableWriter
from webapp.domain.tasks.ports import JobQueue
from webapp.settings import Settings
from webapp.wiring_of_events import EventServices
from webapp.wiring_of_money import MoneyServices


@dataclass
class Adapters:
    """The outside world of one process; shared by all its requests, jobs and commands."""

    settings: Settings
    clock: Clock
    mailer: Mailer
    passwords: Passwords
    tokens: Tokens
    redis_url: str
    redis: Redis
    queue: JobQueue
    files: LocalFileStore
    analytics: AnalyticsStore
    payments: PaymentProvider
    #: The redis-server this process started itself, if it did.
    private_redis: PrivateRedis | None = field(default=None)

    @cached_property
    def serving(self) -> tuple[ServingStore, ...]:
        """One a serving node, in the order of the settings."""
        return serving_nodes(self.settings)

    @cached_property
    def geography(self) -> Geography:
        """What knows where addresses are."""
        return geography_of(self.settings)

    @cached_property
    def bus(self) -> Bus:
        """What carries domain events."""
        return bus_from_url(self.settings.bus_url)

    def new_locks(self) -> Locks:
        """Return a new holder of named locks: each that competes takes one of its own."""
        return locks_for(self.settings.database_url)

    def services(self, session: Session) -> Services:
        """Return the domain services at work in one session."""
        return Services(self, session)

    def table_writer(self, format: str) -> TableWriter:
        """Return what writes tables in this format."""
        return CsvTableWriter() if format == "csv" else XlsxTableWriter()

    def close(self) -> None:
        """Let go of what this process opened."""
        self.redis.close()
        if "bus" in self.__dict__:
            self.bus.close()
        if self.private_redis is not None:
            self.private_redis.stop()


class Services(MoneyServices, EventServices):
    """The domain's services, made when first asked for, all in one session."""

    @cached_property
    def audit(self) -> AuditLog:
        """Who did what."""
        return AuditLog(self.session, self.clock)

    @cached_property
    def reports(self) -> Reports:
        """One breakdown of figures."""
        return Reports(self.figures, ObjectNames(self.session), PlaceNames(self.session))

    @cached_property
    def exports(self) -> Exports:
        """Tables as files that live a week."""
        return Exports(self.clock, self.tasks, self.adapters.files)

    @cached_property
    def accounts(self) -> Accounts:
        """Users, advertisers, memberships."""
        adapters = self.adapters
        return Accounts(self.session, self.clock, self.audit, adapters.passwords, adapters.tokens, self.letters)

    @cached_property
    def balances(self) -> Balances:
        """What is read of the books."""
        return Balances(self.session, self.clock)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns."""
        return Campaigns(self.session, self.clock, self.audit, self.outbox, self.balances)

    @cached_property
    def ads(self) -> Ads:
        """Ads of campaigns."""
        return Ads(self.session, self.clock, self.audit, self.outbox)

    @cached_property
    def statuses(self) -> EffectiveStatuses:
        """What happens to campaigns, and why."""
        return EffectiveStatuses(AdsStore(self.session), self.clock, self.balances)

    @cached_property
    def import_work(self) -> ImportWork:
        """The long parts of statistics imports, for jobs."""
        adapters, ads = self.adapters, ImportedAds(self.session, self.clock)
        return ImportWork(
            self.session, self.clock, self.audit, adapters.files, CalamineWorkbooks(), ads, adapters.analytics
        )

    @cached_property
    def imported_ads(self) -> ImportedAds:
        """Campaigns and ads known from figures alone."""
        return ImportedAds(self.session, self.clock)

    @cached_property
    def imports(self) -> StatisticsImports:
        """Statistics of existing ad accounts."""
        return StatisticsImports(
            self.session, self.clock, self.audit, self.tasks, self.adapters.files, CalamineWorkbooks(), self.import_work
        )

    @cached_property
    def figures(self) -> Figures:
        """Figures of an advertiser."""
        return Figures(self.adapters.analytics, self.clock, HiddenImports(self.session))

    @cached_property
    def quality(self) -> Quality:
        """What was received, filtered and billed."""
        return Quality(self.adapters.analytics, HiddenImports(self.session))

    @cached_property
    def charge_events(self) -> ChargeEvents:
        """The events behind charges."""
        return ChargeEvents(self.session, self.adapters.analytics)

    @cached_property
    def conversions(self) -> Conversions:
        """How an advertiser tells conversions, and which came in."""
        tokens = DeliveryTokens(self.adapters.settings.secret_key)
        return Conversions(self.clock, self.audit, tokens, self.adapters.analytics)

    @cached_property
    def campaign_listing(self) -> CampaignListing:
        """Campaigns with their statuses and figures."""
        return CampaignListing(self.campaigns, self.statuses, self.balances, self.figures)

    @cached_property
    def directory(self) -> Directory:
        """Advertisers and users as staff and other services see them."""
        return Directory(self.session)

    @cached_property
    def ledger(self) -> Ledger:
        """The one writer of money."""
        return Ledger(self.session, self.clock, self.audit, self.outbox)

    @cached_property
    def purses(self) -> Purses:
        """Money of many advertisers at once."""
        return Purses(self.session)

    @cached_property
    def running(self) -> RunningCampaigns:
        """Campaigns of all advertisers that may run."""
        return RunningCampaigns(self.session, self.clock)

    @cached_property
    def nodes(self) -> NodeBook:
        """Serving nodes as the loops know them."""
        return NodeBook(self.session)

    @cached_property
    def leases(self) -> Leases:
        """Money lent to serving nodes."""
        return Leases(self.session, self.clock, self.ledger, self.running)

    @cached_property
    def settlement(self) -> Settlement:
        """Charges out of the nodes' logs."""
        return Settlement(self.session, self.clock, self.ledger)

    @cached_property
    def announcements(self) -> Announcements:
        """What money does by itself, told once."""
        return Announcements(self.session, self.clock, self.outbox, self.consumption, self.running)

    @cached_property
    def payments(self) -> Payments:
        """Money from outside."""
        return Payments(self.session, self.clock, self.audit, self.ledger, self.adapters.payments)

    @cached_property
    def creatives(self) -> Creatives:
        """Creatives and their versions."""
        return Creatives(self.session, self.clock, self.audit, self.outbox)

    @cached_property
    def media(self) -> Media:
        """Pictures."""
        return Media(self.session, self.clock, self.adapters.files, PillowPictureReader(), self.tasks)

    @cached_property
    def census(self) -> Census:
        """How much of everything advertisers have, for staff."""
        return Census(self.session)

    @cached_property
    def overview(self) -> Overview:
        """The first page: money, today, what needs a hand, figures."""
        runways = Runways(self.session, self.clock)
        return Overview(self.clock, self.campaigns, self.statuses, self.balances, runways, self.figures, self.audit)

    @cached_property
    def inventory(self) -> Inventory:
        """Sites and the places on them."""
        currency = self.adapters.settings.house_currency
        return Inventory(self.session, self.clock, self.audit, self.outbox, currency)

    @cached_property
    def explainer(self) -> Explainer:
        """Why campaigns are not shown more."""
        return Explainer(self.adapters.serving, self.clock, self.publishing)

    @cached_property
    def publishing(self) -> Publishing:
        """What the serving nodes should show."""
        settings = self.adapters.settings
        rates = Rates.of(settings.house_currency, settings.exchange_rates)
        return Publishing(self.session, self.clock, ServableAds(self.session), self.directory, rates)

    @cached_property
    def moderation(self) -> Moderation:
        """The moderators' queue."""
        return Moderation(self.session, self.clock, self.audit, self.outbox, self.directory)

    @cached_property
    def search(self) -> Search:
        """Finding an advertiser's things."""
        return Search(self.session)


def build_adapters(settings: Settings) -> Adapters:
    """Choose every adapter by the settings' URLs."""
    private = private_redis_of(settings.redis_url)
    redis_url = private.start() if private else settings.redis_url
    return Adapters(
        settings=settings,
        clock=SystemClock(),
        mailer=mailer_from_url(settings.mail_url, settings.mail_from),
        passwords=Passwords(),
        tokens=Tokens(settings.secret_key),
        redis_url=redis_url,
        redis=Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=2),
        queue=RqJobQueue(redis_url),
        files=LocalFileStore(settings.files_path),
        analytics=analytics_from_url(settings.analytics_url),
        payments=provider_from_name(settings.payments),
        private_redis=private,
    )


def serving_nodes(settings: Settings) -> tuple[ServingStore, ...]:
    """Return one store a serving node, in the order of the settings."""
    return tuple(serving_from_url(url) for url in settings.serving_urls)


def geography_of(settings: Settings) -> Geography:
    """Return what knows where addresses are, by the files the settings name."""
    return geography_from_paths(settings.geoip_path, settings.datacenters_path)


def private_node(folder: Path, node: int) -> ServingStore:
    """Return a serving node of this process alone, for what is not the installation's own traffic."""
    store = serving_from_url(f"local://{folder}?node={node}")
    store.migrate()
    return store


def private_redis_of(url: str) -> PrivateRedis | None:
    """Return the redis-server of a `private:///folder` address, None for a server that runs already."""
    parts = urlsplit(url)
    return PrivateRedis(Path(parts.path)) if parts.scheme == "private" else None
