"""What happens to a campaign, and why: one pure function, and its loader for many campaigns at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.core.clock import Clock
from webapp.core.scope import Scope
from webapp.domain.ads.models import CampaignStatus
from webapp.domain.ads.policies import STEPS, price_micros
from webapp.domain.ads.ports import Spending
from webapp.domain.ads.schedule import hour_of_week, next_midnight, next_on
from webapp.domain.ads.store import AdsStore
from webapp.domain.ads.types import (
    NO_ADS,
    NO_SPEND,
    AdCounts,
    CampaignTerms,
    EffectiveStatus,
    StatusCode,
    StatusReport,
)
from webapp.domain.billing.types import CampaignSpend


@dataclass(frozen=True, slots=True)
class Moment:
    """What is the same for all campaigns of an advertiser at one instant."""

    now: datetime
    zone: ZoneInfo
    spendable_micros: int
    #: The position in the grid of hours, and the end of the running day: worked out once for all campaigns.
    hour: int
    day_ends_at: datetime

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo, spendable_micros: int) -> Moment:
        """Return an instant in an advertiser's zone."""
        return cls(now, zone, spendable_micros, hour_of_week(now, zone), next_midnight(now, zone))


_SERVING = EffectiveStatus(StatusCode.SERVING)
#: Most campaigns of most advertisers: nothing keeps them, nothing is to be said beside it.
_ALL_WELL = StatusReport(_SERVING)
#: Looked up once: every campaign of a list is compared with them.
_ARCHIVED, _DRAFT, _PAUSED = CampaignStatus.ARCHIVED, CampaignStatus.DRAFT, CampaignStatus.PAUSED


def effective_status(terms: CampaignTerms, ads: AdCounts, spend: CampaignSpend, moment: Moment) -> EffectiveStatus:
    """Return the first thing that keeps a campaign from being shown, or `serving`.

    The order: what cannot be undone by waiting or mending, then the owner's own wish, then what needs a hand,
    then what passes by itself.
    """
    return (
        _wish(terms)
        or _over(terms, spend, moment)
        or _paused(terms)
        or _without_ads(ads)
        or _not_yet(terms, ads, moment)
        or _out_of_money(terms, spend, moment)
        or _out_of_hours(terms, moment)
        or _SERVING
    )


def _wish(terms: CampaignTerms) -> EffectiveStatus | None:
    if terms.status is _ARCHIVED:
        return EffectiveStatus(StatusCode.ARCHIVED, {"at": terms.status_changed_at})
    if terms.status is _DRAFT:
        return EffectiveStatus(StatusCode.DRAFT, {"step": terms.draft_step, "steps": STEPS})
    return None


def _over(terms: CampaignTerms, spend: CampaignSpend, moment: Moment) -> EffectiveStatus | None:
    if terms.ends_at is not None and terms.ends_at <= moment.now:
        return EffectiveStatus(StatusCode.ENDED, {"at": terms.ends_at})
    total = terms.total_budget_micros
    if total is not None and spend.charged_total_micros and total - spend.charged_total_micros < _least_micros(terms):
        return EffectiveStatus(StatusCode.TOTAL_BUDGET_SPENT, {"on": spend.last_day})
    return None


def _least_micros(terms: CampaignTerms) -> int:
    """Return what one more impression or click takes: money that does not cover it is spent."""
    return price_micros(terms.bid_model, terms.bid_micros) or 1


def _paused(terms: CampaignTerms) -> EffectiveStatus | None:
    if terms.status is not _PAUSED:
        return None
    return EffectiveStatus(StatusCode.PAUSED, {"by": terms.status_changed_by, "at": terms.status_changed_at})


def _without_ads(ads: AdCounts) -> EffectiveStatus | None:
    if ads.ready or ads.in_review:
        return None
    if ads.rejected:
        return EffectiveStatus(StatusCode.REJECTED, {"count": ads.rejected, "total": ads.total})
    return EffectiveStatus(StatusCode.NO_APPROVED_ADS, {"total": ads.total})


def _not_yet(terms: CampaignTerms, ads: AdCounts, moment: Moment) -> EffectiveStatus | None:
    if terms.starts_at is not None and terms.starts_at > moment.now:
        return EffectiveStatus(StatusCode.SCHEDULED, {"at": terms.starts_at})
    if not ads.ready:
        return EffectiveStatus(StatusCode.IN_REVIEW, {"count": ads.in_review, "total": ads.total})
    return None


def _out_of_money(terms: CampaignTerms, spend: CampaignSpend, moment: Moment) -> EffectiveStatus | None:
    least = _least_micros(terms)
    if moment.spendable_micros < least:
        return EffectiveStatus(StatusCode.BALANCE_EMPTY)
    daily = terms.daily_budget_micros
    if daily is not None and daily - spend.charged_today_micros < least:
        return EffectiveStatus(StatusCode.DAILY_BUDGET_SPENT, {"until": moment.day_ends_at})
    return None


def _out_of_hours(terms: CampaignTerms, moment: Moment) -> EffectiveStatus | None:
    if terms.hours[moment.hour] == "1":
        return None
    return EffectiveStatus(StatusCode.OUTSIDE_HOURS, {"until": next_on(terms.hours, moment.now, moment.zone)})


def side_notes(status: EffectiveStatus, ads: AdCounts) -> tuple[EffectiveStatus, ...]:
    """Return what the owner should know beside the status: ads rejected or in review while others serve."""
    if not ads.rejected and not ads.in_review:
        return ()
    notes = []
    if ads.rejected and status.code is not StatusCode.REJECTED:
        notes.append(EffectiveStatus(StatusCode.REJECTED, {"count": ads.rejected, "total": ads.total}))
    if ads.in_review and status.code is not StatusCode.IN_REVIEW:
        notes.append(EffectiveStatus(StatusCode.IN_REVIEW, {"count": ads.in_review, "total": ads.total}))
    return tuple(notes)


class EffectiveStatuses:
    """Loads what effective statuses depend on: three queries, whatever the number of campaigns."""

    def __init__(self, store: AdsStore, clock: Clock, spending: Spending) -> None:
        self._store = store
        self._clock = clock
        self._spending = spending

    def of(self, scope: Scope, campaigns: Iterable[CampaignTerms]) -> dict[int, StatusReport]:
        """Return the statuses of these campaigns by internal id."""
        wanted = list(campaigns)
        return self.load(scope, wanted, [terms.id for terms in wanted])

    def load(
        self,
        scope: Scope,
        campaigns: Sequence[CampaignTerms],
        ids: list[int] | None,
        spends: Mapping[int, CampaignSpend] | None = None,
    ) -> dict[int, StatusReport]:
        """Return statuses by internal id; `ids` narrow what is read, `spends` need not be asked for again."""
        ads = self._store.ad_counts(scope, ids)
        spends = self._spending.spend_of_campaigns(scope, ids) if spends is None else spends
        moment = self.moment(scope)
        reports = {}
        for terms in campaigns:
            counts = ads.get(terms.id, NO_ADS)
            status = effective_status(terms, counts, spends.get(terms.id, NO_SPEND), moment)
            notes = side_notes(status, counts)
            reports[terms.id] = StatusReport(status, notes) if notes or status is not _SERVING else _ALL_WELL
        return reports

    def moment(self, scope: Scope) -> Moment:
        """Return now, here, with what may be spent."""
        return Moment.at(self._clock.now(), scope.zone, self._spending.spendable_micros(scope))
