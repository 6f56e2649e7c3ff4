"""Campaigns: drafted, launched, changed, paused, archived, copied; every deed leaves its before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Invalid
from webapp.core.ids import PublicId, new_public_id
from webapp.core.permissions import Permission
from webapp.core.scope import Scope
from webapp.domain.ads.errors import StaleVersion
from webapp.domain.ads.models import Ad, Campaign, CampaignStatus, Origin
from webapp.domain.ads.policies import MAX_NAME, STEPS, Rules, clean_terms, ensure_can, ensure_editable
from webapp.domain.ads.ports import Spending
from webapp.domain.ads.schedule import end_moment, start_moment
from webapp.domain.ads.store import AdsStore
from webapp.domain.ads.types import NO_SPEND, CampaignInput, ListedCampaign, Targeting
from webapp.domain.audit.services import AuditLog, difference
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import CAMPAIGN_CHANGED

#: What can be changed in place, and the input's field behind it.
INLINE_FIELDS = {
    "name": "name",
    "bid": "bid_micros",
    "daily_budget": "daily_budget_micros",
    "total_budget": "total_budget_micros",
}
#: How the fields of a campaign are called in its history.
_HISTORY_NAMES = {field: name for name, field in INLINE_FIELDS.items()}


class Campaigns:
    """What the owner of a campaign may do with it."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, outbox: Outbox, spending: Spending) -> None:
        self._store = AdsStore(session)
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._spending = spending

    def get(self, scope: Scope, campaign_id: PublicId) -> Campaign:
        """Return the advertiser's campaign or raise NotFound."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.get_campaign(scope, campaign_id)

    def every(self, scope: Scope) -> Sequence[ListedCampaign]:
        """Return a light row of each of the advertiser's campaigns, newest first, in one query."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.light_campaigns(scope)

    def nav_counts(self, scope: Scope) -> dict[str, int]:
        """Return how many campaigns and creatives there are outside the archive."""
        return self._store.nav_counts(scope)

    def labels(self, scope: Scope) -> list[str]:
        """Return every label in use."""
        scope.require(Permission.CAMPAIGN_READ)
        return self._store.labels(scope)

    def subjects(self, scope: Scope, campaign: Campaign) -> list[str]:
        """Return the public ids whose deeds make up a campaign's history: its own, its ads', its creatives'."""
        scope.require(Permission.CAMPAIGN_READ)
        return [campaign.public_id, *self._store.history_ids(scope, campaign.id)]

    def create(self, scope: Scope, given: CampaignInput, *, step: int = 1) -> Campaign:
        """Begin a draft; what is missing may come later, what is there must be right."""
        scope.require(Permission.CAMPAIGN_WRITE)
        columns = clean_terms(given, Rules(scope, self._clock.now(), complete=False))
        now = self._clock.now()
        campaign = Campaign(
            public_id=new_public_id("c"),
            advertiser_id=scope.advertiser_id,
            status=CampaignStatus.DRAFT,
            status_changed_at=now,
            status_changed_by=scope.actor.name[:120],
            draft_step=step,
            created_at=now,
            updated_at=now,
            **columns,
        )
        self._store.add(campaign)
        self._store.set_labels(campaign, campaign.labels)
        self._record(scope, "create", campaign)
        return campaign

    def update(
        self, scope: Scope, campaign_id: PublicId, given: CampaignInput, *, version: int | None, step: int | None = None
    ) -> Campaign:
        """Save new terms; raise Invalid by field, StaleVersion when somebody else saved first."""
        campaign = self._get_for_change(scope, campaign_id, version)
        is_draft = campaign.status is CampaignStatus.DRAFT
        rules = self._rules(scope, campaign, complete=not is_draft)
        self._apply(scope, campaign, clean_terms(given, rules))
        if is_draft and step is not None:
            campaign.draft_step = max(campaign.draft_step, min(step, STEPS))
        self._store.flush()
        return campaign

    def check(self, scope: Scope, given: CampaignInput, campaign_id: PublicId | None = None) -> Invalid | None:
        """Return what would be refused, without saving anything: for checking while somebody types."""
        scope.require(Permission.CAMPAIGN_WRITE)
        campaign = self._store.get_campaign(scope, campaign_id) if campaign_id else None
        rules = self._rules(scope, campaign) if campaign else Rules(scope, self._clock.now())
        try:
            clean_terms(given, rules)
        except Invalid as refused:
            return refused
        return None

    def edit_field(
        self, scope: Scope, campaign_id: PublicId, field: str, value: str | int | None, *, version: int | None = None
    ) -> Campaign:
        """Change one of INLINE_FIELDS in place; the rules are those of the whole form."""
        campaign = self._get_for_change(scope, campaign_id, version)
        changes: dict[str, Any] = {INLINE_FIELDS[field]: value}
        given = replace(terms_of(campaign, scope), **changes)
        rules = self._rules(scope, campaign, complete=campaign.status is not CampaignStatus.DRAFT)
        try:
            changes = {name: clean_terms(given, rules)[name] for name in changes}
        except Invalid as refused:
            # What was wrong before this edit is no reason to refuse it, unless it is about this very field.
            related = {name: text for name, text in refused.errors.items() if name in (field, *_relatives(field))}
            if related:
                raise Invalid({field: next(iter(related.values()))}) from refused
        self._apply(scope, campaign, changes)
        self._store.flush()
        return campaign

    def launch(self, scope: Scope, campaign_id: PublicId, *, version: int | None = None) -> Campaign:
        """Turn a finished draft on; raise Invalid when something is still missing."""
        campaign = self._get_for_change(scope, campaign_id, version)
        ensure_can("launch", campaign)
        clean_terms(terms_of(campaign, scope), self._rules(scope, campaign))
        return self._set_status(scope, campaign, "launch", CampaignStatus.ACTIVE)

    def pause(self, scope: Scope, campaign_id: PublicId) -> Campaign:
        """Stop a campaign from being shown; asking twice is no error."""
        campaign = self._get_for_change(scope, campaign_id)
        if campaign.status is CampaignStatus.PAUSED:
            return campaign
        ensure_can("pause", campaign)
        return self._set_status(scope, campaign, "pause", CampaignStatus.PAUSED)

    def resume(self, scope: Scope, campaign_id: PublicId) -> Campaign:
        """Let a paused campaign be shown again; asking twice is no error."""
        campaign = self._get_for_change(scope, campaign_id)
        if campaign.status is CampaignStatus.ACTIVE:
            return campaign
        ensure_can("resume", campaign)
        clean_terms(terms_of(campaign, scope), self._rules(scope, campaign))
        return self._set_status(scope, campaign, "resume", CampaignStatus.ACTIVE)

    def archive(self, scope: Scope, campaign_id: PublicId) -> Campaign:
        """Put a campaign away; its figures stay."""
        campaign = self._get_for_change(scope, campaign_id)
        ensure_can("archive", campaign)
        campaign.status_before_archive = campaign.status
        return self._set_status(scope, campaign, "archive", CampaignStatus.ARCHIVED)

    def unarchive(self, scope: Scope, campaign_id: PublicId) -> Campaign:
        """Take a campaign out of the archive, as it was."""
        campaign = self._get_for_change(scope, campaign_id)
        ensure_can("unarchive", campaign)
        status, campaign.status_before_archive = campaign.status_before_archive, None
        return self._set_status(scope, campaign, "unarchive", status or CampaignStatus.PAUSED)

    def duplicate(self, scope: Scope, campaign_id: PublicId, name: str = "") -> Campaign:
        """Copy a campaign with its ads as a draft; a wished name gets a number when it is taken."""
        scope.require(Permission.CAMPAIGN_WRITE)
        source = self._store.get_campaign(scope, campaign_id)
        terms = terms_of(source, scope)
        over = source.ends_at is not None and source.ends_at <= self._clock.now()
        dates: dict[str, Any] = {"starts": None, "ends": None} if over else {}
        copied_name = self._free_name(scope, name or f"Copy of {source.name}")
        copy = self.create(scope, replace(terms, name=copied_name, **dates), step=STEPS)
        for ad in self._store.live_ads(scope, source.id):
            self._store.add(_copy_of(ad, copy, self._clock.now()))
        return copy

    def _free_name(self, scope: Scope, wished: str) -> str:
        name = wished[:MAX_NAME].rstrip()
        taken = self._store.names_like(scope, name[: MAX_NAME - 6])
        number = 2
        candidate = name
        while candidate in taken:
            candidate = f"{name[: MAX_NAME - 6].rstrip()} ({number})"
            number += 1
        return candidate

    def _get_for_change(self, scope: Scope, campaign_id: PublicId, version: int | None = None) -> Campaign:
        """Lock a campaign; raise StaleVersion when the form shows an older one."""
        scope.require(Permission.CAMPAIGN_WRITE)
        campaign = self._store.get_campaign(scope, campaign_id, lock=True)
        if version is not None and version != campaign.version:
            last = next(iter(self._audit.history(scope, [campaign.public_id], limit=1)), None)
            raise StaleVersion(campaign.name, last.actor_name if last else "", last.at if last else None)
        return campaign

    def _rules(self, scope: Scope, campaign: Campaign, *, complete: bool = True) -> Rules:
        spend = self._spending.spend_of_campaigns(scope, [campaign.id]).get(campaign.id, NO_SPEND)
        dates = (campaign.starts_at, campaign.ends_at)
        return Rules(scope, self._clock.now(), spend, complete=complete, known_dates=dates)

    def _apply(self, scope: Scope, campaign: Campaign, columns: Mapping[str, Any]) -> None:
        ensure_editable(campaign)
        before = {name: getattr(campaign, name) for name in columns}
        changes = difference(_named(before), _named(columns))
        if not changes:
            return
        for name, value in columns.items():
            setattr(campaign, name, value)
        if before.get("labels", campaign.labels) != campaign.labels:
            self._store.set_labels(campaign, campaign.labels)
        campaign.updated_at = self._clock.now()
        self._record(scope, "update", campaign, changes)

    def _set_status(self, scope: Scope, campaign: Campaign, deed: str, status: CampaignStatus) -> Campaign:
        changes = difference({"status": campaign.status}, {"status": status})
        campaign.status = status
        campaign.status_changed_at = campaign.updated_at = self._clock.now()
        campaign.status_changed_by = scope.actor.name[:120]
        self._record(scope, deed, campaign, changes)
        self._store.flush()
        return campaign

    def _record(self, scope: Scope, deed: str, campaign: Campaign, changes: list[dict[str, Any]] | None = None) -> None:
        self._audit.record(
            scope.actor,
            f"campaign.{deed}",
            advertiser_id=scope.advertiser_id,
            subject_type="campaign",
            subject_id=campaign.public_id,
            subject_name=campaign.name,
            changes=changes or (),
        )
        self._outbox.record(CAMPAIGN_CHANGED, scope.advertiser_id, {"campaign_id": campaign.id})


