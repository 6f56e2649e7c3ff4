"""One visit: ask for an ad, then do what the visitor's habit is, and note what should come of each step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from webapp.domain.delivery.types import EventKind, Verdict
from webapp.simulator.advertisers import ALLOWED_SECONDS, Advertisers, Purchase
from webapp.simulator.clients import Client, Lost, Reply
from webapp.simulator.people import Habit, Person, Town
from webapp.simulator.truth import Truth

#: What the delivery surface tells servers that show their key.
VERDICT_HEADER = "x-kabinet-verdict"
_SHOWN, _SEEN = 0.97, 0.62
#: Longer than the fastest click that counts, also on a slow machine.
_THINKS_SECONDS = (0.8, 3.0)
_BUYS_SECONDS = (1.0, 3.0)
#: Of the servers that report, so many have a clock that is off, and of these so many beyond what is allowed.
_WRONG_CLOCK, _BEYOND = 0.2, 0.3
_TOLD_AGAIN = 0.1
_REFUSED = 401


@dataclass(frozen=True, slots=True)
class Step:
    """Something a visitor does later, or an advertiser's server about them."""

    after_seconds: float
    kind: EventKind
    path: str
    key: str
    person: Person
    expected: Verdict | None
    #: Of a click: what it leads to. Of a conversion: what is told.
    purchase: Purchase | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How lively the town is."""

    click_rate: float = 0.02
    #: Of the clicks, how many buy something.
    buy_rate: float = 0.0


class Visits:
    """Lets people visit pages with placements."""

    def __init__(
        self, client: Client, town: Town, truth: Truth, server_key: str, manners: Manners | None = None,
        advertisers: Advertisers | None = None,
    ) -> None:  # fmt: skip
        self._client = client
        self._town = town
        self._truth = truth
        self._server_key = server_key
        self._manners = manners or Manners()
        self._advertisers = advertisers

    def arrive(self, *placements: str) -> list[Step]:
        """Ask for the ads of a page as somebody; return what they will do about them."""
        person = self._town.somebody()
        body = json.dumps({"placements": placements}).encode()
        headers = {**self._headers(person), "Content-Type": "application/json"}
        self._truth.decisions += len(placements)
        try:
            reply = self._client.call("POST", "/d/decision", headers, body)
        except Lost:
            self._truth.lost_decisions += len(placements)
            return []
        decisions: list[dict[str, Any]] = json.loads(reply.body)["decisions"]
        filled = [decision for decision in decisions if decision["reason"] is None]
        self._truth.filled += len(filled)
        return [step for decision in filled for step in self._plan(person, decision["urls"], decision["key"])]

    def do(self, step: Step) -> list[Step]:
        """Do one step and note the answer; return what follows from it."""
        if step.kind is EventKind.CONVERSION:
            return self._report(step)
        try:
            reply = self._client.call("GET", step.path, self._headers(step.person))
        except Lost:
            self._truth.doubt(step.key, step.kind)
            return []
        answered = reply.headers.get(VERDICT_HEADER, "")
        if step.expected is Verdict.BAD_SIGNATURE:
            self._truth.forged += 1
            return []
        self._truth.count(step.key, step.kind, step.expected, "" if answered == "ok" else answered)
        return self._bought(step, reply) if answered == "ok" else []

    def _bought(self, step: Step, reply: Reply) -> list[Step]:
        """Return what a click that counted leads to, where its landing page was told a click id."""
        if step.purchase is None or self._advertisers is None:
            return []
        click_id = self._advertisers.click_of(reply.headers.get("location", ""))
        if not click_id:
            return []
        purchase = replace(step.purchase, click_id=click_id, order=f"order {step.key}")
        expected = Verdict.BAD_SIGNATURE if purchase.refused else Verdict.OK
        return [
            replace(step, after_seconds=purchase.after_seconds, kind=EventKind.CONVERSION, expected=expected,
                    path="/d/conversion", purchase=purchase)
        ]  # fmt: skip

    def _report(self, step: Step) -> list[Step]:
        """Tell a conversion as the advertiser's server."""
        assert step.purchase
        assert self._advertisers
        headers, body = self._advertisers.signed(step.purchase)
        try:
            reply = self._client.call("POST", step.path, headers, body)
        except Lost:
            self._truth.doubt(step.key, step.kind)
            return []
        if reply.status == _REFUSED or step.expected is Verdict.BAD_SIGNATURE:
            self._truth.refuse(step.key, step.kind, step.expected, was_refused=reply.status == _REFUSED)
            return []
        verdict = str(json.loads(reply.body).get("verdict", ""))
        self._truth.count(step.key, step.kind, step.expected, "" if verdict == "ok" else verdict)
        if verdict == "ok" and step.purchase.again:
            once = replace(step.purchase, again=False)
            return [replace(step, after_seconds=0.2, expected=Verdict.DUPLICATE, purchase=once)]
        return []

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
            click = step(at, EventKind.CLICK, verdict if habit is Habit.BOT else None)
            steps.append(replace(click, purchase=self._purchase()))
            if habit is Habit.DOUBLE_CLICK:
                steps.append(step(at + 0.15, EventKind.CLICK, Verdict.DUPLICATE))
        return steps

    def _purchase(self) -> Purchase | None:
        town = self._town
        if not self._manners.buy_rate or not town.chance(self._manners.buy_rate):
            return None
        skew = 0
        if town.chance(_WRONG_CLOCK):
            # Away from the limit itself, which the time between asking and answering would blur.
            far = (ALLOWED_SECONDS + 60, 3600) if town.chance(_BEYOND) else (10, ALLOWED_SECONDS - 60)
            skew = int(town.between(*far)) * (1 if town.chance(0.5) else -1)
        return Purchase(town.between(*_BUYS_SECONDS), f"{town.between(9, 240):.2f}", skew, town.chance(_TOLD_AGAIN))


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _forge(path: str) -> str:
    """Change one sign of a token."""
    place = path.rfind("/") + 12
    return path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :]
