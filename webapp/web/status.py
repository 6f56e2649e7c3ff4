"""How a status is shown: a word, a shape and a tone, never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from flask_babel import LazyString
from flask_babel import lazy_pgettext as _p


@dataclass(frozen=True, slots=True)
class StatusLook:
    """The word, the glyph's name and the text colour class of one status."""

    label: LazyString
    glyph: str
    tone: str


LOOKS: dict[str, StatusLook] = {
    "serving": StatusLook(_p("status", "Serving"), "serving", "text-success"),
    "approved": StatusLook(_p("status", "Approved"), "serving", "text-success"),
    "active": StatusLook(_p("status", "Active"), "serving", "text-success"),
    "daily_budget_spent": StatusLook(_p("status", "Daily budget spent"), "waiting", "text-c2"),
    "outside_hours": StatusLook(_p("status", "Outside hours"), "waiting", "text-c2"),
    "waiting": StatusLook(_p("status", "Waiting"), "waiting", "text-c2"),
    "scheduled": StatusLook(_p("status", "Scheduled"), "scheduled", "text-info"),
    "in_review": StatusLook(_p("status", "In review"), "review", "text-info"),
    "rejected": StatusLook(_p("status", "Rejected"), "problem", "text-error"),
    "no_approved_ads": StatusLook(_p("status", "No approved ads"), "problem", "text-error"),
    "balance_empty": StatusLook(_p("status", "Balance empty"), "problem", "text-error"),
    "failed": StatusLook(_p("status", "Failed"), "problem", "text-error"),
    "paused": StatusLook(_p("status", "Paused"), "paused", "text-muted"),
    "ended": StatusLook(_p("status", "Ended"), "ended", "text-muted"),
    "total_budget_spent": StatusLook(_p("status", "Total budget spent"), "ended", "text-muted"),
    "replaced": StatusLook(_p("status", "Replaced"), "ended", "text-muted"),
    "done": StatusLook(_p("status", "Done"), "ended", "text-success"),
    "archived": StatusLook(_p("status", "Archived"), "draft", "text-muted"),
    "draft": StatusLook(_p("status", "Draft"), "draft", "text-muted"),
    "queued": StatusLook(_p("status", "Queued"), "scheduled", "text-info"),
    "running": StatusLook(_p("status", "Running"), "review", "text-info"),
    "uploaded": StatusLook(_p("status", "Being checked"), "review", "text-info"),
    "checked": StatusLook(_p("status", "Ready to import"), "waiting", "text-c2"),
    "blocked": StatusLook(_p("status", "Not ready"), "problem", "text-error"),
    "removing": StatusLook(_p("status", "Being removed"), "review", "text-info"),
    "removed": StatusLook(_p("status", "Removed"), "draft", "text-muted"),
}


def status_look(code: str | Enum) -> StatusLook:
    """Return how a status is shown; raise KeyError for a code nobody has drawn."""
    return LOOKS[str(code.value if isinstance(code, Enum) else code)]
