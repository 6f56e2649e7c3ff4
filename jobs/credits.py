"""The consumer that lets credited events count no more."""

from __future__ import annotations

from webapp.domain.delivery.ingest import alone_with_facts
from webapp.domain.events.types import TRAFFIC_CREDITED, Envelope
from webapp.wiring import Services


def handle(services: Services, event: Envelope) -> None:
    """Change the events of one credit, while nobody else writes any; the same again changes nothing."""
    if event.name != TRAFFIC_CREDITED:
        return
    locks = services.adapters.new_locks()
    try:
        with alone_with_facts(locks):
            services.credits.apply(str(event.payload["credit_id"]))
    finally:
        locks.close()
