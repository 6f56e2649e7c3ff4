"""What the headings of a file mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from webapp.core.money import CURRENCIES
from webapp.domain.analytics.imports import vocabulary
from webapp.domain.analytics.imports.types import Target

_T = Target


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading stands for; the lower rank wins when several columns mean the same."""

    target: Target
    rank: int = 0
    #: Of what is ignored: the code of the reason, and for a rate the key of its formula.
    why: str = "by_name"
    formula: str = ""
    #: For spend: written in millionths.
    in_micros: bool = False


#: The rank of "fb_campaign_id", "total_impressions": the same with a word in front; behind any plain heading.
WITH_PREFIX = 100
_TAILS = {
    tail: Meaning(target, WITH_PREFIX, in_micros=tail.endswith("micros"))
    for target, tails in {
        _T.CAMPAIGN_ID: ("campaign id",),
        _T.AD_ID: ("ad id",),
        _T.CAMPAIGN: ("campaign name",),
        _T.AD: ("ad name",),
        _T.IMPRESSIONS: ("impressions", "показы"),
        _T.CLICKS: ("clicks", "клики"),
        _T.SPEND: ("amount spent", "spend", "cost micros"),
    }.items()
    for tail in tails
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_NOT_WORDS = re.compile(r"[^\w%№]+|_+")
_SIGNS = {sign: code for code, sign in CURRENCIES.items() if len(sign) == 1 and sign not in "$¥R"}
_ROUBLES = frozenset({"руб", "р", "rur"})


def words(heading: str) -> str:
    """Return a heading as plain lower-case words: 'CampaignName' and 'campaign_name' are 'campaign name'."""
    text = unicodedata.normalize("NFKC", _CAMEL.sub(" ", heading)).casefold().replace("ё", "е")
    return _NOT_WORDS.sub(" ", text).strip()


def _split(names: str) -> list[str]:
    return [words(name) for name in names.split("|")]


def _lookup() -> dict[str, Meaning]:
    found = {text: Meaning(_T.IGNORE, why="measure") for text in _split(vocabulary.MEASURES)}
    found |= {text: Meaning(_T.IGNORE, why="service") for text in _split(vocabulary.SETTINGS)}
    for target, names in vocabulary.NAMES.items():
        for rank, text in enumerate(_split(names)):
            found[text] = Meaning(target, rank, in_micros=text.endswith("micros"))
    for formula, names in vocabulary.FORMULAS.items():
        found |= {text: Meaning(_T.IGNORE, formula=formula, why="computed") for text in _split(names)}
    return found


_MEANINGS = _lookup()


def meaning_of(heading: str) -> Meaning | None:
    """Return what a heading stands for, None when it is not known."""
    plain = words(heading)
    short = words(_BRACKETS.sub(" ", heading))
    for text in (plain, short, _without_currency(plain), _without_currency(short)):
        if text in _MEANINGS:
            return _MEANINGS[text]
    return next((meaning for tail, meaning in _TAILS.items() if short.endswith(" " + tail)), None)


def _without_currency(plain: str) -> str:
    head, _, last = plain.rpartition(" ")
    return head if last.upper() in CURRENCIES or last in _ROUBLES else plain


def currency_of(heading: str) -> str:
    """Return the currency a heading names, as in 'Cost (EUR)' or 'Расход, ₽'; '' for none."""
    for word in words(heading).split():
        if word.upper() in CURRENCIES and word.upper() in heading:
            return word.upper()
        if word in _ROUBLES:
            return "RUB"
    return next((code for sign, code in _SIGNS.items() if sign in heading), "")
