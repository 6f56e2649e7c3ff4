"""The services that tell of what happened; a part of the wiring, which grew beyond one file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.domain.ads.services.subjects import EventSubjects
from webapp.domain.events.dead_letters import DeadLetters
from webapp.domain.events.services import Consumption, Outbox
from webapp.domain.notifications.notices import Notices
from webapp.domain.notifications.services import Letters
from webapp.domain.tasks.services import Tasks

if TYPE_CHECKING:
    from webapp.wiring import Adapters


class EventServices:
    """Events, and what comes of them: tasks, notices, letters."""

    def __init__(self, adapters: Adapters, session: Session) -> None:
        self.adapters = adapters
        self.session = session
        self.clock: Clock = adapters.clock

    @cached_property
    def outbox(self) -> Outbox:
        """Events for others, told after the commit."""
        return Outbox(self.session, self.clock)

    @cached_property
    def consumption(self) -> Consumption:
        """Which consumer has done which event."""
        return Consumption(self.session, self.clock)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """Events that consumers gave up on."""
        return DeadLetters(self.session, self.clock, self.adapters.bus)

    @cached_property
    def tasks(self) -> Tasks:
        """Background work."""
        return Tasks(self.session, self.clock, self.adapters.queue)

    @cached_property
    def notices(self) -> Notices:
        """What people are told inside the cabinet."""
        return Notices(self.session, self.clock)

    @cached_property
    def letters(self) -> Letters:
        """What people are told by mail."""
        return Letters(self.tasks)

    @cached_property
    def event_subjects(self) -> EventSubjects:
        """Names of what events are about."""
        return EventSubjects(self.session)
