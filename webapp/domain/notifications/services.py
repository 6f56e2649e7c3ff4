"""Letters: asked for in a transaction, written and sent by a job after it."""

from __future__ import annotations

from webapp.domain.tasks.services import Tasks


class Letters:
    """A postbox whose letters are tasks; tokens are made only when a letter is written, so none lies in a queue."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def post(self, template: str, user_id: int) -> None:
        """Ask for a letter of this template to this user."""
        self._tasks.enqueue(None, "mail", {"template": template, "user_id": user_id}, title=template)
