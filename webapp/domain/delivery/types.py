"""What travels between the delivery surface, the serving store and the loops: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

#: How many times more than its limit is far beyond it.
FAR = 4
#: The size of a placement or ad that is composed from words and a picture.
NATIVE = "native"


class EventKind(StrEnum):
    """What happened."""

    IMPRESSION = "impression"
    VIEW = "view"
    CLICK = "click"
    CONVERSION = "conversion"
    #: The last word on a lease: what it spent in all. Written by the node, never received from outside.
    LEASE_CLOSED = "lease_closed"


class Verdict(StrEnum):
    """Why an event is not counted; OK when it is."""

    OK = ""
    DUPLICATE = "duplicate"
    EXPIRED = "expired"
    BAD_SIGNATURE = "bad_signature"
    BOT_UA = "bot_ua"
    DATACENTER = "datacenter"
    CLICK_WITHOUT_IMPRESSION = "click_without_impression"
    VIEW_WITHOUT_IMPRESSION = "view_without_impression"
    TOO_FAST = "too_fast"
    RATE = "rate"
    FREQUENCY = "frequency"
    BUDGET = "budget"


class Removal(StrEnum):
    """Why a campaign did not get a request it could have had, in the order of the funnel; WON when it did."""

    SITE = "site"
    SCHEDULE = "schedule"
    TARGETING = "targeting"
    FREQUENCY = "frequency"
    PACING = "pacing"
    BUDGET = "budget"
    BID = "bid"
    WON = "won"


class NoFill(StrEnum):
    """Why a placement got nothing."""

    UNKNOWN_PLACEMENT = "unknown_placement"
    NO_CAMPAIGN = "no_campaign"
    NONE_ELIGIBLE = "none_eligible"
    #: Far more was asked for from one address or by one person than people ask for.
    RATE = "rate"
    #: No node answers, or its memory is nearly full.
    STORE = "store"


class Charging(IntEnum):
    """Which event of a decision is paid for."""

    IMPRESSION = 0
    CLICK = 1


@dataclass(frozen=True, slots=True)
class PublishedAd:
    """An ad as the serving store shows it."""

    id: int
    public_id: str
    creative_id: int
    creative_public_id: str
    #: `300x250` or NATIVE: only a placement of the same size shows it.
    size: str
    weight: int
    #: With its macros unfilled.
    landing_url: str
    #: Path of the picture below the public address, '' for none.
    image: str
    width: int
    height: int
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which a campaign may run; seconds since 1970, the end exclusive."""

    starts: int
    ends: int
    #: The share of the day's traffic that falls into it, in any unit; 0 in no window.
    weight: int
    #: Number of the budget day it belongs to (days since 1970-01-01, in the advertiser's zone).
    day: int


@dataclass(frozen=True, slots=True)
class PublishedCampaign:
    """A campaign as the serving store runs it. Times are instants: no store needs to know a zone."""

    id: int
    public_id: str
    advertiser_id: int
    charging: Charging
    #: What the charged event costs, in micros of the campaign's currency.
    price_micros: int
    #: The bid per 1,000 impressions (CPM) or per click (CPC) in micros of the house's currency, for ranking only.
    rank_micros: int
    #: Spread the day's budget over its traffic (even) or spend as it comes.
    even: bool
    #: What a day may cost by its own budget; None without a daily budget.
    daily_micros: int | None
    #: Ordered, not overlapping; outside of them the campaign is not shown. Covers at least the next 48 hours.
    windows: tuple[Window, ...]
    #: At most this many impressions per person; 0 for no cap.
    cap_count: int
    #: `hour`, `day` (a budget day) or `campaign`.
    cap_window: str
    category: str
    countries: tuple[str, ...]
    regions: tuple[str, ...]
    devices: tuple[str, ...]
    systems: tuple[str, ...]
    browsers: tuple[str, ...]
    languages: tuple[str, ...]
    sites: tuple[str, ...]
    #: `all`, `only` or `except`: as ads.types.SiteMode.
    site_mode: str
    #: Lower-cased; one of them among the request's keywords is enough.
    keywords: tuple[str, ...]
    ads: tuple[PublishedAd, ...]


@dataclass(frozen=True, slots=True)
class PublishedPlacement:
    """A place on a site."""

    id: int
    public_id: str
    site_id: int
    site_public_id: str
    #: The site's domain.
    site: str
    #: `300x250` or NATIVE.
    size: str
    #: The least eCPM in micros of the house's currency.
    floor_micros: int
    #: Categories of campaigns it takes; empty for all.
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """What is known of who asks; nothing in it is personal once it is stored."""

    country: str = ""
    region: str = ""
    device: str = ""
    os: str = ""
    browser: str = ""
    language: str = ""
    #: Truncated: /24 of IPv4, /48 of IPv6.
    ip_prefix: str = ""
    #: Hash with the day's salt: the same person on the same day, '' when unknown.
    user_day: str = ""
    #: Hash with the installation's secret, for frequency caps alone; never stored as it is, never logged.
    user_key: str = ""
    #: BOT_UA or DATACENTER when the request itself gives it away: it is answered as any other, and never billed.
    suspect: Verdict = Verdict.OK


