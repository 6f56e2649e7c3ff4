"""Making the small copy of an uploaded picture."""

from __future__ import annotations

from webapp.core.ids import PublicId
from webapp.domain.tasks.models import Task
from webapp.domain.tasks.ports import Progress
from webapp.domain.tasks.types import Outcome
from webapp.wiring import Services


def run(services: Services, task: Task, progress: Progress) -> Outcome:
    """Make the thumbnail; a picture that has one keeps it."""
    assert task.advertiser_id is not None
    scope = services.accounts.system_scope_by_id(task.advertiser_id)
    asset = services.media.make_thumbnail(scope, PublicId(task.payload["asset"]))
    progress.report(1, 1)
    return Outcome({"asset": asset.public_id})
