"""An advertiser that has one of everything, so that laws can knock on every door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from sqlalchemy.orm import Session

from tests.support.campaigns import campaign_input
from tests.support.people import Person, new_owner
from webapp.core.ids import PublicId
from webapp.core.money import MICROS
from webapp.core.scope import Scope
from webapp.db.transaction import transaction
from webapp.domain.ads.creative_types import CreativeInput
from webapp.domain.ads.models import CreativeKind
from webapp.domain.ads.types import AdInput
from webapp.domain.billing.ports import Card
from webapp.domain.delivery.models import ChargeHour
from webapp.domain.notifications.models import Notice
from webapp.domain.notifications.types import News, NoticeKind
from webapp.domain.tasks.exports import ExportRequest
from webapp.extensions import db
from webapp.web.app import KabinetFlask
from webapp.wiring import Services

STATISTICS = b"campaign,ad,impressions,clicks,spend\nAutumn jackets,Three layers,1000,12,3.50\n"


@dataclass
class Estate:
    """The owner, and the public id of one of each kind by the name routes give it."""

    owner: Person
    ids: dict[str, str]


def build_estate(app: KabinetFlask, work: Callable[[], None]) -> Estate:
    """Open an account and fill it."""
    owner = new_owner(app)
    with app.app_context(), transaction(db.session()) as session:
        ids = _fill(app.adapters.services(session), session, owner.scope)
    work()
    return Estate(owner, ids)


def _fill(services: Services, session: Session, scope: Scope) -> dict[str, str]:
    posted = services.ledger.top_up(scope, 500 * MICROS, "estate")
    asset = services.media.upload(scope, BytesIO(picture()), "jacket.png")
    creative = services.creatives.create(
        scope, CreativeKind.NATIVE, CreativeInput("Jackets", "Three layers", "One jacket.", PublicId(asset.public_id))
    )
    campaign = services.campaigns.create(scope, campaign_input())
    ad = services.ads.create(
        scope, PublicId(campaign.public_id),
        AdInput("Jackets", PublicId(creative.public_id), "https://tallbrook.example/jackets"),
    )  # fmt: skip
    payment = services.payments.start(scope, 20 * MICROS, Card("4000002500003155", 12, 2030, "123"), "estate-card")
    imported = services.imports.upload(scope, "figures.csv", BytesIO(STATISTICS))
    services.imports.start(scope, imported.public_id)
    export = services.exports.request(scope, ExportRequest("campaigns", "csv", "Campaigns", {}))
    told = {"name": "Autumn jackets", "public_id": campaign.public_id}
    news = News(scope.advertiser_id, NoticeKind.CAMPAIGN_ENDED, "ev_estate", told, services.clock.now())
    services.notices.add(news)
    hour_at = services.clock.now().replace(minute=0, second=0, microsecond=0)
    session.add(
        ChargeHour(
            campaign_id=campaign.id, advertiser_id=scope.advertiser_id, hour_at=hour_at,
            day=hour_at.astimezone(scope.zone).date(), events=1, spent_micros=700,
        )
    )  # fmt: skip
    session.flush()
    notice = session.query(Notice).filter_by(advertiser_id=scope.advertiser_id).one()
    version = services.creatives.get(scope, PublicId(creative.public_id)).versions[0]
    return {
        "campaign_id": campaign.public_id,
        "ad_id": ad.public_id,
        "creative_id": creative.public_id,
        "version_id": version.public_id if hasattr(version, "public_id") else version.version.public_id,
        "asset_id": asset.public_id,
        "transaction_id": posted.public_id,
        "payment_id": payment.public_id,
        "import_id": imported.public_id,
        "export_id": export.public_id,
        "notice_id": notice.public_id,
        "field": "name",
        "step": "audience",
        "hour": f"{hour_at:%Y-%m-%dT%H%MZ}",
    }


def picture(width: int = 1200, height: int = 800) -> bytes:
    """Return a PNG of that size."""
    file = BytesIO()
    Image.new("RGB", (width, height), (217, 98, 43)).save(file, "PNG")
    return file.getvalue()
