"""The creatives of the demo accounts: what they say, what they show, and what moderators said to them."""

from __future__ import annotations

from dataclasses import dataclass, field

NATIVE_SIZE = (600, 500)
#: (day, hour, minute); day 55 is today.
When = tuple[int, int, int]
LONG_AGO: When = (-11, 10, 5)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a version: approved when there is no code, still waiting when there is no verdict at all."""

    at: When
    code: str = ""
    field: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One version."""

    title: str
    text: str
    sent: When = LONG_AGO
    verdict: Verdict | None = field(default=Verdict((-10, 12, 20)))


@dataclass(frozen=True, slots=True)
class Artwork:
    """One creative; without a size it is native, with a title of its own otherwise."""

    key: str
    name: str
    scene: str
    versions: tuple[Text, ...]
    size: tuple[int, int] | None = None
    #: When moderators took the approval back, and why.
    revoked: Verdict | None = None


def _native(key: str, scene: str, title: str, text: str) -> Artwork:
    return Artwork(key, title, scene, (Text(title, text),))


def _banner(key: str, scene: str, name: str, size: tuple[int, int]) -> Artwork:
    return Artwork(key, name, scene, (Text("", ""),), size)


_COAST = "Three layers, taped seams, tested on the coast in November. Free returns for 60 days."
_NO_PROOF = "“{}” needs proof on the landing page. Add the test you refer to, or say it without “{}”."
_UNREADABLE = "The price on the picture is too small to read on a phone. Make it larger or leave it out."
_RANGE = "The landing page shows last season’s helmets. Lead people to the range the ad is about."

TALLBROOK_ART: tuple[Artwork, ...] = (
    Artwork("wet-windy", "Jackets for wet, windy days", "jacket", (
        Text("Jackets for the autumn", _COAST),
        Text("The warmest jacket for wet days", _COAST, (33, 9, 40), Verdict(
            (33, 11, 15), "claim.superlative", "title", _NO_PROOF.format("The warmest jacket", "warmest"))),
        Text("Jackets for wet days", _COAST, (38, 9, 2), Verdict((38, 10, 31))),
        Text("Jackets for wet, windy days", _COAST, (55, 14, 20), None),
    )),
    Artwork("three-layers", "Three layers, one jacket", "jacket2", (
        Text("", ""), Text("", "", (12, 10, 30), Verdict((12, 11, 44)))), (300, 250)),
    _native("sent-back", "rain", "Sent back free for 60 days",
            "Try it in the rain first. If it lets you down, it costs you nothing."),
    Artwork("warmest", "Warmest jacket in the world", "layer", (
        Text("Warmest jacket in the world", "Down, wool and a storm collar.", (19, 16, 8), Verdict(
            (20, 9, 30), "claim.superlative", "title", _NO_PROOF.format("Warmest in the world", "warmest"))),
        Text("Warmest jacket in the world",
             "Down, wool and a storm collar, as our customers say.", (51, 18, 2), Verdict(
            (52, 11, 40), "claim.superlative", "title", _NO_PROOF.format("Warmest in the world", "warmest"))),
    )),
    _native("trail-native", "shoe", "You left them in the basket",
            "Your trail shoes are still here, in your size, until Sunday."),
    _banner("trail-banner", "shoe", "Trail shoes, green hills", (300, 250)),
    _native("boots-native", "boot", "Boots for ice and slush",
            "Rubber that grips at −15 °C, leather that dries overnight."),
    _banner("boots-half-page", "boot", "Boots, half page", (300, 600)),
    _native("thermal-native", "layer", "Warm under anything", "Thermal layers that weigh less than your phone."),
    _banner("thermal-leader", "layer", "Layers, leaderboard", (728, 90)),
    _native("pack-native", "pack", "One bag for desk and trail",
            "30 litres, a dry pocket for the laptop, a wet one for the shoes."),
    _banner("pack-banner", "pack", "Backpack 30 L, quay", (300, 250)),
    _native("letter-native", "book", "One letter a month, no noise",
            "Routes, repairs and what the weather will do. Unsubscribe in one click."),
    _banner("lamp-banner", "lamp", "Headlamp at night", (300, 250)),
    Artwork("lamp-native", "See the trail, not the dark", "lamp", (
        Text("See the trail, not the dark", "400 lumens, 60 hours, one hand.", (55, 13, 34), None),)),
    _native("merino-native", "jacket2", "Three pairs, warm for years",
            "Merino socks with a lifetime of darning included."),
    _native("kids-native", "rain", "Puddles are the point", "Rainwear for two to ten, knees taped twice."),
    _banner("store-banner", "cup", "Old Port opens", (300, 250)),
    Artwork("helmet-native", "Helmets for the first runs", "helmet", (
        Text("Helmets for the first runs", "This year’s range, fitted in the store."),),
        revoked=Verdict((53, 10, 15), "landing.mismatch", "landing", _RANGE)),
    Artwork("helmet-banner", "Helmet, first snow", "helmet", (Text("", ""),), (300, 250),
        revoked=Verdict((53, 10, 17), "image.quality", "picture", _UNREADABLE)),
    _native("stove-native", "cup", "Coffee at 2,000 metres", "Last season’s stoves, a third off while they last."),
    _native("tent-native", "tent", "Two doors, one weekend", "Spring tents, last pieces."),
    Artwork("app-native", "Your receipts, your repairs", "book", (
        Text("Your receipts, your repairs",
             "The Tallbrook app keeps both. 5 % back on every repair.", (55, 12, 50), None),)),
)  # fmt: skip

