"""Who listens to which events, and what they do with them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from webapp.domain.events.types import Envelope
from webapp.wiring import Services

#: Does one event, in the transaction in which it is counted as done. Names it does not know it leaves alone.
Handler = Callable[[Services, Envelope], None]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A reader of events."""

    #: Topic patterns: `*` stands for one word, `#` for any number.
    patterns: tuple[str, ...]
    #: `module:function`, imported with the first event.
    handler: str
    #: It tells others what the database says, writes nothing there, and may do so twice: they are told while nothing
    #: is locked, and only then the event is noted as done.
    only_tells: bool = False


CONSUMERS: dict[str, Consumer] = {
    "publisher": Consumer(
        (
            "ads.campaign.changed.*",
            "ads.campaign.ended.*",
            "ads.creative.changed.*",
            "delivery.inventory.changed.*",
            "billing.balance.changed.*",
        ),
        "jobs.loops.publisher:handle",
        only_tells=True,
    ),
    "credits": Consumer(("delivery.traffic.credited.*",), "jobs.credits:handle", only_tells=True),
    "notices": Consumer(
        (
            "ads.creative.decided.*",
            "ads.campaign.ended.*",
            "billing.balance.low.*",
            "billing.balance.empty.*",
            "delivery.budget.spent.*",
            "delivery.reconciliation.failed.*",
        ),
        "jobs.notices:handle",
    ),
}


def patterns() -> dict[str, Sequence[str]]:
    """Return every consumer's patterns, as the bus wants them."""
    return {name: consumer.patterns for name, consumer in CONSUMERS.items()}


@lru_cache
def handler_of(consumer: str) -> Handler:
    """Return the function that does a consumer's events."""
    module, _, name = CONSUMERS[consumer].handler.partition(":")
    return cast(Handler, getattr(importlib.import_module(module), name))
