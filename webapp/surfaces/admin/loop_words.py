"""What the loops do, and how far they are, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from webapp.web.filters import decimal

#: Loop, without the number of its node → what it is called, and what it does.
WORDS = {
    "relay": (_l("Passing on"), _l("Tells others what was done in the cabinet.")),
    "consumer-publisher": (_l("Changes of campaigns"), _l("Brings a change in the cabinet to what is shown.")),
    "consumer-notices": (_l("Notices and letters"), _l("Tells people what happened.")),
    "consumer-credits": (_l("Credited traffic"), _l("Takes traffic found invalid out of the figures.")),
    "publisher": (_l("Comparison with the node"), _l("Compares what the node shows with the cabinet, and mends it.")),
    "allocator": (_l("Lending money"), _l("Lends the nodes what they may spend, and calls back what lies idle.")),
    "settle": (_l("Charging"), _l("Writes into the ledger what was delivered.")),
    "ingest": (_l("Figures"), _l("Brings events into charts and reports.")),
    "housekeeping": (_l("Housekeeping"), _l("Clears away what has expired.")),
}
_NODE = re.compile(r"-(\d+)$")


def loop_title(name: str) -> str:
    """Return what a loop is called: Charging, node 1."""
    kind, node = _parts(name)
    title = str(WORDS[kind][0]) if kind in WORDS else kind
    return str(gettext("%(work)s, node %(number)s", work=title, number=node)) if node else title


def loop_text(name: str) -> str:
    """Return what a loop does, '' for one nobody has described."""
    kind, _node = _parts(name)
    return str(WORDS[kind][1]) if kind in WORDS else ""


def lag_words(lag: Mapping[str, float]) -> str:
    """Return how far a loop is."""
    said = [words for name, figure in lag.items() if (words := _figure(name, figure))]
    return ", ".join(said)


def _figure(name: str, figure: float) -> str:
    count = int(figure)
    if name == "seconds":
        return str(gettext("%(count)s s behind", count=decimal(figure, 1))) if figure else str(gettext("up to date"))
    if name == "events":
        return str(ngettext("%(num)s event", "%(num)s events", count)) if count else ""
    if name == "silent":
        return str(ngettext("%(num)s silent node", "%(num)s silent nodes", count)) if count else ""
    if name == "waiting":
        sentence = ngettext("%(num)s campaign waits for money", "%(num)s campaigns wait for money", count)
        return str(sentence) if count else str(gettext("nobody waits"))
    if name == "ahead_seconds":
        return str(gettext("a clock is %(count)s s ahead", count=decimal(figure, 1))) if figure else ""
    if name == "mended":
        sentence = ngettext("%(num)s difference mended", "%(num)s differences mended", count)
        return str(sentence) if count else str(gettext("no difference"))
    return f"{name} {figure:g}"


def _parts(name: str) -> tuple[str, str]:
    found = _NODE.search(name)
    return (name[: found.start()], found[1]) if found else (name, "")
