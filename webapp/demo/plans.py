"""The campaigns of the demo account, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from webapp.domain.ads.models import BidModel

CPM, CPC = BidModel.CPM, BidModel.CPC


class Ending(Enum):
    """How a campaign stands today."""

    SERVING = auto()
    BELOW_PACE = auto()
    DAY_SPENT = auto()
    OUTSIDE_HOURS = auto()
    WEEKENDS = auto()
    ENDED = auto()
    REJECTED = auto()
    TOTAL_SPENT = auto()
    PAUSED = auto()
    IN_REVIEW = auto()
    SCHEDULED = auto()
    NO_ADS = auto()
    DRAFT = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """An ad of a campaign: the creative it shows and its part of the campaign's figures."""

    creative: str
    share: float
    pull: float = 1.0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign; days are counted from 0 to 55, which is today."""

    key: str
    name: str
    model: BidModel
    bid: float
    daily: int
    use: float
    ctr: float
    cvr: float
    ending: Ending = Ending.SERVING
    first: int = 0
    last: int = 55
    #: (last day, bid) that was in force before.
    bid_before: tuple[int, float] | None = None
    #: (first day of the present budget, budget before).
    daily_before: tuple[int, int] | None = None
    #: First day of the present hours; before it the campaign ran around the clock.
    hours_since: int = 0
    pieces: tuple[Piece, ...] = ()
    labels: tuple[str, ...] = ()
    landing: str = ""
    #: Of the audience; empty is everybody.
    countries: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    #: Seeds the campaign's chance; its place in the account when not given.
    seed: int | None = None


TALLBROOK: tuple[Plan, ...] = (
    Plan("autumn", "Autumn jackets, prospecting", CPM, 3.20, 120, 0.80, 0.0052, 0.031, Ending.BELOW_PACE,
         bid_before=(45, 2.80), labels=("outdoor", "jackets"), landing="jackets",
         countries=("LV", "LT", "EE", "FI"), devices=("phone", "desktop"),
         pieces=(Piece("wet-windy", 0.475, 1.12, 3), Piece("three-layers", 0.318, 0.88, 2),
                 Piece("sent-back", 0.207, 0.91), Piece("warmest", 0.0))),
    Plan("trail", "Trail shoes, retargeting", CPC, 0.38, 80, 1.0, 0.0094, 0.058, Ending.DAY_SPENT,
         daily_before=(49, 60), labels=("outdoor", "shoes"), landing="shoes/trail",
         pieces=(Piece("trail-native", 0.62, 1.06, 2), Piece("trail-banner", 0.38, 0.9))),
    Plan("boots", "Winter boots, new range", CPM, 3.60, 75, 0.93, 0.0061, 0.034, first=34,
         labels=("outdoor", "shoes", "winter"), landing="boots/winter",
         pieces=(Piece("boots-native", 0.58, 1.05, 2), Piece("boots-half-page", 0.42, 0.93))),
    Plan("thermal", "Thermal layers, always on", CPM, 2.60, 60, 0.96, 0.0047, 0.036,
         labels=("outdoor", "winter"), landing="layers",
         pieces=(Piece("thermal-native", 0.66, 1.08, 2), Piece("thermal-leader", 0.34, 0.84))),
    Plan("backpacks", "Backpacks 30 L, commuters", CPC, 0.34, 50, 0.82, 0.0071, 0.041, Ending.OUTSIDE_HOURS,
         hours_since=40, labels=("city",), landing="backpacks/30",
         pieces=(Piece("pack-native", 0.7, 1.04, 2), Piece("pack-banner", 0.3, 0.9))),
    Plan("newsletter", "Newsletter sign-up, native", CPC, 0.24, 30, 0.90, 0.0088, 0.112,
         labels=("outdoor",), landing="letter", pieces=(Piece("letter-native", 1.0),)),
    Plan("headlamps", "Headlamps, dark season", CPC, 0.28, 30, 0.94, 0.0066, 0.047,
         labels=("outdoor", "winter"), landing="headlamps",
         pieces=(Piece("lamp-banner", 1.0), Piece("lamp-native", 0.0))),
    Plan("merino", "Merino socks, bundle", CPM, 2.40, 25, 0.97, 0.0058, 0.052,
         labels=("outdoor",), landing="socks/merino", pieces=(Piece("merino-native", 1.0),)),
    Plan("kids", "Kids’ rainwear, weekends", CPM, 2.20, 40, 0.90, 0.0050, 0.029, Ending.WEEKENDS,
         labels=("kids",), landing="kids/rain", pieces=(Piece("kids-native", 1.0),)),
    Plan("store", "Store opening, Old Port", CPM, 4.10, 45, 0.95, 0.0043, 0.018, Ending.ENDED, first=40, last=51,
         labels=("city",), landing="stores/old-port", pieces=(Piece("store-banner", 1.0),)),
    Plan("helmets", "Ski helmets, early season", CPC, 0.40, 40, 0.72, 0.0069, 0.026, Ending.REJECTED, last=52,
         labels=("outdoor", "winter"), landing="helmets",
         pieces=(Piece("helmet-native", 0.55, 1.05), Piece("helmet-banner", 0.45, 0.94))),
    Plan("stoves", "Camping stoves, clearance", CPM, 1.80, 35, 0.98, 0.0055, 0.038, Ending.TOTAL_SPENT, last=44,
         labels=("outdoor", "sale"), landing="sale/stoves", pieces=(Piece("stove-native", 1.0),)),
    Plan("tents", "Tents, spring leftovers", CPM, 2.00, 30, 0.9, 0.0048, 0.022, Ending.PAUSED, last=41,
         labels=("outdoor", "sale"), landing="sale/tents", pieces=(Piece("tent-native", 1.0),)),
    Plan("app", "Loyalty app, install", CPC, 0.52, 60, 0, 0.008, 0.1, Ending.IN_REVIEW, first=99,
         landing="app", pieces=(Piece("app-native", 1.0),)),
    Plan("gifts", "Gift cards, December", CPM, 3.00, 150, 0, 0.005, 0.03, Ending.SCHEDULED, first=99,
         labels=("winter",), landing="gift-cards", pieces=(Piece("wet-windy", 1.0),)),
    Plan("bikes", "Bike bags, autumn sale", CPM, 2.50, 40, 0, 0.005, 0.03, Ending.NO_ADS, first=99,
         labels=("sale",), landing="sale/bike-bags"),
    Plan("snowshoes", "Snowshoes, rental weekend", CPM, 2.50, 40, 0, 0.005, 0.03, Ending.DRAFT, first=99,
         labels=("winter",), landing="rental/snowshoes"),
)  # fmt: skip

#: A second, smaller account, so that there is something to switch to.
FERNWAY: tuple[Plan, ...] = (
    Plan("city", "City bikes, spring order", CPM, 2.80, 14, 0.9, 0.0055, 0.021, landing="city",
         pieces=(Piece("fernway-city", 1.0),), seed=40),
    Plan("repair", "Winter check-up", CPC, 0.31, 8, 0.92, 0.0082, 0.064, landing="check-up",
         pieces=(Piece("fernway-city", 1.0),), seed=41),
)  # fmt: skip

#: A month old, in rupees, on a clock a quarter of an hour off everybody else's.
HIMAL: tuple[Plan, ...] = (
    Plan("lodges", "Annapurna, lodge to lodge", CPM, 430, 3600, 0.91, 0.0058, 0.019, first=25,
         labels=("treks",), landing="annapurna", pieces=(Piece("himal-lodge", 1.0),), seed=50),
    Plan("down", "Down jackets for rent", CPC, 46, 1400, 0.88, 0.0071, 0.052, first=28,
         labels=("gear",), landing="rental/down", pieces=(Piece("himal-down", 1.0),), seed=51),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OldPlan:
    """An archived campaign: how many days ago it ran, and its weight in what was spent then."""

    name: str
    price_micros: int
    started: int
    days: int
    part: float
    ctr: float
    #: A day, in units; never reached.
    budget: int = 200


#: In the order of time; the counts are worked out so that their spend adds up to what was spent before the window.
ARCHIVED: tuple[OldPlan, ...] = (
    OldPlan("Spring parkas, last sizes", 2200, 262, 34, 0.9, 0.0049),
    OldPlan("Rain shells, April", 2400, 233, 30, 1.0, 0.0052),
    OldPlan("Trail marathon, sponsors", 2600, 206, 21, 0.8, 0.0061),
    OldPlan("Summer tents, family", 2000, 184, 48, 1.1, 0.0047),
    OldPlan("Sandals, first heat", 1900, 160, 38, 0.7, 0.0054),
    OldPlan("Swim and paddle", 2100, 138, 36, 0.9, 0.0050),
    OldPlan("Back to school packs", 2300, 100, 30, 1.0, 0.0058),
    OldPlan("Late summer sale", 1700, 92, 26, 0.8, 0.0063),
    OldPlan("Early autumn layers", 2100, 79, 23, 2.6, 0.0051),
)
