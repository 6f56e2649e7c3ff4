"""What a simulation knows to be true: what was answered, what was lost on the way, what should have come out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from webapp.domain.delivery.types import EventKind, Verdict


@dataclass(frozen=True, slots=True)
class Surprise:
    """An answer that was not the one to expect."""

    kind: EventKind
    expected: Verdict
    answered: str
    #: The decision it is about, '' for none.
    key: str = ""


@dataclass
class Truth:
    """Tallies of everything sent; an event without an answer is in doubt: it may have been counted, or not."""

    decisions: int = 0
    filled: int = 0
    #: (decision key, kind, verdict) → events the system said it has.
    answered: Counter[tuple[str, EventKind, Verdict]] = field(default_factory=Counter)
    #: (decision key, kind) → events without an answer.
    doubtful: Counter[tuple[str, EventKind]] = field(default_factory=Counter)
    forged: int = 0
    #: Conversions that were turned away, as they had to be.
    refused: int = 0
    lost_decisions: int = 0
    surprises: list[Surprise] = field(default_factory=list)

    def count(self, key: str, kind: EventKind, expected: Verdict | None, answered: str) -> None:
        """Note an answer, and whether it was the one to expect (None: any is fine)."""
        verdict = Verdict(answered)
        self.answered[key, kind, verdict] += 1
        if expected is not None and verdict is not expected:
            self.surprises.append(Surprise(kind, expected, answered, key))

    def refuse(self, key: str, kind: EventKind, expected: Verdict | None, *, was_refused: bool) -> None:
        """Note a report that was to be turned away, or was."""
        self.refused += was_refused
        if was_refused != (expected is Verdict.BAD_SIGNATURE):
            self.surprises.append(Surprise(kind, expected or Verdict.OK, "refused" if was_refused else "taken", key))

    def doubt(self, key: str, kind: EventKind) -> None:
        """Note an event whose answer never came."""
        self.doubtful[key, kind] += 1

    def unexplained(self) -> list[Surprise]:
        """Return the surprises about decisions of which nothing was lost: a lost impression makes its view a stray."""
        lost = {key for key, _ in self.doubtful}
        return [surprise for surprise in self.surprises if surprise.key not in lost]

    def totals(self) -> dict[tuple[EventKind, Verdict], int]:
        """Return how many events of each kind and verdict the system said it has."""
        sums: Counter[tuple[EventKind, Verdict]] = Counter()
        for (_, kind, verdict), count in self.answered.items():
            sums[kind, verdict] += count
        return dict(sums)

    def doubts(self) -> dict[EventKind, int]:
        """Return how many events of each kind nobody answered."""
        sums: Counter[EventKind] = Counter()
        for (_, kind), count in self.doubtful.items():
            sums[kind] += count
        return dict(sums)

    def faults(self, found: Counter[tuple[str, EventKind]]) -> list[str]:
        """Compare with the events found per decision and kind; return a sentence for each that cannot be."""
        told: Counter[tuple[str, EventKind]] = Counter()
        for (key, kind, _), count in self.answered.items():
            told[key, kind] += count
        wrong = []
        for place in told.keys() | found.keys() | self.doubtful.keys():
            least, most = told[place], told[place] + self.doubtful[place]
            if not least <= found[place] <= most:
                wrong.append(f"{place[1]} of decision {place[0]}: found {found[place]}, sent {least} to {most}")
        return wrong


class Forgetful(Truth):
    """For people who come for ever, and whom nobody counts."""

    def count(self, key: str, kind: EventKind, expected: Verdict | None, answered: str) -> None:
        """Keep nothing."""

    def refuse(self, key: str, kind: EventKind, expected: Verdict | None, *, was_refused: bool) -> None:
        """Keep nothing."""

    def doubt(self, key: str, kind: EventKind) -> None:
        """Keep nothing."""
