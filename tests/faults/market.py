"""Advertisers, places and campaigns for fault tests, and the counts every store must agree on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from tests.support.campaigns import ad_input, add_creative, campaign_input, units
from tests.support.people import open_account
from webapp.core.ids import PublicId
from webapp.core.permissions import STAFF_PERMISSIONS, StaffRole
from webapp.core.scope import Actor, Scope, StaffScope
from webapp.db.transaction import transaction
from webapp.domain.ads.models import BidModel, Pacing
from webapp.domain.delivery.inventory import PlacementInput, SiteInput
from webapp.domain.delivery.types import EventKind, Verdict
from webapp.extensions import db
from webapp.web.app import KabinetFlask

#: name, bid model, bid, daily budget; the last budget runs out.
TERMS = (
    ("Jackets", BidModel.CPM, 3_000_000, units(500)),
    ("Boots", BidModel.CPM, 700_000, units(500)),
    ("Lamps", BidModel.CPC, 110_000, units(500)),
    ("Socks, little money", BidModel.CPM, 3_500_000, units(1)),
)
ZONES = ("Europe/Riga", "Asia/Kathmandu")


@dataclass(frozen=True)
class Market:
    """What was set up."""

    scopes: tuple[Scope, ...]
    placements: tuple[str, ...]
    #: Campaign → daily budget.
    budgets: dict[int, int]


def open_market(app: KabinetFlask) -> Market:
    """Make two advertisers with money and campaigns, and a site with places for them."""
    scopes = tuple(open_account(app, name=f"Owner of {zone}", zone=zone) for zone in ZONES)
    staff = StaffScope(Actor(None, "Oskar Tamm"), STAFF_PERMISSIONS[StaffRole.ADMIN])
    budgets: dict[int, int] = {}
    with app.app_context(), transaction(db.session()) as session:
        services = app.adapters.services(session)
        site = services.inventory.create_site(staff, SiteInput("Daily Harbor", "daily-harbor.example"))
        places = [
            services.inventory.create_placement(staff, PublicId(site.public_id), PlacementInput(f"Place {n}", "native"))
            for n in range(4)
        ]
        for scope in scopes:
            services.ledger.top_up(scope, units(2000), "faults", reason="card 4242")
            creative = add_creative(session, app.adapters.clock, scope)
            for name, model, bid, daily in TERMS:
                campaign = services.campaigns.create(
                    # Spent as it comes: paced over a day, hardly a request would be filled.
                    scope,
                    campaign_input(
                        name=name, bid_model=model, bid_micros=bid, daily_budget_micros=daily, pacing=Pacing.ASAP
                    ),
                )
                services.ads.create(scope, PublicId(campaign.public_id), ad_input(creative))
                services.campaigns.launch(scope, PublicId(campaign.public_id))
                budgets[campaign.id] = daily
        return Market(scopes, tuple(place.public_id for place in places), budgets)


@dataclass(frozen=True)
class Account:
    """One store's answer: (campaign, kind, verdict) → (events, micros)."""

    counted: dict[tuple[int, str, str], tuple[int, int]]

    @property
    def micros(self) -> dict[int, int]:
        """Return what each campaign was charged."""
        sums: Counter[int] = Counter()
        for (campaign, _, _), (_, micros) in self.counted.items():
            sums[campaign] += micros
        return {campaign: micros for campaign, micros in sums.items() if micros}


def of_nodes(app: KabinetFlask) -> Account:
    """Return what the serving nodes counted."""
    found: dict[tuple[int, str, str], tuple[int, int]] = {}
    for store in app.adapters.serving:
        for row in store.counted((), 0, 60_000):
            if row.kind is not EventKind.LEASE_CLOSED:
                place = (row.campaign_id, row.kind.value, row.verdict.value)
                events, micros = found.get(place, (0, 0))
                found[place] = (events + row.events, micros + row.charged_micros)
    return Account(found)


def of_events(app: KabinetFlask) -> Account:
    """Return what the raw events hold."""
    rows = _ask(app, "SELECT campaign_id, kind, verdict, count(), sum(spend_micros) FROM facts "
                     "WHERE source = 0 AND kind NOT IN ('', 'batch', 'lease_closed') "
                     "GROUP BY campaign_id, kind, verdict")  # fmt: skip
    return Account({(row[0], row[1], row[2]): (row[3], row[4]) for row in rows if row[0]})


def of_rollups(app: KabinetFlask, table: str) -> dict[int, tuple[int, ...]]:
    """Return (impressions, clicks, filtered, micros) of each campaign in a table of sums, or in the facts."""
    rows = _ask(app, "SELECT campaign_id, sum(impressions), sum(clicks), sum(filtered), sum(spend_micros) "
                     f"FROM {table} WHERE import_id = 0 AND campaign_id > 0 GROUP BY campaign_id")  # fmt: skip
    return {row[0]: tuple(row[1:]) for row in rows}


def by_decision(app: KabinetFlask) -> Counter[tuple[str, EventKind]]:
    """Return how many events of each decision and kind the raw events hold."""
    rows = _ask(app, "SELECT toString(decision), kind, count() FROM facts "
                     "WHERE source = 0 AND decision > 0 GROUP BY decision, kind")  # fmt: skip
    return Counter({(row[0], EventKind(row[1])): row[2] for row in rows if row[1] in list(EventKind)})


def of_ledger(app: KabinetFlask) -> dict[int, int]:
    """Return what the ledger charged each campaign."""
    with app.app_context():
        query = text("SELECT campaign_id, SUM(spent_micros) FROM spend_days GROUP BY campaign_id")
        return {row[0]: int(row[1]) for row in db.session.execute(query) if row[1]}


def of_hours(app: KabinetFlask) -> dict[int, int]:
    """Return what the hours of each campaign add up to."""
    with app.app_context():
        query = text("SELECT campaign_id, SUM(spent_micros) FROM charge_hours GROUP BY campaign_id")
        return {row[0]: int(row[1]) for row in db.session.execute(query) if row[1]}


def worst_day(app: KabinetFlask) -> dict[tuple[int, date], int]:
    """Return what each campaign's day cost by the ledger."""
    with app.app_context():
        query = text("SELECT campaign_id, day, spent_micros FROM spend_days")
        return {(row[0], row[1]): int(row[2]) for row in db.session.execute(query)}


def behind(app: KabinetFlask) -> int:
    """Return how many records of the nodes' logs are not in the ledger or not in the figures yet."""
    with app.app_context():
        settled = {row[0]: row[1] for row in db.session.execute(text("SELECT node, settled_seq FROM serving_nodes"))}
    missing = 0
    for store in app.adapters.serving:
        last = store.state().last_seq
        missing += last - min(settled.get(store.node, 0), app.adapters.analytics.last_seq(store.node), last)
    return missing


def told(account: Account) -> dict[tuple[EventKind, Verdict], int]:
    """Return the counts of an account without its campaigns."""
    sums: Counter[tuple[EventKind, Verdict]] = Counter()
    for (_, kind, verdict), (events, _) in account.counted.items():
        sums[EventKind(kind), Verdict(verdict)] += events
    return dict(sums)


def _ask(app: KabinetFlask, sql: str) -> list[Any]:
    from clickhouse_driver import Client

    client = Client.from_url(app.settings.analytics_url)
    try:
        answer: list[Any] = client.execute(sql)
        return answer
    finally:
        client.disconnect()
