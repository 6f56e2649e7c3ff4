"""What campaigns and ads are made of: inputs, targeting, counts and effective statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time
from enum import StrEnum
from typing import Any, Protocol

from webapp.core.ids import PublicId
from webapp.domain.ads.models import ALL_HOURS, BidModel, CampaignStatus, CapWindow, Pacing
from webapp.domain.billing.types import CampaignSpend

#: The words of the tables, for other folders.
__all__ = ["ALL_HOURS", "BidModel", "CampaignStatus", "CapWindow", "Pacing"]


class Device(StrEnum):
    """What a person holds."""

    PHONE = "phone"
    DESKTOP = "desktop"
    TABLET = "tablet"


class System(StrEnum):
    """An operating system."""

    ANDROID = "android"
    IOS = "ios"
    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"


class Browser(StrEnum):
    """A browser family."""

    CHROME = "chrome"
    SAFARI = "safari"
    FIREFOX = "firefox"
    EDGE = "edge"
    OPERA = "opera"
    SAMSUNG = "samsung"
    YANDEX = "yandex"


class SiteMode(StrEnum):
    """What the list of sites means."""

    ALL = "all"
    ONLY = "only"
    EXCEPT = "except"


@dataclass(frozen=True, slots=True)
class Targeting:
    """Who should see the ads; an empty list means anyone."""

    countries: tuple[str, ...] = ()
    #: ISO 3166-2, such as LV-RIX.
    regions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    browsers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    site_mode: SiteMode = SiteMode.ALL
    keywords: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what a campaign's `targeting` column keeps: only what was chosen."""
        kept: dict[str, Any] = {
            item.name: list(getattr(self, item.name))
            for item in fields(self)
            if item.name != "site_mode" and getattr(self, item.name)
        }
        if self.site_mode is not SiteMode.ALL:
            kept["site_mode"] = self.site_mode.value
        return kept

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Targeting:
        """Read the column back."""
        lists = {item.name: tuple(stored.get(item.name, ())) for item in fields(cls) if item.name != "site_mode"}
        return cls(**lists, site_mode=SiteMode(stored.get("site_mode", SiteMode.ALL)))


@dataclass(frozen=True, slots=True)
class LocalMoment:
    """A day, and perhaps a time of day, as the advertiser's own clock and calendar show it."""

    day: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class CampaignInput:
    """Everything a person decides about a campaign; None is what was left empty."""

    name: str
    bid_model: BidModel = BidModel.CPM
    bid_micros: int | None = None
    daily_budget_micros: int | None = None
    total_budget_micros: int | None = None
    pacing: Pacing = Pacing.EVEN
    #: Without a time: from the first minute of the day.
    starts: LocalMoment | None = None
    #: Without a time: to the last minute of the day.
    ends: LocalMoment | None = None
    hours: str = ALL_HOURS
    cap_count: int | None = None
    cap_window: CapWindow | None = None
    targeting: Targeting = field(default_factory=Targeting)
    labels: tuple[str, ...] = ()
    notes: str = ""
    #: A code of CATEGORIES, '' for none.
    category: str = ""


@dataclass(frozen=True, slots=True)
class AdInput:
    """Everything a person decides about an ad."""

    name: str
    creative_id: PublicId | None
    landing_url: str
    weight: int = 1
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class AdCounts:
    """How a campaign's ads stand, archived ones left out."""

    total: int = 0
    #: Switched on, with an approved version and somewhere to go.
    ready: int = 0
    in_review: int = 0
    rejected: int = 0


NO_ADS = AdCounts()
NO_SPEND = CampaignSpend()


