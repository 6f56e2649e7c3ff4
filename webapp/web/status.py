"""How a status is shown: a word, a shape and a tone, never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class StatusLook:
    """The word, the glyph's name and the text colour class of one status."""

    label: LazyString
    glyph: str
    tone: str


LOOKS: dict[str, StatusLook] = {
    "serving": StatusLook(_l("Serving"), "serving", "text-success"),
    "approved": StatusLook(_l("Approved"), "serving", "text-success"),
    "active": StatusLook(_l("Active"), "serving", "text-success"),
    "daily_budget_spent": StatusLook(_l("Daily budget spent"), "waiting", "text-c2"),
    "outside_hours": StatusLook(_l("Outside hours"), "waiting", "text-c2"),
    "waiting": StatusLook(_l("Waiting"), "waiting", "text-c2"),
    "scheduled": StatusLook(_l("Scheduled"), "scheduled", "text-info"),
    "in_review": StatusLook(_l("In review"), "review", "text-info"),
    "rejected": StatusLook(_l("Rejected"), "problem", "text-error"),
    "no_approved_ads": StatusLook(_l("No approved ads"), "problem", "text-error"),
    "balance_empty": StatusLook(_l("Balance empty"), "problem", "text-error"),
    "failed": StatusLook(_l("Failed"), "problem", "text-error"),
    "paused": StatusLook(_l("Paused"), "paused", "text-muted"),
    "ended": StatusLook(_l("Ended"), "ended", "text-muted"),
    "total_budget_spent": StatusLook(_l("Total budget spent"), "ended", "text-muted"),
    "replaced": StatusLook(_l("Replaced"), "ended", "text-muted"),
    "done": StatusLook(_l("Done"), "ended", "text-success"),
    "archived": StatusLook(_l("Archived"), "draft", "text-muted"),
    "draft": StatusLook(_l("Draft"), "draft", "text-muted"),
    "queued": StatusLook(_l("Queued"), "scheduled", "text-info"),
    "running": StatusLook(_l("Running"), "review", "text-info"),
    "uploaded": StatusLook(_l("Being checked"), "review", "text-info"),
    "checked": StatusLook(_l("Ready to import"), "waiting", "text-c2"),
    "blocked": StatusLook(_l("Not ready"), "problem", "text-error"),
    "removing": StatusLook(_l("Being removed"), "review", "text-info"),
    "removed": StatusLook(_l("Removed"), "draft", "text-muted"),
}


def status_look(code: str | Enum) -> StatusLook:
    """Return how a status is shown; raise KeyError for a code nobody has drawn."""
    return LOOKS[str(code.value if isinstance(code, Enum) else code)]
