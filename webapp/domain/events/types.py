"""Events as they travel: an id, a name, a few plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event on its way to its readers."""

    id: str
    #: Wire name: folder, noun, past verb, version, such as `ads.campaign.changed.v1`; also the routing key.
    name: str
    advertiser_id: int | None
    #: JSON-ready values; ids are internal ids.
    payload: Mapping[str, Any]
    at: datetime


#: A campaign's terms, status or ads changed: {"campaign_id"}.
CAMPAIGN_CHANGED = "ads.campaign.changed.v1"
#: A creative's serving version changed, or it was archived: {"creative_id"}.
CREATIVE_CHANGED = "ads.creative.changed.v1"
#: A moderator decided: {"creative_id", "version_id", "verdict": "approved" | "rejected"}.
CREATIVE_DECIDED = "ads.creative.decided.v1"
#: Sites or placements changed: {"site_id"} or {"placement_id"}.
INVENTORY_CHANGED = "delivery.inventory.changed.v1"
#: Money came in or went out by hand: {"available_micros"}.
BALANCE_CHANGED = "billing.balance.changed.v1"
#: What is available fell below the warning line: {"available_micros"}.
BALANCE_LOW = "billing.balance.low.v1"
#: Nothing is left that a campaign could use: {"available_micros"}.
BALANCE_EMPTY = "billing.balance.empty.v1"
#: A campaign's budget is used up: {"campaign_id", "budget": "daily" | "total", "day"}.
BUDGET_SPENT = "delivery.budget.spent.v1"
#: A campaign came to its end: {"campaign_id"}.
CAMPAIGN_ENDED = "ads.campaign.ended.v1"
#: Charges for invalid traffic were given back: {"credit_id"}.
TRAFFIC_CREDITED = "delivery.traffic.credited.v1"
#: Ledger, events and counters differ: {"campaign_id", "day", "difference"}.
RECONCILIATION_FAILED = "delivery.reconciliation.failed.v1"
