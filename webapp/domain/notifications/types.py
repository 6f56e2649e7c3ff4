"""What people are told of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from webapp.core.permissions import Permission


class NoticeKind(StrEnum):
    """Which sentence a notice is, and which values fill it."""

    #: {"name", "public_id", "number"} of the creative and its version.
    CREATIVE_APPROVED = "creative_approved"
    #: The same, and "reason": the moderator's sentence.
    CREATIVE_REJECTED = "creative_rejected"
    #: {"available_micros", "currency"}.
    BALANCE_LOW = "balance_low"
    BALANCE_EMPTY = "balance_empty"
    #: {"name", "public_id"} of the campaign, "budget": "daily" | "total".
    BUDGET_SPENT = "budget_spent"
    #: {"name", "public_id"} of the campaign.
    CAMPAIGN_ENDED = "campaign_ended"
    #: For staff alone, and only by mail: {"name", "public_id"} of the campaign, "day", "difference".
    RECONCILIATION_FAILED = "reconciliation_failed"


_K = NoticeKind
#: Whoever may look at the thing may read the notice about it.
NEEDED: dict[NoticeKind, Permission] = {
    _K.CREATIVE_APPROVED: Permission.CREATIVE_READ,
    _K.CREATIVE_REJECTED: Permission.CREATIVE_READ,
    _K.BALANCE_LOW: Permission.BALANCE_READ,
    _K.BALANCE_EMPTY: Permission.BALANCE_READ,
    _K.BUDGET_SPENT: Permission.CAMPAIGN_READ,
    _K.CAMPAIGN_ENDED: Permission.CAMPAIGN_READ,
}


@dataclass(frozen=True, slots=True)
class News:
    """Something an advertiser's people should know, from the event it came with."""

    advertiser_id: int
    kind: NoticeKind
    event_id: str
    values: Mapping[str, Any]
    at: datetime
