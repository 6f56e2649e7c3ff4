"""Which function does which kind of task; imported only when the first of its kind runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome
from webapp.wiring import Services

#: A handler does the work of one task. It may commit slices of its own; the rest is committed with its outcome.
Handler = Callable[[Services, Task, Progress], Outcome | None]

HANDLERS: dict[str, str] = {
    "export": "jobs.exports:run",
    "import": "jobs.imports:run",
    "import_check": "jobs.imports:check",
    "import_removal": "jobs.imports:remove",
    "thumbnail": "jobs.creatives:run",
    "mail": "jobs.mail:send",
}


@lru_cache
def handler_of(kind: str) -> Handler:
    """Return the function that does tasks of this kind; raise LookupError for an unknown kind."""
    module, _, name = HANDLERS[kind].partition(":")
    return cast(Handler, getattr(importlib.import_module(module), name))
