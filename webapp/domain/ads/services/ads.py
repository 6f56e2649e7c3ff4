"""Ads of a campaign: a creative with a place to go, a weight and a switch of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import FieldError, Invalid, KabinetError, NotFound
from webapp.core.ids import PublicId, new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.core.words import N_
from webapp.domain.ads.errors import StaleVersion, WrongState
from webapp.domain.ads.landing import check_landing
from webapp.domain.ads.models import Ad, Campaign, Creative, VersionState
from webapp.domain.ads.policies import MAX_NAME, ensure_editable
from webapp.domain.ads.store import AdRow, AdsStore, CreativeChoice
from webapp.domain.ads.types import AdInput, AdState
from webapp.domain.audit.services import AuditLog, difference
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import CAMPAIGN_CHANGED

MAX_WEIGHT = 100
MAX_ADS = 1000
CREATIVE_ARCHIVED = N_("This creative is in the archive. Restore it or choose another.")


class Ads:
    """What may be done with the ads of a campaign."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, outbox: Outbox) -> None:
        self._store = AdsStore(session)
        self._clock = clock
        self._audit = audit
        self._outbox = outbox

    def get(self, scope: Scope, ad_id: PublicId) -> AdRow:
        """Return the advertiser's ad with what it shows, or raise NotFound."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.ad_row(scope, ad_id)

    def list_of(self, scope: Scope, campaign: Campaign, page: PageRequest) -> Page[AdRow]:
        """Return a page of a campaign's ads, the archived left out."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.ads_of(scope, campaign.id, page)

    def choices(self, scope: Scope) -> list[CreativeChoice]:
        """Return the creatives an ad may show, newest first."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.creatives_to_choose(scope)

    def campaign_of(self, scope: Scope, ad: Ad) -> Campaign:
        """Return the campaign an ad belongs to."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.campaigns_by_id(scope, [ad.campaign_id])[ad.campaign_id]

    def create(self, scope: Scope, campaign_id: PublicId, given: AdInput) -> Ad:
        """Add an ad to a campaign; raise Invalid by field."""
        scope.require(Permission.CAMPAIGN_WRITE)
        campaign = self._store.get_campaign(scope, campaign_id, lock=True)
        ensure_editable(campaign)
        if len(self._store.live_ads(scope, campaign.id)) >= MAX_ADS:
            raise Invalid({"": FieldError("A campaign has up to %(limit)s ads. Archive one first.", limit=MAX_ADS)})
        now = self._clock.now()
        columns = self._clean(scope, given)
        ad = Ad(
            public_id=new_public_id("ad"),
            advertiser_id=scope.advertiser_id,
            campaign_id=campaign.id,
            created_at=now,
            updated_at=now,
            **columns,
        )
        self._store.add(ad)
        self._record(scope, "create", ad)
        return ad

    def update(self, scope: Scope, ad_id: PublicId, given: AdInput, *, version: int | None = None) -> Ad:
        """Save an ad; raise Invalid by field, StaleVersion when somebody else saved first."""
        ad = self._get_for_change(scope, ad_id, version)
        if ad.archived_at is not None:
            raise WrongState("This ad is in the archive. Restore it to change it.")
        columns = self._clean(scope, given, imported=ad.creative_id is None)
        before = {name: getattr(ad, name) for name in columns}
        changes = difference(before, columns)
        if changes:
            for name, value in columns.items():
                setattr(ad, name, value)
            self._touch(scope, "update", ad, changes)
        return ad

    def check(self, scope: Scope, given: AdInput) -> Invalid | None:
        """Return what would be refused, without saving anything."""
        scope.require(Permission.CAMPAIGN_WRITE)
        try:
            self._clean(scope, given)
        except Invalid as refused:
            return refused
        return None

    def set_enabled(self, scope: Scope, ad_id: PublicId, *, enabled: bool) -> Ad:
        """Turn an ad's own switch; asking twice is no error."""
        ad = self._get_for_change(scope, ad_id)
        if ad.enabled is not enabled:
            changes = difference({"enabled": ad.enabled}, {"enabled": enabled})
            ad.enabled = enabled
            self._touch(scope, "resume" if enabled else "pause", ad, changes)
        return ad

    def set_weight(self, scope: Scope, ad_id: PublicId, weight: int | None) -> Ad:
        """Change how often an ad is chosen among its campaign's others."""
        ad = self._get_for_change(scope, ad_id)
        refused = _weight_error(weight)
        if refused is not None or weight is None:
            raise Invalid({"weight": refused or ""})
        changes = difference({"weight": ad.weight}, {"weight": weight})
        if changes:
            ad.weight = weight
            self._touch(scope, "update", ad, changes)
        return ad

    def archive(self, scope: Scope, ad_id: PublicId) -> Ad:
        """Take an ad out of its campaign; its figures stay."""
        ad = self._get_for_change(scope, ad_id)
        if ad.archived_at is None:
            ad.archived_at = self._clock.now()
            self._touch(scope, "archive", ad)
        return ad

    def unarchive(self, scope: Scope, ad_id: PublicId) -> Ad:
        """Bring an ad back as it was; refused while its creative is in the archive."""
        ad = self._get_for_change(scope, ad_id)
        if ad.archived_at is not None:
            if ad.creative_id is not None and self._store.creative_of(scope, ad, lock=True).archived_at is not None:
                raise WrongState(CREATIVE_ARCHIVED)
            ad.archived_at = None
            self._touch(scope, "unarchive", ad)
        return ad

    def _get_for_change(self, scope: Scope, ad_id: PublicId, version: int | None = None) -> Ad:
        scope.require(Permission.CAMPAIGN_WRITE)
        ad = self._store.get_ad(scope, ad_id, lock=True)
        if version is not None and version != ad.version:
            last = next(iter(self._audit.history(scope, [ad.public_id], limit=1)), None)
            raise StaleVersion(ad.name, last.actor_name if last else "", last.at if last else None)
        return ad

    def _clean(self, scope: Scope, given: AdInput, *, imported: bool = False) -> dict[str, Any]:
        """Return the columns of an ad, or raise Invalid with every refusal by field."""
        errors: dict[str, str | KabinetError] = {}
        creative = self._creative(scope, given, errors, imported=imported)
        name = " ".join(given.name.split()) or (creative.name if creative else "")
        if not name:
            errors["name"] = "Give the ad a name."
        elif len(name) > MAX_NAME:
            errors["name"] = FieldError("This is %(length)s characters long; a name has up to %(limit)s.",
                                        length=len(name), limit=MAX_NAME)  # fmt: skip
        landing = ""
        try:
            landing = check_landing(given.landing_url)
        except FieldError as error:
            errors["landing_url"] = error
        refused = _weight_error(given.weight)
        if refused is not None:
            errors["weight"] = refused
        if errors:
            raise Invalid(errors)
        return {
            "name": name,
            "creative_id": creative.id if creative else None,
            "landing_url": landing,
            "weight": given.weight,
            "enabled": given.enabled,
        }

    def _creative(
        self, scope: Scope, given: AdInput, errors: dict[str, str | KabinetError], *, imported: bool
    ) -> Creative | None:
        if not given.creative_id:
            if not imported:
                errors["creative"] = "Choose what the ad shows."
            return None
        try:
            # Whoever archives the creative waits, or is waited for: no live ad may show an archived one.
            creative = self._store.get_creative(scope, given.creative_id, lock=True)
        except NotFound:
            errors["creative"] = "Choose a creative of yours."
            return None
        if creative.archived_at is not None:
            errors["creative"] = CREATIVE_ARCHIVED
        return creative

    def _touch(self, scope: Scope, deed: str, ad: Ad, changes: list[dict[str, Any]] | None = None) -> None:
        ad.updated_at = self._clock.now()
        self._record(scope, deed, ad, changes)
        self._store.flush()

    def _record(self, scope: Scope, deed: str, ad: Ad, changes: list[dict[str, Any]] | None = None) -> None:
        self._audit.record(
            scope.actor,
            f"ad.{deed}",
            advertiser_id=scope.advertiser_id,
            subject_type="ad",
            subject_id=ad.public_id,
            subject_name=ad.name,
            changes=changes or (),
        )
        self._outbox.record(CAMPAIGN_CHANGED, scope.advertiser_id, {"campaign_id": ad.campaign_id})


def _weight_error(weight: int | None) -> KabinetError | None:
    if weight is not None and 1 <= weight <= MAX_WEIGHT:
        return None
    return FieldError("A weight is a whole number from 1 to %(limit)s.", limit=MAX_WEIGHT)


def ad_state(row: AdRow) -> AdState:
    """Return where an ad stands: an approved version serves, whatever a later one waits for."""
    if row.creative is None:
        return AdState.WITHOUT_CREATIVE
    if row.creative.approved_version_id is not None:
        return AdState.APPROVED
    if row.latest is None or row.latest.state is VersionState.DRAFT:
        return AdState.DRAFT
    return AdState.REJECTED if row.latest.state is VersionState.REJECTED else AdState.IN_REVIEW