@dataclass(frozen=True, slots=True)
class Wanted:
    """One placement of a request."""

    placement: str
    #: 63 random bits that name the decision; asking again with the same gives the same decision.
    key: int
    #: Random in [0, 2^31), from the caller, so that the store itself is deterministic.
    dice: int


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """A request for ads on one page."""

    now_ms: int
    wanted: tuple[Wanted, ...]
    visitor: Visitor
    #: Lower-cased words about the page.
    keywords: tuple[str, ...] = ()
    #: Domain of the page that asks, '' to take the placement's site.
    site: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one placement: an ad, or the reason for none."""

    placement: str
    key: int
    reason: NoFill | None = None
    #: True when this key was decided before, and this is that answer again.
    repeated: bool = False
    placement_id: int = 0
    advertiser_id: int = 0
    campaign_id: int = 0
    ad: PublishedAd | None = None
    #: Size of the placement.
    size: str = ""

    @property
    def filled(self) -> bool:
        """Tell whether there is an ad."""
        return self.ad is not None


@dataclass(frozen=True, slots=True)
class Trace:
    """What a request would meet: every campaign that could stand there, with what removes it."""

    reason: NoFill | None
    campaigns: tuple[tuple[int, Removal], ...]


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """An event somebody reports of a decision; the ids come from its signed token."""

    kind: EventKind
    now_ms: int
    key: int
    placement_id: int
    advertiser_id: int
    campaign_id: int
    ad_id: int
    decided_s: int
    #: Of who reports it.
    visitor: Visitor
    #: A verdict reached before the store was asked (a broken token has nothing to attribute it to).
    verdict: Verdict = Verdict.OK
    #: Conversions: an id of the order that counts once for the advertiser, its value, and whether it is a sale.
    order: str = ""
    value_micros: int = 0
    sale: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an event."""

    verdict: Verdict
    seq: int
    charged_micros: int = 0
    #: Clicks: where to go, macros unfilled; '' when the decision and the ad are unknown.
    landing_url: str = ""
    #: Values of the macros.
    macros: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeaseGrant:
    """Money a node may spend on a campaign's day."""

    lease_id: int
    campaign_id: int
    advertiser_id: int
    amount_micros: int
    #: Budget day as days since 1970-01-01, and its span in seconds since 1970 (end exclusive).
    day: int
    day_starts: int
    day_ends: int


@dataclass(frozen=True, slots=True)
class LeaseState:
    """How a lease stands on its node; left + held + spent = amount."""

    lease_id: int
    campaign_id: int
    amount_micros: int
    left_micros: int
    held_micros: int
    spent_micros: int
    closing: bool
    #: When it last held or spent something; 0 for never.
    used_ms: int


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the allocator needs to know of a node."""

    leases: tuple[LeaseState, ...]
    #: Campaigns that lost a request since the last call because no lease covered their price.
    hungry: frozenset[int]
    first_seq: int
    last_seq: int
    open_decisions: int
    #: The latest instant anybody spoke of to the node: a clock that is ahead of the others shows here.
    seen_ms: int = 0


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line of a node's event log; seq grows by one without a gap."""

    seq: int
    kind: EventKind
    verdict: Verdict
    at_ms: int
    decided_ms: int
    key: int
    advertiser_id: int
    campaign_id: int
    ad_id: int
    placement_id: int
    site: str
    #: What was charged, LEASE_CLOSED: what the lease spent in all.
    charged_micros: int
    #: The lease that paid, 0 for none.
    lease_id: int
    #: Budget day of the charge; 0 where nothing was charged and the node did not know the day.
    day: int
    country: str = ""
    region: str = ""
    device: str = ""
    os: str = ""
    browser: str = ""
    ip_prefix: str = ""
    user_day: str = ""
    value_micros: int = 0
    sale: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A node's own count of a campaign's day: what reconciliation holds against ledger and events."""

    campaign_id: int
    #: Days since 1970-01-01; 0 when unknown.
    day: int
    kind: EventKind
    verdict: Verdict
    events: int
    charged_micros: int


@dataclass(frozen=True, slots=True)
class FunnelHour:
    """Requests of an hour that a campaign could have had, by what became of them."""

    campaign_id: int
    #: Start of the UTC quarter hour, seconds since 1970.
    quarter: int
    #: Requests of placements its ads fit, in all; what is in no other count was outbid unseen.
    seen: int
    removed: dict[Removal, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things live and how much is too much; the same on every node."""

    #: An impression later than this after its decision is `expired`, and its money is free again.
    hold_seconds: int = 600
    #: A click later than this after its decision is `expired`.
    click_seconds: int = 24 * 3600
    #: Conversions after a click, and after an impression without one.
    click_window_seconds: int = 30 * 24 * 3600
    view_window_seconds: int = 24 * 3600
    #: A click sooner after its impression is `too_fast`.
    fastest_click_ms: int = 300
    #: Impressions and clicks of one address (truncated) in a minute; more are `rate`.
    impressions_a_minute: int = 600
    clicks_a_minute: int = 30
    #: The same of one person.
    user_impressions_a_minute: int = 120
    user_clicks_a_minute: int = 6
    #: Placements one address, and one person, may ask for in a minute. Beyond it the answer is that of a suspect
    #: visitor, and what comes of it is `rate`; beyond FAR times as many there is none.
    decisions_a_minute: int = 1200
    user_decisions_a_minute: int = 240
    #: Candidates a decision looks at before it gives up.
    most_candidates: int = 1000
    #: Clicks per impression before anything is known, in millionths, and how many impressions that is worth.
    prior_ctr_millionths: int = 5000
    prior_impressions: int = 1000
