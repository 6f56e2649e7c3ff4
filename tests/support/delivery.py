"""An advertiser with campaigns, a place that only they may have, and the serving nodes they are published on."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any

from sqlalchemy import func, select

from jobs.loops import publisher
from tests.support.campaigns import campaign_input
from tests.support.creatives import picture_bytes
from tests.support.memory import staff_scope
from tests.support.people import Person, new_owner
from webapp.core.ids import PublicId
from webapp.core.money import MICROS
from webapp.core.periods import today_in
from webapp.core.scope import Scope
from webapp.db.transaction import transaction
from webapp.domain.ads.creative_types import CreativeInput
from webapp.domain.ads.models import CreativeKind
from webapp.domain.ads.types import AdInput
from webapp.domain.delivery.inventory import PlacementInput, SiteInput
from webapp.domain.delivery.types import Decision, DecisionRequest, LeaseGrant, Visitor, Wanted
from webapp.domain.delivery.windows import unix_day
from webapp.domain.events.models import OutboxEvent
from webapp.domain.events.types import Envelope
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

NATIVE = "native"


@dataclass
class World:
    """One advertiser at work; nodes know what was told to them since it began."""

    app: KabinetFlask
    owner: Person
    site: PublicId
    #: Public id of a native place.
    place: str
    #: The last event that was told.
    told: int
    _creatives: list[PublicId] = field(default_factory=list)
    _campaigns: list[str] = field(default_factory=list)

    def change(self, deed: Callable[[Services, Scope], Any]) -> Any:
        """Do something as the owner, in a transaction of its own."""
        with self.app.app_context(), transaction(db.session()) as session:
            return deed(self.app.adapters.services(session), self.owner.scope)

    def campaign(self, *, approved: bool = True, **terms: Any) -> str:
        """Launch a campaign with one native ad and return its public id."""
        public_id = str(self.change(lambda services, scope: self._launch(services, scope, terms)))
        self._campaigns.append(public_id)
        if approved:
            self.approve()
        return public_id

    def _launch(self, services: Services, scope: Scope, terms: dict[str, Any]) -> str:
        asset = services.media.upload(scope, BytesIO(picture_bytes(300, 250)), "jacket.png")
        creative = services.creatives.create(
            scope,
            CreativeKind.NATIVE,
            CreativeInput("Jackets", "Three layers", "One jacket.", PublicId(asset.public_id)),
        )
        services.creatives.submit(scope, PublicId(creative.public_id))
        campaign = services.campaigns.create(scope, campaign_input(**terms))
        landing = "https://tallbrook.example/jackets"
        services.ads.create(
            scope, PublicId(campaign.public_id), AdInput("Jackets", PublicId(creative.public_id), landing)
        )
        services.campaigns.launch(scope, PublicId(campaign.public_id))
        self._creatives.append(PublicId(creative.public_id))
        return campaign.public_id

    def approve(self) -> None:
        """Approve every creative that waits."""
        waiting, self._creatives = self._creatives, []
        for creative in waiting:
            self.change(partial(self._approve, creative))

    def _approve(self, creative: PublicId, services: Services, scope: Scope) -> None:
        latest = services.creatives.get(scope, creative).latest.version
        services.moderation.approve(staff_scope(), PublicId(latest.public_id))

    def id_of(self, campaign: str) -> int:
        """Return a campaign's inner id."""
        return int(self.change(lambda services, scope: services.campaigns.get(scope, PublicId(campaign)).id))

    def ids(self) -> list[int]:
        """Return the inner ids of all campaigns of this world."""
        return [self.id_of(campaign) for campaign in self._campaigns]

    def shown(self, campaign_id: int) -> bool:
        """Tell whether every node shows a campaign; fail when only some do."""
        nodes = [campaign_id in node.fingerprints()[1] for node in self.app.adapters.serving]
        assert len(set(nodes)) == 1, f"the nodes disagree: {nodes}"
        return nodes[0]

    def tell(self) -> int:
        """Hand the publisher all events since the last time, as the bus would; return how many."""
        with self.app.app_context(), transaction(db.session()) as session:
            services = self.app.adapters.services(session)
            rows = session.scalars(select(OutboxEvent).where(OutboxEvent.id > self.told).order_by(OutboxEvent.id)).all()
            for row in rows:
                self.told = row.id
                envelope = Envelope(row.public_id, row.name, row.advertiser_id, row.payload, row.created_at)
                publisher.handle(services, envelope)
        return len(rows)

    def lend(self, campaign: str, micros: int = 10 * MICROS) -> None:
        """Give every node money for a campaign's running day."""
        number, now, zone = self.id_of(campaign), self.app.adapters.clock.now(), self.owner.scope.zone
        day, second = unix_day(today_in(zone, now)), int(now.timestamp())
        for node in self.app.adapters.serving:
            lease = LeaseGrant(
                secrets.randbits(50),
                number,
                self.owner.scope.advertiser_id,
                micros,
                day,
                second - 90_000,
                second + 90_000,
            )
            node.grant(lease, (second + 3600) * 1000)

    def ask(self, **visitor: Any) -> Decision:
        """Ask the first node for an ad at this world's place, now."""
        now_ms = int(self.app.adapters.clock.now().timestamp() * 1000)
        wanted = (Wanted(self.place, secrets.randbits(62), 0),)
        return self.app.adapters.serving[0].decide(DecisionRequest(now_ms, wanted, Visitor(**visitor)))[0]

    def close_site(self) -> None:
        """Close the site as staff would."""
        self.change(lambda services, _scope: services.inventory.switch_site(staff_scope(), self.site, False))


def new_world(app: KabinetFlask) -> World:
    """Open an account, a site and a place; clear the nodes, so that nothing of others stands there."""
    owner = new_owner(app)
    for node in app.adapters.serving:
        node.migrate()
    empty_nodes(app)
    with app.app_context(), transaction(db.session()) as session:
        told = session.scalar(select(func.max(OutboxEvent.id))) or 0
        inventory = app.adapters.services(session).inventory
        site = inventory.create_site(staff_scope(), SiteInput("Daily Harbor", f"{secrets.token_hex(6)}.example"))
        place = inventory.create_placement(staff_scope(), PublicId(site.public_id), PlacementInput("Article", NATIVE))
        return World(app, owner, PublicId(site.public_id), place.public_id, told)


def empty_nodes(app: KabinetFlask) -> None:
    """Take everything off the nodes."""
    for node in app.adapters.serving:
        places, campaigns = node.fingerprints()
        node.withdraw(tuple(places), tuple(campaigns))