def _named(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns under the names history uses, the audience opened into its lists."""
    named = {_HISTORY_NAMES.get(name, name): value for name, value in columns.items() if name != "targeting"}
    if "targeting" in columns:
        audience = Targeting.from_json(columns["targeting"])
        named |= _audience(audience)
    return named


def _audience(audience: Targeting) -> dict[str, Any]:
    lists = {name: list(getattr(audience, name)) for name in Targeting.__dataclass_fields__ if name != "site_mode"}
    return lists | {"site_mode": audience.site_mode.value}


def _relatives(field: str) -> tuple[str, ...]:
    """Return the fields whose refusal is about this one just as well."""
    return {
        "bid": ("daily_budget", "total_budget"),
        "daily_budget": ("total_budget",),
        "total_budget": ("daily_budget",),
    }.get(field, ())


def terms_of(campaign: Campaign, scope: Scope) -> CampaignInput:
    """Return a campaign as the form that made it."""
    return CampaignInput(
        name=campaign.name,
        bid_model=campaign.bid_model,
        bid_micros=campaign.bid_micros or None,
        daily_budget_micros=campaign.daily_budget_micros,
        total_budget_micros=campaign.total_budget_micros,
        pacing=campaign.pacing,
        starts=start_moment(campaign.starts_at, scope.zone),
        ends=end_moment(campaign.ends_at, scope.zone),
        hours=campaign.hours,
        cap_count=campaign.cap_count,
        cap_window=campaign.cap_window,
        targeting=Targeting.from_json(campaign.targeting),
        labels=tuple(campaign.labels),
        notes=campaign.notes,
        category=campaign.category,
    )


def _copy_of(ad: Ad, campaign: Campaign, now: datetime) -> Ad:
    return Ad(
        public_id=new_public_id("ad"),
        advertiser_id=campaign.advertiser_id,
        campaign_id=campaign.id,
        creative_id=ad.creative_id,
        name=ad.name,
        landing_url=ad.landing_url,
        weight=ad.weight,
        enabled=ad.enabled,
        origin=Origin.CABINET,
        created_at=now,
        updated_at=now,
    )
