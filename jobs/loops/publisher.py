"""Tells the serving nodes what to show: at once what an event names, and all of it each minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from webapp.core.errors import Unavailable
from webapp.db.engines import reading
from webapp.db.transaction import rollback
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.publishing import Difference, Share, compare
from webapp.domain.delivery.shape import RETAKEN_SECONDS, Shape, shape_of
from webapp.domain.delivery.types import PublishedCampaign, PublishedPlacement
from webapp.domain.events.types import Envelope
from webapp.extensions import db
from webapp.settings import Settings
from webapp.web.app import KabinetFlask
from webapp.wiring import Adapters, Services

log = logging.getLogger(__name__)
T = TypeVar("T")

#: How often everything is compared.
COMPARE_SECONDS = 60.0
#: So many documents travel in one call.
BATCH = 200
SEVEN_DAYS = 7 * 24 * 3600
#: The shape last taken, for each installation this process works for, and until when it is good.
_shapes: dict[Settings, tuple[int, Shape]] = {}


def make(app: KabinetFlask) -> list[NodePublisher]:
    """Return one loop a serving node."""
    return [NodePublisher(app, place) for place in range(len(app.adapters.serving))]


class NodePublisher:
    """Keeps one node's snapshot equal to the cabinet."""

    pause_seconds = COMPARE_SECONDS

    def __init__(self, app: KabinetFlask, place: int) -> None:
        self._app = app
        self._place = place
        self._node = app.adapters.serving[place]
        self._changed = 0
        self.name = f"publisher-{self._node.node}"

    def step(self) -> bool:
        """Compare all fingerprints; put in what differs, read anew so that nothing old is sent late."""
        services = self._app.adapters.services(db.session())
        shape, share = current_shape(self._app.adapters), Share(self._place, len(self._app.adapters.serving))
        with reading():
            wanted = [share.of(campaign) for campaign in services.publishing.campaigns(shape)]
            found = compare(self._node, services.publishing.placements(), wanted)
            # A new transaction: what was committed meanwhile has been sent by its event, and must not be undone here.
            rollback(services.session)
            self._changed = _heal(services, self._node, share, shape, found) if found else 0
        return False

    def lag(self) -> dict[str, float]:
        """Return how much the last comparison had to mend."""
        return {"mended": float(self._changed)}


def _heal(services: Services, node: ServingStore, share: Share, shape: Shape, found: Difference) -> int:
    places, campaigns = found.placements | found.old_placements, found.campaigns | found.old_campaigns
    documents = [item for item in services.publishing.placements() if item.id in places] if places else []
    _send_placements(node, places, documents)
    _send_campaigns(node, share, campaigns, services.publishing.campaigns(shape, campaigns) if campaigns else ())
    return len(places) + len(campaigns)


def handle(services: Services, event: Envelope) -> None:
    """Publish or withdraw what an event concerns, on every node that answers; the comparison heals the others."""
    if event.name.startswith("delivery.inventory."):
        _places_changed(services, event.payload)
        return
    concerned = _concerned(services, event)
    if not concerned:
        return
    documents = services.publishing.campaigns(current_shape(services.adapters), concerned)
    _everywhere(services.adapters, lambda node, share: _send_campaigns(node, share, concerned, documents))


def _concerned(services: Services, event: Envelope) -> Collection[int]:
    """Return the campaigns an event is about; what is on a balance is up to the leases, and in no document."""
    if "campaign_id" in event.payload:
        return {int(event.payload["campaign_id"])}
    if "creative_id" in event.payload:
        return services.publishing.concerned(int(event.payload["creative_id"]))
    return ()


def _places_changed(services: Services, payload: Any) -> None:
    if "placement_id" in payload:
        one = int(payload["placement_id"])
        places: Collection[int] = {one}
        documents = services.publishing.placements(placement_id=one)
    else:
        site = int(payload["site_id"])
        places = services.publishing.places_of(site)
        documents = services.publishing.placements(site_id=site)
    _everywhere(services.adapters, lambda node, _share: _send_placements(node, places, documents))


def _everywhere(adapters: Adapters, send: Callable[[ServingStore, Share], None]) -> None:
    for place, node in enumerate(adapters.serving):
        try:
            send(node, Share(place, len(adapters.serving)))
        except Unavailable as error:
            log.warning("node %s is told later: %s", node.node, error)


def _send_campaigns(
    node: ServingStore, share: Share, concerned: Collection[int], documents: Sequence[PublishedCampaign]
) -> None:
    for batch in _batches([share.of(document) for document in documents]):
        node.publish((), batch)
    gone = sorted(set(concerned) - {document.id for document in documents})
    if gone:
        node.withdraw((), gone)


def _send_placements(node: ServingStore, concerned: Collection[int], documents: Sequence[PublishedPlacement]) -> None:
    for batch in _batches(documents):
        node.publish(batch, ())
    gone = sorted(set(concerned) - {document.id for document in documents})
    if gone:
        node.withdraw(gone, ())


def _batches(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def current_shape(adapters: Adapters) -> Shape:
    """Return the shape of the traffic of all nodes that answer, taken anew four times a day.

    The same hours are read whoever asks and whenever, so that all processes publish the same documents.
    """
    now = int(adapters.clock.now().timestamp())
    until, shape = _shapes.get(adapters.settings, (0, None))
    if shape is not None and now < until:
        return shape
    taken = now // RETAKEN_SECONDS * RETAKEN_SECONDS
    counts = _traffic(adapters, taken - SEVEN_DAYS)
    shape = shape_of(counts, now)
    if len(counts) == len(adapters.serving):
        _shapes[adapters.settings] = (taken + RETAKEN_SECONDS, shape)
    return shape


def _traffic(adapters: Adapters, since: int) -> list[Mapping[int, int]]:
    found = []
    for node in adapters.serving:
        try:
            found.append(node.traffic(since))
        except Unavailable as error:
            log.warning("no traffic of node %s: %s", node.node, error)
    return found
