"""What the stores say a campaign's day cost, and the name of what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Difference(StrEnum):
    """Why the sums of a campaign's day are not the same."""

    NONE = ""
    #: Charges that nodes made are on their way into the ledger.
    SETTLING = "settling"
    #: Events are on their way into the figures.
    INGESTING = "ingesting"
    #: A node was given up for lost and came back: what it had charged since nobody pays.
    FORGIVEN = "forgiven"
    #: Charges that were entered without events, such as those before delivery began.
    HISTORY = "history"
    #: None of these: somebody must look.
    UNEXPLAINED = "unexplained"


#: Nothing anybody must look at.
HARMLESS = frozenset({Difference.NONE, Difference.FORGIVEN, Difference.HISTORY})


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What each store says of a campaign's day; credit notes taken after the fact are in none of them."""

    advertiser_id: int
    campaign_id: int
    day: date
    #: Charged in the ledger.
    ledger_micros: int = 0
    #: Of it, what settlement wrote from the nodes' logs.
    hours_micros: int = 0
    #: What the events say that were charged.
    events_micros: int = 0
    #: What the nodes counted; None where that is not known.
    counters_micros: int | None = None
    #: Charged by a lost node, and nobody's to pay.
    forgiven_micros: int = 0
    #: Given back by credit notes that name the day.
    credited_micros: int = 0

    @property
    def is_charged(self) -> bool:
        """Tell whether any store knows of a charge."""
        sums = (self.ledger_micros, self.hours_micros, self.events_micros, self.counters_micros, self.forgiven_micros)
        return any(sums)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the readers of the nodes' logs are."""

    settling: bool = False
    ingesting: bool = False


def difference_of(figures: DayFigures, standing: Standing, *, is_over: bool = True) -> Difference:
    """Name the difference between the sums of a campaign's day; those of a day that goes on move while one reads."""
    history = figures.ledger_micros - figures.hours_micros
    if history < 0:
        return Difference.UNEXPLAINED
    settled, known = figures.hours_micros + figures.forgiven_micros, figures.counters_micros
    happened = max(settled, figures.events_micros - history) if known is None else known
    # What was entered by hand may have events of its own, which no node has counted.
    told = min(history, max(0, figures.events_micros - happened))
    between = _between(settled, figures.events_micros - told, happened, standing)
    if between is Difference.UNEXPLAINED and not is_over:
        return Difference.SETTLING
    if between is not Difference.NONE:
        return between
    if figures.forgiven_micros:
        return Difference.FORGIVEN
    return Difference.HISTORY if told < history else Difference.NONE


def _between(settled: int, ingested: int, happened: int, standing: Standing) -> Difference:
    """Hold what the logs brought into ledger and figures against what happened on the nodes."""
    if settled == ingested == happened:
        return Difference.NONE
    if settled > happened or ingested > happened:
        return Difference.UNEXPLAINED
    if settled < happened and not standing.settling:
        return Difference.UNEXPLAINED
    if ingested < happened and not standing.ingesting:
        return Difference.UNEXPLAINED
    return Difference.SETTLING if settled < happened else Difference.INGESTING
