"""One visit: ask for an ad, then do what the visitor's habit is, and note what should come of each step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webapp.domain.delivery.types import EventKind, Verdict
from webapp.simulator.clients import Client, Lost
from webapp.simulator.people import Habit, Person, Town
from webapp.simulator.truth import Truth

#: What the delivery surface tells servers that show their key.
VERDICT_HEADER = "x-kabinet-verdict"
_SHOWN, _SEEN = 0.97, 0.62
#: Longer than the fastest click that counts, also on a slow machine.
_THINKS_SECONDS = (0.8, 3.0)


@dataclass(frozen=True, slots=True)
class Step:
    """Something a visitor does later."""

    after_seconds: float
    kind: EventKind
    path: str
    key: str
    person: Person
    expected: Verdict | None


@dataclass(frozen=True, slots=True)
class Manners:
    """How lively the town is."""

    click_rate: float = 0.02


class Visits:
    """Lets people visit pages with placements."""

    def __init__(
        self, client: Client, town: Town, truth: Truth, server_key: str, manners: Manners | None = None
    ) -> None:
        self._client = client
        self._town = town
        self._truth = truth
        self._server_key = server_key
        self._manners = manners or Manners()

    def arrive(self, placement: str) -> list[Step]:
        """Ask for an ad as somebody; return what they will do about it."""
        person = self._town.somebody()
        body = json.dumps({"placements": [placement]}).encode()
        headers = {**self._headers(person), "Content-Type": "application/json"}
        self._truth.decisions += 1
        try:
            reply = self._client.call("POST", "/d/decision", headers, body)
        except Lost:
            self._truth.lost_decisions += 1
            return []
        decision: dict[str, Any] = json.loads(reply.body)["decisions"][0]
        if decision["reason"] is not None:
            return []
        self._truth.filled += 1
        return self._plan(person, decision["urls"], decision["key"])

    def do(self, step: Step) -> None:
        """Do one step and note the answer."""
        try:
            reply = self._client.call("GET", step.path, self._headers(step.person))
        except Lost:
            self._truth.doubt(step.key, step.kind)
            return
        answered = reply.headers.get(VERDICT_HEADER, "")
        if step.expected is Verdict.BAD_SIGNATURE:
            self._truth.forged += 1
            return
        self._truth.count(step.key, step.kind, step.expected, "" if answered == "ok" else answered)

    def _headers(self, person: Person) -> dict[str, str]:
        headers = {"User-Agent": person.user_agent, "X-Forwarded-For": person.ip}
        if person.language:
            headers["Accept-Language"] = person.language
        if self._server_key:
            headers["Authorization"] = f"Bearer {self._server_key}"
        return headers

    def _plan(self, person: Person, urls: Mapping[str, str], key: str) -> list[Step]:
        habit = self._town.habit(person)
        verdict = Verdict.BOT_UA if habit is Habit.BOT else Verdict.OK
        paths = {name: _path(url) for name, url in urls.items()}

        def step(after: float, kind: EventKind, expected: Verdict | None = verdict) -> Step:
            return Step(after, kind, paths[kind.value], key, person, expected)

        if habit is Habit.BLIND_CLICK:
            return [step(self._town.between(*_THINKS_SECONDS), EventKind.CLICK, Verdict.CLICK_WITHOUT_IMPRESSION)]
        if habit is Habit.FORGED:
            forged = _forge(paths["impression"])
            return [Step(0.1, EventKind.IMPRESSION, forged, key, person, Verdict.BAD_SIGNATURE)]
        if not self._town.chance(_SHOWN):
            return []
        steps = [step(0.1, EventKind.IMPRESSION)]
        if self._town.chance(_SEEN):
            steps.append(step(1.2, EventKind.VIEW))
        if habit is Habit.REPLAY:
            steps.append(step(self._town.between(0.3, 5), EventKind.IMPRESSION, Verdict.DUPLICATE))
        if habit is Habit.DOUBLE_CLICK or self._town.chance(self._manners.click_rate):
            # A click may find the budget gone, which the visitor cannot know.
            at = self._town.between(*_THINKS_SECONDS)
            steps.append(step(at, EventKind.CLICK, verdict if habit is Habit.BOT else None))
            if habit is Habit.DOUBLE_CLICK:
                steps.append(step(at + 0.15, EventKind.CLICK, Verdict.DUPLICATE))
        return steps


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _forge(path: str) -> str:
    """Change one sign of a token."""
    place = path.rfind("/") + 12
    return path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :]
