"""Letters: asked for in a transaction, written and sent by a job after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.domain.tasks.services import Tasks


class Letters:
    """A postbox whose letters are tasks; tokens are made only when a letter is written, so none lies in a queue."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def post(self, template: str, user_id: int, values: Mapping[str, Any] | None = None) -> None:
        """Ask for a letter of this template to this user, filled with JSON-ready values."""
        payload = {"template": template, "user_id": user_id, **({"values": dict(values)} if values else {})}
        self._tasks.enqueue(None, "mail", payload, title=template)
