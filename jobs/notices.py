"""The consumer that tells people: a notice in the cabinet, and letters to those who run the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from webapp.core.permissions import AdvertiserRole, StaffRole
from webapp.domain.ads.services.names import Named
from webapp.domain.events import types as events
from webapp.domain.events.types import Envelope
from webapp.domain.notifications.types import News, NoticeKind
from webapp.wiring import Services

RUNNERS = (AdvertiserRole.OWNER, AdvertiserRole.MANAGER)
PAYERS = (*RUNNERS, AdvertiserRole.BILLING)
WATCHERS = (StaffRole.ADMIN, StaffRole.FINANCE)
MONEY = frozenset({NoticeKind.BALANCE_LOW, NoticeKind.BALANCE_EMPTY})
#: What is older is no news any more, after a long outage or an import: it stands in the cabinet, no letter is sent.
FRESH = timedelta(days=1)

Read = Callable[[Services, Envelope], tuple[NoticeKind, dict[str, Any]] | None]


def handle(services: Services, event: Envelope) -> None:
    """Tell of one event, in the transaction that counts it as done."""
    if event.advertiser_id is None or event.name not in READERS:
        return
    found = READERS[event.name](services, event)
    if found is None:
        return
    kind, values = found
    if kind is NoticeKind.RECONCILIATION_FAILED:
        _write(services, services.directory.staff_ids(WATCHERS), kind, values, event)
    elif services.notices.add(News(event.advertiser_id, kind, event.id, values, event.at)) and _deserves_mail(values):
        roles = PAYERS if kind in MONEY else RUNNERS
        _write(services, services.directory.member_ids(event.advertiser_id, roles), kind, values, event)


def _deserves_mail(values: dict[str, Any]) -> bool:
    """Tell whether somebody must act: a daily budget that is used up is how most days end."""
    return values.get("budget") != "daily"


def _write(services: Services, readers: list[int], kind: NoticeKind, values: dict[str, Any], event: Envelope) -> None:
    if services.clock.now() - event.at > FRESH:
        return
    for user_id in readers:
        services.letters.post("notice", user_id, {"kind": kind.value, "values": values})


def _decided(services: Services, event: Envelope) -> tuple[NoticeKind, dict[str, Any]] | None:
    assert event.advertiser_id is not None
    found = services.event_subjects.decision(event.advertiser_id, int(event.payload["version_id"]))
    if found is None:
        return None
    values: dict[str, Any] = {**_named(found.creative), "number": found.number}
    if event.payload["verdict"] == "approved":
        return NoticeKind.CREATIVE_APPROVED, values
    return NoticeKind.CREATIVE_REJECTED, {**values, "reason": found.sentence}


def _money(kind: NoticeKind) -> Read:
    def read(services: Services, event: Envelope) -> tuple[NoticeKind, dict[str, Any]] | None:
        assert event.advertiser_id is not None
        currency = services.directory.card(event.advertiser_id).currency
        return kind, {"available_micros": int(event.payload["available_micros"]), "currency": currency}

    return read


def _campaign(kind: NoticeKind, *kept: str) -> Read:
    def read(services: Services, event: Envelope) -> tuple[NoticeKind, dict[str, Any]] | None:
        assert event.advertiser_id is not None
        found = services.event_subjects.campaign(event.advertiser_id, int(event.payload["campaign_id"]))
        if found is None:
            return None
        return kind, {**_named(found), **{name: event.payload.get(name, "") for name in kept}}

    return read


def _named(thing: Named) -> dict[str, Any]:
    return {"public_id": thing.public_id, "name": thing.name}


READERS: dict[str, Read] = {
    events.CREATIVE_DECIDED: _decided,
    events.BALANCE_LOW: _money(NoticeKind.BALANCE_LOW),
    events.BALANCE_EMPTY: _money(NoticeKind.BALANCE_EMPTY),
    events.BUDGET_SPENT: _campaign(NoticeKind.BUDGET_SPENT, "budget", "day"),
    events.CAMPAIGN_ENDED: _campaign(NoticeKind.CAMPAIGN_ENDED),
    events.RECONCILIATION_FAILED: _campaign(NoticeKind.RECONCILIATION_FAILED, "day", "difference"),
}