OLD_ART: tuple[Artwork, ...] = (
    _native("old-spring", "jacket2", "Last sizes, half the way", "Parkas and shells of the spring, one of each."),
    _native("old-summer", "tent", "A weekend that fits in a bag", "Tents and mats for two to five."),
)

FERNWAY_ART: tuple[Artwork, ...] = (
    _native("fernway-city", "pack", "One bag for the whole week", "Clips on in a second, keeps the laptop dry."),
)

#: Sent and approved on the day before the account's first campaign.
_BEFORE_HIMAL: When = (23, 10, 5)
_APPROVED_HIMAL = Verdict((23, 12, 20))
HIMAL_ART: tuple[Artwork, ...] = (
    Artwork("himal-lodge", "Eleven days, ten lodges", "tent", (
        Text("Eleven days, ten lodges", "Annapurna with a guide, a porter and warm beds.",
             _BEFORE_HIMAL, _APPROVED_HIMAL),)),
    Artwork("himal-down", "Down jackets for rent", "jacket2", (
        Text("", "", _BEFORE_HIMAL, _APPROVED_HIMAL),), (300, 250)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another advertiser, of whom only creatives are known here."""

    name: str
    currency: str
    art: tuple[Artwork, ...]


def _waiting(key: str, scene: str, title: str, text: str, minutes: int, before: str = "") -> Artwork:
    """Return a creative that has been waiting for so many minutes; `before` is the approved title of version 1."""
    earlier = (Text(before, text),) if before else ()
    return Artwork(key, title, scene, (*earlier, Text(title, text, (55, -minutes, 0), None)))


_CUP = "Hand-glazed, 320 ml, safe in the dishwasher and the oven. Sold in pairs, free to send back."
NEIGHBOURS: tuple[Neighbour, ...] = (
    Neighbour("Lumen Kitchenware", "EUR", (
        _waiting("cup", "cup", "The best cup for slow mornings", _CUP, 192, "Stoneware cup for slow mornings"),)),
    Neighbour("Quayside Books", "EUR", (
        _waiting("books", "book", "Winter reading, three for two", "Novels for long evenings, until Sunday.", 178),
        _waiting("maps", "book", "Maps of the inner islands", "Printed on cloth, folded by hand.", 2))),
    Neighbour("Farwood Camps", "EUR", (
        _waiting("snow", "tent", "Sleep under the first snow", "Heated tents, forty minutes from town.", 107),)),
    Neighbour("Kestrel Running", "USD", (
        _waiting("half", "shoe", "Half marathon in eight weeks", "A plan, a coach and shoes that fit.", 40),
        _waiting("dry", "boot", "Dry feet, warm feet", "Winter soles for the road.", 22, "Warm feet"))),
    Neighbour("Harbour Lane", "EUR", (
        _native("price", "rain", "Best price on the quay", "The price table is on the page."),
        _waiting("quay", "rain", "Umbrellas that survive the quay", "Ribs of glass fibre, handle of oak.", 15),
        _waiting("second", "jacket2", "Second season, half the price", "Coats from last year.", 4, "Second season"))),
    Neighbour("Merle & Daughters", "EUR", (
        _waiting("wool", "layer", "Wool from one valley", "Spun where the sheep are.", 9),)),
)  # fmt: skip
