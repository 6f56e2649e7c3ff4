"""Charges as they come about: money lent to a node, and a log that says what it was spent on."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from webapp.core.ids import new_public_id
from webapp.core.periods import local_midnight
from webapp.core.scope import Scope
from webapp.domain.billing.postings import reservation
from webapp.domain.billing.types import Holder
from webapp.domain.delivery.models import Lease, LeaseStatus
from webapp.domain.delivery.types import EventKind, LogRecord, Verdict
from webapp.wiring import Services

#: (campaign, instant of the event, what it cost).
Charged = tuple[int, datetime, int]


def settle(services: Services, scope: Scope, day: date, charged: Sequence[Charged], batch: int = 3) -> list[LogRecord]:
    """Let a node of its own lend and spend this, settle its log in small batches, and return the log."""
    node = 1000 + secrets.randbelow(60_000)
    leases = {id: _lease(services, scope, node, id, day, charged) for id in {item[0] for item in charged}}
    log = [
        record(seq, scope, campaign_id, leases[campaign_id].id, day, at, micros)
        for seq, (campaign_id, at, micros) in enumerate(charged, 1)
    ]
    for start in range(0, len(log), batch):
        services.settlement.settle(node, log[start : start + batch])
    return log


def record(
    seq: int, scope: Scope, campaign_id: int, lease_id: int, day: date, at: datetime, micros: int,
    kind: EventKind = EventKind.IMPRESSION, ip_prefix: str = "192.0.2.0/24", site: str = "news.example",
) -> LogRecord:  # fmt: skip
    """Return a charged event."""
    ms = int(at.timestamp() * 1000)
    return LogRecord(
        seq=seq, kind=kind, verdict=Verdict.OK, at_ms=ms, decided_ms=ms - 900, key=secrets.randbits(62),
        advertiser_id=scope.advertiser_id, campaign_id=campaign_id, ad_id=1, placement_id=1, site=site,
        charged_micros=micros, lease_id=lease_id, day=(day - date(1970, 1, 1)).days, country="LV", device="phone",
        ip_prefix=ip_prefix, user_day=f"u{seq % 5}",
    )  # fmt: skip


def _lease(
    services: Services, scope: Scope, node: int, campaign_id: int, day: date, charged: Sequence[Charged]
) -> Lease:
    amount = sum(item[2] for item in charged if item[0] == campaign_id)
    lease = Lease(
        public_id=new_public_id("ls"), node=node, advertiser_id=scope.advertiser_id, campaign_id=campaign_id,
        currency=scope.currency, amount_micros=amount, day=day, day_starts_at=local_midnight(day, scope.zone),
        day_ends_at=local_midnight(day + timedelta(days=1), scope.zone), status=LeaseStatus.OPEN,
        created_at=datetime.now(UTC),
    )  # fmt: skip
    services.session.add(lease)
    services.session.flush()
    services.ledger.post_many([reservation(Holder.of(scope), campaign_id, amount, f"lease:{lease.public_id}", day)])
    return lease
