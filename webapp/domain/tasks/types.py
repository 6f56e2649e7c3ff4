"""Values of background work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from webapp.domain.tasks.models import Task, TaskState

#: The rows services hand out, for the annotations of other folders.
__all__ = ["Task", "TaskState"]

#: In the order workers look at them: mail is quick and waited for, imports are long.
MAILS, DEFAULT, IMPORTS = "mails", "default", "imports"
QUEUES = (MAILS, DEFAULT, IMPORTS)
_QUEUE_OF_KIND = {"mail": MAILS, "import": IMPORTS, "import_check": IMPORTS, "import_removal": IMPORTS}

MAX_ATTEMPTS = 3
#: A queued task older than this was lost with the queue and is pushed again.
PUSH_AGAIN_AFTER = timedelta(seconds=60)
#: A running task without a sign of life for this long lost its worker.
LOST_AFTER = timedelta(minutes=2)

LOST_SENTENCE = "The work stopped half way %(attempts)s times. Nothing of it was kept. Start it again."
BROKEN_SENTENCE = "Something broke on our side. Start it again; if it happens again, name the code %(code)s to support."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished task leaves behind: plain JSON values, and when its file is to be removed."""

    result: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


class TakenAway(Exception):
    """The task was given to another worker; nobody is to be told, the work is to be left alone."""


def queue_of(kind: str) -> str:
    """Return the name of the queue tasks of this kind wait in."""
    return _QUEUE_OF_KIND.get(kind, DEFAULT)
