"""Campaigns, ads and creatives, made through the services on a clock that is turned back, so that history is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from webapp.core.ids import PublicId
from webapp.core.money import MICROS
from webapp.core.scope import Actor, Scope, StaffScope
from webapp.demo.artwork import NATIVE_SIZE, Artwork, Verdict, When
from webapp.demo.counts import grid_of
from webapp.demo.pictures import picture
from webapp.demo.plans import CPM, Ending, OldPlan, Plan
from webapp.demo.shape import TODAY, Today, rounded
from webapp.domain.ads.creative_types import CreativeInput, Rejection
from webapp.domain.ads.models import (
    ALL_HOURS,
    Campaign,
    CapWindow,
    Creative,
    CreativeKind,
    CreativeVersion,
    VersionState,
)
from webapp.domain.ads.policies import STEPS
from webapp.domain.ads.services.campaigns import terms_of
from webapp.domain.ads.types import AdInput, CampaignInput, LocalMoment, SiteMode, Targeting

if TYPE_CHECKING:
    from webapp.wiring import Services

_BLOCKED_SITES = ("quiz-corner.example", "daily-horoscope.example", "coupon-cave.example")
#: When campaigns were made that have not been shown yet.
_WITHOUT_FIGURES = 24
_FEED = "API key “feed”"
_COUNTRIES_AT = (33, 15, 3)


@dataclass
class TurnedClock:
    """A clock that shows what it was set to."""

    current: datetime

    def now(self) -> datetime:
        """Return the chosen instant."""
        return self.current


@dataclass
class Maker:
    """Makes one advertiser's things at the times they were made."""

    services: Services
    clock: TurnedClock
    scope: Scope
    staff: StaffScope
    today: Today
    site: str
    creatives: dict[str, PublicId] = field(default_factory=dict)

    def _turn(self, when: When) -> None:
        day, hour, minute = when
        if hour < 0:  # no hour: so many minutes ago
            self.clock.current = self.today.now + timedelta(minutes=hour)
        else:
            self.clock.current = self.today.moment(day, hour, minute).astimezone(UTC)

    # --- creatives ----------------------------------------------------------------------------

    def add_art(self, art: Artwork) -> None:
        """Add a creative with its versions and their verdicts."""
        creatives = self.services.creatives
        for number, text in enumerate(art.versions):
            self._turn(text.sent)
            asset_id = self._picture(art) if not number else self._same_picture(art)
            given = CreativeInput(art.name, text.title, text.text, asset_id)
            if not number:
                kind = CreativeKind.IMAGE if art.size else CreativeKind.NATIVE
                self.creatives[art.key] = PublicId(creatives.create(self.scope, kind, given).public_id)
            elif art.size:
                latest = creatives.get(self.scope, self.creatives[art.key]).versions[0].version
                creatives.edit_copy(self.scope, self.creatives[art.key], PublicId(latest.public_id))
            else:
                creatives.save(self.scope, self.creatives[art.key], given)
            creatives.submit(self.scope, self.creatives[art.key])
            if text.verdict is not None:
                self._decide(self.creatives[art.key], text.verdict)
        if art.revoked is not None:
            self._revoke(self.creatives[art.key], art.revoked)

    def _picture(self, art: Artwork) -> PublicId:
        data = picture(art.scene, *(art.size or NATIVE_SIZE))
        asset = self.services.media.upload(self.scope, BytesIO(data), f"{art.key}.png")
        self.services.media.make_thumbnail(self.scope, PublicId(asset.public_id))
        return PublicId(asset.public_id)

    def _same_picture(self, art: Artwork) -> PublicId | None:
        asset = self.services.creatives.get(self.scope, self.creatives[art.key]).versions[0].asset
        return PublicId(asset.public_id) if asset else None

    def _decide(self, creative_id: PublicId, verdict: Verdict) -> None:
        self._turn(verdict.at)
        latest = self.services.creatives.get(self.scope, creative_id).versions[0].version
        version_id = PublicId(latest.public_id)
        if verdict.code:
            given = Rejection(verdict.code, verdict.field, verdict.sentence)
            self.services.moderation.reject(self.staff, version_id, given)
        else:
            self.services.moderation.approve(self.staff, version_id)

    def _revoke(self, creative_id: PublicId, verdict: Verdict) -> None:
        """Take an approval back: nobody can do that in the cabinet yet, so it is written here."""
        self._turn(verdict.at)
        detail = self.services.creatives.get(self.scope, creative_id)
        creative: Creative = detail.creative
        version: CreativeVersion = detail.versions[0].version
        creative.approved_version_id = None
        version.state, version.decided_at = VersionState.REJECTED, self.clock.now()
        version.decided_by, version.decided_by_name = self.staff.actor.user_id, self.staff.actor.name
        version.reject_code, version.reject_field = verdict.code, verdict.field
        version.reject_sentence = verdict.sentence
        change = {"field": "state", "before": VersionState.APPROVED.value, "after": VersionState.REJECTED.value}
        self.services.audit.record(
            self.staff.actor, "creative.reject", advertiser_id=self.scope.advertiser_id, subject_type="creative",
            subject_id=creative.public_id, subject_name=creative.name, changes=[change], reason=verdict.sentence,
        )  # fmt: skip
        self.services.session.flush()

    # --- campaigns ----------------------------------------------------------------------------

    def add_campaign(self, plan: Plan, total_micros: int | None) -> tuple[Campaign, list[int]]:
        """Add a campaign with its ads as it began, then change it as it was changed; return it and its ads' ids."""
        campaigns = self.services.campaigns
        first = plan.first if 0 < plan.first <= TODAY else _WITHOUT_FIGURES if plan.first > TODAY else -11
        self._turn((first, 8, 30))
        step = 2 if plan.ending is Ending.DRAFT else STEPS
        campaign = campaigns.create(self.scope, self._terms(plan, total_micros), step=step)
        campaign_id = PublicId(campaign.public_id)
        ads = [self._add_ad(plan, campaign_id, piece.creative, piece.weight) for piece in plan.pieces]
        if plan.ending is not Ending.DRAFT:
            self._turn((first, 9, 47))
            campaigns.launch(self.scope, campaign_id)
        self._live(plan, campaign_id)
        return campaign, ads

    def _terms(self, plan: Plan, total_micros: int | None) -> CampaignInput:
        """Return the terms a campaign began with."""
        bid = plan.bid_before[1] if plan.bid_before else plan.bid
        daily = plan.daily_before[1] if plan.daily_before else plan.daily
        starts, ends = self._run(plan)
        jackets = plan.ending is Ending.BELOW_PACE
        return CampaignInput(
            name=plan.name,
            bid_model=plan.model,
            bid_micros=rounded(bid * MICROS),
            daily_budget_micros=daily * MICROS,
            total_budget_micros=total_micros,
            starts=starts,
            ends=ends,
            hours=ALL_HOURS if plan.hours_since else grid_of(plan),
            cap_count=3 if jackets else None,
            cap_window=CapWindow.DAY if jackets else None,
            targeting=Targeting(
                countries=plan.countries[1:3] if jackets else plan.countries,
                devices=plan.devices,
                sites=_BLOCKED_SITES if jackets else (),
                site_mode=SiteMode.EXCEPT if jackets else SiteMode.ALL,
            ),
            labels=plan.labels,
        )

    def _run(self, plan: Plan) -> tuple[LocalMoment | None, LocalMoment | None]:
        today = self.today.day
        if plan.ending is Ending.BELOW_PACE:
            return LocalMoment(self.today.date_of(-11)), LocalMoment(today + timedelta(days=24))
        if plan.ending is Ending.ENDED:
            return LocalMoment(self.today.date_of(plan.first)), LocalMoment(self.today.date_of(plan.last))
        if plan.ending is Ending.SCHEDULED:
            return LocalMoment((today.replace(day=1) + timedelta(days=32)).replace(day=1)), None
        return None, None

    def _add_ad(self, plan: Plan, campaign_id: PublicId, creative: str, weight: int) -> int:
        art = self.services.creatives.get(self.scope, self.creatives[creative]).creative
        marks = f"utm_source=kabinet&utm_medium={plan.model}&utm_campaign={plan.key}&click_id={{click_id}}"
        url = f"https://{self.site}/{plan.landing}?{marks}"
        given = AdInput(art.name, PublicId(art.public_id), url, weight)
        return self.services.ads.create(self.scope, campaign_id, given).id

    def _live(self, plan: Plan, campaign_id: PublicId) -> None:
        """Make the changes a campaign has seen."""
        campaigns = self.services.campaigns
        if plan.countries:
            self._turn(_COUNTRIES_AT)
            feed = replace(self.scope, actor=Actor(None, _FEED))
            self._retarget(feed, campaign_id, plan.countries)
        if plan.hours_since:
            self._turn((plan.hours_since, 8, 52))
            terms = terms_of(campaigns.get(self.scope, campaign_id), self.scope)
            campaigns.update(self.scope, campaign_id, replace(terms, hours=grid_of(plan)), version=None)
        if plan.bid_before:
            self._turn((plan.bid_before[0] + 1, 9, 12))
            campaigns.edit_field(self.scope, campaign_id, "bid", rounded(plan.bid * MICROS))
        if plan.daily_before:
            self._turn((plan.daily_before[0], 8, 20))
            campaigns.edit_field(self.scope, campaign_id, "daily_budget", plan.daily * MICROS)
        if plan.ending is Ending.PAUSED:
            self._turn((plan.last + 1, 0, 20))
            campaigns.pause(self.scope, campaign_id)

    def _retarget(self, scope: Scope, campaign_id: PublicId, countries: Sequence[str]) -> None:
        terms = terms_of(self.services.campaigns.get(scope, campaign_id), scope)
        targeting = replace(terms.targeting, countries=tuple(countries))
        self.services.campaigns.update(scope, campaign_id, replace(terms, targeting=targeting), version=None)

    def switch_off(self, creative: str) -> None:
        """Turn off the ads of a creative."""
        detail = self.services.creatives.get(self.scope, self.creatives[creative])
        for used in detail.used_in:
            self.clock.current = max(self.clock.current, used.ad.updated_at)
            self.services.ads.set_enabled(self.scope, PublicId(used.ad.public_id), enabled=False)

    # --- long ago -----------------------------------------------------------------------------

    def add_old_campaign(self, plan: OldPlan, creative: str) -> tuple[Campaign, int]:
        """Add a campaign of the archive with its one ad, also put away."""
        start, campaigns = TODAY - plan.started, self.services.campaigns
        self._turn((start, 8, 30))
        given = CampaignInput(plan.name, CPM, plan.price_micros * 1000, plan.budget * MICROS)
        campaign = campaigns.create(self.scope, given, step=STEPS)
        campaign_id = PublicId(campaign.public_id)
        art = self.services.creatives.get(self.scope, self.creatives[creative]).creative
        url = f"https://{self.site}/sale?utm_source=kabinet&utm_medium=cpm"
        ad = self.services.ads.create(self.scope, campaign_id, AdInput(art.name, PublicId(art.public_id), url))
        campaigns.launch(self.scope, campaign_id)
        self._turn((start + plan.days + 4, 11, 20))
        self.services.ads.archive(self.scope, PublicId(ad.public_id))
        campaigns.archive(self.scope, campaign_id)
        return campaign, ad.id

    def archive_art(self, keys: Sequence[str]) -> None:
        """Put creatives away that no ad shows any more."""
        for key in keys:
            self.services.creatives.archive(self.scope, self.creatives[key])
