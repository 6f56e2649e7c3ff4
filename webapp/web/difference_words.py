"""Differences between the stores in words, with what they mean for whoever pays."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.domain.delivery.differences import Difference

_D = Difference
_LABELS = {
    _D.NONE: _l("Agrees"),
    _D.SETTLING: _l("Being settled"),
    _D.INGESTING: _l("Events on their way"),
    _D.FORGIVEN: _l("Not charged"),
    _D.HISTORY: _l("Without events"),
    _D.UNEXPLAINED: _l("Differs"),
}
_MEANINGS = {
    _D.NONE: "",
    _D.SETTLING: _l("The serving nodes have charged more than the ledger has yet; the rest follows in seconds."),
    _D.INGESTING: _l("The ledger is ahead of the figures; the events follow in seconds."),
    _D.FORGIVEN: _l("A serving node was given up for lost and came back. What it had charged since nobody pays."),
    _D.HISTORY: _l("Part of these charges was entered without single events, such as those before delivery began."),
    _D.UNEXPLAINED: _l("The sums are not the same, and nothing under way explains it. Our staff have been told."),
}
#: Tones of a tag.
_TONES = {_D.NONE: "ok", _D.SETTLING: "info", _D.INGESTING: "info", _D.UNEXPLAINED: "bad"}


def difference_label(difference: Difference) -> LazyString:
    """Return a difference's name."""
    return _LABELS[difference]


def difference_meaning(difference: Difference) -> str | LazyString:
    """Return what it means, '' where there is nothing to say."""
    return _MEANINGS[difference]


def difference_tone(difference: Difference) -> str:
    """Return the tone of its tag."""
    return _TONES.get(difference, "")