class CampaignTerms(Protocol):
    """What decides whether a campaign may be shown: a campaign, or a light row of a list."""

    @property
    def id(self) -> Any:
        """Return the internal id."""

    @property
    def status(self) -> Any:
        """Return what the owner wants."""

    @property
    def status_changed_at(self) -> Any:
        """Return since when."""

    @property
    def status_changed_by(self) -> Any:
        """Return whose wish it is."""

    @property
    def bid_model(self) -> Any:
        """Return what is paid for."""

    @property
    def bid_micros(self) -> Any:
        """Return the bid."""

    @property
    def daily_budget_micros(self) -> Any:
        """Return the daily budget, None without one."""

    @property
    def total_budget_micros(self) -> Any:
        """Return the total budget, None without one."""

    @property
    def starts_at(self) -> Any:
        """Return the first instant, None for at once."""

    @property
    def ends_at(self) -> Any:
        """Return the first instant after the end, None for never."""

    @property
    def hours(self) -> Any:
        """Return the 168 hours of the week."""

    @property
    def draft_step(self) -> Any:
        """Return the step a draft waits at."""


class ListedCampaign(CampaignTerms, Protocol):
    """What a list knows of a campaign."""

    @property
    def public_id(self) -> Any:
        """Return the public id."""

    @property
    def name(self) -> Any:
        """Return the name."""

    @property
    def labels(self) -> Any:
        """Return the labels."""

    @property
    def version(self) -> Any:
        """Return the version an edit must name."""


class StatusCode(StrEnum):
    """What happens to a campaign."""

    SERVING = "serving"
    DAILY_BUDGET_SPENT = "daily_budget_spent"
    OUTSIDE_HOURS = "outside_hours"
    REJECTED = "rejected"
    NO_APPROVED_ADS = "no_approved_ads"
    BALANCE_EMPTY = "balance_empty"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    PAUSED = "paused"
    ENDED = "ended"
    TOTAL_BUDGET_SPENT = "total_budget_spent"
    DRAFT = "draft"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class EffectiveStatus:
    """What happens and why; `values` fill the reason: until, at, by, count, total, step, steps."""

    code: StatusCode
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A campaign's effective status, and what else its owner should know."""

    status: EffectiveStatus
    also: tuple[EffectiveStatus, ...] = ()


class Tab(StrEnum):
    """The tabs of the campaign list."""

    ALL = "all"
    SERVING = "serving"
    WAITING = "waiting"
    ATTENTION = "attention"
    UPCOMING = "upcoming"
    PAUSED = "paused"
    ENDED = "ended"
    DRAFTS = "drafts"
    ARCHIVED = "archived"


TAB_OF: dict[StatusCode, Tab] = {
    StatusCode.SERVING: Tab.SERVING,
    StatusCode.DAILY_BUDGET_SPENT: Tab.WAITING,
    StatusCode.OUTSIDE_HOURS: Tab.WAITING,
    StatusCode.REJECTED: Tab.ATTENTION,
    StatusCode.NO_APPROVED_ADS: Tab.ATTENTION,
    StatusCode.BALANCE_EMPTY: Tab.ATTENTION,
    StatusCode.IN_REVIEW: Tab.UPCOMING,
    StatusCode.SCHEDULED: Tab.UPCOMING,
    StatusCode.PAUSED: Tab.PAUSED,
    StatusCode.ENDED: Tab.ENDED,
    StatusCode.TOTAL_BUDGET_SPENT: Tab.ENDED,
    StatusCode.DRAFT: Tab.DRAFTS,
    StatusCode.ARCHIVED: Tab.ARCHIVED,
}

#: What the owner's switch shows for a campaign whose switch would change nothing.
SWITCHLESS = frozenset({StatusCode.ENDED, StatusCode.TOTAL_BUDGET_SPENT, StatusCode.DRAFT, StatusCode.ARCHIVED})
SWITCHABLE = frozenset({CampaignStatus.ACTIVE, CampaignStatus.PAUSED})


class AdState(StrEnum):
    """Where an ad stands: the state of its creative as people see it."""

    APPROVED = "approved"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    DRAFT = "draft"
    #: Imported: figures without a creative.
    WITHOUT_CREATIVE = "without_creative"
